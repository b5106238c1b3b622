#include <fmt/format.h>
#include <mysql.h>

#include <memory>

#include "base/error.h"
#include "bench/raw_read/reader.h"

namespace holdfast::bench {
namespace {

using platform::datahub::SqlAddress;
using Handle = std::unique_ptr<MYSQL, decltype(&mysql_close)>;

std::string table_of(const SqlAddress& address) {
  return address.table.empty() ? "metadata_aspect_v2" : address.table;
}

Handle connect(const SqlAddress& address) {
  Handle handle(mysql_init(nullptr), mysql_close);
  mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(handle.get(), address.host.c_str(), address.user.c_str(), "", address.database.c_str(),
                         address.port, nullptr, 0) == nullptr)
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("{}: {}", address.display(), mysql_error(handle.get())));
  return handle;
}

// Unbuffered, so that memory stays flat and rows are parsed as they come.
std::uint64_t read_all(MYSQL* handle, const std::string& sql, std::string* last = nullptr) {
  if (mysql_real_query(handle, sql.data(), sql.size()) != 0)
    throw base::Error(base::ErrorKind::io, fmt::format("{}: {}", sql.substr(0, 60), mysql_error(handle)));
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_use_result(handle), mysql_free_result);
  const unsigned columns = mysql_num_fields(result.get());
  std::uint64_t bytes = 0;
  while (const MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    for (unsigned i = 0; i < columns; ++i) bytes += lengths[i];
    if (last != nullptr && row[0] != nullptr) *last = std::string(row[0], lengths[0]);
  }
  if (mysql_errno(handle) != 0) throw base::Error(base::ErrorKind::io, mysql_error(handle));
  return bytes;
}

std::string quoted(MYSQL* handle, const std::string& text) {
  std::string out(text.size() * 2 + 1, '\0');
  out.resize(mysql_real_escape_string(handle, out.data(), text.data(), text.size()));
  return "'" + out + "'";
}

// Conditions that cut the primary key into parts of about equal numbers of rows.
std::vector<std::string> key_ranges(const SqlAddress& address, unsigned parts) {
  const Handle handle = connect(address);
  const std::string table = table_of(address);
  std::string rows;
  read_all(handle.get(), "SELECT COUNT(*) FROM " + table, &rows);
  std::vector<std::string> borders;
  for (unsigned i = 1; i < parts; ++i) {
    std::string urn;
    read_all(handle.get(),
             fmt::format("SELECT urn FROM {} ORDER BY urn LIMIT 1 OFFSET {}", table, std::stoull(rows) * i / parts),
             &urn);
    borders.push_back(quoted(handle.get(), urn));
  }
  std::vector<std::string> ranges;
  for (unsigned i = 0; i < parts; ++i) {
    std::string where = "1 = 1";
    if (i > 0) where += " AND urn >= " + borders[i - 1];
    if (i + 1 < parts) where += " AND urn < " + borders[i];
    ranges.push_back(where);
  }
  return ranges;
}

}  // namespace

std::vector<Way> mysql_ways(const SqlAddress& address, unsigned connections) {
  const auto select = [address, connections, ranges = key_ranges(address, connections)] {
    return sum_of_threads(connections, [&](unsigned i) {
      return read_all(connect(address).get(), fmt::format("SELECT * FROM {} WHERE {}", table_of(address), ranges[i]));
    });
  };
  return {{fmt::format("SELECT by key range, {} connections", connections), select}};
}

}  // namespace holdfast::bench
