#include "engine/cutover/fires_nowhere.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using model::ResourceAction;
using Keys = std::set<FiringKey>;
using Applied = RunBeforeFence::Applied;

class FiresNowhere : public testing::Test {
protected:
  FiresNowhere() : ids_("a", "b") {
    for (const char* id : {"1", "2"}) {
      wanted_[{"jobs", id}] = {.path = std::string("jobs/") + id, .values = "on", .fires = true};
      ids_.add({"jobs", id, std::string(id) + "0", {}, {}});
    }
  }
  void add_step(ResourceAction action, const std::string& source, const std::string& target,
                const std::string& seen = {}) {
    model::ResourceStep step;
    step.kind = "jobs";
    step.action = action;
    step.source_id = source;
    step.target_id = target;
    step.seen = seen;
    plan_.steps.push_back(std::move(step));
  }
  Keys cannot(Applied applied = Applied::yes, const FiringStates* target = nullptr) const {
    Keys out;
    const RunBeforeFence run{.plan = plan_, .applied = applied, .ids = ids_, .target = target};
    for (const auto& [key, state] : cannot_fire(wanted_, run)) out.insert(key);
    return out;
  }

  FiringStates wanted_;
  model::IdMap ids_;
  model::ResourcePlan plan_;
};

TEST_F(FiresNowhere, is_what_the_id_map_does_not_name) {
  EXPECT_EQ(cannot(), Keys{});
  wanted_[{"jobs", "3"}] = {.path = "jobs/3", .fires = true};
  wanted_[{"jobs", "4"}] = {.path = "jobs/4", .fires = false};
  wanted_[{"jobs", "5"}] = {.path = "jobs/5", .fires = true, .chosen = false};
  EXPECT_EQ(cannot(), (Keys{{"jobs", "3"}}));
  plan_.matches.push_back({"jobs", "3", "30", {}, {}});
  EXPECT_EQ(cannot(), Keys{}) << "it was found there";
}

TEST_F(FiresNowhere, is_what_a_run_was_to_make_and_did_not) {
  add_step(ResourceAction::create, "1", "", "10");
  add_step(ResourceAction::update, "2", "20");
  EXPECT_EQ(cannot(), (Keys{{"jobs", "1"}})) << "what the id map names is gone";
  EXPECT_EQ(cannot(Applied::no), Keys{}) << "it would be made";
  ids_.replace({"jobs", "1", "11", {}, {}});
  EXPECT_EQ(cannot(), Keys{}) << "it was made";
  plan_.steps[0].action = ResourceAction::conflict;
  EXPECT_EQ(cannot(), (Keys{{"jobs", "1"}})) << "the plan did not find it";
  EXPECT_EQ(cannot(Applied::no), (Keys{{"jobs", "1"}}));
}

TEST_F(FiresNowhere, is_what_has_nothing_on_the_target_that_may_fire) {
  const FiringStates target{{{"jobs", "20"}, {.path = "jobs/20", .fires = false}}};
  EXPECT_EQ(cannot(Applied::yes, &target), (Keys{{"jobs", "1"}}));
}

TEST_F(FiresNowhere, is_what_was_not_given) {
  const GivenStates given{{{"jobs", "10"}, "on"}};
  FiringNowhere out = fires_nowhere(wanted_, {.now = given, .before = {}, .ids = &ids_});
  EXPECT_EQ(out.paths, (std::vector<std::string>{"jobs/2"}));
  EXPECT_EQ(out.given, given);
  const FiringStates empty;
  out = fires_nowhere(wanted_, {.now = given, .before = {}, .ids = &ids_, .target = &empty});
  EXPECT_EQ(out.paths, (std::vector<std::string>{"jobs/1", "jobs/2"}));
  EXPECT_EQ(out.given, GivenStates{}) << "nothing there can";
  out = fires_nowhere(wanted_, {.now = given, .before = given, .ids = &ids_, .target = &empty});
  EXPECT_EQ(out.paths, (std::vector<std::string>{"jobs/2"})) << "what became of it since is somebody's will";
  EXPECT_EQ(out.given, given);
  const GivenStates own{{{"jobs", "1"}, "on"}, {{"jobs", "2"}, "on"}};
  EXPECT_EQ(fires_nowhere(wanted_, {.now = own, .before = {}, .ids = nullptr}).paths, std::vector<std::string>{});
}

TEST_F(FiresNowhere, is_nothing_that_merely_guards) {
  model::Kind list;
  list.collection = {.name = "lists",
                     .key = {{"id", model::KeyPartType::text}},
                     .columns = {{"body", "json", model::ColumnContent::json, true}}};
  list.one = "list";
  list.id = "id";
  list.name = "id";
  list.firing = {{.field = "enabled", .paused = "false", .guards = true}};
  const model::KindSet kinds({list});
  wanted_[{"lists", "1"}] = {.path = "lists/1", .fires = true};
  EXPECT_TRUE(that_start(wanted_, kinds).empty());
}

}  // namespace
}  // namespace holdfast::engine
