// A restore that is told to stop while the other side takes its time.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/json.h"
#include "engine/resource_restore.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/errors.h"
#include "support/resource_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

constexpr const char* k_orders = "/api/2.1/unity-catalog/tables/main.sales.orders";

void seed_schema(StoodWorkspace& workspace) {
  sim::databricks::Seed seed(workspace.stand_in);
  seed.post("/api/2.1/unity-catalog/catalogs", {{"name", "main"}});
  seed.post("/api/2.1/unity-catalog/schemas", {{"name", "sales"}, {"catalog_name", "main"}});
}

TEST(StoppedRestore, does_not_wait_for_a_warehouse_and_the_next_one_finds_what_came_of_it) {
  EngineWorld world;
  StoodWorkspace primary(world.clock, 1);
  StoodWorkspace secondary(world.clock, 2);
  seed_schema(primary);
  seed_schema(secondary);
  sim::databricks::Seed(primary.stand_in)
      .post("/api/2.1/unity-catalog/tables", {{"name", "orders"},
                                              {"catalog_name", "main"},
                                              {"schema_name", "sales"},
                                              {"table_type", "EXTERNAL"},
                                              {"data_source_format", "DELTA"},
                                              {"storage_location", "abfss://landing@lake.test/orders"}});
  sim::databricks::Seed seed(secondary.stand_in);
  const std::string warehouse =
      seed.post("/api/2.0/sql/warehouses", {{"name", "wh"}, {"cluster_size", "Small"}}).at("id").get<std::string>();
  secondary.opt_ins.sql_warehouse = "wh";
  BackedUp backup(world, primary, "primary");
  const auto state = storage::make_memory_backend();
  const model::ResourcePlan plan = backup.plan(secondary, "secondary", *state);

  // It rests, so that the statement has to wait for it.
  seed.post(fmt::format("/api/2.0/sql/warehouses/{}/stop", warehouse), nlohmann::json::object());
  std::stop_source stop;
  std::optional<base::Duration> asked;
  PowerSwitch power;
  const auto connector = secondary.connect(power, [&](const net::Request& request) {
    if (asked || !request.url.path.starts_with("/api/2.0/sql/statements/")) return;
    asked = world.clock.elapsed();
    stop.request_stop();
  });
  const engine::ResourceRestore restore{
      .repository = *world.repository, .snapshot = backup.snapshot(), .target = *connector, .state = *state};
  EXPECT_EQ(error_of([&] {
              (void)engine::apply_resource_restore(restore, plan, base::silent_events(), world.clock, stop.get_token());
            }),
            base::ErrorKind::cancelled);
  ASSERT_TRUE(asked);
  EXPECT_LT(world.clock.elapsed() - *asked, std::chrono::seconds(2));

  // The statement goes on.
  world.clock.advance(std::chrono::minutes(1));
  const auto next = secondary.connect();
  const auto result = backup.apply(plan, *next, {.state = *state, .clock = world.clock});
  EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(result.adopted, 1U);
  EXPECT_EQ(secondary.stand_in.get(k_orders).at("name"), "orders");
}

}  // namespace
}  // namespace holdfast::test
