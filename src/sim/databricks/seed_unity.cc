// Unity Catalog of the realistic workspace.
#include <charconv>

#include "base/json.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/unity.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::string_view k_base = "/api/2.1/unity-catalog/";

void make(Seed& seed, const std::string& kind, const Json& body) {
  seed.post(std::string(k_base) + kind, body);
}

void grant(Seed& seed, const std::string& securable, const char* principal, Json privileges) {
  seed.patch(std::string(k_base) + "permissions/" + securable,
             {{"changes", Json::array({{{"principal", principal}, {"add", std::move(privileges)}}})}});
}

Json column(const char* name, const char* type, const char* type_name, int position) {
  return {{"name", name}, {"type_text", type}, {"type_name", type_name}, {"position", position}, {"nullable", true}};
}

void seed_storage(Seed& seed) {
  make(seed, "storage-credentials",
       {{"name", "lake"},
        {"azure_managed_identity",
         {{"access_connector_id",
           "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/data/providers/"
           "Microsoft.Databricks/accessConnectors/lake"}}}});
  make(seed, "external-locations",
       {{"name", "landing"}, {"url", "abfss://landing@lakeeast.dfs.core.test/"}, {"credential_name", "lake"}});
  make(seed, "connections",
       {{"name", "crm"},
        {"connection_type", "POSTGRESQL"},
        {"options",
         {{"host", "crm.example.test"}, {"port", "5432"}, {"user", "reader"}, {"password", "not given out again"}}}});
}

void seed_tables(Seed& seed) {
  const Json columns =
      Json::array({column("id", "bigint", "LONG", 0), column("amount", "decimal(12,2)", "DECIMAL", 1)});
  make(seed, "tables",
       {{"name", "returns"},
        {"catalog_name", "main"},
        {"schema_name", "sales"},
        {"table_type", "EXTERNAL"},
        {"data_source_format", "DELTA"},
        {"storage_location", "abfss://landing@lakeeast.dfs.core.test/returns"},
        {"columns", columns}});
  make(seed, "volumes",
       {{"name", "drop"},
        {"catalog_name", "main"},
        {"schema_name", "sales"},
        {"volume_type", "EXTERNAL"},
        {"storage_location", "abfss://landing@lakeeast.dfs.core.test/drop"}});
  make(seed, "functions",
       {{"function_info",
         {{"name", "net"},
          {"catalog_name", "main"},
          {"schema_name", "sales"},
          {"data_type", "DECIMAL"},
          {"full_data_type", "DECIMAL(12,2)"},
          {"routine_body", "SQL"},
          {"routine_definition", "amount / 1.19"},
          {"parameter_style", "S"},
          {"is_deterministic", true},
          {"sql_data_access", "CONTAINS_SQL"},
          {"is_null_call", false},
          {"security_type", "DEFINER"},
          {"specific_name", "net"},
          {"input_params",
           {{"parameters", Json::array({{{"name", "amount"},
                                         {"type_text", "decimal(12,2)"},
                                         {"type_name", "DECIMAL"},
                                         {"position", 0}}})}}}}}});
  // Managed tables and views are made by statements, which this API does not take.
  const UnityKind& tables = *find_unity_kind("table");
  create_securable(seed.world(), tables,
                   {{"name", "orders"},
                    {"catalog_name", "main"},
                    {"schema_name", "sales"},
                    {"table_type", "MANAGED"},
                    {"data_source_format", "DELTA"},
                    {"columns", columns}},
                   "anna.berg@example.test");
  create_securable(seed.world(), tables,
                   {{"name", "late_orders"},
                    {"catalog_name", "main"},
                    {"schema_name", "sales"},
                    {"table_type", "VIEW"},
                    {"view_definition", "SELECT * FROM main.sales.orders WHERE shipped > promised"}},
                   "anna.berg@example.test");
}

}  // namespace

void seed_unity(Seed& seed) {
  seed.days_ago(200);
  seed_storage(seed);
  make(seed, "catalogs",
       {{"name", "main"}, {"comment", "what everybody shares"}, {"properties", {{"team", "platform"}}}});
  make(seed, "catalogs", {{"name", "finance"}, {"storage_root", "abfss://landing@lakeeast.dfs.core.test/finance"}});
  make(seed, "schemas", {{"name", "sales"}, {"catalog_name", "main"}, {"comment", "orders and returns"}});
  seed_tables(seed);
  seed.patch(std::string(k_base) + "catalogs/finance", {{"isolation_mode", "ISOLATED"}, {"owner", "finance"}});
  const std::string& text = seed.world().options().workspace_id;
  std::int64_t workspace = 0;
  std::from_chars(text.data(), text.data() + text.size(), workspace);
  seed.patch(std::string(k_base) + "bindings/catalog/finance",
             {{"add", Json::array({{{"workspace_id", workspace}, {"binding_type", "BINDING_TYPE_READ_WRITE"}}})}});
  grant(seed, "catalog/main", "account users", {"USE_CATALOG"});
  grant(seed, "schema/main.sales", "analysts", {"USE_SCHEMA", "SELECT"});
  grant(seed, "external_location/landing", "data-engineers", {"READ_FILES", "WRITE_FILES"});
  make(seed, "entity-tag-assignments",
       {{"entity_type", "schemas"}, {"entity_name", "main.sales"}, {"tag_key", "domain"}, {"tag_value", "sales"}});
}

}  // namespace holdfast::sim::databricks
