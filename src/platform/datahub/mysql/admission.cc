#include "platform/datahub/mysql/admission.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/mysql/shape.h"
#include "platform/datahub/sql/shape.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_batch_rows = 2000;
constexpr std::size_t k_keys_per_look = 200;
constexpr std::string_view k_timestamp_first = "1970-01-01 00:00:01.000000";
constexpr std::string_view k_timestamp_last = "2038-01-19 03:14:07.999999";
constexpr std::string_view k_timestamp_last_64 = "2106-02-07 06:28:15.999999";  // MariaDB 11.5 and later

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

[[noreturn]] void clash(const std::string& a, const std::string& b, const std::string& collation) {
  throw Error(
      ErrorKind::refused, fmt::format("{} and {} are the same key under the target's collation {}", a, b, collation),
      "Give the target's columns urn and aspect the collation utf8mb4_bin, or rename or remove one of the rows.");
}

// What tells keys apart under a collation that folds letters: only the server knows.  The keys go into a temporary
// table with the target's own column definitions, where the second of two equal ones is refused.  Thread-safe.
class ServerFolding {
public:
  using Keys = std::vector<base::Bytes>;

  ServerFolding(Client& client, const MysqlTable& table) : client_(client), collation_(table.shape.key_collation) {
    const std::string source = quote_name(table.shape.table);
    client_.execute("DROP TEMPORARY TABLE IF EXISTS holdfast_keys");
    // LIKE keeps lengths, collations and the primary key; everything else can be left out.
    client_.execute(
        fmt::format("CREATE TEMPORARY TABLE holdfast_keys (PRIMARY KEY (`urn`, `aspect`, `version`)) ENGINE=InnoDB "
                    "SELECT `urn`, `aspect`, `version` FROM {} WHERE FALSE",
                    source));
  }

  void add(const Keys& keys) {
    if (keys.empty()) return;
    const std::lock_guard lock(mutex_);
    try {
      client_.execute(insert(keys.begin(), keys.end()));
    } catch (const ServerError& error) {
      if (error.code() != ER_DUP_ENTRY) throw;
      name_the_pair(keys);
    }
  }

private:
  static std::string insert(Keys::const_iterator from, Keys::const_iterator to) {
    std::string sql = "INSERT INTO holdfast_keys (`urn`, `aspect`, `version`) VALUES ";
    for (auto key = from; key != to; ++key) {
      sql += key == from ? "(" : ", (";
      append_key(sql, *key);
      sql += ')';
    }
    return sql;
  }

  // The statement was rolled back as a whole: one by one, the second of the pair is the one that fails.
  [[noreturn]] void name_the_pair(const Keys& keys) {
    for (auto key = keys.cbegin(); key != keys.cend(); ++key) {
      try {
        client_.execute(insert(key, key + 1));
      } catch (const ServerError& error) {
        if (error.code() != ER_DUP_ENTRY) throw;
        const auto rows = client_.query("SELECT `urn`, `aspect` FROM holdfast_keys WHERE " + where_key(*key));
        const std::string other =
            rows.empty() ? "another row"
                         : row_name(rows[0][0].value_or(""), rows[0][1].value_or(""), parse_aspect_key(*key).version);
        clash(other, row_name(*key), collation_);
      }
    }
    throw Error(ErrorKind::internal, "keys that clashed together do not clash one by one");
  }

  Client& client_;
  std::string collation_;
  std::mutex mutex_;
};

// Binary collations that pad fold only trailing blanks: 'a' and 'a  ' are one key.  Between the two in byte order stand
// only texts that begin with 'a', so the URNs that are a prefix of the current one are all that must be remembered, and
// all that one part must know of those before it.
class Padding {
public:
  explicit Padding(std::string collation) : collation_(std::move(collation)) {}

  void add(base::ByteView key) {
    AspectKey parts = parse_aspect_key(key);
    if (first_key_.empty()) {
      first_key_.assign(key);
      first_urn_ = parts.urn;
    }
    enter(parts.urn);
    refuse_clash(parts);
    // Whatever it clashes with in an earlier part is a prefix of the URN that this part begins with.
    if (first_urn_.starts_with(trimmed(parts.urn))) at_seam_.push_back(parts);
    open_.back().rows.push_back({.aspect = std::move(parts.aspect), .version = parts.version});
  }

  // What `before`, whose keys are all below, left open: compares it with the rows here.  Both are at their ends.
  void join(const Padding& before) {
    Padding seam(collation_);
    seam.open_ = before.open_;
    for (const AspectKey& row : at_seam_) seam.refuse_clash(row);
    // An object may go on across the seam, and URNs that are open at both of its sides stay so.
    const std::string last = open_.empty() ? std::string() : open_.back().urn;
    std::erase_if(seam.open_, [&](const Urn& urn) { return !last.starts_with(urn.urn); });
    open_.insert(open_.begin(), seam.open_.begin(), seam.open_.end());
  }

  base::ByteView first_key() const noexcept { return first_key_; }  // empty: no rows

private:
  struct Row {
    std::string aspect;
    std::int64_t version = 0;
  };
  struct Urn {
    std::string urn;
    std::vector<Row> rows;
  };

  static std::string_view trimmed(std::string_view text) noexcept {
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  }

  void enter(const std::string& urn) {
    while (!open_.empty() && !urn.starts_with(open_.back().urn)) open_.pop_back();
    if (open_.empty() || open_.back().urn != urn) open_.push_back({.urn = urn, .rows = {}});
  }

  void refuse_clash(const AspectKey& key) const {
    for (const Urn& other : open_) {
      if (trimmed(other.urn) != trimmed(key.urn)) continue;
      for (const Row& row : other.rows)
        if (row.version == key.version && trimmed(row.aspect) == trimmed(key.aspect))
          clash(row_name(other.urn, row.aspect, row.version), row_name(key.urn, key.aspect, key.version), collation_);
    }
  }

  std::string collation_;
  base::Bytes first_key_;
  std::string first_urn_;
  std::vector<AspectKey> at_seam_;
  std::vector<Urn> open_;
};

// What the target can hold.
struct Limits {
  model::Collection collection;
  MysqlTable table;
  std::string_view last_timestamp;
  std::unique_ptr<ServerFolding> folding;
};

// Looks at the rows of one range.
class Part : public RowSink {
public:
  explicit Part(Limits& limits) : limits_(limits) {  // which outlive it
    if (!limits.folding && limits.table.collation.pads) padding_.emplace(limits.table.shape.key_collation);
  }

  void row(const base::RowView& row) override {
    const AspectKey parts = parse_aspect_key(row.key);
    const MysqlTable& table = limits_.table;
    check_length(row.key, table.key[0], parts.urn);
    check_length(row.key, table.key[1], parts.aspect);
    for (std::size_t i = 0; i < table.columns.size(); ++i) check_value(row.key, table.columns[i], row.columns[i], i);
    if (limits_.folding) fold(row.key);
    if (padding_) padding_->add(row.key);
  }

  // The keys that are left.
  void end() {
    if (limits_.folding) limits_.folding->add(keys_);
    keys_.clear();
  }
  Padding* padding() noexcept { return padding_ ? &*padding_ : nullptr; }

private:
  [[noreturn]] static void cannot_hold(base::ByteView key, const ColumnPlan& column, const std::string& why) {
    throw Error(ErrorKind::refused,
                fmt::format("{}: column '{}' of the target cannot hold it: {}", row_name(key), column.name, why),
                "Change the column in the target, or leave the row out with --select.");
  }

  void check_length(base::ByteView key, const ColumnPlan& column, std::string_view text) const {
    if (column.characters_max == 0 || text.size() <= column.characters_max) return;
    const std::size_t length = column.binary ? text.size() : characters(text);
    if (length > column.characters_max)
      cannot_hold(key, column, fmt::format("{} characters, at most {} fit", length, column.characters_max));
  }

  void check_value(base::ByteView key, const ColumnPlan& column, const base::ColumnView& value,
                   std::size_t index) const {
    if (!value) {
      if (index < limits_.table.shape.collection.columns.size() &&
          !limits_.table.shape.collection.columns[index].nullable)
        cannot_hold(key, column, "it is NULL");
      return;
    }
    if (!column.instant) {
      check_length(key, column, *value);
      if (!column.binary && limits_.collection.columns[index].content != model::ColumnContent::bytes &&
          invalid_utf8(*value))
        cannot_hold(key, column, "it is not UTF-8");
      return;
    }
    if (!canonical_instant(*value)) cannot_hold(key, column, fmt::format("'{}' is not a time", *value));
    // Rounding to fewer digits would change the value in silence.
    if (value->substr(20 + column.fraction).find_first_not_of('0') != base::ByteView::npos)
      cannot_hold(key, column, fmt::format("{} has more digits of a second than {}", *value, column.fraction));
    const bool zero = value->starts_with("0000-00-00");
    if (column.data_type == "timestamp" && !zero && (*value < k_timestamp_first || *value > limits_.last_timestamp))
      cannot_hold(key, column, fmt::format("{} is outside of the range of the type timestamp", *value));
  }

  void fold(base::ByteView key) {
    keys_.emplace_back(key);
    if (keys_.size() < k_batch_rows) return;
    limits_.folding->add(keys_);
    keys_.clear();
  }

  Limits& limits_;
  ServerFolding::Keys keys_;  // that the server has not seen yet
  std::optional<Padding> padding_;
};

class MysqlAdmission : public Connector::Admission {
public:
  MysqlAdmission(Endpoint& endpoint, const model::Collection& collection) : client_(endpoint, {}) {
    limits_.collection = collection;
    if (const auto name = target_table(client_, endpoint.address)) {
      limits_.table = project(read_table(client_, endpoint.address, *name), collection);
      live_ = true;
    } else {
      conventions(collection);
    }
    if (limits_.table.collation.folds) limits_.folding = std::make_unique<ServerFolding>(client_, limits_.table);
    limits_.last_timestamp =
        client_.version().is_mariadb() && client_.version().at_least(11, 5) ? k_timestamp_last_64 : k_timestamp_last;
  }

  RowSink& part() override {
    const std::lock_guard lock(mutex_);
    parts_.push_back(std::make_unique<Part>(limits_));
    return *parts_.back();
  }

  void end() override {
    for (const auto& part : parts_) part->end();
    join_seams();
  }

  std::vector<Clash> clashes(const std::vector<base::Bytes>& keys) override {
    std::vector<Clash> out;
    const CollationFacts& collation = limits_.table.collation;
    if (!live_ || (!collation.folds && !collation.pads)) return out;
    for (std::size_t from = 0; from < keys.size(); from += k_keys_per_look) {
      const std::size_t to = std::min(keys.size(), from + k_keys_per_look);
      std::string any;
      for (std::size_t i = from; i < to; ++i) any += (i == from ? "" : " OR ") + where_key(keys[i]);
      if (held(any).empty()) continue;
      // Which of them it meets only the server can say.
      for (std::size_t i = from; i < to; ++i)
        for (base::Bytes& other : held(where_key(keys[i])))
          if (other != keys[i]) out.push_back({keys[i], std::move(other)});
    }
    return out;
  }

private:
  std::vector<base::Bytes> held(const std::string& where) {
    std::vector<base::Bytes> out;
    for (const auto& row : client_.query(fmt::format("SELECT `urn`, `aspect`, `version` FROM {} WHERE {}",
                                                     quote_name(limits_.table.shape.table), where)))
      out.push_back(aspect_key(row[0].value_or(""), row[1].value_or(""), std::stoll(row[2].value_or("0"))));
    return out;
  }

  // Rows of such a server find the definition that held them there; only how long a text may be and which times a type
  // holds may differ from DataHub's conventions.
  static void as_at_the_source(const model::Collection& collection, MysqlTable& table) {
    for (ColumnPlan& column : table.key) column.characters_max = 0;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      ColumnPlan& column = table.columns[i];
      const std::string& type = collection.columns[i].source_type;
      column.characters_max = 0;
      if (column.instant) column.data_type = type.substr(0, type.find('('));
    }
  }

  // What conventional_ddl() makes.
  void conventions(const model::Collection& collection) {
    limits_.table.collation = collation_facts("utf8mb4_bin");
    limits_.table.shape.key_collation = "utf8mb4_bin";
    limits_.table.shape.collection = collection;
    limits_.table.key = {{.name = "urn", .data_type = "varchar", .characters_max = 500},
                         {.name = "aspect", .data_type = "varchar", .characters_max = 200},
                         {.name = "version", .data_type = "bigint"}};
    for (const model::Column& column : collection.columns) {
      ColumnPlan plan{.name = column.name, .data_type = "longtext"};
      if (column.content == model::ColumnContent::instant) {
        plan.data_type = column.name == "createdon" ? "timestamp" : "datetime";
        plan.instant = true;
        plan.fraction = 6;
      }
      if (column.name == "createdby" || column.name == "createdfor") plan.characters_max = 255;
      limits_.table.columns.push_back(plan);
    }
    if (has_types_of_mysql(collection)) as_at_the_source(collection, limits_.table);
  }

  void join_seams() {
    std::vector<Padding*> in_order;
    for (const auto& part : parts_)
      if (part->padding() != nullptr && !part->padding()->first_key().empty()) in_order.push_back(part->padding());
    std::sort(in_order.begin(), in_order.end(),
              [](const Padding* a, const Padding* b) { return a->first_key() < b->first_key(); });
    for (std::size_t i = 1; i < in_order.size(); ++i) in_order[i]->join(*in_order[i - 1]);
  }

  Client client_;
  Limits limits_;
  bool live_ = false;  // the table exists
  std::mutex mutex_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace

std::unique_ptr<Connector::Admission> open_admission(Endpoint& endpoint, const model::Collection& collection) {
  return std::make_unique<MysqlAdmission>(endpoint, collection);
}

}  // namespace holdfast::platform::datahub::mysql
