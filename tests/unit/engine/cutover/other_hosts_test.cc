#include "engine/cutover/other_hosts.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/cutover/charge.h"
#include "engine/cutover/snapshot_marks.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

// What this host remembers, and what another one does.
class OtherHosts : public testing::Test {
protected:
  repository::Snapshot take(storage::Backend& state, const std::string& name,
                            MarkedStates by = MarkedStates::by_marks) {
    BackupOptions options = test::EngineWorld::small();
    options.marks = marks_while_read(state, repository_, name, test::workspace_kinds(), by);
    return take(name, options);
  }
  repository::Snapshot take(const std::string& name, const BackupOptions& options) {
    pass();
    const auto connector = test::connect(account_);
    return backup(repository_, *connector, name, options, world_.events, world_.clock, {}).snapshot;
  }
  void pass(base::Duration time = std::chrono::minutes(1)) { world_.clock.advance(time); }

  // Fenced here, as a snapshot says.
  repository::Snapshot fence_here() {
    const repository::Snapshot recorded = take(*state_here_, "primary");
    here_.save(Fence{.connector = "primary",
                     .state = Fence::State::confirmed,
                     .snapshot = recorded.id.name(),
                     .since = world_.clock.now()});
    return take(*state_here_, "primary");
  }
  bool stands() { return standing_fence(here_, repository_, "primary").has_value(); }

  // Put in charge by one of the hosts.
  void take_over(CutoverStore& store) {
    pass();
    store.save(Pair{.source = "primary", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
    pass();
    say_took_over(repository_, "secondary", "primary");
  }
  void come_home_there() {
    pass();
    there_.save(Pair{.source = "primary", .target = "secondary", .active = "primary", .since = world_.clock.now()});
    take(*state_there_, "secondary");
  }
  std::optional<Pair> ended() { return ended_elsewhere(repository_, here_.pair("primary", "secondary")); }

  test::EngineWorld world_;
  repository::Repository& repository_ = *world_.repository;
  test::WorkspaceAccount account_{world_.clock, 1'000, "one"};
  std::unique_ptr<storage::Backend> state_here_ = storage::make_memory_backend();
  std::unique_ptr<storage::Backend> state_there_ = storage::make_memory_backend();
  CutoverStore here_{*state_here_};
  CutoverStore there_{*state_there_};
};

TEST_F(OtherHosts, lift_a_fence_whatever_their_clock_says) {
  fence_here();
  EXPECT_TRUE(stands());
  take(*state_there_, "primary");
  EXPECT_TRUE(stands()) << "who knows nothing of it carries its mark on";
  pass(-std::chrono::hours(3));
  const repository::Snapshot own = take(*state_there_, "primary", MarkedStates::own);
  EXPECT_FALSE(stands());
  EXPECT_TRUE(marks_of(here_, repository_, "primary").empty());
  EXPECT_EQ(recorded_before(here_, repository_, "primary"), std::nullopt);
  repository_.forget(own.id, "by mistake");
  EXPECT_TRUE(stands()) << "nobody says so any more";
}

TEST_F(OtherHosts, lift_no_fence_by_what_was_begun_before_it_was_said) {
  const repository::Snapshot recorded = take(*state_here_, "primary");
  std::unique_ptr<repository::Session> begun;
  BackupOptions options = test::EngineWorld::small();
  options.marks = [&](const std::vector<repository::Tree>&) {
    // Another host begins while this one reads, and has asked for the marks before this one is there.
    begun = repository_.begin_session(repository_.latest("primary")->id);
    return SnapshotMarks{{std::string(k_states_mark), recorded.id.name()}};
  };
  here_.save(Fence{.connector = "primary", .snapshot = recorded.id.name(), .since = world_.clock.now()});
  take("primary", options);
  pass();
  repository::Snapshot unmarked = recorded;
  unmarked.started = unmarked.taken = world_.clock.now();
  const repository::Snapshot late = begun->commit(std::move(unmarked));
  ASSERT_EQ(repository_.latest("primary")->id, late.id);
  ASSERT_TRUE(said_by(late).empty());
  EXPECT_TRUE(stands());
  EXPECT_EQ(states_of(take(*state_here_, "primary")), recorded.id.name());
}

TEST_F(OtherHosts, lift_no_fence_of_which_no_snapshot_spoke) {
  const repository::Snapshot recorded = take(*state_here_, "primary");
  Fence fence{.connector = "primary", .since = world_.clock.now()};
  here_.save(fence);
  take(*state_there_, "primary");
  EXPECT_TRUE(stands()) << "it is only being opened";
  fence.snapshot = recorded.id.name();
  here_.save(fence);
  take(*state_there_, "primary");
  EXPECT_TRUE(stands());
}

TEST_F(OtherHosts, lift_no_fence_by_a_backup_that_could_not_read_what_fires) {
  account_.workspace.put("jobs", "job", R"({"name":"job","origin":"job"})");
  account_.workspace.put("users", "ann", R"({"name":"ann","origin":"ann"})");
  fence_here();
  account_.unlisted = {"jobs"};
  take(*state_there_, "primary", MarkedStates::own);
  EXPECT_TRUE(stands());
}

TEST_F(OtherHosts, leave_in_doubt_who_is_in_charge_until_that_has_ended) {
  take(*state_here_, "secondary");
  fence_here();
  Fence fence = *here_.fence("primary");
  fence.active = "secondary";
  here_.save(fence);
  take_over(here_);
  EXPECT_FALSE(is_doubted(here_, repository_, fence));
  take(*state_there_, "primary", MarkedStates::own);
  EXPECT_TRUE(is_doubted(here_, repository_, fence));
  EXPECT_TRUE(marks_of(here_, repository_, "primary").empty()) << "what it fires by is no more recorded there";
  EXPECT_FALSE(heard_of(here_, repository_, "primary").anything()) << "the doubt would be forgotten";
  const Charge charge = charge_by_all(here_, repository_, "secondary", "primary");
  EXPECT_EQ(charge.doubted, "primary");
  EXPECT_THROW(require_writable(charge), base::Error);
  EXPECT_THROW((void)failover_step(charge), base::Error);
  EXPECT_THROW((void)failback_step(charge), base::Error);
  EXPECT_THROW(require_activation(charge), base::Error);
  come_home_there();
  EXPECT_FALSE(is_doubted(here_, repository_, fence));
  EXPECT_EQ(charge_by_all(here_, repository_, "secondary", "primary").doubted, "");
  EXPECT_TRUE(heard_of(here_, repository_, "primary").lifted);
}

TEST_F(OtherHosts, end_what_took_over_and_leave_what_only_this_one_knows) {
  take(*state_here_, "secondary");
  take_over(here_);
  Pair pair = here_.pair("primary", "secondary");
  pair.left = {{"s-1", "jobs", "job"}};
  pair.replicated = LastRun{.at = pair.since};
  here_.save(pair);
  take(*state_there_, "secondary");
  EXPECT_FALSE(ended()) << "who knows nothing of it carries its mark on";
  come_home_there();
  const repository::Snapshot home = *repository_.latest("secondary");
  take(*state_there_, "secondary");
  ASSERT_TRUE(ended());
  EXPECT_EQ(ended()->active, "primary");
  EXPECT_EQ(ended()->since, home.started);
  EXPECT_EQ(ended()->left, pair.left);
  EXPECT_FALSE(ended()->replicated) << "how both parted was before that";
  const Charge charge = charge_by_all(here_, repository_, "secondary", "primary");
  EXPECT_EQ(in_charge(charge), "primary") << "seen from the other side";
  EXPECT_EQ(charge.told, Charge::Told::by_snapshot);
  EXPECT_TRUE(marks_of(here_, repository_, "secondary").empty());
  const Heard heard = heard_of(here_, repository_, "primary");
  ASSERT_EQ(heard.ended.size(), 1U);
  keep_heard(here_, heard);
  EXPECT_EQ(here_.pair("primary", "secondary").active, "primary");
  EXPECT_FALSE(heard_of(here_, repository_, "primary").anything());
}

TEST_F(OtherHosts, name_what_a_fence_paused_that_nobody_else_knew_of) {
  fence_here();
  Fence fence = *here_.fence("primary");
  fence.beside = {
      {.kind = "jobs", .id = "1", .path = "jobs/said/1", .column = {}, .field = {}, .item = {}, .value = {}}};
  here_.save(fence);
  take(*state_here_, "primary");
  fence.beside.push_back(
      {.kind = "jobs", .id = "2", .path = "jobs/late/2", .column = {}, .field = {}, .item = {}, .value = {}});
  here_.save(fence);
  take(*state_there_, "primary", MarkedStates::own);
  const Heard heard = heard_of(here_, repository_, "primary");
  ASSERT_TRUE(heard.lifted);
  ASSERT_EQ(heard.lifted->beside.size(), 1U);
  EXPECT_EQ(heard.lifted->beside.front().path, "jobs/late/2");
}

// Killed between the two, the target has not begun to fire, and the same command goes on.
TEST_F(OtherHosts, do_not_end_what_this_one_has_not_said_yet) {
  take(*state_here_, "secondary");
  take_over(here_);
  come_home_there();
  pass();
  here_.save(Pair{.source = "primary", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
  EXPECT_FALSE(ended());
  take(*state_there_, "secondary");
  EXPECT_FALSE(ended());
  EXPECT_EQ(said_by(take(*state_here_, "secondary")).size(), 1U);
}

TEST_F(OtherHosts, do_not_end_what_this_one_was_about_to_take_back) {
  take(*state_here_, "secondary");
  take_over(here_);
  say_took_over(repository_, "secondary", "");
  EXPECT_FALSE(ended());
}

TEST_F(OtherHosts, end_nothing_by_what_took_over_from_a_third_since) {
  take(*state_here_, "secondary");
  take_over(here_);
  there_.save(Pair{.source = "third", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
  say_took_over(repository_, "secondary", "third");
  take(*state_there_, "secondary");
  EXPECT_FALSE(ended());
  there_.save(Pair{.source = "third", .target = "secondary", .active = "third", .since = world_.clock.now()});
  take(*state_there_, "secondary");
  EXPECT_FALSE(ended());
}

TEST_F(OtherHosts, end_nothing_of_which_no_snapshot_spoke) {
  take(*state_here_, "secondary");
  here_.save(Pair{.source = "primary", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
  take(*state_there_, "secondary");
  EXPECT_FALSE(ended());
  take_over(here_);
  repository_.forget(repository_.latest("secondary")->id, "by mistake");
  take(*state_there_, "secondary");
  EXPECT_FALSE(ended());
}

}  // namespace
}  // namespace holdfast::engine
