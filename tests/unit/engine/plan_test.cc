#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/browse.h"
#include "engine/restore.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using model::Action;
using model::Existing;
using model::Plan;
using repository::Snapshot;
using test::EngineWorld;
using test::RowMap;

class MakePlan : public testing::Test {
protected:
  MakePlan() {
    for (const char* name : {"changed", "missing", "same"}) world.connector.put(row(name, "{\"v\":1}"));
    snapshot = world.backup().snapshot;
    world.connector.put(row("changed", "{\"v\":2}"));
    world.connector.put(row("extra", "{}"));
    world.connector.erase(row("missing", "").key);
  }
  static base::Row row(const std::string& name, std::string_view metadata) {
    return test::aspect_row("urn:li:tag:" + name, "status", metadata);
  }
  Plan made(PlanOptions options, model::Selection selection = {}) {
    options.target_name = "catalog";
    options.selection = std::move(selection);
    return make_plan(*world.repository, snapshot, world.connector, options, world.events, world.clock, world.random,
                     {});
  }
  ApplyResult applied(const Plan& plan) {
    const auto journal = storage::make_memory_backend();
    return apply_plan(plan, world.connector, test::aspect_collection(), *journal, world.events, world.clock, {});
  }
  static std::vector<std::pair<std::string, Action>> actions(const Plan& plan) {
    std::vector<std::pair<std::string, Action>> out;
    for (const model::Step& step : plan.steps) {
      EXPECT_FALSE(step.reason.empty());
      out.emplace_back(step.path, step.action);
    }
    return out;
  }
  using Actions = std::vector<std::pair<std::string, Action>>;
  EngineWorld world;
  Snapshot snapshot;
};

TEST_F(MakePlan, creates_what_is_missing_and_updates_what_differs) {
  const Plan plan = made({});
  EXPECT_EQ(actions(plan), (Actions{{"urn:li:tag:changed/status/0", Action::update},
                                    {"urn:li:tag:missing/status/0", Action::create}}));
  EXPECT_EQ(plan.snapshot, snapshot.id.name());
  EXPECT_EQ(plan.repository, world.repository->id());
  EXPECT_EQ(plan.target, "catalog");
  EXPECT_FALSE(plan.id.empty());
  const model::Step& update = plan.steps[0];
  EXPECT_EQ(update.before, row("changed", "{\"v\":2}"));
  EXPECT_EQ(update.after, row("changed", "{\"v\":1}"));
  ASSERT_EQ(update.fields.size(), 1U);
  EXPECT_EQ(update.fields[0].before, "2");
  EXPECT_EQ(update.fields[0].after, "1");
}

TEST_F(MakePlan, removes_only_when_asked) {
  PlanOptions options;
  options.removes = true;
  options.existing = Existing::replace;
  EXPECT_EQ(actions(made(options)), (Actions{{"urn:li:tag:changed/status/0", Action::update},
                                             {"urn:li:tag:extra/status/0", Action::remove},
                                             {"urn:li:tag:missing/status/0", Action::create}}));
}

TEST_F(MakePlan, skips_existing_rows_when_told_to) {
  PlanOptions options;
  options.existing = Existing::skip;
  EXPECT_EQ(actions(made(options)),
            (Actions{{"urn:li:tag:changed/status/0", Action::skip}, {"urn:li:tag:missing/status/0", Action::create}}));
}

TEST_F(MakePlan, lists_conflicts_that_applying_refuses_before_it_writes) {
  PlanOptions options;
  options.existing = Existing::fail;
  const Plan plan = made(options);
  EXPECT_EQ(actions(plan), (Actions{{"urn:li:tag:changed/status/0", Action::conflict},
                                    {"urn:li:tag:missing/status/0", Action::create}}));
  const RowMap before = world.connector.rows();
  try {
    applied(plan);
    FAIL() << "a plan with conflicts was applied";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
    EXPECT_NE(error.message().find("urn:li:tag:changed"), std::string::npos);
  }
  EXPECT_EQ(world.connector.rows(), before);
}

TEST_F(MakePlan, of_an_applied_plan_is_empty) {
  PlanOptions options;
  options.existing = Existing::replace;
  options.removes = true;
  const ApplyResult result = applied(made(options));
  EXPECT_EQ(result.created, 1U);
  EXPECT_EQ(result.updated, 1U);
  EXPECT_EQ(result.removed, 1U);
  EXPECT_EQ(world.connector.rows(), world.rows_of(snapshot));
  EXPECT_TRUE(made(options).steps.empty());
}

TEST_F(MakePlan, leaves_alone_what_is_not_selected) {
  const Plan plan = made({}, model::Selection({"*missing"}));
  EXPECT_EQ(actions(plan), (Actions{{"urn:li:tag:missing/status/0", Action::create}}));
  EXPECT_EQ(plan.selection, "*missing");
}

TEST_F(MakePlan, refuses_a_row_that_the_target_cannot_hold_and_only_where_it_would_be_written) {
  for (const char* name : {"missing", "changed"}) {
    world.connector.refuse_key(row(name, "").key);
    try {
      made({});
      FAIL() << "a plan was made that cannot be applied";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::refused);
      EXPECT_NE(error.message().find(name), std::string::npos);
    }
  }
  world.connector.refuse_key(row("same", "").key);
  EXPECT_EQ(made({}).steps.size(), 2U);
  PlanOptions skip;
  skip.existing = Existing::skip;
  world.connector.refuse_key(row("changed", "").key);
  EXPECT_EQ(made(skip).steps.size(), 2U);
}

TEST_F(MakePlan, takes_a_selection_that_neither_side_has_a_row_of_for_a_mistake) {
  try {
    made({}, model::Selection({"*mising"}));
    FAIL() << "a plan of nothing was made";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::not_found);
  }
}

TEST_F(MakePlan, never_removes_in_a_range_that_the_backup_could_not_read) {
  EngineWorld fresh;
  RowMap rows = test::some_rows(160, 3);
  fresh.connector.set_rows(rows);
  test::FakeConnector::Hooks hooks;
  hooks.read = [](std::size_t range, std::uint64_t, const std::stop_token&) {
    if (range == 4) throw base::Error(base::ErrorKind::unavailable, "gone");
  };
  fresh.connector.set_hooks(hooks);
  const Snapshot partial = fresh.backup().snapshot;
  ASSERT_LT(fresh.rows_of(partial).size(), rows.size());
  fresh.connector.set_hooks({});
  PlanOptions options;
  options.existing = Existing::replace;
  options.removes = true;
  options.target_name = "catalog";
  const Plan plan =
      make_plan(*fresh.repository, partial, fresh.connector, options, fresh.events, fresh.clock, fresh.random, {});
  EXPECT_FALSE(plan.steps.empty());
  EXPECT_EQ(plan.count(Action::skip), plan.steps.size());
}

TEST_F(MakePlan, leaves_columns_alone_that_only_the_target_has) {
  model::Collection wider = test::aspect_collection();
  wider.columns.insert(wider.columns.begin(), {"extra", "text", model::ColumnContent::text, true});
  world.connector.change_columns(wider);
  const Plan plan = made({});
  EXPECT_EQ(plan.count(Action::update), 1U);
  EXPECT_EQ(plan.steps[0].before, row("changed", "{\"v\":2}"));
}

TEST_F(MakePlan, refuses_a_target_that_lacks_a_column) {
  model::Collection narrow = test::aspect_collection();
  narrow.columns.erase(narrow.columns.begin() + 1);
  world.connector.change_columns(narrow);
  try {
    made({});
    FAIL() << "a column would have been lost";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unsupported);
    EXPECT_NE(error.message().find("systemmetadata"), std::string::npos);
  }
}

}  // namespace
}  // namespace holdfast::engine
