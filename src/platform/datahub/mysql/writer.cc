#include "platform/datahub/mysql/writer.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include "base/error.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/mysql/shape.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr unsigned k_tries_max = 5;  // of a transaction that the server rolled back to end a deadlock

class MysqlRowWriter : public RowWriter {
public:
  MysqlRowWriter(Endpoint& endpoint, const model::Collection& collection)
      : client_(endpoint, {}),
        table_(
            project(read_table(client_, endpoint.address, find_aspect_table(client_, endpoint.address)), collection)),
        decoder_(table_),
        name_(quote_name(table_.shape.table)) {
    select_ = fmt::format("SELECT {} FROM {} WHERE ", select_list(table_), name_);
    insert_ = fmt::format("INSERT INTO {} (`urn`, `aspect`, `version`", name_);
    for (const ColumnPlan& column : table_.columns) insert_ += ", " + quote_name(column.name);
    insert_ += ") VALUES (";
  }

  std::vector<RowResult> apply(const std::vector<RowChange>& changes) override {
    for (unsigned tried = 1;; ++tried) {
      try {
        return apply_once(changes);
      } catch (const ServerError& error) {
        roll_back();
        if (error.code() != ER_LOCK_DEADLOCK || tried == k_tries_max) throw;
      } catch (...) {
        roll_back();
        throw;
      }
    }
  }

private:
  std::vector<RowResult> apply_once(const std::vector<RowChange>& changes) {
    std::vector<RowResult> out(changes.size(), RowResult::conflict);
    client_.execute("START TRANSACTION");
    for (const bool removals : {true, false})
      for (std::size_t i = 0; i < changes.size(); ++i)
        if (!changes[i].after.has_value() == removals)
          out[i] = base::in_context([&] { return "writing " + row_name(changes[i].key); },
                                    [&] { return apply_one(changes[i]); });
    client_.execute("COMMIT");
    return out;
  }

  RowResult apply_one(const RowChange& change) {
    const std::string where = where_key(change.key);
    const std::optional<base::Row> now = read_locked(where);
    // Another row, whose key the collation takes for equal: ours is not there, and cannot be put there.
    if (now && now->key != change.key) return change.after ? RowResult::conflict : RowResult::already;
    if (now == change.after) return RowResult::already;
    if (now != change.before) return RowResult::conflict;
    if (!change.after)
      client_.execute(fmt::format("DELETE FROM {} WHERE {}", name_, where));
    else if (now)
      update(*change.after, where);
    else
      insert(*change.after);
    return RowResult::done;
  }

  // Locks the row, or the gap where it would be, until the end of the transaction.
  std::optional<base::Row> read_locked(const std::string& where) {
    const auto rows = client_.query(select_ + where + " FOR UPDATE");
    if (rows.empty()) return std::nullopt;
    std::vector<base::ColumnView> values;
    for (const Text& value : rows[0]) values.push_back(value ? base::ColumnView(*value) : base::ColumnView{});
    return base::to_row(decoder_.decode(values));
  }

  void insert(const base::Row& row) {
    std::string sql = insert_;
    append_key(sql, row.key);
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      sql += ", ";
      append_value(sql, table_.columns[i], view(row, i));
    }
    client_.execute(sql + ")");
  }

  void update(const base::Row& row, const std::string& where) {
    std::string sql = fmt::format("UPDATE {} SET ", name_);
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      sql += fmt::format("{}{} = ", i == 0 ? "" : ", ", quote_name(table_.columns[i].name));
      append_value(sql, table_.columns[i], view(row, i));
    }
    client_.execute(fmt::format("{} WHERE {}", sql, where));
  }

  static base::ColumnView view(const base::Row& row, std::size_t column) {
    const auto& value = row.columns.at(column);
    return value ? base::ColumnView(*value) : base::ColumnView{};
  }

  void roll_back() noexcept {
    try {
      client_.execute("ROLLBACK");
    } catch (const Error&) {
      // A session that is lost was rolled back by the server.
    }
  }

  Client client_;
  MysqlTable table_;
  RowDecoder decoder_;
  std::string name_;
  std::string select_;
  std::string insert_;
};

}  // namespace

std::unique_ptr<RowWriter> open_writer(Endpoint& endpoint, const model::Collection& collection) {
  return std::make_unique<MysqlRowWriter>(endpoint, collection);
}

}  // namespace holdfast::platform::datahub::mysql
