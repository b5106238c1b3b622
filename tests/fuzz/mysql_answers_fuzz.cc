// What a MySQL server says of itself, fields separated by newlines: versions, grants, positions, DDL.  Nothing that a
// server sends breaks the reader.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "platform/datahub/mysql/shape.h"

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::platform::datahub::mysql;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const std::vector<std::string> lines = lines_of(text);
    Named row;
    for (std::size_t i = 0; i + 1 < lines.size(); i += 2) row.emplace_back(lines[i], lines[i + 1]);
    switch (data[0] % 5) {
      case 0:
        (void)binlog_status_statement(parse_version(text));
        (void)collation_facts(text);
        break;
      case 1: {
        const Grants grants(lines);
        if (grants.global("SELECT") && lines.empty()) std::abort();
        (void)grants.on_table("SELECT", "datahub", "metadata_aspect_v2");
        break;
      }
      case 2:
        (void)parse_binlog_status({row});
        break;
      case 3:
        (void)parse_replica_status({row});
        break;
      default:
        (void)adapt_ddl(split_create_table(text, "t").without_indexes, parse_version("8.0.36"),
                        parse_version("10.11.6-MariaDB"));
        break;
    }
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::internal) std::abort();
  }
  return 0;
}
