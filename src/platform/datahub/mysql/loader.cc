#include "platform/datahub/mysql/loader.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

// Above this a statement gets no faster, and everything doubles when one must be repeated.
constexpr std::size_t k_statement_bytes = 1 << 20;
constexpr unsigned k_tries_max = 5;  // of a statement that the server rolled back to end a deadlock

}  // namespace

Loader::Loader(Endpoint& endpoint, const MysqlTable& table, std::stop_token stop)
    : client_(endpoint, std::move(stop)), table_(&table) {
  std::string names = "`urn`, `aspect`, `version`";
  for (const ColumnPlan& column : table.columns) names += ", " + quote_name(column.name);
  head_ = fmt::format("INSERT INTO {} ({}) VALUES ", quote_name(table.shape.table), names);
  const std::string packet = client_.value("SELECT @@max_allowed_packet").value_or("0");
  std::from_chars(packet.data(), packet.data() + packet.size(), packet_max_);
  // unique_checks stays on: off, InnoDB loads an empty table "in bulk" under an exclusive lock of the whole table, so
  // that a second loader waits for the first one's end, and it measured slower even alone (13.4 s against 8.6 s for
  // 400,000 rows).
  client_.execute("SET SESSION foreign_key_checks = 0");
}

void Loader::load(const std::function<const base::RowView*()>& pull) {
  while (const base::RowView* row = pull()) {
    append(*row);
    if (statement_.size() >= k_statement_bytes) flush();
  }
  flush();
}

void Loader::append(const base::RowView& row) {
  values_ = "(";
  append_key(values_, row.key);
  for (std::size_t i = 0; i < table_->columns.size(); ++i) {
    values_ += ", ";
    append_value(values_, table_->columns[i], row.columns[i]);
  }
  values_ += ')';
  if (head_.size() + values_.size() >= packet_max_)
    throw Error(ErrorKind::refused,
                fmt::format("{} takes {} bytes, more than the server's max_allowed_packet of {}", row_name(row.key),
                            values_.size(), packet_max_),
                "Raise max_allowed_packet on the server and run the same command again.");
  if (!statement_.empty() && statement_.size() + values_.size() + 2 >= packet_max_) flush();
  if (statement_.empty()) {
    statement_ = head_;
    first_.assign(row.key);
  } else {
    statement_ += ",\n";
  }
  statement_ += values_;
}

void Loader::flush() {
  if (statement_.empty()) return;
  base::in_context([&] { return fmt::format("loading {} and those behind it", row_name(first_)); },
                   [&] {
                     for (unsigned tried = 1;; ++tried) {
                       try {
                         client_.execute(statement_);
                         return;
                       } catch (const ServerError& error) {
                         if (error.code() != ER_LOCK_DEADLOCK || tried == k_tries_max) throw;
                       }
                     }
                   });
  statement_.clear();
}

}  // namespace holdfast::platform::datahub::mysql
