#include "platform/datahub/mysql/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "base/error.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view k_current_table = "metadata_aspect_v2";
constexpr std::string_view k_first_table = "metadata_aspect";

std::vector<std::string> names_wanted(const SqlAddress& address) {
  if (!address.table.empty()) return {address.table};
  return {std::string(k_current_table), std::string(k_first_table)};
}
constexpr std::array<std::string_view, 3> k_key = {"urn", "aspect", "version"};

struct ColumnFacts {  // a row of information_schema.columns
  std::string name;
  std::string type;       // "varchar(500)"
  std::string data_type;  // "varchar"
  std::string charset;
  std::string collation;
  bool nullable = false;
  bool generated = false;
  unsigned fraction = 0;
  std::uint64_t characters_max = 0;
};

std::uint64_t number_or_zero(const Text& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

std::vector<ColumnFacts> read_columns(Client& client, const std::string& table) {
  const auto rows = client.query(fmt::format(
      "SELECT COLUMN_NAME, COLUMN_TYPE, LOWER(DATA_TYPE), IFNULL(CHARACTER_SET_NAME, ''), IFNULL(COLLATION_NAME, ''), "
      "IS_NULLABLE, EXTRA, DATETIME_PRECISION, CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS "
      "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
      quote_text(table)));
  std::vector<ColumnFacts> out;
  for (const TextRow& row : rows) {
    const std::string extra = row[6].value_or("");
    // DEFAULT_GENERATED is MySQL's word for a default that is an expression: the column itself is an ordinary one.
    const bool generated =
        extra.find("GENERATED") != std::string::npos && extra.find("DEFAULT_GENERATED") == std::string::npos;
    out.push_back({.name = row[0].value_or(""),
                   .type = row[1].value_or(""),
                   .data_type = row[2].value_or(""),
                   .charset = row[3].value_or(""),
                   .collation = row[4].value_or(""),
                   .nullable = row[5] == "YES",
                   .generated = generated,
                   .fraction = static_cast<unsigned>(number_or_zero(row[7])),
                   .characters_max = number_or_zero(row[8])});
  }
  return out;
}

std::string list_columns(const std::vector<ColumnFacts>& columns) {
  std::string out;
  for (const ColumnFacts& column : columns)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", column.name, column.type);
  return out;
}

[[noreturn]] void unknown_shape(const std::string& table, const std::string& problem,
                                const std::vector<ColumnFacts>& columns) {
  throw Error(
      ErrorKind::unsupported,
      fmt::format("table '{}' is not a known aspect table: {}; found: {}", table, problem, list_columns(columns)),
      "Name the aspect table by the option table=NAME in sql.url.");
}

bool is_text(std::string_view type) {
  return one_of(type, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"});
}
bool is_number(std::string_view type) {
  return one_of(type, {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"});
}

ColumnPlan plan_of(const ColumnFacts& facts) {
  ColumnPlan plan{.name = facts.name, .data_type = facts.data_type};
  plan.instant = one_of(facts.data_type, {"timestamp", "datetime"});
  plan.exact_float = facts.data_type == "float";
  plan.binary = !plan.instant && !is_text(facts.data_type) && !is_number(facts.data_type) &&
                !one_of(facts.data_type, {"json", "date", "time", "uuid", "inet4", "inet6"});
  plan.check_utf8 = is_text(facts.data_type) && facts.charset.starts_with("utf8");
  plan.fraction = facts.fraction;
  // Long texts are bounded by bytes far above anything that a packet can carry.
  if (one_of(facts.data_type, {"char", "varchar", "binary", "varbinary"})) plan.characters_max = facts.characters_max;
  return plan;
}

model::Column column_of(const ColumnFacts& facts, const ColumnPlan& plan) {
  model::ColumnContent content = model::ColumnContent::text;
  if (plan.instant)
    content = model::ColumnContent::instant;
  else if (is_number(facts.data_type))
    content = model::ColumnContent::number;
  else if (plan.binary)
    content = model::ColumnContent::bytes;
  else if (one_of(facts.name, {"metadata", "systemmetadata"}) || facts.data_type == "json")
    content = model::ColumnContent::json;
  return {.name = facts.name, .source_type = facts.type, .content = content, .nullable = facts.nullable};
}

CollationFacts weaker(const CollationFacts& a, const CollationFacts& b) {
  return {.byte_order = a.byte_order && b.byte_order, .pads = a.pads || b.pads, .folds = a.folds || b.folds};
}

void plan_columns(const std::string& table, const std::vector<ColumnFacts>& facts, MysqlTable& out) {
  // No table is without columns: the server hides those that a user may neither read nor write.
  if (facts.empty())
    throw Error(ErrorKind::auth, fmt::format("this user may not see the columns of table '{}'", table),
                "Grant it SELECT on the table.");
  for (const std::string_view name : k_key) {
    const auto found =
        std::find_if(facts.begin(), facts.end(), [&](const auto& column) { return column.name == name; });
    if (found == facts.end()) unknown_shape(table, fmt::format("it has no column '{}'", name), facts);
    const bool number = name == "version";
    const bool fits = number ? one_of(found->data_type, {"bigint", "int"})
                             : is_text(found->data_type) || found->data_type == "varbinary";
    if (!fits) unknown_shape(table, fmt::format("'{}' is {}", name, found->type), facts);
    out.key.push_back(plan_of(*found));
    out.shape.collection.key.push_back(
        {.name = std::string(name), .type = number ? model::KeyPartType::integer : model::KeyPartType::text});
    if (number) continue;
    const CollationFacts one = collation_facts(found->collation.empty() ? "binary" : found->collation);
    out.collation = name == "urn" ? one : weaker(out.collation, one);
    if (name == "urn") out.shape.key_collation = found->collation.empty() ? "binary" : found->collation;
  }
  for (const ColumnFacts& column : facts) {
    // What the server computes cannot be written, and comes back by itself.
    if (column.generated || one_of(column.name, {"urn", "aspect", "version"})) continue;
    const ColumnPlan plan = plan_of(column);
    out.columns.push_back(plan);
    out.shape.collection.columns.push_back(column_of(column, plan));
    if (column.name == "createdon") out.shape.createdon_type = column.type;
  }
  for (const std::string_view name : {"metadata", "createdon"}) {
    const auto& columns = out.columns;
    if (std::none_of(columns.begin(), columns.end(), [&](const ColumnPlan& column) { return column.name == name; }))
      unknown_shape(table, fmt::format("it has no column '{}'", name), facts);
  }
}

// The name inside the first pair of backticks of an index clause; the primary key has none.
std::string clause_name(std::string_view clause) {
  const std::size_t paren = clause.find('(');
  const std::size_t from = clause.find('`');
  if (from == std::string_view::npos || from > paren) return "PRIMARY";
  return std::string(clause.substr(from + 1, clause.find('`', from + 1) - from - 1));
}

void read_indexes(Client& client, const std::string& table, const std::vector<ColumnFacts>& columns, MysqlTable& out) {
  const Text primary = client.value(
      fmt::format("SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS WHERE "
                  "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {} AND INDEX_NAME = 'PRIMARY'",
                  quote_text(table)));
  if (primary != "urn,aspect,version")
    unknown_shape(table, fmt::format("its primary key is ({})", primary.value_or("none")), columns);
  out.shape.indexes.push_back(
      {.name = "PRIMARY", .definition = "PRIMARY KEY (`urn`,`aspect`,`version`)", .primary = true, .unique = true});
  for (const std::string& clause : split_create_table(out.shape.ddl, table).index_clauses)
    out.shape.indexes.push_back({.name = clause_name(clause),
                                 .definition = fmt::format("ALTER TABLE {} ADD {}", quote_name(table), clause),
                                 .primary = false,
                                 .unique = clause.starts_with("UNIQUE")});
}

}  // namespace

std::vector<std::string> table_names(Client& client) {
  std::vector<std::string> out;
  for (const TextRow& row : client.query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                                         "DATABASE() AND TABLE_TYPE = 'BASE TABLE' "
                                         "ORDER BY TABLE_NAME"))
    out.push_back(row[0].value_or(""));
  return out;
}

bool table_exists(Client& client, const std::string& table) {
  return client
      .value(fmt::format("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {} "
                         "AND TABLE_TYPE = 'BASE TABLE'",
                         quote_text(table)))
      .has_value();
}

std::optional<std::string> target_table(Client& client, const SqlAddress& address) {
  for (const std::string& name : names_wanted(address))
    if (table_exists(client, name)) return name;
  return std::nullopt;
}

std::string find_aspect_table(Client& client, const SqlAddress& address) {
  if (auto name = target_table(client, address)) return *std::move(name);
  const std::vector<std::string> wanted = names_wanted(address);
  std::string found;
  for (const std::string& name : table_names(client)) found += (found.empty() ? "" : ", ") + name;
  throw Error(ErrorKind::not_found,
              fmt::format("{} has no table '{}'; found: {}", address.display(), fmt::join(wanted, "' or '"),
                          found.empty() ? "no tables that this user may see" : found),
              "Check the database in sql.url, or name the table by the option table=NAME.");
}

MysqlTable read_table(Client& client, const SqlAddress& address, const std::string& table) {
  MysqlTable out;
  TableShape& shape = out.shape;
  shape.engine = client.version().is_mariadb() ? "mariadb" : "mysql";
  shape.server_version = client.version().text;
  shape.database = address.database;
  shape.table = table;
  shape.collection.name = "aspect";
  const auto created = client.query("SHOW CREATE TABLE " + quote_name(table));
  if (created.empty() || created[0].size() < 2) throw Error(ErrorKind::not_found, "table '" + table + "' is gone");
  shape.ddl = created[0][1].value_or("");
  const std::vector<ColumnFacts> columns = read_columns(client, table);
  plan_columns(table, columns, out);
  shape.key_order_is_bytes = out.collation.byte_order;
  read_indexes(client, table, columns, out);
  const auto facts = client.query(
      fmt::format("SELECT ENGINE, TABLE_ROWS, IFNULL(DATA_LENGTH, 0) + IFNULL(INDEX_LENGTH, 0), DATA_LENGTH FROM "
                  "information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {}",
                  quote_text(table)));
  if (facts.empty()) throw Error(ErrorKind::not_found, "table '" + table + "' is gone");
  out.storage_engine = facts[0][0].value_or("");
  shape.estimated_rows = number_or_zero(facts[0][1]);
  shape.estimated_bytes = number_or_zero(facts[0][3]);
  for (const TextRow& row : client.query(
           fmt::format("SELECT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS "
                       "NOT NULL AND "
                       "((TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {0}) OR (REFERENCED_TABLE_SCHEMA = DATABASE() AND "
                       "REFERENCED_TABLE_NAME = {0}))",
                       quote_text(table))))
    out.foreign_keys.push_back(row[0].value_or(""));
  return out;
}

MysqlTable project(MysqlTable table, const model::Collection& collection) {
  std::vector<ColumnPlan> columns;
  std::vector<model::Column> described;
  for (const model::Column& wanted : collection.columns) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const ColumnPlan& column) { return column.name == wanted.name; });
    if (found == table.columns.end())
      throw Error(
          ErrorKind::refused,
          fmt::format("table '{}' has no column '{}', which the rows carry", table.shape.table, wanted.name),
          fmt::format("Add the column ({}) to the table, or restore into a table of its own.", wanted.source_type));
    columns.push_back(*found);
    described.push_back(table.shape.collection.columns[static_cast<std::size_t>(found - table.columns.begin())]);
  }
  table.columns = std::move(columns);
  table.shape.collection.columns = std::move(described);
  return table;
}

CreateTable split_create_table(std::string_view ddl, std::string_view name) {
  CreateTable out;
  std::vector<std::string> kept;
  const std::size_t open = ddl.find("(\n");
  const std::size_t close = ddl.rfind("\n)");
  if (!ddl.starts_with("CREATE TABLE ") || open == std::string_view::npos || close == std::string_view::npos ||
      close < open)
    throw Error(ErrorKind::unsupported,
                fmt::format("the definition of a table cannot be read: {}", ddl.substr(0, 200)));
  // The server prints a clause a line.  Comments are quoted, with line breaks written as \n.
  std::string_view body = ddl.substr(open + 2, close - open - 2);
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    std::string_view line = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
    while (line.starts_with(" ")) line.remove_prefix(1);
    if (line.ends_with(",")) line.remove_suffix(1);
    const bool index = line.starts_with("KEY ") || line.starts_with("UNIQUE KEY ") ||
                       line.starts_with("FULLTEXT KEY ") || line.starts_with("SPATIAL KEY ");
    if (index)
      out.index_clauses.emplace_back(line);
    else
      kept.emplace_back(line);
  }
  out.without_indexes =
      fmt::format("CREATE TABLE {} (\n  {}{}", quote_name(name), fmt::join(kept, ",\n  "), ddl.substr(close));
  return out;
}

std::string conventional_ddl(const model::Collection& collection, std::string_view name) {
  std::string columns;
  for (const model::Column& column : collection.columns) {
    std::string type = "longtext";
    if (column.name == "metadata")
      type = "longtext NOT NULL";
    else if (column.name == "createdon")
      type = "timestamp(6) NOT NULL DEFAULT '2000-01-01 00:00:00.000000'";
    else if (column.name == "createdby")
      type = "varchar(255) NOT NULL";
    else if (column.name == "createdfor")
      type = "varchar(255)";
    else if (column.content == model::ColumnContent::instant)
      type = "datetime(6)";
    else if (column.content == model::ColumnContent::bytes)
      type = "longblob";
    columns += fmt::format("  {} {},\n", quote_name(column.name), type);
  }
  return fmt::format(
      "CREATE TABLE {} (\n  `urn` varchar(500) NOT NULL,\n  `aspect` varchar(200) NOT NULL,\n  `version` bigint NOT "
      "NULL,\n"
      "{}  PRIMARY KEY (`urn`,`aspect`,`version`),\n  KEY `timeIndex` (`createdon`),\n"
      "  KEY `idx_version_urn_aspect` (`version`,`urn`,`aspect`)\n"
      ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
      quote_name(name), columns);
}

namespace {

constexpr std::string_view k_charset = "utf8mb4_";

// Of what a collation is called behind its character set.
bool is_of_mysql_only(std::string_view name) {
  return name.find("0900_") != std::string_view::npos;
}
bool is_of_mariadb_only(std::string_view name) {
  return name.starts_with("uca1400_") || name.find("nopad_") != std::string_view::npos;
}

void replace_collations(std::string& ddl, bool (*is_unknown)(std::string_view)) {
  for (std::size_t at = ddl.find(k_charset); at != std::string::npos; at = ddl.find(k_charset, at + 1)) {
    const std::size_t name = at + k_charset.size();
    std::size_t end = name;
    while (end < ddl.size() && (base::is_lower(ddl[end]) || base::is_digit(ddl[end]) || ddl[end] == '_')) ++end;
    if (is_unknown(std::string_view(ddl).substr(name, end - name))) ddl.replace(name, end - name, "bin");
  }
}

// " NAME=VALUE", wherever it stands.
void drop_option(std::string& ddl, std::string_view name) {
  const std::string option = fmt::format(" {}=", name);
  for (std::size_t at = ddl.find(option); at != std::string::npos; at = ddl.find(option, at))
    ddl.erase(at, std::min(ddl.find(' ', at + option.size()), ddl.size()) - at);
}

}  // namespace

std::string adapt_ddl(std::string ddl, const ServerVersion& source, const ServerVersion& target) {
  if (source.flavour == target.flavour && target.at_least(source.major, source.minor)) return ddl;
  replace_collations(ddl, target.is_mariadb() ? is_of_mysql_only : is_of_mariadb_only);
  if (!target.is_mariadb())
    for (const char* option : {"PAGE_CHECKSUM", "PAGE_COMPRESSED", "ENCRYPTED", "ENCRYPTION_KEY_ID"})
      drop_option(ddl, option);
  return ddl;
}

}  // namespace holdfast::platform::datahub::mysql
