#include "engine/cutover/snapshot_marks.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/cutover/beside_mark.h"
#include "engine/cutover/firing_states.h"
#include "engine/previous_rows.h"
#include "engine/resources/sides.h"
#include "storage/decorators/fault_backend.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

constexpr const char* k_fires =
    R"({"name":"job","origin":"job","schedule":{"cron":"0 0 * * * ?","pause_status":"UNPAUSED"}})";
constexpr const char* k_paused =
    R"({"name":"job","origin":"job","schedule":{"cron":"0 0 * * * ?","pause_status":"PAUSED"}})";

class Marking : public testing::Test {
protected:
  Marking() {
    account_.workspace.put("jobs", "job", k_fires);
    account_.workspace.put("users", "ann", R"({"name":"ann","origin":"ann"})");
  }

  // Recorded, paused, backed up, set to fire again, and in charge.
  repository::Snapshot pause_and_let_fire() {
    repository::Snapshot before = take("primary");
    store_.save(Fence{.connector = "primary", .snapshot = before.id.name(), .since = world_.clock.now()});
    set(k_paused);
    take("primary");
    set(k_fires);
    store_.lift("primary");
    store_.save(Pair{.source = "primary", .target = "secondary", .active = "primary", .since = world_.clock.now()});
    return before;
  }

  repository::Snapshot take(const std::string& name, MarkedStates by = MarkedStates::by_marks) {
    world_.clock.advance(std::chrono::minutes(1));
    BackupOptions options = test::EngineWorld::small();
    options.marks = marks_while_read(*state_, *world_.repository, name, test::workspace_kinds(), by);
    const auto connector = test::connect(account_);
    return backup(*world_.repository, *connector, name, options, world_.events, world_.clock, {}).snapshot;
  }
  // A host that has asked for its marks already, and commits while the snapshot of this one is written.
  std::unique_ptr<storage::Backend> comes_behind(int times) {
    other_ = world_.open(*world_.backend);
    return storage::make_fault_backend(
        *world_.backend,
        {.before =
             [this, left = times](storage::Call call, const std::string& name) mutable {
               if (call != storage::Call::put || !name.starts_with("snapshots/") || left-- <= 0) return;
               const auto connector = test::connect(account_);
               (void)backup(*other_, *connector, "secondary", test::EngineWorld::small(), world_.events, world_.clock,
                            {});
             },
         .after = {}},
        nullptr);
  }
  void set(const char* body) { account_.workspace.rewrite("jobs", account_.workspace.id_of("jobs", "job"), body); }
  FiringStates states(const repository::Snapshot& snapshot) {
    const auto connector = test::connect(account_);
    return firing_states(*world_.repository, snapshot, model::KindSet(connector->kinds()), {}, {});
  }

  test::EngineWorld world_;
  test::WorkspaceAccount account_{world_.clock, 1'000, "one"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  CutoverStore store_{*state_};
  std::unique_ptr<repository::Repository> other_;
};

TEST_F(Marking, says_nothing_of_a_connector_that_nobody_paused) {
  const repository::Snapshot snapshot = take("primary");
  EXPECT_EQ(states_of(snapshot), snapshot.id.name());
  EXPECT_TRUE(marks_of(store_, *world_.repository, "primary").empty());
}

TEST_F(Marking, leads_from_what_we_paused_to_what_was_recorded) {
  const repository::Snapshot before = take("primary");
  store_.save(Fence{.connector = "primary", .snapshot = before.id.name(), .since = world_.clock.now()});
  set(k_paused);
  const repository::Snapshot during = take("primary");
  EXPECT_FALSE(states(during).begin()->second.fires);
  EXPECT_TRUE(states(recorded_by(*world_.repository, during)).begin()->second.fires);
  store_.lift("primary");
  store_.save(Pair{.source = "primary", .target = "secondary", .active = "primary", .since = world_.clock.now()});
  const repository::Snapshot after = take("primary");
  EXPECT_EQ(states_of(after), after.id.name()) << "from then on it is somebody else's doing";
}

// What is there of jobs is how we had paused them.
TEST_F(Marking, goes_on_until_all_that_may_fire_was_read) {
  const std::string before = pause_and_let_fire().id.name();
  account_.unlisted = {"jobs"};
  for (const MarkedStates by : {MarkedStates::own, MarkedStates::by_marks, MarkedStates::own}) {
    const repository::Snapshot partial = take("primary", by);
    EXPECT_FALSE(states(partial).begin()->second.fires);
    EXPECT_EQ(states_of(partial), before);
  }
  account_.unlisted = {"users"};
  const repository::Snapshot after = take("primary");
  ASSERT_TRUE(after.partial());
  EXPECT_EQ(states_of(after), after.id.name()) << "no user fires";
  account_.unlisted = {"jobs"};
  const repository::Snapshot later = take("primary");
  EXPECT_EQ(states_of(later), later.id.name()) << "what it has of jobs is somebody's will";
}

TEST_F(Marking, goes_on_behind_an_activation_in_place_until_its_backup_has_read_what_fires) {
  const std::string before = take("primary").id.name();
  store_.save(Fence{.connector = "primary", .snapshot = before, .since = world_.clock.now()});
  account_.unread = {"job"};
  EXPECT_EQ(states_of(take("primary", MarkedStates::own)), before) << "the fence says it, and no snapshot yet";
  account_.unread.clear();
  const repository::Snapshot own = take("primary", MarkedStates::own);
  EXPECT_EQ(states_of(own), own.id.name());
}

// Else one that cannot be read for good would hold a fence, and states of long ago, for good.
TEST_F(Marking, ends_although_what_was_not_read_was_not_when_the_states_were_recorded_either) {
  account_.workspace.put("jobs", "odd", k_fires);
  account_.workspace.put("jobs", "never", k_fires);
  account_.unread = {"never"};
  take("primary");
  account_.unread = {"never", "odd"};
  pause_and_let_fire();
  const repository::Snapshot after = take("primary", MarkedStates::own);
  ASSERT_TRUE(after.partial());
  EXPECT_EQ(states_of(after), after.id.name());
}

TEST_F(Marking, knows_whether_all_that_may_fire_was_shown_since) {
  const std::vector<model::Kind>& kinds = test::workspace_kinds();
  const auto shown = [&](base::Instant since) { return shown_since(*world_.repository, "primary", kinds, since); };
  const repository::Snapshot whole = take("primary");
  EXPECT_TRUE(shown(whole.started - std::chrono::seconds(1)));
  const base::Instant since = whole.started + std::chrono::seconds(1);
  EXPECT_FALSE(shown(since));
  account_.unlisted = {"jobs"};
  take("primary");
  EXPECT_FALSE(shown(since)) << "as before";
  account_.unlisted = {"users"};
  take("primary");
  EXPECT_TRUE(shown(since)) << "no user fires";
  EXPECT_FALSE(shown_since(*world_.repository, "secondary", kinds, base::Instant()));
}

TEST_F(Marking, outlives_the_local_state) {
  const repository::Snapshot before = take("secondary");
  store_.save(Fence{.connector = "secondary", .snapshot = before.id.name(), .since = world_.clock.now()});
  store_.save(Pair{.source = "primary", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
  take("secondary");
  const auto empty = storage::make_memory_backend();
  CutoverStore lost(*empty);
  const Charge charge = charge_by_all(lost, *world_.repository, "primary", "secondary");
  EXPECT_EQ(charge.told, Charge::Told::by_snapshot);
  EXPECT_EQ(in_charge(charge), "secondary");
  const SnapshotMarks marks = marks_of(lost, *world_.repository, "secondary");
  ASSERT_EQ(marks.size(), 2U) << "the next backup says so, too";
  EXPECT_EQ(marks.front().second, before.id.name());
  EXPECT_EQ(charge_by_all(lost, *world_.repository, "third", "secondary").told, Charge::Told::by_state);
}

TEST_F(Marking, goes_on_until_somebody_knows_better) {
  const repository::Snapshot before = take("primary");
  store_.save(Fence{.connector = "primary", .snapshot = before.id.name(), .since = world_.clock.now()});
  store_.save(Pair{.source = "secondary", .target = "primary", .active = "primary", .since = world_.clock.now()});
  take("primary");
  const auto another = storage::make_memory_backend();
  CutoverStore other(*another);
  const auto marks = [&] { return marks_of(other, *world_.repository, "primary"); };
  ASSERT_EQ(marks().size(), 2U);
  // What was replicated, and who was put in charge before that, say nothing of it.
  other.save(Pair{.source = "secondary", .target = "primary", .replicated = LastRun{.at = world_.clock.now()}});
  other.save(Pair{.source = "primary", .target = "third", .replicated = LastRun{.at = world_.clock.now()}});
  EXPECT_EQ(charge_by_all(other, *world_.repository, "secondary", "primary").told, Charge::Told::by_snapshot);
  EXPECT_EQ(marks().size(), 2U);
  const base::Instant long_ago = before.started - std::chrono::hours(1);
  other.save(Pair{.source = "primary", .target = "third", .active = "primary", .since = long_ago});
  EXPECT_EQ(marks(), said_by(*world_.repository->latest("primary")));
  Pair third{.source = "primary", .target = "third", .active = "primary", .since = world_.clock.now()};
  third.complete = false;
  other.save(third);
  EXPECT_EQ(marks().size(), 2U) << "it was not activated as a whole, which goes on";
  third.complete = true;
  other.save(third);
  ASSERT_EQ(marks().size(), 1U) << "it was activated since";
  EXPECT_EQ(marks().front().first, k_took_over_mark);
  other.save(Pair{.source = "secondary", .target = "primary", .active = "secondary", .since = world_.clock.now()});
  EXPECT_TRUE(marks().empty());
}

TEST_F(Marking, asks_again_when_everything_was_read) {
  const std::string before = take("primary").id.name();
  const auto marks = [&] {
    const auto ask = marks_while_read(*state_, *world_.repository, "primary", test::workspace_kinds());
    return [ask] { return ask({}); };
  };
  const auto begun_before = marks();
  store_.save(Fence{.connector = "primary", .snapshot = before, .since = world_.clock.now()});
  ASSERT_EQ(begun_before().size(), 1U) << "it was fenced while the backup was read";
  EXPECT_EQ(begun_before().front().second, before);
  const auto begun_during = marks();
  store_.lift("primary");
  store_.save(Pair{.source = "primary", .target = "secondary", .active = "primary", .since = world_.clock.now()});
  EXPECT_EQ(begun_during().size(), 1U) << "some of it was read while all was paused";
  EXPECT_TRUE(marks()().empty());
}

TEST_F(Marking, is_asked_by_a_backup_when_it_has_read) {
  BackupOptions options = test::EngineWorld::small();
  options.marks = [&](const std::vector<repository::Tree>&) {
    account_.workspace.put("jobs", "late", k_fires);  // nothing reads it any more
    return SnapshotMarks{{std::string(k_states_mark), "s-1"}};
  };
  const auto connector = test::connect(account_);
  const repository::Snapshot snapshot =
      backup(*world_.repository, *connector, "primary", options, world_.events, world_.clock, {}).snapshot;
  EXPECT_EQ(states_of(snapshot), "s-1");
  EXPECT_EQ(states(snapshot).size(), 1U);
}

TEST_F(Marking, tells_of_all_who_took_over_where_the_local_state_is_lost) {
  take("primary");
  store_.save(Pair{.source = "primary", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
  const repository::Snapshot first = take("secondary");
  take("secondary");
  EXPECT_TRUE(told_by_snapshots(store_, *world_.repository, {"primary", "secondary"}).empty()) << "the state says it";
  const auto empty = storage::make_memory_backend();
  CutoverStore lost(*empty);
  const std::vector<Charge> told = told_by_snapshots(lost, *world_.repository, {"primary", "secondary"});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told.front().pair.source, "primary");
  EXPECT_EQ(in_charge(told.front()), "secondary");
  EXPECT_EQ(in_charge(charge_by_all(lost, *world_.repository, "secondary", "primary")), "secondary")
      << "seen from the other side";
  EXPECT_EQ(first_in_charge(*world_.repository, "secondary", "primary")->id.name(), first.id.name());
  EXPECT_FALSE(first_in_charge(*world_.repository, "primary", "secondary").has_value());
}

TEST_F(Marking, repeats_a_snapshot_to_say_who_took_over) {
  const std::vector<model::Kind>& kinds = test::workspace_kinds();
  const std::string recorded = take("primary").id.name();
  const repository::Snapshot first = take("secondary");
  world_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(say_took_over(*world_.repository, "secondary", "primary"), "");
  EXPECT_EQ(say_took_over(*world_.repository, "secondary", "primary"), "primary");
  const repository::Snapshot repeated = *world_.repository->latest("secondary");
  EXPECT_EQ(repeated.parent, first.id) << "once is enough";
  EXPECT_TRUE(is_repeated(repeated) && !is_repeated(first));
  EXPECT_TRUE(repeated.taken == first.taken && repeated.started == first.started);
  EXPECT_EQ(states(repeated).size(), states(first).size());
  for (std::size_t i = 0; i < first.trees.size(); ++i) {
    EXPECT_EQ(repeated.trees[i].content, first.trees[i].content);
    ASSERT_TRUE(repeated.trees[i].delta.has_value()) << "else it would be one that found all of this anew";
    EXPECT_EQ(repeated.trees[i].delta->rows(), 0U);
  }
  EXPECT_FALSE(shown_since(*world_.repository, "secondary", kinds, first.started)) << "nothing was read since";
  const auto empty = storage::make_memory_backend();
  CutoverStore lost(*empty);
  const Charge charge = charge_by_all(lost, *world_.repository, "primary", "secondary");
  EXPECT_EQ(in_charge(charge), "secondary");
  EXPECT_EQ(charge.pair.since, repeated.committed);
  EXPECT_EQ(charge.pair.recorded, recorded);
  EXPECT_FALSE(first_in_charge(*world_.repository, "secondary", "primary").has_value());
  store_.save(Pair{.source = "primary", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
  const repository::Snapshot behind = take("secondary");
  EXPECT_EQ(behind.counts.changed + behind.counts.added + behind.counts.gone, 0U);
  EXPECT_EQ(first_in_charge(*world_.repository, "secondary", "primary")->id, behind.id);
  EXPECT_EQ(say_took_over(*world_.repository, "secondary", ""), "primary");
  EXPECT_TRUE(told_by_snapshots(lost, *world_.repository, {"primary", "secondary"}).empty());
  EXPECT_THROW((void)say_took_over(*world_.repository, "third", "primary"), base::Error);
}

TEST_F(Marking, repeats_a_snapshot_to_say_what_is_about_to_be_paused) {
  const std::string recorded = take("primary").id.name();
  EXPECT_EQ(say_took_over(*world_.repository, "primary", "third"), "");
  store_.save(Fence{.connector = "primary",
                    .snapshot = recorded,
                    .since = world_.clock.now(),
                    .beside = {{.kind = "jobs",
                                .id = "7",
                                .path = "jobs/late",
                                .column = {},
                                .field = {},
                                .item = {},
                                .value = "UNPAUSED"}}});
  say_paused(store_, *world_.repository, "primary");
  const repository::Snapshot now = *world_.repository->latest("primary");
  EXPECT_TRUE(is_repeated(now));
  EXPECT_EQ(states_of(now), recorded);
  EXPECT_EQ(said_by(now).size(), 3U) << "and goes on to say who took over";
  EXPECT_EQ(said_by(now).front().first, k_beside_mark);
  say_paused(store_, *world_.repository, "primary");
  EXPECT_EQ(world_.repository->latest("primary")->id, now.id) << "once is enough";
}

TEST_F(Marking, says_it_again_where_a_backup_comes_behind_that_asked_before) {
  take("secondary");
  const auto raced = comes_behind(2);
  const auto mine = world_.open(*raced);
  EXPECT_EQ(say_took_over(*mine, "secondary", "primary"), "");
  const repository::Snapshot newest = *world_.repository->latest("secondary");
  EXPECT_EQ(said_by(newest), (SnapshotMarks{{std::string(k_took_over_mark), "primary"}}));
  EXPECT_TRUE(is_repeated(newest));
}

TEST_F(Marking, does_not_say_it_again_for_ever) {
  take("secondary");
  const auto raced = comes_behind(1'000);
  const auto mine = world_.open(*raced);
  try {
    (void)say_took_over(*mine, "secondary", "primary");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
    EXPECT_NE(error.message().find("other snapshots of secondary were taken meanwhile"), std::string::npos);
  }
}

// What it has was read before, and is nothing of what fires since.
TEST_F(Marking, begins_with_what_was_read_since_the_first_word) {
  const std::string recorded = take("primary").id.name();
  take("secondary");
  BackupOptions options = test::EngineWorld::small();
  options.marks = [&](const std::vector<repository::Tree>&) {
    world_.clock.advance(std::chrono::minutes(1));
    (void)say_took_over(*world_.repository, "secondary", "primary");
    world_.clock.advance(std::chrono::minutes(1));
    return SnapshotMarks{{std::string(k_took_over_mark), "primary"}};
  };
  const auto connector = test::connect(account_);
  (void)backup(*world_.repository, *connector, "secondary", options, world_.events, world_.clock, {});
  EXPECT_FALSE(first_in_charge(*world_.repository, "secondary", "primary").has_value());
  const auto empty = storage::make_memory_backend();
  CutoverStore lost(*empty);
  const Charge charge = charge_by_all(lost, *world_.repository, "primary", "secondary");
  EXPECT_EQ(charge.pair.recorded, recorded);
  EXPECT_TRUE(charge.pair.given && charge.pair.given->empty()) << "what was set of it nobody knows";
  store_.save(Pair{.source = "primary", .target = "secondary", .active = "secondary", .since = world_.clock.now()});
  const repository::Snapshot behind = take("secondary");
  EXPECT_EQ(first_in_charge(*world_.repository, "secondary", "primary")->id, behind.id);
  EXPECT_EQ(charge_by_all(lost, *world_.repository, "primary", "secondary").pair.recorded, "");
}

TEST_F(Marking, refuses_states_that_are_gone) {
  take("primary");
  store_.save(Fence{.connector = "primary", .snapshot = "0123abcd-0000000000000001", .since = world_.clock.now()});
  const repository::Snapshot during = take("primary");
  try {
    (void)recorded_by(*world_.repository, during);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::refused);
    EXPECT_NE(error.message().find("0123abcd-0000000000000001"), std::string::npos) << error.message();
  }
}

TEST_F(Marking, does_not_print_anew_what_the_platform_said) {
  EXPECT_EQ(with_marks(R"({"n":1.10})", {{"a", "b\"c"}}), R"({"n":1.10,"a":"b\"c"})");
  EXPECT_EQ(with_marks("{}", {{"a", "b"}, {"c", "d"}}), R"({"a":"b","c":"d"})");
  EXPECT_EQ(with_marks("no JSON", {}), "no JSON");
  EXPECT_EQ(with_mark(R"({"n":1.10})", "a", "b"), R"({"n":1.10,"a":"b"})");
  EXPECT_EQ(with_mark(R"({"n":1.10,"a":"b\"c","d":"e"})", "a", "f"), R"({"n":1.10,"d":"e","a":"f"})");
  EXPECT_EQ(with_mark(R"({"a":"b","d":"e"})", "a", ""), R"({"d":"e"})");
  EXPECT_EQ(with_mark(R"({"a":"b"})", "a", ""), "{}");
  EXPECT_EQ(with_mark("{}", "a", ""), "{}");
  EXPECT_THROW((void)with_marks("no JSON", {{"a", "b"}}), base::Error);
}

TEST_F(Marking, finds_what_was_set_otherwise_between_two_snapshots) {
  const FiringStates then = states(take("primary"));
  ASSERT_EQ(then.size(), 1U);
  EXPECT_TRUE(changed_states(then, states(take("primary"))).empty());
  set(k_paused);
  EXPECT_EQ(changed_states(then, states(take("primary"))).size(), 1U);
  account_.workspace.put("jobs", "new", k_fires);
  const FiringStates now = states(take("primary"));
  EXPECT_EQ(now.size(), 2U);
  EXPECT_EQ(changed_states(states(take("primary")), now).size(), 0U);
  EXPECT_EQ(changed_states(then, now).size(), 2U) << "what is new is so, too";
}

}  // namespace
}  // namespace holdfast::engine
