// Captures that fetch only what may have changed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "platform/databricks/capture.h"
#include "unit/platform/databricks/scripted.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

using platform::CaptureOptions;

class Earlier : public platform::PreviousRows {
public:
  explicit Earlier(std::map<base::Bytes, base::Row> rows) : rows_(std::move(rows)) {}
  std::optional<base::Row> find(const model::Collection&, base::ByteView wanted) override {
    const auto found = rows_.find(base::Bytes(wanted));
    return found == rows_.end() ? std::nullopt : std::optional(found->second);
  }

private:
  std::map<base::Bytes, base::Row> rows_;
};

TEST(DatabricksChanges, asks_only_for_what_changed_since_the_last_backup) {
  Written world;
  world.folder("/", {{"/a", "NOTEBOOK"}, {"/b", "NOTEBOOK"}});
  world.notebook("/a", "SOURCE", answer(200, "first a"));
  world.notebook("/b", "SOURCE", answer(200, "first b"));
  Earlier earlier(world.read("notebooks").rows);
  CaptureOptions changes;
  changes.sweep = platform::Sweep::changes;
  changes.previous = &earlier;
  world.set(
      "/api/2.0/workspace/list?path=%2F",
      fmt::format(
          R"({{"objects":[{{"path":"/a","object_type":"NOTEBOOK","object_id":{},"modified_at":7}},{{"path":"/b","object_type":"NOTEBOOK","object_id":{},"modified_at":8}}]}})",
          Written::id_of("/a"), Written::id_of("/b")));
  world.notebook("/b", "SOURCE", answer(200, "second b"));
  const std::size_t before = world.asked(Written::exported("/a", "SOURCE"));
  const Rows got = world.read("notebooks", changes);
  EXPECT_EQ(got.rows.at(key({"/a"})).columns[1], "first a");
  EXPECT_EQ(got.rows.at(key({"/b"})).columns[1], "second b");
  EXPECT_EQ(world.asked(Written::exported("/a", "SOURCE")), before);
  EXPECT_TRUE(world.capture(changes)->reuses_previous());
  EXPECT_FALSE(world.capture()->reuses_previous());
}

TEST(DatabricksChanges, reads_again_what_changes_while_a_dashboard_shows_the_same_time) {
  Written world;
  const std::string one = "/api/2.0/lakeview/dashboards/7";
  world.set("/api/2.0/lakeview/dashboards?page_size=100",
            R"({"dashboards":[{"dashboard_id":"7","display_name":"d","update_time":"t1"}]})");
  world.set(one, R"({"dashboard_id":"7","display_name":"d","update_time":"t1"})");
  world.set(one + "/published", R"({"warehouse_id":"a"})");
  world.set(one + "/schedules", R"({"schedules":[{"pause_status":"UNPAUSED"}]})");
  world.set("/api/2.0/permissions/dashboards/7", "{}");
  Earlier earlier(world.read("dashboards").rows);
  CaptureOptions changes;
  changes.sweep = platform::Sweep::changes;
  changes.previous = &earlier;
  world.set(one + "/published", missing());
  world.set(one + "/schedules", R"({"schedules":[{"pause_status":"PAUSED"}]})");
  const std::size_t before = world.asked(one);
  const Rows got = world.read("dashboards", changes);
  ASSERT_EQ(got.rows.size(), 1U);
  const base::Row& row = got.rows.begin()->second;
  EXPECT_EQ(row.columns[1], std::nullopt) << "it is not published any more";
  EXPECT_EQ(row.columns[2], R"({"schedules":[{"pause_status":"PAUSED"}]})");
  EXPECT_EQ(row.columns[3], "{}") << "permissions are reused";
  EXPECT_EQ(world.asked(one), before) << "and so is the body";
}

}  // namespace
}  // namespace holdfast::test
