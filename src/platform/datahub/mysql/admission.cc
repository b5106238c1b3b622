#include "platform/datahub/mysql/admission.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/mysql/shape.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_batch_rows = 2000;
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
// table with the target's own column definitions, where the second of two equal ones is refused.
class ServerFolding {
public:
  ServerFolding(Client& client, const MysqlTable& table) : client_(client), collation_(table.shape.key_collation) {
    const std::string source = quote_name(table.shape.table);
    client_.execute("DROP TEMPORARY TABLE IF EXISTS holdfast_keys");
    // LIKE keeps lengths, collations and the primary key; everything else can be left out.
    client_.execute(
        fmt::format("CREATE TEMPORARY TABLE holdfast_keys (PRIMARY KEY (`urn`, `aspect`, `version`)) ENGINE=InnoDB "
                    "SELECT `urn`, `aspect`, `version` FROM {} WHERE FALSE",
                    source));
  }

  void add(base::ByteView key) {
    keys_.emplace_back(key);
    if (keys_.size() == k_batch_rows) flush();
  }

  void flush() {
    if (keys_.empty()) return;
    try {
      client_.execute(insert(keys_.begin(), keys_.end()));
    } catch (const ServerError& error) {
      if (error.code() != ER_DUP_ENTRY) throw;
      name_the_pair();
    }
    keys_.clear();
  }

private:
  using Keys = std::vector<base::Bytes>;

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
  [[noreturn]] void name_the_pair() {
    for (auto key = keys_.cbegin(); key != keys_.cend(); ++key) {
      try {
        client_.execute(insert(key, key + 1));
      } catch (const ServerError& error) {
        if (error.code() != ER_DUP_ENTRY) throw;
        const AspectKey parts = parse_aspect_key(*key);
        const auto rows =
            client_.query(fmt::format("SELECT `urn`, `aspect`, `version` FROM holdfast_keys WHERE `urn` = {} AND "
                                      "`aspect` = {} AND `version` = {}",
                                      quote_text(parts.urn), quote_text(parts.aspect), parts.version));
        const std::string other =
            rows.empty() ? "another row" : row_name(rows[0][0].value_or(""), rows[0][1].value_or(""), parts.version);
        clash(other, row_name(*key), collation_);
      }
    }
    throw Error(ErrorKind::internal, "keys that clashed together do not clash one by one");
  }

  Client& client_;
  std::string collation_;
  Keys keys_;
};

// Binary collations that pad fold only trailing blanks: 'a' and 'a  ' are one key.  Between the two in byte order stand
// only texts that begin with 'a', so the URNs that are a prefix of the current one are all that must be remembered.
class Padding {
public:
  explicit Padding(std::string collation) : collation_(std::move(collation)) {}

  void add(base::ByteView key) {
    AspectKey parts = parse_aspect_key(key);
    while (!open_.empty() && !parts.urn.starts_with(open_.back().urn)) open_.pop_back();
    if (open_.empty() || open_.back().urn != parts.urn) open_.push_back({.urn = parts.urn, .rows = {}});
    std::string aspect = trimmed(parts.aspect);
    for (const Urn& other : open_) {
      if (trimmed(other.urn) != trimmed(parts.urn)) continue;
      for (const auto& [folded, whole] : other.rows)
        if (folded.first == aspect && folded.second == parts.version)
          clash(row_name(other.urn, whole, parts.version), row_name(key), collation_);
    }
    remember(open_.back(), std::move(aspect), parts);
  }

private:
  struct Urn {
    std::string urn;
    std::vector<std::pair<std::pair<std::string, std::int64_t>, std::string>> rows;
  };

  static std::string trimmed(std::string_view text) {
    while (text.ends_with(' ')) text.remove_suffix(1);
    return std::string(text);
  }

  static void remember(Urn& urn, std::string aspect, const AspectKey& parts) {
    urn.rows.emplace_back(std::make_pair(std::move(aspect), parts.version), parts.aspect);
  }

  std::string collation_;
  std::vector<Urn> open_;
};

class MysqlAdmission : public Connector::Admission {
public:
  MysqlAdmission(Endpoint& endpoint, const model::Collection& collection)
      : client_(endpoint, {}), collection_(collection) {
    if (const auto name = target_table(client_, endpoint.address)) {
      table_ = project(read_table(client_, endpoint.address, *name), collection);
    } else {
      conventions(collection);
    }
    if (table_.collation.folds)
      folding_ = std::make_unique<ServerFolding>(client_, table_);
    else if (table_.collation.pads)
      padding_ = std::make_unique<Padding>(table_.shape.key_collation);
    last_timestamp_ =
        client_.version().is_mariadb() && client_.version().at_least(11, 5) ? k_timestamp_last_64 : k_timestamp_last;
  }

  void row(const base::RowView& row) override {
    const AspectKey parts = parse_aspect_key(row.key);
    check_length(row.key, table_.key[0], parts.urn);
    check_length(row.key, table_.key[1], parts.aspect);
    for (std::size_t i = 0; i < table_.columns.size(); ++i) check_value(row.key, table_.columns[i], row.columns[i], i);
    if (folding_) folding_->add(row.key);
    if (padding_) padding_->add(row.key);
  }

  void end() override {
    if (folding_) folding_->flush();
  }

private:
  // What conventional_ddl() makes.
  void conventions(const model::Collection& collection) {
    table_.collation = collation_facts("utf8mb4_bin");
    table_.shape.key_collation = "utf8mb4_bin";
    table_.shape.collection = collection;
    table_.key = {{.name = "urn", .data_type = "varchar", .characters_max = 500},
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
      table_.columns.push_back(plan);
    }
  }

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
      if (index < table_.shape.collection.columns.size() && !table_.shape.collection.columns[index].nullable)
        cannot_hold(key, column, "it is NULL");
      return;
    }
    if (!column.instant) {
      check_length(key, column, *value);
      if (!column.binary && collection_.columns[index].content != model::ColumnContent::bytes && invalid_utf8(*value))
        cannot_hold(key, column, "it is not UTF-8");
      return;
    }
    if (!canonical_instant(*value)) cannot_hold(key, column, fmt::format("'{}' is not a time", *value));
    // Rounding to fewer digits would change the value in silence.
    if (value->substr(20 + column.fraction).find_first_not_of('0') != base::ByteView::npos)
      cannot_hold(key, column, fmt::format("{} has more digits of a second than {}", *value, column.fraction));
    const bool zero = value->starts_with("0000-00-00");
    if (column.data_type == "timestamp" && !zero && (*value < k_timestamp_first || *value > last_timestamp_))
      cannot_hold(key, column, fmt::format("{} is outside of the range of the type timestamp", *value));
  }

  Client client_;
  model::Collection collection_;
  MysqlTable table_;
  std::string_view last_timestamp_;
  std::unique_ptr<ServerFolding> folding_;
  std::unique_ptr<Padding> padding_;
};

}  // namespace

std::unique_ptr<Connector::Admission> open_admission(Endpoint& endpoint, const model::Collection& collection) {
  return std::make_unique<MysqlAdmission>(endpoint, collection);
}

}  // namespace holdfast::platform::datahub::mysql
