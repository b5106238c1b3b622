// How fast a table can be read at all: every way that the servers offer, with as many connections as Holdfast uses,
// rows thrown away.  Prints one line a way, and the fastest last: "best SECONDS BYTES WAY".
//   hf_raw_read --url URL [--connections N]
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "base/error.h"
#include "bench/arguments.h"
#include "bench/raw_read/reader.h"

namespace holdfast::bench {
namespace {

void run(const Arguments& arguments) {
  const auto address = platform::datahub::parse_sql_url(arguments.text("url"), base::Secret());
  const auto connections = static_cast<unsigned>(std::max<std::uint64_t>(1, arguments.number("connections", 4)));
  const bool mysql = address.engine == platform::datahub::SqlAddress::Engine::mysql;
  const std::vector<Way> ways = mysql ? mysql_ways(address, connections) : postgres_ways(address, connections);
  double best = 0;
  std::string line;
  for (const Way& way : ways) {
    const base::Duration started = base::system_clock().elapsed();
    const std::uint64_t bytes = way.read();
    const double seconds = std::chrono::duration<double>(base::system_clock().elapsed() - started).count();
    fmt::print("{:.3f} {} {}\n", seconds, bytes, way.name);
    if (!line.empty() && seconds >= best) continue;
    best = seconds;
    line = fmt::format("best {:.3f} {} {}\n", seconds, bytes, way.name);
  }
  fmt::print("{}", line);
}

}  // namespace
}  // namespace holdfast::bench

int main(int count, char** words) {
  try {
    holdfast::bench::run({count, words, {"url", "connections"}});
    return 0;
  } catch (...) {
    const holdfast::base::Error error = holdfast::base::current_error();
    fmt::print(stderr, "error: {}\n", error.describe());
    return holdfast::base::exit_code(error.kind());
  }
}
