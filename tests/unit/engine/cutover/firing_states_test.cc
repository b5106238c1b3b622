#include "engine/cutover/firing_states.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast::engine {
namespace {

constexpr const char* k_fires = "pause_status=UNPAUSED;";
constexpr const char* k_rests = "pause_status=PAUSED;";

FiringStates states(const std::vector<std::pair<std::string, std::string>>& of) {
  FiringStates out;
  for (const auto& [id, values] : of)
    out.emplace(FiringKey("jobs", id), FiringState{.path = "jobs/" + id, .values = values, .fires = values == k_fires});
  return out;
}
// Jobs of the primary are 1, 2, …; their counterparts 11, 12, ….
model::IdMap id_map() {
  model::IdMap out("primary", "secondary");
  for (const char* id : {"1", "2", "3", "4"})
    out.add(
        {.kind = "jobs", .source_id = id, .target_id = std::string("1") + id, .source_name = {}, .target_name = {}});
  return out;
}
std::string ids_of(const std::set<FiringKey>& keys) {
  std::string out;
  for (const auto& [kind, id] : keys) out += id + " ";
  return out;
}

struct Case {
  const char* what;
  FiringStates primary;
  FiringStates secondary;
  std::optional<FiringStates> behind;
  std::optional<GivenStates> given;
  const char* by_secondary;
  const char* by_primary;
  bool any;
};

GivenStates given(const std::vector<std::string>& ids) {
  GivenStates out;
  for (const std::string& id : ids) out.emplace(FiringKey("jobs", id), k_fires);
  return out;
}

TEST(StatesAtHome, follow_the_secondary_in_what_was_set_there_since) {
  const FiringStates one_fires = states({{"1", k_fires}});
  const std::vector<Case> cases{
      {"nothing was set", one_fires, states({{"11", k_fires}}), states({{"11", k_fires}}), {}, "", "1 ", true},
      {"somebody paused it", one_fires, states({{"11", k_rests}}), states({{"11", k_fires}}), {}, "11 ", "", false},
      {"it could not be activated",
       one_fires,
       states({{"11", k_rests}}),
       states({{"11", k_rests}}),
       {},
       "",
       "1 ",
       true},
      {"somebody made one",
       one_fires,
       states({{"11", k_fires}, {"20", k_fires}}),
       states({{"11", k_fires}}),
       {},
       "20 ",
       "1 ",
       true},
      {"somebody removed it", one_fires, states({}), states({{"11", k_fires}}), {}, "", "", false},
      {"only the primary has it", states({{"9", k_fires}}), states({}), states({}), {}, "", "9 ", true},
  };
  for (const Case& one : cases) {
    const model::IdMap ids = id_map();
    const StatesAtHome home = states_at_home(
        {.primary = one.primary, .secondary = one.secondary, .behind = &*one.behind, .given = nullptr, .ids = ids});
    EXPECT_EQ(ids_of(home.by_secondary), one.by_secondary) << one.what;
    EXPECT_EQ(ids_of(home.by_primary), one.by_primary) << one.what;
    EXPECT_EQ(home.any, one.any) << one.what;
  }
}

TEST(StatesAtHome, go_by_what_was_given_where_no_snapshot_shows_it) {
  const FiringStates fire = states({{"1", k_fires}, {"2", k_fires}});
  const std::vector<Case> cases{
      {"one was never chosen", fire, states({{"11", k_fires}, {"12", k_rests}}), {}, given({"11"}), "", "1 2 ", true},
      {"the chosen one was paused",
       fire,
       states({{"11", k_rests}, {"12", k_rests}}),
       {},
       given({"11"}),
       "11 ",
       "2 ",
       true},
      {"the other one was started",
       fire,
       states({{"11", k_fires}, {"12", k_fires}}),
       {},
       given({"11"}),
       "12 ",
       "1 ",
       true},
      {"it is not known", fire, states({{"11", k_fires}, {"12", k_rests}}), {}, {}, "11 12 ", "", true},
  };
  for (const Case& one : cases) {
    const model::IdMap ids = id_map();
    const StatesAtHome home = states_at_home({.primary = one.primary,
                                              .secondary = one.secondary,
                                              .behind = nullptr,
                                              .given = one.given ? &*one.given : nullptr,
                                              .ids = ids});
    EXPECT_EQ(ids_of(home.by_secondary), one.by_secondary) << one.what;
    EXPECT_EQ(ids_of(home.by_primary), one.by_primary) << one.what;
    EXPECT_EQ(home.any, one.any) << one.what;
  }
}

TEST(StatesAtHome, name_what_fired_on_either_side) {
  const model::IdMap ids = id_map();
  const FiringStates rests = states({{"1", k_rests}});
  const FiringStates fires = states({{"11", k_fires}});
  const StatesAtHome home =
      states_at_home({.primary = rests, .secondary = fires, .behind = &fires, .given = nullptr, .ids = ids});
  EXPECT_FALSE(home.any) << "primary was paused by somebody before it was looked at";
  EXPECT_EQ(home.fired, std::vector<std::string>{"jobs/11"});
}

LeftOnBoth left(const char* by, const char* id) {
  model::IdMap anew("primary", "primary");
  anew.add({.kind = "jobs", .source_id = "0", .target_id = "2", .source_name = {}, .target_name = {}});
  return left_on_both({"s-1", "jobs", id}, by, id_map(), anew);
}

TEST(LeftStates, are_known_on_both_sides) {
  EXPECT_EQ(left("primary", "1").target_id, "11");
  EXPECT_EQ(left("primary", "9").target_id, "");
  using Ids = std::set<std::string>;
  EXPECT_EQ(left("secondary", "11").source_ids, Ids{"1"});
  EXPECT_EQ(left("secondary", "20").source_ids, Ids{});
  EXPECT_EQ(left("secondary", "12").source_ids, (Ids{"0", "2"})) << "it was made anew";
  EXPECT_EQ(left("primary", "0").source_ids, (Ids{"0", "2"}));
  EXPECT_EQ(left("primary", "0").target_id, "12");
  EXPECT_EQ(left("secondary", "20").target_id, "20");
}

TEST(LeftStates, are_for_a_target_until_they_were_given_or_somebody_started_them) {
  const FiringStates recorded = states({{"1", k_rests}, {"2", k_fires}});
  EXPECT_TRUE(is_for_target(left("primary", "1"), recorded, nullptr));
  EXPECT_TRUE(is_for_target(left("secondary", "20"), recorded, nullptr)) << "the source does not have it";
  EXPECT_FALSE(is_for_target(left("primary", "2"), recorded, nullptr)) << "somebody started it";
  EXPECT_FALSE(is_for_target(left("secondary", "12"), recorded, nullptr));
  EXPECT_FALSE(is_for_target(left("primary", "0"), recorded, nullptr)) << "as it is called by now";
  const GivenStates before = given({"11", "20"});
  EXPECT_FALSE(is_for_target(left("primary", "1"), recorded, &before));
  EXPECT_FALSE(is_for_target(left("secondary", "20"), recorded, &before));
  EXPECT_TRUE(is_for_target(left("primary", "3"), recorded, &before));
}

TEST(LeftStates, are_for_home_where_nobody_decided_on_them) {
  const FiringStates primary = states({{"1", k_rests}, {"2", k_fires}, {"3", k_rests}, {"4", k_fires}});
  const StatesAtHome home{.by_secondary = {{"jobs", "13"}, {"jobs", "20"}},
                          .by_primary = {{"jobs", "1"}, {"jobs", "2"}}};
  EXPECT_TRUE(is_for_home(left("primary", "1"), primary, home));
  EXPECT_TRUE(is_for_home(left("secondary", "21"), primary, home));
  EXPECT_TRUE(is_for_home(left("primary", "4"), primary, home)) << "it fired there, and was removed on the secondary";
  EXPECT_FALSE(is_for_home(left("primary", "2"), primary, home)) << "it fired there";
  EXPECT_FALSE(is_for_home(left("primary", "0"), primary, home)) << "as it is called by now";
  EXPECT_FALSE(is_for_home(left("primary", "3"), primary, home)) << "it was set on the secondary";
  EXPECT_FALSE(is_for_home(left("secondary", "20"), primary, home));
}

TEST(GivenStates, of_the_target_itself_are_called_as_there) {
  const FiringStates wanted = states({{"20", k_fires}, {"21", k_fires}, {"22", k_rests}});
  EXPECT_EQ(given_states(wanted, {{"jobs", "21"}}), given({"20"}));
}

TEST(GivenStates, are_what_was_set_and_nothing_else) {
  FiringStates wanted =
      states({{"1", k_fires}, {"2", k_fires}, {"3", k_rests}, {"4", k_fires}, {"9", k_fires}, {"10", k_fires}});
  wanted.at({"jobs", "4"}).chosen = false;
  model::ResourcePlan plan;
  const auto step = [&](const char* id, model::ResourceAction action) {
    model::ResourceStep out;
    out.kind = "jobs";
    out.source_id = id;
    out.action = action;
    plan.steps.push_back(out);
  };
  step("1", model::ResourceAction::activate);
  step("2", model::ResourceAction::activate);
  step("9", model::ResourceAction::conflict);
  step("10", model::ResourceAction::activate);
  ResourceApplyResult result;
  result.ends = {StepEnd::done, StepEnd::open, StepEnd::conflict, StepEnd::already};
  const std::set<FiringKey> left = not_set(wanted, plan, result);
  EXPECT_EQ(ids_of(left), "2 9 ");
  const model::IdMap ids = id_map();
  const GivenStates first = given_states(wanted, left, ids);
  EXPECT_EQ(first, given({"11"}));
  EXPECT_EQ(ids_of(never_given(wanted, first, ids)), "2 ") << "9 is not there, and 4 is not chosen";
  wanted.at({"jobs", "4"}).chosen = true;
  EXPECT_EQ(ids_of(never_given(wanted, first, ids)), "2 4 ");
}

TEST(UnreadFiring, is_what_may_start_something_and_was_carried_over) {
  const auto kind = [](const std::string& name, const std::vector<model::Firing>& firing) {
    model::Kind out;
    out.collection.name = name;
    out.firing = firing;
    return out;
  };
  const std::vector<model::Kind> kinds{
      kind("jobs", {{.field = "status", .paused = "0"}, {.field = "guard", .paused = "0", .guards = true}}),
      kind("lists", {{.field = "enabled", .paused = "false", .guards = true}}), kind("users", {})};
  const base::Instant noon{std::chrono::hours(12)};
  const auto tree = [](const std::string& name, const std::vector<std::optional<base::Instant>>& last_good) {
    repository::Tree out;
    out.name = name;
    for (const auto& one : last_good) out.stale.push_back({.range = {}, .last_good = one, .reason = "403"});
    return out;
  };
  const std::vector<repository::Tree> quiet{tree("jobs", {}), tree("lists", {noon}), tree("users", {noon})};
  EXPECT_TRUE(unread_firing(quiet, kinds).empty()) << "nothing is started by an access list, or a user";
  EXPECT_EQ(unread_firing({tree("jobs", {noon})}, kinds), std::vector<std::string>{"jobs"});
  EXPECT_TRUE(unread_firing({tree("jobs", {noon})}, {}).empty()) << "a platform on which nothing fires";
  const auto lacks = [&](const std::vector<std::optional<base::Instant>>& last_good, const LastRead& when) {
    return !unread_firing({tree("jobs", last_good)}, kinds, when).empty();
  };
  const base::Instant before = noon - std::chrono::hours(1);
  const base::Instant after = noon + std::chrono::hours(1);
  EXPECT_FALSE(lacks({std::nullopt}, {})) << "what was never read has no state";
  EXPECT_TRUE(lacks({noon}, {.from = noon}));
  EXPECT_FALSE(lacks({std::nullopt, before}, {.from = noon}));
  EXPECT_TRUE(lacks({before, after}, {.from = noon}));
  EXPECT_FALSE(lacks({noon}, {.before = noon}));
  EXPECT_FALSE(lacks({std::nullopt, after}, {.before = noon}));
  EXPECT_TRUE(lacks({before, after}, {.before = noon}));
  EXPECT_TRUE(lacks(std::vector<std::optional<base::Instant>>(600, std::nullopt), {.from = noon}))
      << "of joined ones nobody knows";
  const auto held = [&](bool known) {
    const KnownGap gap = [&](const std::string&, const repository::StaleRange& one) { return known && one.last_good; };
    return !unread_firing({tree("jobs", std::vector<std::optional<base::Instant>>(600))}, kinds, {.from = noon}, gap)
                .empty();
  };
  EXPECT_FALSE(held(false)) << "what could never be read";
  EXPECT_TRUE(held(true)) << "although one that was never read was joined with it";
}

}  // namespace
}  // namespace holdfast::engine
