// Why a fence is not confirmed although nothing fires that it saw.
#include "engine/cutover/unseen_firing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/backup.h"
#include "engine/cutover/snapshot_marks.h"
#include "support/engine_world.h"
#include "support/errors.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

using repository::Snapshot;

constexpr const char* k_firing = R"({"name":"x","origin":"x","schedule":{"cron":"0 0 * * * ?"}})";
constexpr const char* k_paused =
    R"({"name":"x","origin":"x","schedule":{"cron":"0 0 * * * ?","pause_status":"PAUSED"}})";

class UnseenFiring : public testing::Test {
protected:
  // The workspace has these jobs and nothing else; the snapshot says that its states are those of `recorded`.
  Snapshot back_up(const std::vector<const char*>& jobs, const std::string& recorded = {}) {
    test::WorkspaceAccount account(world_.clock, 1'000, "one");
    for (const char* job : jobs) account.workspace.put("jobs", "x", job);
    BackupOptions options = test::EngineWorld::small();
    if (!recorded.empty())
      options.marks = [&](const auto&) { return SnapshotMarks{{std::string(k_states_mark), recorded}}; };
    const auto connector = test::connect(account);
    return backup(*world_.repository, *connector, "primary", options, world_.events, world_.clock, {}).snapshot;
  }
  // Behind an empty list.
  std::vector<std::string> unseen(const Snapshot& now, LiveSide live = {}) {
    live.unread.resize(test::workspace_kind_set().size());
    return unseen_firing(*world_.repository, now, test::workspace_kind_set(), live, all_known_, {});
  }
  // Whether something is said, and of which snapshot.
  std::string told_of(const Snapshot& now) {
    const std::vector<std::string> why = unseen(now);
    if (why.empty()) return "nothing";
    const std::size_t at = why.front().find("fired in snapshot ");
    return at == std::string::npos ? why.front() : why.front().substr(0, why.front().find(':')).substr(at);
  }
  static std::string fired_in(const Snapshot& one) { return "fired in snapshot " + one.id.short_id(); }

  const KnownGap all_known_ = [](const auto&, const auto&) { return true; };
  test::EngineWorld world_;
};

TEST_F(UnseenFiring, is_looked_for_back_to_the_snapshot_before_the_states_were_recorded) {
  const Snapshot first = back_up({k_firing});
  const Snapshot fence = back_up({});
  EXPECT_EQ(told_of(fence), fired_in(first));
  const Snapshot again = back_up({}, fence.id.name());
  EXPECT_EQ(told_of(again), fired_in(first)) << "the same fence, run again";
  const Snapshot next = back_up({});
  EXPECT_EQ(told_of(next), "nothing") << "a fence of its own: the snapshot before it has none";
}

TEST_F(UnseenFiring, ends_at_the_newest_snapshot_that_had_any) {
  const Snapshot first = back_up({k_firing, k_firing});
  const Snapshot paused = back_up({k_paused});
  EXPECT_EQ(told_of(back_up({}, first.id.name())), "nothing") << "somebody had paused it before it was gone";
  const Snapshot two = back_up({k_firing, k_paused, k_firing});
  EXPECT_EQ(told_of(back_up({}, first.id.name())), fired_in(two));
  EXPECT_NE(unseen(back_up({}, first.id.name())).front().find("and 2 of them fired"), std::string::npos);
}

TEST_F(UnseenFiring, is_looked_for_in_a_hundred_snapshots_at_most) {
  const Snapshot first = back_up({k_firing});
  Snapshot now = first;
  for (int i = 0; i < 100; ++i) now = back_up({}, "00000001-00000000000000ff");  // which is not there any more
  EXPECT_EQ(told_of(now), fired_in(first));
  EXPECT_EQ(told_of(back_up({}, "00000001-00000000000000ff")), "nothing");
}

TEST_F(UnseenFiring, ends_where_a_snapshot_is_gone) {
  const Snapshot first = back_up({k_firing});
  const Snapshot fence = back_up({});
  world_.backend->remove("snapshots/" + first.id.name());
  EXPECT_EQ(told_of(fence), "nothing");
}

TEST_F(UnseenFiring, is_not_taken_for_nothing_where_a_snapshot_is_damaged) {
  const Snapshot first = back_up({k_firing});
  const Snapshot fence = back_up({});
  world_.backend->remove("snapshots/" + first.id.name());
  world_.backend->put("snapshots/" + first.id.name(), "not what was written");
  EXPECT_EQ(test::error_of([&] { (void)unseen(fence); }), base::ErrorKind::corruption);
}

TEST_F(UnseenFiring, is_any_of_a_kind_that_is_refused_or_of_an_account_that_does_not_see_all) {
  const Snapshot now = back_up({k_paused});
  const std::size_t jobs = *test::workspace_kind_set().find("jobs");
  EXPECT_EQ(unseen(now), std::vector<std::string>{});
  LiveSide live;
  live.unread.resize(test::workspace_kind_set().size());
  live.unread[jobs] = {base::KeyRange{}};
  EXPECT_TRUE(unseen(now, live).at(0).starts_with("not all jobs could be read"));
  EXPECT_EQ(unseen_firing(*world_.repository, now, test::workspace_kind_set(), live,
                          [](const auto&, const auto&) { return false; }, {}),
            std::vector<std::string>{})
      << "of what is in no snapshot";
  std::swap(live.unread[jobs], live.unread[*test::workspace_kind_set().find("folders")]);
  EXPECT_EQ(unseen(now, live), std::vector<std::string>{}) << "none of them fires";
  EXPECT_TRUE(unseen(now, {.attributes = R"({"admin":false})"}).at(0).starts_with("the account is no administrator"));
}

TEST_F(UnseenFiring, is_none_of_a_kind_that_only_guards_what_others_start) {
  const Snapshot now = back_up({k_firing});
  std::vector<model::Kind> kinds = test::workspace_kinds();
  for (model::Kind& kind : kinds)
    for (model::Firing& one : kind.firing) one.guards = true;
  const model::KindSet guards(kinds);
  LiveSide live;
  live.partial = {*guards.find("jobs")};
  live.unread.resize(guards.size());
  live.unread[live.partial.front()] = {base::KeyRange{}};
  EXPECT_EQ(unseen_firing(*world_.repository, now, guards, live, all_known_, {}), std::vector<std::string>{});
}

}  // namespace
}  // namespace holdfast::engine
