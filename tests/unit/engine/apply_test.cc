#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/restore.h"
#include "storage/decorators/fault_backend.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using base::Error;
using base::ErrorKind;
using model::Action;
using model::Plan;
using test::EngineWorld;
using test::RowMap;

// Three batches: 1,200 rows of which all differ.
constexpr int k_rows = 1200;

base::Row row(int i, std::string_view metadata) {
  return test::aspect_row(fmt::format("urn:li:tag:{:05}", i), "status", metadata);
}

Plan plan_of_updates() {
  Plan plan;
  plan.id = "0123456789abcdef";
  plan.target = "catalog";
  for (int i = 0; i < k_rows; ++i) {
    const bool create = i % 3 == 0;
    const bool remove = i % 3 == 1;
    model::Step step{.collection = "aspect",
                     .path = fmt::format("urn:li:tag:{:05}/status/0", i),
                     .action = Action::update,
                     .reason = "it differs",
                     .fields = {},
                     .key = row(i, "").key,
                     .before = {},
                     .after = {}};
    if (!create) step.before = row(i, "old");
    if (!remove) step.after = row(i, "new");
    if (create) step.action = Action::create;
    if (remove) step.action = Action::remove;
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

RowMap rows_before(const Plan& plan) {
  RowMap out;
  for (const model::Step& step : plan.steps) {
    if (step.before) out.emplace(step.key, *step.before);
  }
  return out;
}

RowMap rows_after(const Plan& plan) {
  RowMap out;
  for (const model::Step& step : plan.steps) {
    if (step.after) out.emplace(step.key, *step.after);
  }
  return out;
}

class ApplyPlan : public testing::Test {
protected:
  ApplyPlan()
      : clock(base::Instant{}), connector(clock), journal(storage::make_memory_backend()), plan(plan_of_updates()) {
    connector.set_rows(rows_before(plan));
  }
  ApplyResult apply() { return apply(*journal); }
  ApplyResult apply(storage::Backend& backend) {
    return apply_plan(plan, connector, test::aspect_collection(), backend, base::silent_events(), clock, {});
  }
  test::ManualClock clock;
  test::FakeConnector connector;
  std::unique_ptr<storage::Backend> journal;
  Plan plan;
};

TEST_F(ApplyPlan, does_every_step_and_journals_every_batch) {
  const ApplyResult result = apply();
  EXPECT_EQ(result.created + result.updated + result.removed, static_cast<std::uint64_t>(k_rows));
  EXPECT_EQ(result.created, 400U);
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(connector.rows(), rows_after(plan));
  std::size_t records = 0;
  journal->list("restore/0123456789abcdef/", [&](const storage::ObjectInfo&) { ++records; });
  EXPECT_EQ(records, 6U);
}

TEST_F(ApplyPlan, leaves_rows_alone_that_changed_after_the_plan) {
  connector.put(row(2, "somebody else's"));
  connector.put(row(0, "made meanwhile"));
  const ApplyResult result = apply();
  EXPECT_EQ(result.conflicts, (std::vector<std::string>{"urn:li:tag:00000/status/0", "urn:li:tag:00002/status/0"}));
  EXPECT_EQ(connector.rows().at(row(2, "").key), row(2, "somebody else's"));
  EXPECT_EQ(connector.rows().at(row(0, "").key), row(0, "made meanwhile"));
}

TEST_F(ApplyPlan, refuses_a_step_whose_path_does_not_name_its_row) {
  plan.steps[3].path = plan.steps[4].path;
  try {
    apply();
    FAIL() << "a plan that shows one row and writes another was applied";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
  }
  EXPECT_EQ(connector.applied(), 0U);
}

TEST_F(ApplyPlan, killed_at_any_journal_call_goes_on_without_duplicates) {
  bool finished = false;
  for (std::uint64_t k = 0; !finished; ++k) {
    ASSERT_LT(k, 100U);
    for (const bool answer_lost : {false, true}) {
      connector.set_rows(rows_before(plan));
      journal = storage::make_memory_backend();
      const std::uint64_t applied_before = connector.applied();
      std::uint64_t calls = 0;
      const auto die = [&](storage::Call, const std::string&) {
        if (calls++ == k) throw Error(ErrorKind::io, "killed");
      };
      storage::FaultPlan faults;
      (answer_lost ? faults.after : faults.before) = die;
      const auto dying = storage::make_fault_backend(*journal, faults, nullptr);
      std::uint64_t done = 0;
      try {
        apply(*dying);
        finished = true;
      } catch (const Error&) {
        finished = false;
      }
      const std::uint64_t in_first = connector.applied() - applied_before;
      const ApplyResult resumed = apply();
      done = resumed.created + resumed.updated + resumed.removed + resumed.already;
      EXPECT_EQ(done, static_cast<std::uint64_t>(k_rows)) << k;
      EXPECT_TRUE(resumed.conflicts.empty()) << k;
      EXPECT_EQ(connector.rows(), rows_after(plan)) << k;
      // Each row was changed once, whichever run did it.
      EXPECT_EQ(connector.applied() - applied_before, static_cast<std::uint64_t>(k_rows)) << k;
      EXPECT_EQ(resumed.already, in_first) << k;
    }
  }
}

TEST_F(ApplyPlan, finds_what_was_written_when_the_platforms_answer_was_lost) {
  for (const bool written : {false, true}) {
    connector.set_rows(rows_before(plan));
    journal = storage::make_memory_backend();
    int calls = 0;
    const auto die = [&] {
      if (calls++ == 1) throw Error(ErrorKind::unavailable, "lost connection");
    };
    test::FakeConnector::Hooks hooks;
    (written ? hooks.after_apply : hooks.before_apply) = die;
    connector.set_hooks(hooks);
    EXPECT_THROW(apply(), Error);
    const ApplyResult resumed = apply();
    EXPECT_EQ(resumed.already, written ? 1000U : 500U);
    EXPECT_EQ(connector.rows(), rows_after(plan));
  }
}

TEST_F(ApplyPlan, does_not_take_back_what_was_changed_after_it_was_done) {
  apply();
  connector.put(row(2, "edited later"));
  const ApplyResult again = apply();
  EXPECT_EQ(again.already, static_cast<std::uint64_t>(k_rows - 1));
  EXPECT_EQ(again.conflicts, std::vector<std::string>{"urn:li:tag:00002/status/0"});
  EXPECT_EQ(connector.rows().at(row(2, "").key), row(2, "edited later"));
}

TEST_F(ApplyPlan, brings_back_what_was_lost_again_after_it_was_done) {
  apply();
  RowMap rows = connector.rows();
  rows.erase(row(0, "").key);
  rows.at(row(2, "").key) = row(2, "old");
  connector.set_rows(rows);
  const ApplyResult again = apply();
  EXPECT_EQ(again.created, 1U);
  EXPECT_EQ(again.updated, 1U);
  EXPECT_EQ(again.already, static_cast<std::uint64_t>(k_rows - 2));
  EXPECT_EQ(connector.rows(), rows_after(plan));
}

TEST_F(ApplyPlan, refuses_a_plan_that_was_edited_after_it_had_begun) {
  apply();
  plan.steps[5].after = row(5, "something else");
  try {
    apply();
    FAIL() << "an edited plan went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::conflict);
  }
}

TEST_F(ApplyPlan, refuses_a_damaged_journal_and_writes_nothing) {
  for (const char* record : {"", "{", "null", "[]", R"({"version":1})", R"({"version":"1","steps":"x"})",
                             R"({"version":1,"steps":5})", R"({"version":2,"steps":"x"})"}) {
    const auto damaged = storage::make_memory_backend();
    damaged->put("restore/0123456789abcdef/0000000000-intent", record);
    try {
      apply(*damaged);
      ADD_FAILURE() << record;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::corruption) << record;
    }
    EXPECT_EQ(connector.applied(), 0U) << record;
  }
}

TEST_F(ApplyPlan, leaves_skipped_steps_and_other_collections_alone) {
  for (model::Step& step : plan.steps) {
    if (step.action == Action::update) step.action = Action::skip;
    if (step.action == Action::remove) step.collection = "other";
  }
  const ApplyResult result = apply();
  EXPECT_EQ(result.skipped, 400U);
  EXPECT_EQ(result.created, 400U);
  EXPECT_EQ(result.removed, 0U);
}

TEST_F(ApplyPlan, stops_between_batches_when_asked) {
  std::stop_source stop;
  test::FakeConnector::Hooks hooks;
  hooks.after_apply = [&] { stop.request_stop(); };
  connector.set_hooks(hooks);
  try {
    apply_plan(plan, connector, test::aspect_collection(), *journal, base::silent_events(), clock, stop.get_token());
    FAIL() << "a stopped restore succeeded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
  EXPECT_EQ(connector.applied(), 500U);
}

}  // namespace
}  // namespace holdfast::engine
