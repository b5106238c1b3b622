#include "platform/datahub/postgres/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/conventions.h"
#include "platform/datahub/postgres/copy_encoder.h"
#include "platform/datahub/postgres/json_text.h"
#include "platform/datahub/postgres/reader.h"
#include "platform/datahub/postgres/shape.h"
#include "platform/datahub/postgres/statements.h"
#include "platform/datahub/sql/shape.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_send_bytes = 256 * 1024;
constexpr std::size_t k_keys_per_look = 1000;
constexpr std::size_t k_fraction_at = 20;  // in YYYY-MM-DD hh:mm:ss.ffffff
constexpr std::size_t k_fraction_max = 6;

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Keys that the target's collation holds for equal.  Only it can say: they go into a temporary table with its
// collations.  Thread-safe.
class ClashFinder {
public:
  ClashFinder(const SqlAddress& address, const TableParts& target) : client_(address, {}) {
    const auto collate = [&](const char* name) {
      const std::string& collation = target.column(name)->collation;
      return collation.empty() ? std::string() : " COLLATE " + collation;
    };
    client_.execute(fmt::format("CREATE TEMPORARY TABLE holdfast_keys (urn text{}, aspect text{}, version bigint)",
                                collate("urn"), collate("aspect")));
    client_.begin_copy_in("COPY pg_temp.holdfast_keys FROM STDIN");
  }

  // Lines of COPY.
  void put(base::ByteView keys) {
    const std::lock_guard lock(mutex_);
    client_.put(keys);
  }

  // After the last put() of all threads.
  void end() {
    client_.end_copy_in();
    const Rows rows = client_.query(
        "SELECT min(urn COLLATE pg_catalog.\"C\"), max(urn COLLATE pg_catalog.\"C\"), min(aspect COLLATE "
        "pg_catalog.\"C\"),"
        " max(aspect COLLATE pg_catalog.\"C\"), version"
        " FROM pg_temp.holdfast_keys GROUP BY urn, aspect, version HAVING count(*) > 1 LIMIT 1");
    if (rows.empty()) return;
    throw Error(ErrorKind::refused,
                fmt::format("{} and {} are one key to the target's collation",
                            row_name(rows.text(0, 0), rows.text(0, 2), rows.number(0, 4)),
                            row_name(rows.text(0, 1), rows.text(0, 3), rows.number(0, 4))),
                "Give the columns urn and aspect of the target a deterministic collation, \"C\" at best.");
  }

private:
  Client client_;
  std::mutex mutex_;
};

int limit_of(const TableParts& parts, std::string_view name) {
  const ColumnPart* column = parts.column(name);
  return column ? column->chars_max : 0;
}

// Digits of a second: timestamp(3) without time zone.
std::size_t fraction_of(const ColumnPart& column) {
  const std::size_t open = column.type.find('(');
  return open == std::string::npos ? k_fraction_max : static_cast<std::size_t>(column.type[open + 1] - '0');
}

// What the target can hold.
struct Limits {
  int urn_chars = 0;
  int aspect_chars = 0;
  struct Column {
    ColumnPart part;
    JsonNeed json = JsonNeed::none;
  };
  std::vector<Column> columns;
};

// Of the table as it is, or as a restore will make it.
TableParts target_of(Client& client, const SqlAddress& address, const model::Collection& collection) {
  const auto table = find_table(client, address);
  TableParts conventional = conventional_parts(address.schema, table.value_or("metadata_aspect_v2"), collection);
  if (table) return parts_with_columns(read_parts(client, address.schema, *table), conventional, collection);
  if (!has_types_of_postgres(collection)) return conventional;
  // It will be made by the snapshot's own definition, which these rows were held by.
  conventional.indexes.clear();
  for (ColumnPart& column : conventional.columns) {
    column.not_null = false;
    column.chars_max = 0;
  }
  return conventional;
}

// Looks at the rows of one range.
class Part : public RowSink {
public:
  // All outlive it; `clashes` is nullptr where equal keys have equal bytes.
  Part(const Limits& limits, JsonCheck& json, ClashFinder* clashes) : limits_(limits), json_(json), clashes_(clashes) {}

  void row(const base::RowView& row) override {
    const AspectKey key = parse_aspect_key(row.key);
    check_text(row, key.urn, "urn", limits_.urn_chars);
    check_text(row, key.aspect, "aspect", limits_.aspect_chars);
    if (row.columns.size() != limits_.columns.size())
      throw Error(ErrorKind::internal, row_name(row.key) + " has another number of columns than its collection");
    for (std::size_t i = 0; i < limits_.columns.size(); ++i) check_column(row, limits_.columns[i], row.columns[i]);
    if (clashes_ != nullptr) add(key);
  }

  // The keys that are left.
  void end() {
    if (clashes_ != nullptr) clashes_->put(keys_);
    keys_.clear();
  }

private:
  [[noreturn]] static void refuse(const base::RowView& row, std::string_view problem, std::string_view column,
                                  std::string hint) {
    throw Error(ErrorKind::refused, fmt::format("{} {} {}", row_name(row.key), problem, column), std::move(hint));
  }

  static void check_text(const base::RowView& row, base::ByteView text, std::string_view column, int chars_max) {
    const std::string leave_out = "Leave the row out with --select, or correct it at the source and back up again.";
    if (text.find('\0') != base::ByteView::npos)
      refuse(row, "has a NUL byte, which PostgreSQL cannot hold, in", column, leave_out);
    if (invalid_utf8(text)) refuse(row, "has bytes that are not UTF-8 in", column, leave_out);
    if (chars_max > 0 && text.size() > static_cast<std::size_t>(chars_max) &&
        characters(text) > static_cast<std::size_t>(chars_max))
      refuse(row, fmt::format("is longer than the target's {} characters in", chars_max), column,
             "Widen the column of the target, or leave the row out with --select.");
  }

  void check_column(const base::RowView& row, const Limits::Column& limits, const base::ColumnView& value) {
    const ColumnPart& column = limits.part;
    if (!value) {
      if (column.not_null)
        refuse(row, "has a NULL, which the target does not take, in", column.name, "Leave the row out with --select.");
      return;
    }
    if (column.type_name == "bytea") return;
    check_text(row, *value, column.name, column.chars_max);
    if (wire_of(column) == Wire::instant && !instant_micros(*value))
      refuse(row, fmt::format("has '{}', which is no instant, in", *value), column.name,
             "Correct it at the source and back up again.");
    // The server would round it to what the type holds, without a word.
    if (const std::size_t digits = fraction_of(column);
        wire_of(column) == Wire::instant && value->find_last_not_of('0') >= k_fraction_at + digits)
      refuse(row, fmt::format("has {}, which is more digits of a second than the {} of the target, in", *value, digits),
             column.name, "Change the column in the target, or leave the row out with --select.");
    if (const auto problem = json_.problem(*value, limits.json))
      refuse(row, fmt::format("is not JSON ({}), which the target's definition needs it to be, in", *problem),
             column.name,
             "Correct it at the source and back up again, leave the row out with --select, or drop the index, check or "
             "type that needs JSON.");
  }

  void add(const AspectKey& key) {
    append_copy_text(keys_, key.urn);
    keys_ += '\t';
    append_copy_text(keys_, key.aspect);
    keys_ += fmt::format("\t{}\n", key.version);
    if (keys_.size() < k_send_bytes) return;
    clashes_->put(keys_);
    keys_.clear();
  }

  const Limits& limits_;
  JsonCheck& json_;
  ClashFinder* clashes_;
  base::Bytes keys_;  // lines for the finder
};

class PostgresAdmission : public Connector::Admission {
public:
  PostgresAdmission(const SqlAddress& address, const model::Collection& collection)
      : client_(address, {}), json_(address) {
    const TableParts target = target_of(client_, address, collection);
    limits_.urn_chars = limit_of(target, "urn");
    limits_.aspect_chars = limit_of(target, "aspect");
    for (const model::Column& column : collection.columns) {
      const ColumnPart& part = *target.column(column.name);
      limits_.columns.push_back({.part = part, .json = json_need(target, part)});
    }
    const ColumnPart* urn = target.column("urn");
    const ColumnPart* aspect = target.column("aspect");
    if (urn && aspect && (!urn->deterministic || !aspect->deterministic)) {
      clashes_.emplace(address, target);
      if (find_table(client_, address)) prepare_look(target);
    }
  }

  RowSink& part() override {
    const std::lock_guard lock(mutex_);
    parts_.push_back(std::make_unique<Part>(limits_, json_, clashes_ ? &*clashes_ : nullptr));
    return *parts_.back();
  }

  void end() override {
    if (!clashes_) return;
    for (const auto& part : parts_) part->end();
    clashes_->end();
  }

  std::vector<Clash> clashes(const std::vector<base::Bytes>& keys) override {
    std::vector<Clash> out;
    if (look_.empty()) return out;
    for (std::size_t from = 0; from < keys.size(); from += k_keys_per_look) {
      std::vector<std::string> urns, aspects, versions;
      for (std::size_t i = from; i < std::min(keys.size(), from + k_keys_per_look); ++i) {
        AspectKey key = parse_aspect_key(keys[i]);
        urns.push_back(std::move(key.urn));
        aspects.push_back(std::move(key.aspect));
        versions.push_back(std::to_string(key.version));
      }
      const Rows rows = client_.query(look_, {text_array(urns), text_array(aspects), text_array(versions)});
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const base::Bytes& key = keys[from + static_cast<std::size_t>(rows.number(row, 0)) - 1];
        base::Bytes held = aspect_key(rows.text(row, 1), rows.text(row, 2), rows.number(row, 3));
        if (held != key) out.push_back({key, std::move(held)});
      }
    }
    return out;
  }

private:
  void prepare_look(const TableParts& target) {
    look_ = fmt::format(
        "SELECT k.n, t.urn, t.aspect, t.version"
        " FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS k(urn, aspect, version, n)"
        " JOIN {} t ON t.urn = k.urn AND t.aspect = k.aspect AND t.version = k.version ORDER BY k.n",
        qualified(target.schema, target.table));
  }

  Client client_;
  std::string look_;  // empty: the target's collation takes no two keys for one
  Limits limits_;
  JsonCheck json_;
  std::optional<ClashFinder> clashes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace

std::unique_ptr<Connector::Admission> open_admission(const SqlAddress& address, const model::Collection& collection) {
  return std::make_unique<PostgresAdmission>(address, collection);
}

}  // namespace holdfast::platform::datahub::postgres
