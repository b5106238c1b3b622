#include "platform/datahub/postgres/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/reader.h"
#include "platform/datahub/postgres/shape.h"
#include "platform/datahub/postgres/statements.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_keys_per_look = 1000;

using Columns = std::vector<std::optional<base::Bytes>>;

class PostgresWriter : public RowWriter {
public:
  PostgresWriter(const SqlAddress& address, const model::Collection& collection)
      : client_(address, {}), address_(address) {
    const auto table = find_table(client_, address);
    if (!table)
      throw Error(ErrorKind::not_found, fmt::format("{} has no aspect table", address.display()),
                  "Restore the whole table first, or check database and schema in sql.url.");
    const TableParts parts = read_parts(client_, address.schema, *table);
    make_shape(client_, address, parts);  // refuses what is no aspect table
    target_ = read_target(parts, collection);
    prepare_statements(parts);
  }

  std::vector<RowResult> apply(const std::vector<RowChange>& changes) override {
    return base::in_context([&] { return "writing rows of " + address_.display(); },
                            [&] {
                              client_.execute("BEGIN ISOLATION LEVEL READ COMMITTED");
                              try {
                                std::vector<RowResult> results = apply_all(changes);
                                client_.execute("COMMIT");
                                return results;
                              } catch (const Error&) {
                                if (!client_.broken()) client_.execute("ROLLBACK");
                                throw;
                              }
                            });
  }

private:
  void prepare_statements(const TableParts& parts) {
    const std::string table = qualified(parts.schema, parts.table);
    const std::string version = parts.column("version")->type_name == "int4" ? "integer" : "bigint";
    std::string shown;
    std::string names = "urn, aspect, version";
    std::string values = fmt::format("$1, $2, $3::{}", version);
    std::string assignments;
    for (std::size_t i = 0; i < target_.columns.size(); ++i) {
      const std::string name = quote_name(target_.columns[i].name);
      // Without a cast: one to varchar(n) would cut a value that is too long where the assignment refuses it.
      const std::string value = fmt::format("${}", i + 4);
      shown += ", t." + name + "::text";
      names += ", " + name;
      values += ", " + value;
      assignments += fmt::format("{}{} = {}", i == 0 ? "" : ", ", name, value);
    }
    const std::string where = fmt::format(" WHERE urn = $1 AND aspect = $2 AND version = $3::{}", version);
    look_ = fmt::format(
        "SELECT k.n, t.urn, t.aspect{} FROM unnest($1::text[], $2::text[], $3::{}[]) WITH ORDINALITY AS k(urn, aspect, "
        "version, n)"
        " JOIN {} t ON t.urn = k.urn AND t.aspect = k.aspect AND t.version = k.version ORDER BY k.n FOR UPDATE OF t",
        shown, version, table);
    insert_ = fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING", table, names, values);
    update_ = assignments.empty() ? std::string() : fmt::format("UPDATE {} SET {}{}", table, assignments, where);
    remove_ = fmt::format("DELETE FROM {}{}", table, where);
  }

  std::vector<RowResult> apply_all(const std::vector<RowChange>& changes) {
    // Locks are taken in the order of the keys, so that two writers cannot wait for each other.
    std::vector<std::size_t> order(changes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return changes[a].key < changes[b].key; });
    std::map<std::size_t, Columns> live;
    for (std::size_t from = 0; from < order.size(); from += k_keys_per_look) {
      const std::size_t to = std::min(order.size(), from + k_keys_per_look);
      live.merge(look(changes, {order.begin() + static_cast<std::ptrdiff_t>(from),
                                order.begin() + static_cast<std::ptrdiff_t>(to)}));
    }
    std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return !changes[i].after; });
    std::vector<RowResult> results(changes.size(), RowResult::conflict);
    for (const std::size_t i : order) {
      const auto found = live.find(i);
      results[i] = apply_one(changes[i], found == live.end() ? nullptr : &found->second);
    }
    return results;
  }

  // What the table holds under these very keys, by position in `changes`; the rows stay locked until the transaction
  // ends.  A row whose key the collation only takes for equal is another one: it is locked and left out.
  std::map<std::size_t, Columns> look(const std::vector<RowChange>& changes, const std::vector<std::size_t>& part) {
    std::vector<std::string> urns, aspects, versions;
    for (const std::size_t index : part) {
      AspectKey key = parse_aspect_key(changes[index].key);
      urns.push_back(std::move(key.urn));
      aspects.push_back(std::move(key.aspect));
      versions.push_back(std::to_string(key.version));
    }
    const Rows rows = client_.query(look_, {text_array(urns), text_array(aspects), text_array(versions)});
    std::map<std::size_t, Columns> out;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto at = static_cast<std::size_t>(rows.number(row, 0)) - 1;
      if (rows.get(row, 1) != urns[at] || rows.get(row, 2) != aspects[at]) continue;
      Columns columns;
      for (std::size_t i = 0; i < target_.columns.size(); ++i) columns.push_back(column_of(rows, row, i));
      out.emplace(part[at], std::move(columns));
    }
    return out;
  }

  std::optional<base::Bytes> column_of(const Rows& rows, std::size_t row, std::size_t index) const {
    const auto value = rows.get(row, index + 3);
    if (!value) return std::nullopt;
    const ReadColumn& column = target_.columns[index];
    if (column.binary) return base::from_hex(value->substr(2));  // after \x
    // Zone designators are all +00: the session is in UTC.  What is no canonical instant (infinity) equals nothing
    // planned.
    if (column.wire == Wire::instant)
      return canonical_instant(value->substr(0, value->find('+'))).value_or(std::string(*value));
    return base::Bytes(*value);
  }

  RowResult apply_one(const RowChange& change, const Columns* live) {
    const Columns* before = change.before ? &change.before->columns : nullptr;
    const Columns* after = change.after ? &change.after->columns : nullptr;
    if (same(live, after)) return RowResult::already;
    if (!same(live, before)) return RowResult::conflict;
    const Parameters parameters = parameters_of(change);
    if (after == nullptr)
      return client_.query(remove_, parameters).affected() == 1 ? RowResult::done : RowResult::conflict;
    // Nobody held the key when we looked; whoever took it since wins, and so does a row that the collation takes for
    // it, unless it is one of the removals, which are done by now.
    if (live == nullptr)
      return client_.query(insert_, parameters).affected() == 1 ? RowResult::done : RowResult::conflict;
    return client_.query(update_, parameters).affected() == 1 ? RowResult::done : RowResult::conflict;
  }

  static bool same(const Columns* a, const Columns* b) {
    if (a == nullptr || b == nullptr) return a == b;
    return *a == *b;
  }

  Parameters parameters_of(const RowChange& change) const {
    AspectKey key = parse_aspect_key(change.key);
    Parameters out = {std::move(key.urn), std::move(key.aspect), std::to_string(key.version)};
    if (!change.after) return out;
    if (change.after->columns.size() != target_.columns.size())
      throw Error(ErrorKind::internal, row_name(change.key) + " has another number of columns than its collection");
    for (std::size_t i = 0; i < target_.columns.size(); ++i) {
      const auto& value = change.after->columns[i];
      if (value && target_.columns[i].binary)
        out.emplace_back("\\x" + base::to_hex(*value));
      else
        out.push_back(value);
    }
    return out;
  }

  Client client_;
  const SqlAddress address_;
  ReadTarget target_;
  std::string look_;
  std::string insert_;
  std::string update_;
  std::string remove_;
};

}  // namespace

std::unique_ptr<RowWriter> open_writer(const SqlAddress& address, const model::Collection& collection) {
  return std::make_unique<PostgresWriter>(address, collection);
}

}  // namespace holdfast::platform::datahub::postgres
