#include "platform/datahub/mysql/reader.h"

#include <fmt/format.h>

#include "base/error.h"
#include "platform/datahub/mysql/ranges.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

// Often enough to stop soon, rarely enough to cost nothing.
constexpr unsigned k_rows_per_look = 512;
constexpr std::uint64_t k_bytes_per_look = 1 << 20;
constexpr unsigned k_max_sort_length = 4096;  // above the longest key: 500 + 200 characters of four bytes

// An answer that somebody cut short ends like a whole one.  Behind its last row must be nothing, which one dive into
// the index tells; where the server sorts it would be a scan.
void expect_end(Client& client, const MysqlTable& table, base::KeyRange range, base::ByteView last) {
  const bool some = !last.empty();
  if (some) range.from = last;
  const Predicate predicate = range_predicate(range, order_of(table));
  if (!predicate.exact || order_of(table) != Order::index) return;
  const auto found = client.query(fmt::format("SELECT 1 FROM {} FORCE INDEX (PRIMARY) WHERE {} LIMIT 2",
                                              quote_name(table.shape.table), predicate.sql));
  if (found.size() <= (some ? 1U : 0U)) return;
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("the server ended its answer early, {}",
                                some ? "behind " + row_name(last) : std::string("before the first row")),
                    "Look for a limit of rows on the server or on a proxy before it, and run the same command again.");
}

}  // namespace

void read_rows(Client& client, const MysqlTable& table, const base::KeyRange& range, RowSink& sink,
               const ReadLimits& limits) {
  // The server compares no more than 1024 bytes of a sort key unless told.
  if (order_of(table) == Order::sort)
    client.execute(fmt::format("SET SESSION max_sort_length = {}", k_max_sort_length));
  Predicate predicate;
  const std::string sql = select_range(table, range, predicate);
  std::unique_ptr<Stream> stream = client.stream(sql, limits.stop);
  RowDecoder decoder(table);
  OrderCheck order(range);
  std::uint64_t bytes = 0;
  unsigned rows = 0;
  base::Bytes last;
  while (const auto* values = stream->next()) {
    const base::RowView row = decoder.decode(*values);
    bytes += decoder.bytes();
    if (++rows >= k_rows_per_look || bytes >= k_bytes_per_look) {
      limits.look(bytes);
      rows = 0;
      bytes = 0;
    }
    if (!predicate.exact && row.key < range.from) continue;
    if (!predicate.exact && range.to && row.key >= *range.to) break;
    order.next(row.key);
    sink.row(row);
    last.assign(row.key);
  }
  limits.look(bytes);
  stream.reset();
  expect_end(client, table, range, last);
}

}  // namespace holdfast::platform::datahub::mysql
