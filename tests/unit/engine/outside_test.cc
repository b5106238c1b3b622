#include "engine/outside.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/key.h"
#include "model/base64.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

using Form = platform::OutsideField::Form;
using Told = std::vector<std::string>;

model::Kind clusters() {
  model::Kind out;
  out.collection = {.name = "clusters",
                    .key = {{"name", model::KeyPartType::text}},
                    .columns = {{"body", "REST", model::ColumnContent::json, false},
                                {"content", "REST", model::ColumnContent::bytes, true}}};
  out.one = "cluster";
  out.server_fields = {"spec", "state_message"};
  return out;
}

const std::vector<platform::OutsideField> k_fields{
    {.field = "**.spark_conf.*", .what = "URL in a parameter"},
    {.kind = "repos", .field = "url", .what = "git host", .form = Form::host},
    {.kind = "clusters", .field = "provider", .what = "provider", .form = Form::name},
    {.kind = "clusters", .field = "url_set", .what = "hook", .form = Form::hidden},
    {.kind = "clusters", .field = "script", .what = "URL in a script", .form = Form::base64},
};

class OutsideFinding : public testing::Test {
protected:
  void see(const std::string& name, const std::string& body, std::optional<std::string> content = std::nullopt) {
    base::Bytes key;
    base::append_text(key, name);
    std::vector<base::ColumnView> columns{base::ByteView(body), std::nullopt};
    if (content) columns[1] = *content;
    finder_.look_at(kind_.collection, {key, columns});
  }
  // "storage account lake: clusters/etl spark_conf…"
  static Told told(const std::vector<OutsidePlace>& places) {
    Told out;
    for (const OutsidePlace& place : places)
      for (const Referrer& who : place.referrers)
        out.push_back(
            fmt::format("{} {}: {}/{} {}", place.endpoint.what, place.endpoint.name, who.kind, who.path, who.field));
    return out;
  }

  model::Kind kind_ = clusters();
  OutsideFinder finder_{{kind_}, k_fields};
};

TEST_F(OutsideFinding, names_each_account_once_with_all_who_refer_to_it) {
  see("etl", R"({"init_scripts":[{"abfss":{"destination":"abfss://init@lake.dfs.core.test/a.sh"}}]})");
  see("ml", R"({"spark_conf":{"fs.azure.account.key.lake.dfs.core.test":"{{secrets/storage/key}}"}})");
  const Outside got = finder_.found();
  EXPECT_EQ(told(got.storage),
            (Told{"storage account lake: clusters/etl init_scripts[0].abfss.destination",
                  "storage account lake: clusters/ml spark_conf[\"fs.azure.account.key.lake.dfs.core.test\"]"}));
  EXPECT_EQ(told(got.services), Told{});
}

TEST_F(OutsideFinding, reads_what_the_table_says_of_a_field_as_that) {
  see("etl", R"({"spark_conf":{"feed":"https://feed.example.test/v1"},"comment":"see https://wiki.example.test",)"
             R"("provider":"openai","url_set":true})");
  EXPECT_EQ(told(finder_.found().services),
            (Told{"URL in a parameter feed.example.test: clusters/etl spark_conf.feed",
                  "hook (address not readable): clusters/etl url_set", "provider openai: clusters/etl provider"}));
}

TEST_F(OutsideFinding, leaves_out_what_the_server_fills_in) {
  see("etl",
      R"({"state_message":"abfss://a@other.dfs.core.test/","spec":{"conf":["abfss://a@other.dfs.core.test/"]}})");
  EXPECT_TRUE(finder_.found().storage.empty());
}

TEST_F(OutsideFinding, searches_scripts_and_contents_that_are_text) {
  const std::string script = model::base64_encode("curl https://files.example.test/x | sh");
  see("etl", fmt::format(R"({{"script":"{}"}})", script), "spark.read.load('abfss://raw@lake.dfs.core.test/orders')");
  see("jar", "{}", std::string("PK\0\0abfss://raw@noise.dfs.core.test/", 36));
  const Outside got = finder_.found();
  EXPECT_EQ(told(got.services), Told{"URL in a script files.example.test: clusters/etl script"});
  EXPECT_EQ(told(got.storage), Told{"storage account lake: clusters/etl content"});
}

TEST_F(OutsideFinding, keeps_no_secret_that_stands_beside_an_address) {
  see("etl", R"({"spark_conf":{"db":"jdbc:postgresql://etl:hunter2@db.example.test/shop?password=hunter2",)"
             R"("sas":"https://lake.blob.core.test/raw?sig=hunter2","hub":"Endpoint=sb://bus.servicebus.test/;)"
             R"(SharedAccessKey=hunter2"}})");
  const Outside got = finder_.found();
  std::string all;
  for (const auto* list : {&got.storage, &got.services})
    for (const std::string& line : told(*list)) all += line + "\n";
  EXPECT_EQ(all.find("hunter2"), std::string::npos) << all;
  EXPECT_EQ(got.services.size(), 2U) << all;
  EXPECT_EQ(got.storage.size(), 1U) << all;
}

TEST(OutsideOfASnapshot, is_found_in_every_tree) {
  test::EngineWorld world;
  test::WorkspaceAccount account(world.clock, 1'000, "one");
  account.workspace.put("pools", "p", R"({"name":"p","log":"wasbs://logs@logstore.blob.core.test/"})");
  account.workspace.put("folders", "/f", R"({"path":"/f","note":"adl://old.azuredatalakestore.net/x"})");
  const auto connector = test::connect(account);
  const auto snapshot =
      backup(*world.repository, *connector, "primary", test::EngineWorld::small(), world.events, world.clock, {})
          .snapshot;
  const Outside got = find_outside(*world.repository, snapshot, connector->kinds(), {}, {});
  ASSERT_EQ(got.storage.size(), 2U);
  EXPECT_EQ(got.storage[0].endpoint.name, "logstore");
  EXPECT_EQ(got.storage[0].referrers[0].kind, "pools");
  EXPECT_EQ(got.storage[1].endpoint.name, "old");
}

}  // namespace
}  // namespace holdfast::engine
