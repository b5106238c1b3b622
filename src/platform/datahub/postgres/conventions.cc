#include "platform/datahub/postgres/conventions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "platform/datahub/sql/attributes.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

struct Known {
  std::string_view name;
  std::string_view type;
  std::string_view type_name;
  bool not_null;
  int chars_max;
};
// The order is that of DataHub's set-up.
constexpr Known k_columns[] = {
    {"urn", "character varying(500)", "varchar", true, 500},
    {"aspect", "character varying(200)", "varchar", true, 200},
    {"version", "bigint", "int8", true, 0},
    {"metadata", "text", "text", true, 0},
    {"systemmetadata", "text", "text", false, 0},
    {"createdon", "timestamp without time zone", "timestamp", true, 0},
    {"createdby", "character varying(255)", "varchar", true, 255},
    {"createdfor", "character varying(255)", "varchar", false, 255},
};
constexpr std::size_t k_key_columns = 3;

struct KnownIndex {
  std::string_view name;
  std::string_view tail;
  std::string_view needs;  // a column
};
constexpr KnownIndex k_indexes[] = {
    {"timeindex", "USING btree (createdon)", "createdon"},
    {"idx_v0_urn_aspect", "USING btree (urn, aspect) WHERE (version = 0)", "urn"},
    {"idx_corpuser_aspect_v0",
     "USING btree (urn, aspect) WHERE ((version = 0) AND ((urn)::text LIKE 'urn:li:corpuser:%'::text))", "urn"},
    {"idx_corpgroup_aspect_v0",
     "USING btree (urn, aspect) WHERE ((version = 0) AND ((urn)::text LIKE 'urn:li:corpGroup:%'::text))", "urn"},
    {"schemaversionindex", "USING btree ((((systemmetadata)::jsonb ->> 'schemaVersion'::text)))", "systemmetadata"},
};

ColumnPart make_column(const Known& known) {
  ColumnPart out;
  out.name = known.name;
  out.type = known.type;
  out.type_name = known.type_name;
  out.not_null = known.not_null;
  out.chars_max = known.chars_max;
  return out;
}

ColumnPart make_column(const model::Column& column) {
  for (const Known& known : k_columns)
    if (known.name == column.name) return make_column(known);
  ColumnPart out;
  out.name = column.name;
  out.type = "text";
  if (column.content == model::ColumnContent::bytes) out.type = "bytea";
  if (column.content == model::ColumnContent::instant) out.type = "timestamp without time zone";
  out.type_name = column.content == model::ColumnContent::instant ? "timestamp" : out.type;
  out.not_null = !column.nullable;
  return out;
}

IndexPart make_index(std::string name, std::string_view tail) {
  IndexPart out;
  out.name = std::move(name);
  out.tail = tail;
  return out;
}

}  // namespace

TableParts conventional_parts(const std::string& schema, const std::string& table,
                              const model::Collection& collection) {
  TableParts out;
  out.schema = schema;
  out.table = table;
  out.persistence = "p";
  out.replica_identity = "d";
  for (std::size_t i = 0; i < k_key_columns; ++i) out.columns.push_back(make_column(k_columns[i]));
  for (const model::Column& column : collection.columns) out.columns.push_back(make_column(column));
  IndexPart key = make_index("pk_" + table, "USING btree (urn, aspect, version)");
  key.unique = key.primary = key.constraint = true;
  out.indexes.push_back(std::move(key));
  for (const KnownIndex& index : k_indexes)
    if (out.column(index.needs) != nullptr) out.indexes.push_back(make_index(std::string(index.name), index.tail));
  return out;
}

std::optional<TableParts> parts_of_snapshot(std::string_view attributes, const std::string& schema,
                                            const std::string& table) {
  refuse_deep_json(attributes);
  const nlohmann::json json = nlohmann::json::parse(attributes, nullptr, false);
  if (!json.is_object() || !json.contains("postgres")) return std::nullopt;
  TableParts out = parts_from_json(json["postgres"].dump());
  out.schema = schema;
  out.table = table;
  out.owner.clear();
  out.acl.clear();
  out.grants.clear();
  out.tablespace.clear();
  out.triggers.clear();
  out.publications.clear();
  out.views.clear();
  out.obstacles.clear();
  std::erase_if(out.constraints, [](const ConstraintPart& part) { return part.kind != "c"; });
  return out;
}

TableParts parts_with_columns(TableParts live, const TableParts& wanted, const model::Collection& collection) {
  for (const model::Column& column : collection.columns) {
    if (live.column(column.name) != nullptr) continue;
    const ColumnPart* part = wanted.column(column.name);
    live.columns.push_back(part ? *part : make_column(column));
  }
  for (const ColumnPart& column : live.columns) {
    const bool key = column.name == "urn" || column.name == "aspect" || column.name == "version";
    const bool filled = std::any_of(collection.columns.begin(), collection.columns.end(),
                                    [&](const model::Column& other) { return other.name == column.name; });
    if (key || filled || !column.not_null || !column.default_value.empty()) continue;
    throw Error(ErrorKind::refused,
                fmt::format("column {} of {}.{} must not be null, and the snapshot does not have it", column.name,
                            live.schema, live.table),
                "Give the column a default, or let DataHub upgrade the table after restoring into an empty database.");
  }
  return live;
}

}  // namespace holdfast::platform::datahub::postgres
