#include "platform/datahub/sql/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace holdfast::platform::datahub {

namespace {

using Json = nlohmann::ordered_json;
using base::Error;
using base::ErrorKind;

Json index_to_json(const TableIndex& index) {
  return {{"name", index.name}, {"definition", index.definition}, {"primary", index.primary}, {"unique", index.unique}};
}

TableIndex index_from_json(const Json& json) {
  TableIndex index;
  json.at("name").get_to(index.name);
  json.at("definition").get_to(index.definition);
  json.at("primary").get_to(index.primary);
  json.at("unique").get_to(index.unique);
  return index;
}

TableShape parse_shape(std::string_view text) {
  const Json json = Json::parse(text);
  TableShape shape;
  json.at("engine").get_to(shape.engine);
  json.at("server_version").get_to(shape.server_version);
  json.at("database").get_to(shape.database);
  json.at("schema").get_to(shape.schema);
  json.at("table").get_to(shape.table);
  json.at("ddl").get_to(shape.ddl);
  json.at("key_collation").get_to(shape.key_collation);
  json.at("key_order_is_bytes").get_to(shape.key_order_is_bytes);
  json.at("createdon_type").get_to(shape.createdon_type);
  for (const Json& index : json.at("indexes")) shape.indexes.push_back(index_from_json(index));
  shape.collection = model::collection_from_json(json.at("collection").dump());
  json.at("estimated_rows").get_to(shape.estimated_rows);
  json.at("estimated_bytes").get_to(shape.estimated_bytes);
  return shape;
}

struct Known {
  std::string_view name;
  std::string_view reason;
};
// Kept as a table so that a store that DataHub adds is one line here.
constexpr Known k_known[] = {
    {"metadata_aspect", "the table from before 2021: metadata_aspect_v2 replaces it and is backed up"},
    {"metadata_index", "legacy index table, unused: DataHub rebuilds what it held"},
    {"temp_metadata_aspect_v2", "scratch table of DataHub's set-up"},
    {"metadata_queue_topic", "message queue in the database: events in flight, not state"},
    {"metadata_queue_message", "message queue in the database: events in flight, not state"},
    {"metadata_queue_consumer_offset", "message queue in the database: events in flight, not state"},
    {"metadata_queue_message_group_lease", "message queue in the database: events in flight, not state"},
};
constexpr std::string_view k_queue_prefix = "metadata_queue_";

std::string reason_for(const std::string& table, std::string_view aspect_table) {
  for (const Known& known : k_known)
    if (table == known.name) return std::string(known.reason);
  if (table.starts_with(k_queue_prefix)) return "message queue in the database: events in flight, not state";
  // Made by restore: the table that was there before a swap, and the shadow of a run that was killed.
  if (table.starts_with(fmt::format("{}_holdfast_", aspect_table))) return "made by an earlier restore of holdfast";
  return "not a table of DataHub's SQL store that Holdfast knows";
}

// PostgreSQL says "timestamp without time zone", MySQL "timestamp(6)" or "datetime(6)".
enum class Zone { named, not_named };
bool has_instant(const model::Collection& collection, Zone zone) {
  return std::any_of(collection.columns.begin(), collection.columns.end(), [&](const model::Column& column) {
    const bool named = column.source_type.find("time zone") != std::string::npos;
    return column.content == model::ColumnContent::instant && named == (zone == Zone::named);
  });
}

}  // namespace

std::string shape_to_json(const TableShape& shape) {
  Json json;
  json["engine"] = shape.engine;
  json["server_version"] = shape.server_version;
  json["database"] = shape.database;
  json["schema"] = shape.schema;
  json["table"] = shape.table;
  json["ddl"] = shape.ddl;
  json["key_collation"] = shape.key_collation;
  json["key_order_is_bytes"] = shape.key_order_is_bytes;
  json["createdon_type"] = shape.createdon_type;
  json["indexes"] = Json::array();
  for (const TableIndex& index : shape.indexes) json["indexes"].push_back(index_to_json(index));
  json["collection"] = Json::parse(model::to_json(shape.collection));
  json["estimated_rows"] = shape.estimated_rows;
  json["estimated_bytes"] = shape.estimated_bytes;
  // A comment in the DDL need not be UTF-8; losing a character of it is better than losing the capture.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

TableShape shape_from_json(std::string_view text) {
  try {
    return parse_shape(text);
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::corruption, fmt::format("the table shape in the snapshot cannot be read: {}", error.what()));
  }
}

bool has_types_of_mysql(const model::Collection& collection) {
  return has_instant(collection, Zone::not_named);
}

bool has_types_of_postgres(const model::Collection& collection) {
  return has_instant(collection, Zone::named);
}

std::vector<KnownTable> left_out_tables(const std::vector<std::string>& existing, std::string_view aspect_table) {
  std::vector<KnownTable> out;
  for (const std::string& table : existing)
    if (table != aspect_table) out.push_back({table, reason_for(table, aspect_table)});
  std::sort(out.begin(), out.end(), [](const KnownTable& a, const KnownTable& b) { return a.name < b.name; });
  return out;
}

}  // namespace holdfast::platform::datahub
