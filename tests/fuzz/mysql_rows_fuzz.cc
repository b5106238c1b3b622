// Rows as a MySQL server sends them: fields split at newlines, NULL written as \N.  A row comes out whole, with UTF-8
// where it must be, or an error names what is wrong.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/sql/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::platform::datahub;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<base::ColumnView> values;
  while (values.size() < 64) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const base::ByteView field = rest.substr(0, end);
    values.push_back(field == "\\N" ? base::ColumnView() : base::ColumnView(field));
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  mysql::MysqlTable table;
  for (const char* name : {"urn", "aspect", "version"}) {
    mysql::ColumnPlan key;
    key.name = name;
    table.key.push_back(key);
  }
  mysql::ColumnPlan text;
  text.name = "metadata";
  text.check_utf8 = true;
  mysql::ColumnPlan instant;
  instant.name = "createdon";
  instant.instant = true;
  instant.fraction = 3;
  table.columns = {text, instant};
  mysql::RowDecoder decoder(table);
  try {
    const base::RowView row = decoder.decode(values);
    if (row.columns.size() != 2 || row.key.empty()) std::abort();
    if (row.columns[0] && invalid_utf8(*row.columns[0])) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::internal) std::abort();
  }
  return 0;
}
