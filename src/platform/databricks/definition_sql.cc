#include "platform/databricks/definition_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/json.h"
#include "model/hidden_values.h"
#include "model/json_depth.h"
#include "platform/databricks/sql_names.h"

namespace holdfast::platform::databricks {

namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

// What CREATE TABLE … USING takes, of what tables say to be in.
constexpr std::array<std::string_view, 7> k_formats{"DELTA", "PARQUET", "CSV", "JSON", "AVRO", "ORC", "TEXT"};
// Among the properties of a table, what was given as an option of its format.
constexpr std::string_view k_option = "option.";
// What the platform keeps of a view among its properties, and which of that leads to its place: how many parts, and
// each.
constexpr std::string_view k_of_view = "view.";
constexpr std::string_view k_place = "view.catalogAndNamespace.";
constexpr std::size_t k_depth_most = 100;

std::string text_of(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

// As text_of(): of another type it counts as absent.
std::optional<std::int64_t> number_of(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

bool is_nullable(const Json& column) {
  const auto found = column.find("nullable");
  return found == column.end() || !found->is_boolean() || found->get<bool>();
}

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// No table that is read nests as deep: what is none has no members.
Json parsed(std::string_view body) {
  if (model::nests_deeper_than(body, k_depth_most)) return Json::object();
  Json out = Json::parse(body, nullptr, false);
  return out.is_object() ? out : Json::object();
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? "UNKNOWN" : text;
}

std::string name_of(const Json& body) {
  return fmt::format("{}.{}.{}", in_backticks(text_of(body, "catalog_name")),
                     in_backticks(text_of(body, "schema_name")), in_backticks(text_of(body, "name")));
}

std::vector<Json> columns_of(const Json& body) {
  std::vector<Json> out;
  if (const auto found = body.find("columns"); found != body.end() && found->is_array())
    out.assign(found->begin(), found->end());
  const auto position = [](const Json& column) { return number_of(column, "position").value_or(0); };
  std::stable_sort(out.begin(), out.end(), [&](const Json& a, const Json& b) { return position(a) < position(b); });
  return out;
}

std::string comment_of(const Json& object) {
  const std::string comment = text_of(object, "comment");
  return comment.empty() ? comment : fmt::format(" COMMENT {}", literal(comment));
}

std::string in_parentheses(const Texts& list) {
  return list.empty() ? std::string() : fmt::format(" ({})", fmt::join(list, ", "));
}

// Of a view the columns are its query's: they are named only where something is said of them.
std::string view_columns(const Json& body) {
  const std::vector<Json> columns = columns_of(body);
  if (std::all_of(columns.begin(), columns.end(), [](const Json& one) { return comment_of(one).empty(); })) return {};
  Texts out;
  for (const Json& column : columns) out.push_back(in_backticks(text_of(column, "name")) + comment_of(column));
  return in_parentheses(out);
}

std::string table_columns(const Json& body) {
  Texts out;
  for (const Json& column : columns_of(body))
    out.push_back(fmt::format("{} {}{}{}", in_backticks(text_of(column, "name")), text_of(column, "type_text"),
                              is_nullable(column) ? "" : " NOT NULL", comment_of(column)));
  return in_parentheses(out);
}

std::string partitions(const Json& body) {
  std::vector<std::pair<std::int64_t, std::string>> by;
  for (const Json& column : columns_of(body))
    if (const std::optional<std::int64_t> index = number_of(column, "partition_index"))
      by.emplace_back(*index, in_backticks(text_of(column, "name")));
  std::sort(by.begin(), by.end());
  Texts out;
  for (auto& [index, name] : by) out.push_back(std::move(name));
  return out.empty() ? std::string() : " PARTITIONED BY" + in_parentheses(out);
}

enum class Properties { options, others };

std::string properties(const Json& body, Properties which) {
  Texts out;
  if (const auto found = body.find("properties"); found != body.end() && found->is_object())
    for (const auto& [name, value] : found->items()) {
      const bool option = name.starts_with(k_option);
      if (option != (which == Properties::options) || !value.is_string() || name.starts_with(k_of_view)) continue;
      out.push_back(fmt::format("{} = {}", literal(option ? name.substr(k_option.size()) : name),
                                literal(value.get<std::string>())));
    }
  if (out.empty()) return {};
  return (which == Properties::options ? " OPTIONS" : " TBLPROPERTIES") + in_parentheses(out);
}

std::optional<std::string> view_sql(const Json& body) {
  const std::string definition = text_of(body, "view_definition");
  if (definition.empty()) return std::nullopt;  // it is not shown to everybody
  return fmt::format("CREATE VIEW {}{}{}{} AS {}", name_of(body), view_columns(body), comment_of(body),
                     properties(body, Properties::others), definition);
}

std::optional<std::string> table_sql(const Json& body) {
  const std::string format = text_of(body, "data_source_format");
  const std::string location = text_of(body, "storage_location");
  const bool known = std::find(k_formats.begin(), k_formats.end(), format) != k_formats.end();
  if (!known || location.empty()) return std::nullopt;
  return fmt::format("CREATE TABLE {}{} USING {}{}{} LOCATION {}{}{}", name_of(body), table_columns(body), format,
                     properties(body, Properties::options), partitions(body), literal(location), comment_of(body),
                     properties(body, Properties::others));
}

std::optional<std::string> sql_of(const Json& table) {
  const std::string type = text_of(table, "table_type");
  if (type == "VIEW") return view_sql(table);
  if (type == "EXTERNAL") return table_sql(table);
  return std::nullopt;
}

// Scripts stand in plans: what goes by a telling name is not for everybody who may read those.
Json with_hidden_values(Json table) {
  if (const auto found = table.find("properties"); found != table.end())
    *found = Json::parse(model::HiddenValues().hide(found->dump(-1, ' ', false, Json::error_handler_t::replace), {}));
  return table;
}

// What has to run before it, for it to find what it names.
std::string leading_to_place(std::string_view body) {
  const std::optional<SqlPlace> place = place_of(body);
  if (!place) return "-- Make the names in it whole: what they are looked for in is not known.\n";
  return fmt::format("USE CATALOG {};\nUSE SCHEMA {};\n", in_backticks(place->catalog), in_backticks(place->schema));
}

}  // namespace

std::optional<std::string> creation_sql(std::string_view body) {
  return sql_of(parsed(body));
}

std::string view_change_sql(std::string_view body) {
  const Json view = parsed(body);
  return fmt::format("ALTER VIEW {} AS {}", name_of(view), text_of(view, "view_definition"));
}

std::optional<SqlPlace> place_of(std::string_view body) {
  const Json definition = parsed(body);
  const Json properties = definition.value("properties", Json());
  std::map<std::string, std::string> said;
  if (text_of(definition, "table_type") == "VIEW" && properties.is_object())
    for (const auto& [name, value] : properties.items())
      if (name.starts_with(k_place) && value.is_string()) said[name.substr(k_place.size())] = value.get<std::string>();
  if (said.empty()) return SqlPlace{text_of(definition, "catalog_name"), text_of(definition, "schema_name")};
  SqlPlace out{said["part.0"], said["part.1"]};
  const bool whole = said["numParts"] == "2" && said.size() == 3 && !out.catalog.empty() && !out.schema.empty();
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

std::string view_change_script(const std::string& body) {
  return fmt::format("{}{};", leading_to_place(body), view_change_sql(body));
}

std::string creation_script(const std::string& body) {
  const Json table = parsed(body);
  if (const std::optional<std::string> sql = sql_of(with_hidden_values(table)))
    return fmt::format("{}{}{};",
                       sql == sql_of(table) ? "" : "-- Put in what is hidden here, since it may be secret.\n",
                       text_of(table, "table_type") == "VIEW" ? leading_to_place(body) : "", *sql);
  return fmt::format("(no statement makes a table of the type {} in the format {} from what the catalog says of it)",
                     or_unknown(text_of(table, "table_type")), or_unknown(text_of(table, "data_source_format")));
}

}  // namespace holdfast::platform::databricks
