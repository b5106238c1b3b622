#include "engine/resources/compare.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/resources/restore.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/errors.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

using What = ResourceDifference::What;

class ResourceComparing : public testing::Test {
protected:
  ResourceComparing() {
    test::fill_workspace(source_.workspace);
    target_.workspace.put("users", "bob@corp.test", R"({"userName":"bob@corp.test","externalId":"ext-bob"})");
    target_.workspace.put("groups", "admins", R"({"displayName":"admins"})");
  }
  repository::Snapshot take_snapshot(test::WorkspaceAccount& account, const std::string& name) {
    const auto connector = test::connect(account);
    return backup(*world_.repository, *connector, name, test::EngineWorld::small(), world_.events, world_.clock, {})
        .snapshot;
  }
  void restore(const repository::Snapshot& snapshot, test::WorkspaceAccount& account, const std::string& name) {
    const auto connector = test::connect(account);
    ResourceRestoreOptions options;
    options.target = name;
    const ResourceRestore to{*world_.repository, snapshot, *connector, *state_};
    const model::ResourcePlan plan = plan_resource_restore(to, options, world_.events, world_.clock, world_.random, {});
    ASSERT_TRUE(apply_resource_restore(to, plan, world_.events, world_.clock, {}).complete());
  }
  CompareCounts verify(const repository::Snapshot& snapshot, test::WorkspaceAccount& account, const std::string& name,
                       const model::Selection& selection = {}) {
    const auto connector = test::connect(account);
    found_.clear();
    return compare_resources_live({*world_.repository, snapshot, *state_, test::workspace_kinds(), selection, {}},
                                  {name, *connector}, world_.events, {},
                                  [&](const ResourceDifference& one) { found_.push_back(one); });
  }
  CompareCounts diff(const repository::Snapshot& before, const repository::Snapshot& after) {
    found_.clear();
    const model::Selection everything;
    return compare_resource_snapshots({*world_.repository, before, *state_, test::workspace_kinds(), everything, {}},
                                      after, world_.events, {},
                                      [&](const ResourceDifference& one) { found_.push_back(one); });
  }
  std::size_t count(const std::string& kind, What what, Freshness freshness) const {
    return static_cast<std::size_t>(std::count_if(found_.begin(), found_.end(), [&](const ResourceDifference& one) {
      return one.path.starts_with(kind + "/") && one.what == what && one.freshness == freshness;
    }));
  }
  // Of all that was said until now, in one warning.
  bool warned(const std::vector<std::string>& words) const {
    const auto warnings = world_.events.warnings();
    return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& one) {
      return std::all_of(words.begin(), words.end(),
                         [&](const std::string& word) { return one.find(word) != std::string::npos; });
    });
  }

  test::EngineWorld world_;
  test::WorkspaceAccount source_{world_.clock, 1'000, "one"};
  test::WorkspaceAccount target_{world_.clock, 5'000, "two"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  std::vector<ResourceDifference> found_;
};

TEST_F(ResourceComparing, takes_nothing_that_a_side_left_out_for_added_or_removed) {
  const char* left_out = R"([{"kind":"notebooks","paths":["/big"],"reason":"left out"}])";
  source_.workspace.put("notebooks", "/big/n", R"({"path":"/big/n"})");
  const repository::Snapshot whole = take_snapshot(source_, "primary");
  const std::string id = source_.workspace.id_of("notebooks", "/big/n");
  test::WorkspaceAccount less(world_.clock, 9'000, "one");
  less.workspace.become(source_.workspace);
  less.workspace.erase("notebooks", id);
  less.not_seen = left_out;
  (void)verify(whole, less, "primary");
  EXPECT_EQ(count("notebooks", What::removed, Freshness::unread), 1U);
  const repository::Snapshot part = take_snapshot(less, "primary");
  (void)diff(whole, part);
  EXPECT_EQ(count("notebooks", What::removed, Freshness::stale), 1U);
  (void)diff(part, whole);
  EXPECT_EQ(count("notebooks", What::added, Freshness::stale), 1U);
}

TEST_F(ResourceComparing, finds_a_restored_workspace_equal) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  restore(snapshot, target_, "secondary");
  const CompareCounts live = verify(snapshot, target_, "secondary");
  EXPECT_FALSE(live.any());
  EXPECT_EQ(live.unread + live.stale + live.extra, 0U);
  const repository::Snapshot other = take_snapshot(target_, "secondary");
  EXPECT_FALSE(diff(snapshot, other).any());
  // The id map of the one way serves the other, too.  Bob is written otherwise there, and the same in the directory.
  const CompareCounts back = diff(other, snapshot);
  EXPECT_EQ(back.added + back.removed + back.extra, 0U);
}

TEST_F(ResourceComparing, finds_what_was_brought_back_in_place_equal) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  const std::string notebook = "/Users/anna@corp.test/etl/load";
  source_.workspace.erase("notebooks", source_.workspace.id_of("notebooks", notebook));
  source_.workspace.erase("jobs", source_.workspace.id_of("jobs", "pong"));
  EXPECT_EQ(verify(snapshot, source_, "primary").removed, 2U);
  restore(snapshot, source_, "primary");
  const CompareCounts counts = verify(snapshot, source_, "primary");
  EXPECT_FALSE(counts.any()) << (found_.empty() ? "" : found_.front().path);
}

TEST_F(ResourceComparing, compares_contents_without_keeping_them) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  const std::string notebook = "/Users/anna@corp.test/etl/load";
  const std::string id = source_.workspace.id_of("notebooks", notebook);
  const std::string permissions = source_.workspace.column("notebooks", id, "permissions");
  const std::string body = source_.workspace.body("notebooks", id);
  source_.workspace.erase("notebooks", id);
  source_.workspace.put("notebooks", notebook, body, {{"content", "print(2)"}, {"permissions", permissions}});
  EXPECT_EQ(verify(snapshot, source_, "primary").changed, 1U);
  ASSERT_EQ(found_.size(), 1U);
  ASSERT_EQ(found_[0].fields.size(), 1U);
  EXPECT_EQ(found_[0].fields[0].path, "content");
  EXPECT_TRUE(found_[0].fields[0].after->starts_with("8 bytes, ")) << *found_[0].fields[0].after;
}

TEST_F(ResourceComparing, takes_nothing_for_removed_that_is_not_offered_or_refused) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  source_.absent = {"policies"};
  source_.unlisted = {"clusters"};
  source_.unread = {"pong"};
  const CompareCounts counts = verify(snapshot, source_, "primary");
  EXPECT_FALSE(counts.any()) << (found_.empty() ? "" : found_.front().path);
  EXPECT_EQ(count("policies", What::removed, Freshness::unread), 1U);
  EXPECT_EQ(count("clusters", What::removed, Freshness::unread), 2U);
  EXPECT_EQ(count("jobs", What::removed, Freshness::unread), 1U);
  EXPECT_EQ(counts.unread, 4U);
}

TEST_F(ResourceComparing, compares_the_rest_where_a_kind_is_refused) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  source_.unlisted = {"clusters"};
  source_.workspace.erase("scopes", "keys");
  EXPECT_EQ(verify(snapshot, source_, "primary").removed, 1U);
  EXPECT_EQ(count("scopes", What::removed, Freshness::fresh), 1U);
}

TEST_F(ResourceComparing, is_not_equal_where_what_was_not_read_may_be_new) {
  test::WorkspaceAccount empty{world_.clock, 9'000, "three"};
  empty.workspace.put("users", "anna@corp.test", R"({"userName":"anna@corp.test"})");
  const repository::Snapshot snapshot = take_snapshot(empty, "third");
  empty.unlisted = {"jobs"};
  EXPECT_EQ(verify(snapshot, empty, "third").unread, 1U);
  EXPECT_EQ(verify(snapshot, empty, "third", model::Selection({"kind:users"})).unread, 0U);
  empty.unlisted = {};
  empty.absent = {"jobs"};
  EXPECT_EQ(verify(snapshot, empty, "third").unread, 0U) << "it never had any";
}

TEST_F(ResourceComparing, shows_what_a_snapshot_carried_forward_apart) {
  const repository::Snapshot before = take_snapshot(source_, "primary");
  source_.unlisted = {"jobs"};
  const repository::Snapshot after = take_snapshot(source_, "primary");
  EXPECT_FALSE(diff(before, after).any());
  source_.unlisted = {};
  source_.workspace.erase("jobs", source_.workspace.id_of("jobs", "pong"));
  const CompareCounts counts = verify(after, source_, "primary");
  EXPECT_FALSE(counts.any());
  EXPECT_EQ(counts.stale, 1U);
}

TEST_F(ResourceComparing, refuses_a_selection_of_nothing) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  EXPECT_EQ(test::error_of([&] { (void)verify(snapshot, source_, "primary", model::Selection({"name:none"})); }),
            base::ErrorKind::not_found);
}

TEST_F(ResourceComparing, holds_each_selection_against_both_sides) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  const auto compared = [&](const char* other) {
    (void)verify(snapshot, source_, "primary", model::Selection({"name:nightly", other}));
  };
  try {
    compared("name:nightyl");
    FAIL() << "a mistyped selection beside a good one was found to be equal";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::not_found);
    EXPECT_NE(error.message().find("'name:nightyl'"), std::string::npos) << error.message();
  }
  compared("kind:jobs");
  source_.workspace.put("jobs", "late", R"({"name":"late","tasks":[]})");
  compared("name:late");
}

TEST_F(ResourceComparing, refuses_another_connector_that_leads_to_the_same_workspace) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  EXPECT_EQ(test::error_of([&] { (void)verify(snapshot, source_, "secondary"); }), base::ErrorKind::refused);
  EXPECT_FALSE(verify(snapshot, source_, "primary").any());
  // A connector that goes by another name now is not lost by that: both snapshots stand for what they are.
  EXPECT_FALSE(diff(snapshot, take_snapshot(source_, "renamed")).any());
  EXPECT_TRUE(warned({"primary and renamed", "the same workspace one"}));
}

TEST_F(ResourceComparing, says_where_the_target_leads_elsewhere_than_its_own_snapshots) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  take_snapshot(target_, "secondary");
  (void)verify(snapshot, target_, "secondary");
  EXPECT_FALSE(warned({"secondary"}));
  target_.id = "three";
  (void)verify(snapshot, target_, "secondary");
  EXPECT_TRUE(warned({"secondary", "workspace two", "three"}));
}

TEST_F(ResourceComparing, goes_by_names_where_a_connector_leads_elsewhere) {
  const repository::Snapshot snapshot = take_snapshot(source_, "primary");
  restore(snapshot, target_, "secondary");
  const CompareCounts counts = verify(snapshot, target_, "primary");
  EXPECT_FALSE(counts.any()) << (found_.empty() ? "" : found_.front().path);
  EXPECT_TRUE(warned({"workspace one", "two now"}));
}

}  // namespace
}  // namespace holdfast::engine
