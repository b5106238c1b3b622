#include "platform/datahub/mysql/reader.h"

#include <fmt/format.h>

#include "platform/datahub/mysql/ranges.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

// Often enough to stop soon, rarely enough to cost nothing.
constexpr unsigned k_rows_per_look = 512;
constexpr std::uint64_t k_bytes_per_look = 1 << 20;
constexpr unsigned k_max_sort_length = 4096;  // above the longest key: 500 + 200 characters of four bytes

}  // namespace

void read_rows(Client& client, const MysqlTable& table, const base::KeyRange& range, RowSink& sink,
               const ReadLimits& limits) {
  // The server compares no more than 1024 bytes of a sort key unless told.
  if (order_of(table) == Order::sort)
    client.execute(fmt::format("SET SESSION max_sort_length = {}", k_max_sort_length));
  Predicate predicate;
  const std::string sql = select_range(table, range, predicate);
  const std::unique_ptr<Stream> stream = client.stream(sql, limits.stop);
  RowDecoder decoder(table);
  OrderCheck order(range);
  std::uint64_t bytes = 0;
  unsigned rows = 0;
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
  }
  limits.look(bytes);
}

}  // namespace holdfast::platform::datahub::mysql
