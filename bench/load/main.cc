// Fills a database with generated aspects, in the order in which ingestion would have written them, or changes what is
// there.
//   hf_load --url URL --rows N [--seed S] [--connections C] [--large L]
//   hf_load --url URL --rows N [--seed S] --change KIND:FRACTION:SEED[:clustered]… --mutate
//   hf_load --rows N [--seed S] --change … --print          those rows as text instead: what a compressor makes of them
//   alone
// KIND is content or reingest.  Changes add up; --mutate writes the rows that the last one touched.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "bench/arguments.h"
#include "bench/aspects.h"
#include "bench/dice.h"
#include "bench/load/loader.h"

namespace holdfast::bench {
namespace {

using base::Error;
using base::ErrorKind;
using platform::datahub::SqlAddress;

std::unique_ptr<Loader> connect(const SqlAddress& address) {
  return address.engine == SqlAddress::Engine::mysql ? make_mysql_loader(address) : make_postgres_loader(address);
}

Change parse_change(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(':', from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  const bool clustered = parts.size() == 4 && parts[3] == "clustered";
  if ((parts.size() != 3 && !clustered) || (parts[0] != "content" && parts[0] != "reingest"))
    throw Error(ErrorKind::usage, fmt::format("'{}' is not KIND:FRACTION:SEED[:clustered]", text));
  return {.kind = parts[0] == "content" ? Change::Kind::content : Change::Kind::reingest,
          .fraction = std::stod(parts[1]),
          .seed = std::stoull(parts[2]),
          .spread = clustered ? Change::Spread::clustered : Change::Spread::scattered};
}

// Rows of 64 KiB to 16 MiB, as very wide schemas and execution logs are: what a budget of memory must survive.
Aspect large_row(const Catalogue& catalogue, std::uint64_t number) {
  constexpr std::size_t k_least = 64 << 10;
  constexpr std::size_t k_most = 16'000'000;  // DataHub's own limit
  Aspect aspect = catalogue.make(number % catalogue.rows());
  aspect.urn = fmt::format("urn:li:mlModel:large_{:06}", number);
  aspect.aspect = "mlModelProperties";
  aspect.version = 0;
  const std::size_t size = std::min(k_most, k_least << (number % 9));
  Dice dice(mix(number));
  aspect.metadata = "{\"description\":\"";
  while (aspect.metadata.size() + 32 < size) aspect.metadata += fmt::format("{:016x} ", dice.next() & dice.next());
  aspect.metadata += "\"}";
  return aspect;
}

RowSource slice(const Catalogue& catalogue, std::uint64_t from, std::uint64_t to) {
  return [&catalogue, from, to](Aspect& row) mutable {
    if (from == to) return false;
    row = catalogue.make(catalogue.ingested(from++));
    return true;
  };
}

void insert_all(const SqlAddress& address, const Catalogue& catalogue, const Arguments& arguments) {
  const std::unique_ptr<Loader> first = connect(address);
  first->create_table();
  const std::uint64_t connections = std::max<std::uint64_t>(1, arguments.number("connections", 2));
  std::vector<std::exception_ptr> failures(connections);
  {
    std::vector<std::jthread> workers;
    for (std::uint64_t i = 0; i < connections; ++i)
      workers.emplace_back([&, i] {
        try {
          const std::uint64_t rows = catalogue.rows();
          connect(address)->insert(slice(catalogue, rows * i / connections, rows * (i + 1) / connections));
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  const std::uint64_t large = arguments.number("large", 0);
  std::uint64_t number = 0;
  first->insert([&](Aspect& row) {
    if (number == large) return false;
    row = large_row(catalogue, number++);
    return true;
  });
  first->analyze();
}

// The rows that the last change touched, in key order.
RowSource touched_rows(const Catalogue& catalogue) {
  if (catalogue.changes().empty()) throw Error(ErrorKind::usage, "a --change is missing");
  return [&catalogue, last = catalogue.changes().size() - 1, index = std::uint64_t{0}](Aspect& row) mutable {
    while (index < catalogue.rows() && !catalogue.touched(index, last)) ++index;
    if (index == catalogue.rows()) return false;
    row = catalogue.make(index++);
    return true;
  };
}

std::uint64_t mutate(const SqlAddress& address, const Catalogue& catalogue) {
  std::uint64_t changed = 0;
  connect(address)->update([&, rows = touched_rows(catalogue)](Aspect& row) {
    const bool more = rows(row);
    changed += more ? 1 : 0;
    return more;
  });
  return changed;
}

void print_changed(const Catalogue& catalogue) {
  const RowSource rows = touched_rows(catalogue);
  Aspect row;
  std::string line;
  while (rows(row)) {
    line.clear();
    append_line(line, row);
    fmt::print("{}", line);  // throws when the disk is full
  }
}

void run(const Arguments& arguments) {
  const base::Duration started = base::system_clock().elapsed();
  Catalogue catalogue(std::max<std::uint64_t>(1, arguments.number("rows", 20'000)), arguments.number("seed", 1));
  for (const std::string& change : arguments.all("change")) catalogue = catalogue.with(parse_change(change));
  if (arguments.has("print")) return print_changed(catalogue);
  const SqlAddress address = platform::datahub::parse_sql_url(arguments.text("url"), base::Secret());
  std::uint64_t rows = catalogue.rows();
  if (arguments.has("mutate")) {
    rows = mutate(address, catalogue);
  } else {
    insert_all(address, catalogue, arguments);
  }
  fmt::print("{} rows in {}\n", rows, base::to_short(base::system_clock().elapsed() - started));
}

}  // namespace
}  // namespace holdfast::bench

int main(int count, char** words) {
  try {
    holdfast::bench::run(
        {count, words, {"url", "rows", "seed", "connections", "large", "change", "mutate!", "print!"}});
    return 0;
  } catch (...) {
    const holdfast::base::Error error = holdfast::base::current_error();
    fmt::print(stderr, "error: {}\n", error.describe());
    return holdfast::base::exit_code(error.kind());
  }
}
