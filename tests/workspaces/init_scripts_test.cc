// Init scripts of the old kind: files in a folder of DBFS that clusters run as they start, where the workspace lets
// them.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "model/base64.h"
#include "net/url.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/settings.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

constexpr const char* k_for_all = "enableDeprecatedGlobalInitScripts";
constexpr const char* k_for_names = "enableDeprecatedClusterNamedInitScripts";

const std::map<std::string, std::string>& scripts() {
  static const std::map<std::string, std::string> all{
      {"/databricks/init/proxy.sh", "#!/bin/bash\nexport https_proxy=http://proxy.example.test:3128\n"},
      {"/databricks/init/nightly etl/driver.sh", std::string("#!/bin/bash\r\n\x00\xff\tpip install x", 29)}};
  return all;
}

class LegacyInitScripts : public testing::Test {
protected:
  LegacyInitScripts() : primary_(world_.clock, 1), secondary_(world_.clock, 2) {
    sim::databricks::Seed seed(primary_.stand_in);
    for (const auto& [path, bytes] : scripts())
      seed.post("/api/2.0/dbfs/put", {{"path", path}, {"contents", model::base64_encode(bytes)}});
    for (const char* key : {k_for_all, k_for_names}) conf(primary_)[key] = "true";
    backup_.emplace(world_, primary_, "primary");
    apply(backup_->plan(secondary_, "secondary", *state_));
  }

  static std::map<std::string, std::string>& conf(StoodWorkspace& side) {
    return side.stand_in.world().part<sim::databricks::WorkspaceConf>().values;
  }
  void apply(const model::ResourcePlan& plan) {
    const auto result = backup_->apply(plan, *secondary_.connect(), {.state = *state_, .clock = world_.clock});
    EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  }

  EngineWorld world_;
  StoodWorkspace primary_;
  StoodWorkspace secondary_;
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  std::optional<BackedUp> backup_;
};

TEST_F(LegacyInitScripts, come_along_byte_for_byte) {
  for (const auto& [path, bytes] : scripts()) {
    const auto there = secondary_.stand_in.get("/api/2.0/dbfs/read?path=" + net::encode_segment(path));
    EXPECT_EQ(model::base64_decode(there.at("data").get<std::string>()), bytes) << path;
  }
}

TEST_F(LegacyInitScripts, run_nowhere_before_they_are_activated) {
  for (const char* key : {k_for_all, k_for_names}) EXPECT_EQ(conf(secondary_)[key], "false") << key;
  apply(backup_->activation(secondary_, "secondary", *state_, model::FiringMode::recorded));
  for (const char* key : {k_for_all, k_for_names}) EXPECT_EQ(conf(secondary_)[key], "true") << key;
}

}  // namespace
}  // namespace holdfast::test
