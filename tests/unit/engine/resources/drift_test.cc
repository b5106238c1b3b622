#include "engine/resources/drift.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/cutover/pause.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/restore.h"
#include "model/json_text.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::ResourceAction;
using model::ResourcePlan;

constexpr const char* k_hourly =
    R"({"name":"hourly","origin":"hourly","note":"%","schedule":{"cron":"0 0 * * * ?","pause_status":"UNPAUSED"}})";

std::string hourly(const std::string& note, bool paused = false) {
  std::string out = k_hourly;
  out.replace(out.find('%'), 1, note);
  if (paused) out.replace(out.find("UNPAUSED"), 8, "PAUSED");
  return out;
}

// Two workspaces, one of which was brought to the other; both were then captured: the split.
class Parted : public testing::Test {
protected:
  Parted() {
    source_.workspace.put("jobs", "hourly", hourly("one"));
    source_.workspace.put("pools", "big", R"({"name":"big","node_type":"east-4","min_idle":3,"origin":"big"})");
    first_ = take(source_, "primary");
    run(plan(first_, target_, "secondary", nullptr), first_, target_);
    left_ = take(target_, "secondary");
    split_ = {.source = &first_, .target = &left_};
    job_ = source_.workspace.id_of("jobs", "hourly");
    copy_ = target_.workspace.id_of("jobs", "hourly");
  }

  repository::Snapshot take(test::WorkspaceAccount& account, const std::string& name) {
    world_.clock.advance(std::chrono::minutes(1));
    const auto connector = test::connect(account);
    return backup(*world_.repository, *connector, name, test::EngineWorld::small(), world_.events, world_.clock, {})
        .snapshot;
  }
  ResourcePlan plan(const repository::Snapshot& wanted, test::WorkspaceAccount& account, const std::string& name,
                    const Split* split) {
    ResourceRestoreOptions options;
    options.target = name;
    options.split = split;
    const auto connector = test::connect(account);
    return plan_resource_restore({*world_.repository, wanted, *connector, *state_}, options, world_.events,
                                 world_.clock, world_.random, {});
  }
  ResourceApplyResult run(const ResourcePlan& plan, const repository::Snapshot& wanted,
                          test::WorkspaceAccount& account) {
    const auto connector = test::connect(account);
    return apply_resource_restore({*world_.repository, wanted, *connector, *state_}, plan, world_.events, world_.clock,
                                  {});
  }
  ResourcePlan again(const Split* split) { return plan(take(source_, "primary"), target_, "secondary", split); }
  bool fires(test::WorkspaceAccount& account, const std::string& id) {
    return account.workspace.body("jobs", id).find("UNPAUSED") != std::string::npos;
  }

  test::EngineWorld world_;
  test::WorkspaceAccount source_{world_.clock, 1'000, "one"};
  test::WorkspaceAccount target_{world_.clock, 5'000, "two"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  repository::Snapshot first_;
  repository::Snapshot left_;
  Split split_;
  std::string job_;
  std::string copy_;
};

TEST_F(Parted, has_nothing_to_do_again_at_once) {
  EXPECT_EQ(test::actions_of(again(&split_)), std::vector<std::string>{});
}

TEST_F(Parted, updates_what_changed_on_the_source_alone) {
  source_.workspace.rewrite("jobs", job_, hourly("two"));
  EXPECT_EQ(test::actions_of(again(&split_)), std::vector<std::string>{"update jobs/hourly"});
}

TEST_F(Parted, leaves_alone_what_somebody_changed_on_the_target) {
  target_.workspace.rewrite("jobs", copy_, hourly("theirs", true));
  const ResourcePlan plan = again(&split_);
  const model::ResourceStep step = test::step_of(plan, "jobs", "hourly");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_TRUE(step.reason.starts_with("it was changed on secondary since ")) << step.reason;
  EXPECT_EQ(step.reason.find("on primary, too"), std::string::npos) << step.reason;
  ASSERT_EQ(step.fields.size(), 1U) << "field by field";
  EXPECT_EQ(test::actions_of(again(nullptr)), std::vector<std::string>{"update jobs/hourly"}) << "when told to";
}

TEST_F(Parted, takes_nothing_for_a_change_on_the_way_back_that_only_was_never_brought_there) {
  source_.workspace.rewrite("jobs", job_, hourly("two"));
  first_ = take(source_, "primary");  // the run that both parted by did not bring it
  EXPECT_EQ(test::step_of(again(&split_), "jobs", "hourly").action, ResourceAction::update) << "it is tried again";
  split_.way = Split::Way::back;
  const model::ResourceStep step = test::step_of(again(&split_), "jobs", "hourly");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_NE(step.reason.find("it was not changed on primary since"), std::string::npos) << step.reason;
}

TEST_F(Parted, decides_nothing_on_a_way_back_of_which_the_beginning_is_lost) {
  source_.workspace.rewrite("jobs", job_, hourly("two"));
  split_.source = nullptr;
  split_.target = nullptr;
  EXPECT_EQ(test::step_of(again(&split_), "jobs", "hourly").action, ResourceAction::update);
  split_.way = Split::Way::back;
  const model::ResourceStep step = test::step_of(again(&split_), "jobs", "hourly");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_TRUE(step.reason.starts_with("how secondary and primary were when they parted is not known here"))
      << step.reason;
}

TEST_F(Parted, takes_what_was_written_since_that_snapshot_for_its_own) {
  target_.workspace.rewrite("jobs", copy_, hourly("ours", true));
  split_.written = {{"jobs", copy_}};
  EXPECT_EQ(test::step_of(again(&split_), "jobs", "hourly").action, ResourceAction::update);
  split_.written.clear();
  EXPECT_EQ(test::step_of(again(&split_), "jobs", "hourly").action, ResourceAction::conflict);
}

TEST_F(Parted, says_where_both_changed_it) {
  source_.workspace.rewrite("jobs", job_, hourly("two"));
  target_.workspace.rewrite("jobs", copy_, hourly("theirs", true));
  split_.changed = Split::Changed::keep;
  const model::ResourceStep step = test::step_of(again(&split_), "jobs", "hourly");
  EXPECT_EQ(step.action, ResourceAction::skip);
  EXPECT_NE(step.reason.find("; it was changed on primary, too"), std::string::npos) << step.reason;
}

TEST_F(Parted, pauses_again_what_somebody_let_fire) {
  target_.workspace.rewrite("jobs", copy_, hourly("one"));
  EXPECT_EQ(test::actions_of(again(&split_)), std::vector<std::string>{"update jobs/hourly"});
}

TEST_F(Parted, goes_on_counting_what_was_left_alone_as_changed) {
  target_.workspace.rewrite("jobs", copy_, hourly("theirs", true));
  left_ = take(target_, "secondary");
  split_.differed = {{"jobs", copy_}};
  EXPECT_EQ(test::step_of(again(&split_), "jobs", "hourly").action, ResourceAction::conflict);
}

TEST_F(Parted, takes_what_was_made_on_the_target_for_theirs) {
  source_.workspace.put("pools", "new", R"({"name":"new","node_type":"east-4","origin":"x"})");
  target_.workspace.put("pools", "new", R"({"name":"new","node_type":"east-4","max":3,"origin":"x"})");
  const model::ResourceStep step = test::step_of(again(&split_), "pools", "new");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_TRUE(step.reason.starts_with("it was made on secondary")) << step.reason;
}

TEST_F(Parted, activates_what_was_recorded_and_pauses_all_that_fires) {
  ASSERT_FALSE(fires(target_, copy_)) << "it arrives paused";
  ResourceRestoreOptions options;
  options.target = "secondary";
  const auto connector = test::connect(target_);
  const ResourceRestore restore{*world_.repository, first_, *connector, *state_};
  const ResourcePlan active =
      plan_resource_activation(restore, options, world_.events, world_.clock, world_.random, {});
  EXPECT_EQ(active.count(ResourceAction::activate), 2U);
  run(active, first_, target_);
  EXPECT_TRUE(fires(target_, copy_));
  // Made by somebody, and in no snapshot.
  const std::string own = target_.workspace.put("jobs", "own", hourly("own"));
  const auto after = test::connect(target_);
  const ResourcePause pause = plan_resource_pause({*world_.repository, left_, *after, *state_}, {}, world_.events,
                                                  world_.clock, world_.random, {});
  EXPECT_EQ(pause.plan.count(ResourceAction::activate), 3U);
  EXPECT_TRUE(pause.unread.empty());
  run(pause.plan, left_, target_);
  EXPECT_FALSE(fires(target_, copy_));
  EXPECT_FALSE(fires(target_, own));
}

TEST_F(Parted, lists_what_shall_fire_and_is_not_there) {
  target_.workspace.erase("jobs", copy_);
  ResourceRestoreOptions options;
  options.target = "secondary";
  const auto connector = test::connect(target_);
  const ResourcePlan plan = plan_resource_activation({*world_.repository, first_, *connector, *state_}, options,
                                                     world_.events, world_.clock, world_.random, {});
  EXPECT_EQ(test::step_of(plan, "jobs", "hourly").action, ResourceAction::conflict);
  EXPECT_EQ(plan.count(ResourceAction::activate), 1U) << "the rest is activated";
}

TEST_F(Parted, confirms_nothing_of_a_kind_that_could_not_be_read) {
  source_.unlisted = {"jobs"};
  const auto connector = test::connect(source_);
  const ResourcePause pause = plan_resource_pause({*world_.repository, first_, *connector, *state_}, {}, world_.events,
                                                  world_.clock, world_.random, {});
  ASSERT_EQ(pause.unread.size(), 1U);
  EXPECT_TRUE(pause.unread[0].starts_with("not all jobs could be read")) << pause.unread[0];
}

TEST_F(Parted, finds_the_way_back_by_the_same_ids) {
  mirror_id_map(*state_, "primary", "secondary");
  mirror_id_map(*state_, "primary", "secondary");
  const IdMapStore back(*state_, "secondary", "primary");
  ASSERT_TRUE(back.by_source("jobs", copy_).has_value());
  EXPECT_EQ(back.by_source("jobs", copy_)->target_id, job_);
  // What was changed there comes back, what was made there is made, and nothing is doubled.
  target_.workspace.rewrite("jobs", copy_, hourly("theirs", true));
  target_.workspace.put("jobs", "theirs", hourly("theirs"));
  const repository::Snapshot theirs = take(target_, "secondary");
  const Split turned{.source = &left_, .target = &first_};
  const ResourcePlan plan = this->plan(theirs, source_, "primary", &turned);
  EXPECT_EQ(plan.count(ResourceAction::create), 1U);
  EXPECT_EQ(test::step_of(plan, "jobs", "hourly").action, ResourceAction::update);
  EXPECT_EQ(test::step_of(plan, "jobs", "hourly").target_id, job_);
}

TEST_F(Parted, names_what_was_removed_on_the_other_side) {
  target_.workspace.erase("jobs", copy_);
  const repository::Snapshot theirs = take(target_, "secondary");
  const auto connector = test::connect(target_);
  const model::IdMap ids = IdMapStore(*state_, "primary", "secondary").snapshot();
  EXPECT_EQ(gone_counterparts({*world_.repository, theirs, *connector, *state_}, ids, {}, {}),
            std::vector<std::string>{"jobs/hourly"});
  EXPECT_EQ(gone_counterparts(
                {*world_.repository, theirs, *connector, *state_}, ids,
                {{.kind = "jobs", .id = copy_, .path = {}, .column = {}, .field = {}, .item = {}, .value = {}}}, {}),
            std::vector<std::string>{})
      << "the fence met it";
}

TEST_F(Parted, sets_what_only_one_side_has_apart_from_the_rest) {
  source_.workspace.put("jobs", "own", hourly("own"));
  const repository::Snapshot recorded = take(source_, "primary");
  source_.workspace.rewrite("jobs", source_.workspace.id_of("jobs", "own"), hourly("own", true));
  source_.workspace.rewrite("jobs", job_, hourly("one", true));
  ResourceRestoreOptions options;
  options.target = "primary";
  const model::IdMap ids = IdMapStore(*state_, "primary", "secondary").snapshot();
  options.only = [&](const std::string& kind, const std::string& id) { return !ids.by_source(kind, id); };
  const auto connector = test::connect(source_);
  const ResourcePlan plan = plan_resource_activation({*world_.repository, recorded, *connector, *state_}, options,
                                                     world_.events, world_.clock, world_.random, {});
  EXPECT_EQ(test::actions_of(plan), std::vector<std::string>{"activate jobs/own"});
}

}  // namespace
}  // namespace holdfast::engine
