#include "engine/cutover/never_read.h"

#include <gtest/gtest.h>

#include "engine/backup.h"
#include "engine/browse.h"
#include "engine/cutover/firing_states.h"
#include "engine/resources/id_map_store.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

using repository::Snapshot;

class NeverRead : public testing::Test {
protected:
  static std::string job(const std::string& name) {
    return R"({"name":")" + name + R"(","origin":")" + name + R"(","schedule":{"cron":"0 0 * * * ?"}})";
  }
  Snapshot take() {
    world_.clock.advance(std::chrono::minutes(1));
    const auto connector = test::connect(account_);
    return backup(*world_.repository, *connector, "primary", test::EngineWorld::small(), world_.events, world_.clock,
                  {})
        .snapshot;
  }
  KnownGap known() { return known_gaps(*world_.repository, *state_, "primary", test::workspace_kinds()); }
  // What of the newest snapshot is no state of ours.
  std::vector<std::string> named(const Snapshot& snapshot) {
    return never_read(snapshot, test::workspace_kinds(), known());
  }
  bool holds(const Snapshot& snapshot) {
    return !unread_firing(snapshot.trees, test::workspace_kinds(), {}, known()).empty();
  }

  test::EngineWorld world_;
  test::WorkspaceAccount account_{world_.clock, 1'000, "one"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
};

TEST_F(NeverRead, is_told_by_two_snapshots) {
  account_.workspace.put("jobs", "shown", job("shown"));
  take();
  const std::string id = account_.workspace.put("jobs", "own", job("own"));
  account_.unread = {"own"};
  const Snapshot once = take();
  EXPECT_TRUE(holds(once));
  EXPECT_EQ(named(once), std::vector<std::string>{});
  const Snapshot twice = take();
  EXPECT_FALSE(holds(twice));
  EXPECT_EQ(named(twice), std::vector<std::string>{"jobs/own/" + id + " (403 PERMISSION_DENIED)"});
  account_.unread.clear();
  take();
  account_.unread = {"own"};
  take();
  EXPECT_TRUE(holds(take())) << "a snapshot has it";
}

TEST_F(NeverRead, is_nothing_that_any_snapshot_has) {
  account_.workspace.put("jobs", "shown", job("shown"));
  const std::string id = account_.workspace.put("jobs", "own", job("own"));
  take();
  test::WorkspaceAccount without(world_.clock, 1'000, "one");
  without.workspace.put("jobs", "shown", job("shown"));
  world_.clock.advance(std::chrono::minutes(1));
  const auto connector = test::connect(without);
  backup(*world_.repository, *connector, "primary", test::EngineWorld::small(), world_.events, world_.clock, {});
  account_.unread = {"own"};
  take();
  EXPECT_TRUE(holds(take())) << "it was out of sight for a while";
}

TEST_F(NeverRead, is_a_kind_that_was_refused_since_ever) {
  account_.workspace.put("jobs", "own", job("own"));
  account_.workspace.put("users", "ann", R"({"name":"ann","origin":"ann"})");
  account_.unlisted = {"jobs", "folders"};
  const Snapshot first = take();
  EXPECT_FALSE(holds(first));
  ASSERT_EQ(named(first).size(), 1U) << "no folder fires";
  EXPECT_EQ(named(first).front().find("jobs ("), 0U) << named(first).front();
}

TEST_F(NeverRead, is_nothing_that_an_id_map_names) {
  account_.workspace.put("jobs", "shown", job("shown"));
  take();
  const std::string id = account_.workspace.put("jobs", "own", job("own"));
  account_.unread = {"own"};
  take();
  const Snapshot twice = take();
  const model::IdEntry entry{.kind = "jobs", .source_id = "1", .target_id = id, .source_name = {}, .target_name = {}};
  IdMapStore(*state_, "third", "fourth").learn({entry});
  IdMapStore(*state_, "secondary", "primary")
      .learn({{.kind = "jobs", .source_id = "1", .target_id = "2", .source_name = {}, .target_name = {}}});
  EXPECT_FALSE(holds(twice)) << "of other connectors, and of another job";
  IdMapStore(*state_, "third", "primary").learn({entry});
  EXPECT_TRUE(holds(twice));
  EXPECT_EQ(named(twice), std::vector<std::string>{});
  state_ = storage::make_memory_backend();
  IdMapStore(*state_, "primary", "third").learn({model::turned_round(entry)});
  EXPECT_TRUE(holds(twice));
}

TEST_F(NeverRead, is_nothing_that_a_run_made_before_the_first_snapshot) {
  const std::string id = account_.workspace.put("jobs", "made", job("made"));
  account_.workspace.put("users", "ann", R"({"name":"ann","origin":"ann"})");
  account_.unread = {"made"};
  const Snapshot first = take();
  EXPECT_FALSE(holds(first));
  IdMapStore(*state_, "secondary", "primary")
      .learn({{.kind = "jobs", .source_id = "1", .target_id = id, .source_name = {}, .target_name = {}}});
  EXPECT_TRUE(holds(first));
}

TEST_F(NeverRead, is_no_second_look_where_a_snapshot_repeats_another_one) {
  account_.workspace.put("jobs", "shown", job("shown"));
  take();
  account_.workspace.put("jobs", "own", job("own"));
  account_.unread = {"own"};
  const Snapshot once = take();
  const auto session = world_.repository->begin_session(once.id);
  Snapshot again = once;
  for (repository::Tree& tree : again.trees) tree.delta = repository::Layer();
  const Snapshot repeated = session->commit(std::move(again));
  EXPECT_TRUE(holds(repeated));
}

}  // namespace
}  // namespace holdfast::engine
