#include "platform/databricks/outside.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/key.h"
#include "engine/outside.h"
#include "model/base64.h"
#include "platform/databricks/connector.h"
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {
namespace {

// What is found in one column of one resource: "storage account lakeeast at settings…".
std::set<std::string> found_in(const std::string& kind, const std::string& column, const std::string& text) {
  const model::Collection& collection = find_kind(kind)->kind.collection;
  base::Bytes key;
  for (std::size_t i = 0; i < collection.key.size(); ++i) base::append_text(key, "/a");
  std::vector<base::ColumnView> columns(collection.columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (collection.columns[i].name == column) columns[i] = text;
  engine::OutsideFinder finder(resource_kinds(), fields_that_lead_outside());
  finder.look_at(collection, {key, columns});
  std::set<std::string> out;
  const engine::Outside found = finder.found();
  for (const auto* list : {&found.storage, &found.services})
    for (const engine::OutsidePlace& place : *list)
      for (const engine::Referrer& one : place.referrers)
        out.insert(fmt::format("{} {} at {}", place.endpoint.what, place.endpoint.name, one.field));
  return out;
}
using Found = std::set<std::string>;

TEST(DatabricksOutside, names_kinds_that_there_are) {
  for (const OutsideField& field : fields_that_lead_outside())
    EXPECT_TRUE(field.kind.empty() || find_kind(field.kind) != nullptr) << field.kind;
}

TEST(DatabricksOutside, finds_storage_wherever_clusters_are_configured) {
  EXPECT_EQ(found_in("clusters", "body",
                     R"({"cluster_log_conf":{"abfss":{"destination":"abfss://logs@logstore.dfs.core.windows.net/x"}},)"
                     R"("spec":{"spark_conf":{"a":"abfss://x@twice.dfs.core.windows.net/"}}})"),
            Found{"storage account logstore at cluster_log_conf.abfss.destination"});
  EXPECT_EQ(found_in("jobs", "body",
                     R"({"settings":{"tasks":[{"new_cluster":{"spark_conf":)"
                     R"({"fs.azure.account.key.lake.dfs.core.windows.net":"{{secrets/s/k}}"}}}]}})"),
            Found{"storage account lake at settings.tasks[0].new_cluster.spark_conf"
                  "[\"fs.azure.account.key.lake.dfs.core.windows.net\"]"});
  EXPECT_EQ(
      found_in("cluster-policies", "body",
               R"({"definition":"{\"cluster_log_conf.path\":{\"value\":\"abfss://l@lake.dfs.core.windows.net/\"}}"})"),
      Found{"storage account lake at definition"});
  EXPECT_EQ(found_in("clusters", "libraries",
                     R"({"library_statuses":[{"library":{"jar":"abfss://jars@lake.dfs.core.windows.net/a.jar"}}]})"),
            Found{"storage account lake at library_statuses[0].library.jar"});
}

TEST(DatabricksOutside, finds_storage_of_the_catalog_and_of_what_is_sold_beside_it) {
  for (const auto& [kind, field] :
       {std::pair("external-locations", "url"), std::pair("volumes", "storage_location"),
        std::pair("tables", "storage_location"), std::pair("catalogs", "storage_root"),
        std::pair("schemas", "storage_root"), std::pair("experiments", "artifact_location")})
    EXPECT_EQ(found_in(kind, "body", fmt::format(R"({{"{}":"abfss://c@lake.dfs.core.windows.net/d"}})", field)),
              Found{fmt::format("storage account lake at {}", field)})
        << kind;
  EXPECT_EQ(
      found_in("warehouse-settings", "body",
               R"({"data_access_config":[{"key":"spark.hadoop.fs.azure.account.key.lake.dfs.core.windows.net"}]})"),
      Found{"storage account lake at data_access_config[0].key"});
  EXPECT_EQ(found_in("pipelines", "body", R"({"spec":{"storage":"wasbs://p@lake.blob.core.windows.net/x"}})"),
            Found{"storage account lake at spec.storage"});
}

TEST(DatabricksOutside, finds_what_is_mounted) {
  for (const char* source : {"abfss://c@lake.dfs.core.windows.net/d", "wasbs://c@lake.blob.core.windows.net"})
    EXPECT_EQ(found_in("mounts", "body", fmt::format(R"({{"mount_point":"/mnt/x","source":"{}"}})", source)),
              Found{"storage account lake at source"})
        << source;
}

TEST(DatabricksOutside, finds_mounts_in_notebooks_and_scripts) {
  EXPECT_EQ(found_in("notebooks", "content",
                     "dbutils.fs.mount(source='wasbs://raw@lake.blob.core.windows.net', mount_point='/mnt/raw')"),
            Found{"storage account lake at content"});
  EXPECT_EQ(found_in("global-init-scripts", "body",
                     fmt::format(R"({{"script":"{}"}})", model::base64_encode("curl https://files.example.test/a"))),
            Found{"URL in a script files.example.test at script"});
}

TEST(DatabricksOutside, finds_other_endpoints_by_their_fields) {
  EXPECT_EQ(found_in("connections", "body", R"({"options":{"host":"crm.example.test","password":"x"}})"),
            Found{"database of a connection crm.example.test at options.host"});
  EXPECT_EQ(found_in("repos", "body", R"({"url":"https://git.example.test/data/etl.git"})"),
            Found{"git host git.example.test at url"});
  EXPECT_EQ(found_in("jobs", "body", R"({"settings":{"git_source":{"git_url":"https://git.example.test/a.git"}}})"),
            Found{"git host git.example.test at settings.git_source.git_url"});
  EXPECT_EQ(
      found_in("secret-scopes", "body", R"({"keyvault_metadata":{"dns_name":"https://kv-data.vault.azure.net/"}})"),
      Found{"key vault kv-data.vault.azure.net at keyvault_metadata.dns_name"});
  EXPECT_EQ(found_in("notification-destinations", "body", R"({"config":{"slack":{"url_set":true}}})"),
            Found{"notification destination (address not readable) at config.slack.url_set"});
  EXPECT_EQ(found_in("serving-endpoints", "body",
                     R"({"config":{"served_entities":[{"external_model":{"provider":"openai","openai_config":)"
                     R"({"openai_api_base":"https://gpt.openai.azure.com/"}}}]}})"),
            (Found{"provider of an external model openai at config.served_entities[0].external_model.provider",
                   "Azure OpenAI gpt.openai.azure.com at "
                   "config.served_entities[0].external_model.openai_config.openai_api_base"}));
  EXPECT_EQ(
      found_in("jobs", "body",
               R"({"settings":{"tasks":[{"libraries":[{"pypi":{"package":"x","repo":"https://pypi.example.test/"}}],)"
               R"("notebook_task":{"base_parameters":{"api":"https://api.example.test/v1?key=abc"}}}],)"
               R"("parameters":[{"name":"hub","default":"sb://bus.servicebus.windows.net/"}]}})"),
      (Found{"package index pypi.example.test at settings.tasks[0].libraries[0].pypi.repo",
             "URL in a parameter api.example.test at settings.tasks[0].notebook_task.base_parameters.api",
             "Event Hubs or Service Bus bus.servicebus.windows.net at settings.parameters[0].default"}));
  EXPECT_EQ(found_in("clusters", "body",
                     R"({"docker_image":{"url":"images.example.test/etl:3"},"azure_attributes":{"log_analytics_info":)"
                     R"({"log_analytics_workspace_id":"11111111-2222-4333-8444-555555555555"}}})"),
            (Found{"container registry images.example.test at docker_image.url",
                   "Log Analytics workspace 11111111-2222-4333-8444-555555555555 at "
                   "azure_attributes.log_analytics_info.log_analytics_workspace_id"}));
}

}  // namespace
}  // namespace holdfast::platform::databricks
