#include "engine/cutover/charge.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::engine {
namespace {

using base::Error;
using base::ErrorKind;

const base::Instant k_early = *base::parse_instant("2026-11-21T20:00:00Z");
const base::Instant k_middle = *base::parse_instant("2026-11-21T21:00:00Z");
const base::Instant k_late = *base::parse_instant("2026-11-21T22:00:00Z");

// Of primary and secondary, seen as primary into secondary.
Charge nothing() {
  Charge out;
  out.pair.source = out.back.target = "primary";
  out.pair.target = out.back.source = "secondary";
  return out;
}
Charge replicated() {
  Charge out = nothing();
  out.pair.replicated = LastRun{.source_snapshot = "p-1", .target_snapshot = "s-1", .at = k_early};
  return out;
}
Fence fence(const std::string& name, const std::string& active, Fence::State state = Fence::State::confirmed) {
  return {.connector = name, .state = state, .snapshot = "f-1", .active = active, .since = k_middle};
}
Charge taken_over() {
  Charge out = replicated();
  out.pair.active = "secondary";
  out.pair.recorded = "p-1";
  out.pair.since = k_late;
  out.source = fence("primary", "secondary");
  return out;
}
Charge given_back() {
  Charge out = replicated();
  out.pair.active = "primary";
  out.pair.recorded = "s-2";
  out.pair.since = k_late;
  return out;
}
// The same, of secondary into primary.
Charge turned(const Charge& charge) {
  return {
      .pair = charge.back, .back = charge.pair, .source = charge.target, .target = charge.source, .told = charge.told};
}

template <typename Work>
std::string refusal(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
    EXPECT_FALSE(error.hint().empty());
    return error.message() + " | " + error.hint();
  }
  return {};
}

TEST(Charges, know_who_is_in_charge) {
  EXPECT_EQ(in_charge(nothing()), "");
  EXPECT_EQ(in_charge(replicated()), "primary");
  EXPECT_EQ(in_charge(turned(replicated())), "primary");
  EXPECT_EQ(in_charge(taken_over()), "secondary");
  EXPECT_EQ(in_charge(given_back()), "primary");
  Charge both = taken_over();
  both.back.active = "primary";
  both.back.since = k_early;
  EXPECT_EQ(in_charge(both), "secondary") << "the newer word";
  both.back.since = k_late + std::chrono::hours(1);
  EXPECT_EQ(in_charge(both), "primary");
}

TEST(Charges, let_write_to_what_is_not_in_charge_only) {
  EXPECT_EQ(refusal([] { require_writable(nothing()); }), "");
  EXPECT_EQ(refusal([] { require_writable(replicated()); }), "");
  EXPECT_EQ(refusal([] { require_writable(given_back()); }), "");
  EXPECT_EQ(refusal([] { require_writable(turned(taken_over())); }), "") << "kept up to date as a standby";
  EXPECT_NE(refusal([] { require_writable(taken_over()); }).find("failback secondary primary"), std::string::npos);
  EXPECT_NE(refusal([] { require_writable(turned(replicated())); }).find("primary is in charge"), std::string::npos);
  EXPECT_NE(refusal([] { require_writable(turned(given_back())); }).find("failover primary secondary"),
            std::string::npos);
}

TEST(Charges, are_told_by_a_snapshot_where_the_local_state_is_lost) {
  Charge charge = nothing();
  take_from_snapshot(charge, Side::target, k_late);
  const std::string said = refusal([&] { require_writable(charge); });
  EXPECT_NE(said.find("idmap import"), std::string::npos) << said;
  EXPECT_NE(said.find("failback secondary primary"), std::string::npos) << said;
  EXPECT_NE(said.find("fence secondary"), std::string::npos) << "where there is no id map: " << said;
  EXPECT_NE(refusal([&] { (void)failover_step(charge); }), "");
  EXPECT_EQ(failback_step(charge), FailbackStep::begin);
}

TEST(Failovers, begin_where_the_source_is_in_charge) {
  EXPECT_EQ(failover_step(nothing()), FailoverStep::begin);
  EXPECT_EQ(failover_step(replicated()), FailoverStep::begin);
  EXPECT_EQ(failover_step(given_back()), FailoverStep::begin);
  Charge interrupted = replicated();
  interrupted.source = fence("primary", "secondary");
  EXPECT_EQ(failover_step(interrupted), FailoverStep::begin);
}

TEST(Failovers, that_ended_have_nothing_to_do_and_others_activate_again) {
  EXPECT_EQ(failover_step(taken_over()), FailoverStep::nothing);
  Charge half = taken_over();
  half.pair.complete = false;
  EXPECT_EQ(failover_step(half), FailoverStep::activate);
}

TEST(Failovers, go_no_other_way_than_back) {
  const std::string back = refusal([] { (void)failover_step(turned(taken_over())); });
  EXPECT_NE(back.find("failback secondary primary"), std::string::npos) << back;
  EXPECT_NE(back.find("--source-lost"), std::string::npos) << back;
  EXPECT_NE(refusal([] { (void)failover_step(turned(replicated())); }).find("primary is in charge already"),
            std::string::npos);
}

TEST(Failovers, do_not_start_what_is_fenced) {
  Charge begun = taken_over();
  begun.target = fence("secondary", "primary");
  const std::string said = refusal([&] { (void)failover_step(begun); });
  EXPECT_NE(said.find("failback secondary primary"), std::string::npos) << said;
  EXPECT_NE(said.find("activate secondary"), std::string::npos) << said;
  Charge by_hand = replicated();
  by_hand.target = fence("secondary", "");
  EXPECT_NE(refusal([&] { (void)failover_step(by_hand); }).find("activate secondary"), std::string::npos);
  Charge lost = given_back();
  lost.target = fence("secondary", "primary", Fence::State::open);
  EXPECT_NE(refusal([&] { (void)failover_step(lost); }).find("fence secondary"), std::string::npos);
  lost.target->state = Fence::State::confirmed;
  EXPECT_EQ(failover_step(lost), FailoverStep::begin) << "it was lost in a failback, and is paused now";
}

TEST(Failbacks, begin_where_the_secondary_is_in_charge) {
  EXPECT_EQ(failback_step(taken_over()), FailbackStep::begin);
  Charge interrupted = taken_over();
  interrupted.target = fence("secondary", "primary");
  EXPECT_EQ(failback_step(interrupted), FailbackStep::begin);
  Charge by_hand = taken_over();
  by_hand.target = fence("secondary", "");
  EXPECT_EQ(failback_step(by_hand), FailbackStep::begin);
  Charge chain = taken_over();
  chain.target = fence("secondary", "third");
  EXPECT_NE(refusal([&] { (void)failback_step(chain); }).find("failback third secondary"), std::string::npos);
  EXPECT_NE(refusal([] { (void)failback_step(replicated()); }), "");
  EXPECT_NE(refusal([] { (void)failback_step(nothing()); }).find("idmap import"), std::string::npos);
}

TEST(Failbacks, know_their_own_end_from_other_fences) {
  Charge end = given_back();
  end.source = fence("primary", "secondary");
  EXPECT_EQ(failback_step(end), FailbackStep::finish);
  Charge by_hand = given_back();
  by_hand.source = fence("primary", "");
  EXPECT_NE(refusal([&] { (void)failback_step(by_hand); }).find("activate primary --from primary"), std::string::npos);
  Charge again = given_back();
  again.source = fence("primary", "secondary");
  again.source->since = k_late + std::chrono::hours(1);
  EXPECT_NE(refusal([&] { (void)failback_step(again); }).find("failover primary secondary"), std::string::npos)
      << "a failover that was begun later";
  EXPECT_EQ(failback_step(given_back()), FailbackStep::nothing) << "it has ended";
  EXPECT_NE(refusal([] { (void)failback_step(replicated()); }), "");
}

// Tertiary is in charge in place of primary, as well.
Charge beside(Charge charge) {
  charge.others = {{.source = "primary", .target = "tertiary", .from_source = true}};
  return charge;
}
// What is in charge in place of another one, of which the source is a standby too.
Charge of_another(Charge charge, const std::string& source, const std::string& target) {
  charge.others = {{.source = source, .target = target, .copied = true, .is_target = true}};
  return charge;
}

TEST(Failovers, take_over_from_nothing_that_another_one_took_over_from) {
  for (const Charge& charge : {nothing(), replicated(), given_back(), taken_over()}) {
    const std::string said = refusal([&] { (void)failover_step(beside(charge)); });
    EXPECT_NE(said.find("tertiary took over from primary"), std::string::npos) << said;
    EXPECT_NE(said.find("First \"holdfast failback tertiary primary\""), std::string::npos) << said;
    EXPECT_NE(said.find("failover tertiary secondary"), std::string::npos) << said;
  }
}

TEST(Failovers, bring_nothing_to_what_is_in_charge_in_place_of_another_one) {
  const std::string said = refusal([] { (void)failover_step(of_another(replicated(), "third", "secondary")); });
  EXPECT_NE(said.find("secondary is in charge in place of third"), std::string::npos) << said;
  EXPECT_NE(said.find("failback secondary third"), std::string::npos) << said;
  EXPECT_EQ(failover_step(of_another(taken_over(), "third", "secondary")), FailoverStep::nothing) << "brings nothing";
}

TEST(Failbacks, lift_no_fence_that_is_held_for_another_one) {
  Charge both = beside(taken_over());
  both.source = fence("primary", "tertiary");
  const std::string said = refusal([&] { (void)failback_step(both); });
  EXPECT_NE(said.find("tertiary took over from primary, too"), std::string::npos) << said;
  EXPECT_NE(said.find("\"holdfast fence tertiary\""), std::string::npos) << said;
  both.others.front().paused = true;
  EXPECT_EQ(failback_step(both), FailbackStep::begin) << "the way out";
}

TEST(Charges, of_one_workspace_go_by_one_name) {
  Charge alias = taken_over();
  alias.others = {{.source = "primary", .target = "secondary", .from_source = true, .is_target = true}};
  alias.pair = {.source = "alias", .target = "secondary"};
  alias.back = {.source = "secondary", .target = "alias"};
  for (const std::string& said :
       {refusal([&] { require_writable(alias); }), refusal([&] { (void)failover_step(alias); }),
        refusal([&] { require_activation(alias); }), refusal([&] { require_own_name(alias); })}) {
    EXPECT_NE(said.find("secondary took over from primary, which leads to the same workspace as alias"),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("call it primary again"), std::string::npos) << said;
  }
  EXPECT_EQ(refusal([] { require_own_name(beside(nothing())); }), "") << "by its own name others refuse it";
}

TEST(Charges, let_write_to_nothing_that_is_in_charge_in_place_of_another_one) {
  const std::string said = refusal([] { require_writable(of_another(replicated(), "third", "secondary")); });
  EXPECT_NE(said.find("secondary is in charge in place of third"), std::string::npos) << said;
  const std::string by_name = refusal([] { require_writable(of_another(nothing(), "primary", "other name")); });
  EXPECT_NE(by_name.find("secondary leads to the same workspace as other name"), std::string::npos) << by_name;
  EXPECT_EQ(refusal([] { require_writable(beside(replicated())); }), "") << "a standby beside";
  Charge strange = of_another(replicated(), "third", "secondary");
  strange.others.front().copied = false;
  EXPECT_EQ(refusal([&] { require_writable(strange); }), "") << "a workspace of its own, beside what took over";
  EXPECT_EQ(failover_step(strange), FailoverStep::begin) << "a second region that is lost";
}

TEST(Activations, start_no_second_target_of_one_source) {
  for (const Charge& charge : {nothing(), replicated(), taken_over()})
    EXPECT_NE(refusal([&] { require_activation(beside(charge)); }).find("tertiary took over from primary"),
              std::string::npos);
  const Pair secondary = taken_over().pair;
  Pair tertiary = secondary;
  tertiary.target = tertiary.active = "tertiary";
  EXPECT_NE(refusal([&] {
              require_own_activation("secondary", fence("secondary", ""), {secondary, tertiary}, {});
            }).find("failback tertiary primary"),
            std::string::npos);
}

TEST(Activations, start_no_second_side) {
  EXPECT_EQ(refusal([] { require_activation(nothing()); }), "");
  EXPECT_EQ(refusal([] { require_activation(replicated()); }), "");
  EXPECT_EQ(refusal([] { require_activation(taken_over()); }), "");
  EXPECT_EQ(refusal([] { require_activation(given_back()); }), "");
  EXPECT_NE(refusal([] { require_activation(turned(taken_over())); }), "");
  EXPECT_NE(refusal([] { require_activation(turned(replicated())); }).find("activate primary --from primary"),
            std::string::npos)
      << "a standby says nothing of what shall fire";
  Charge fenced = taken_over();
  fenced.target = fence("secondary", "primary");
  EXPECT_NE(refusal([&] { require_activation(fenced); }), "");
}

TEST(Activations, in_place_are_for_those_in_charge) {
  const auto own = [](const std::string& name, const std::optional<Fence>& fence, const Charge& charge) {
    return refusal([&] { require_own_activation(name, fence, {charge.pair}, {}); });
  };
  EXPECT_EQ(own("primary", std::nullopt, replicated()), "");
  EXPECT_EQ(own("primary", fence("primary", ""), given_back()), "");
  EXPECT_EQ(own("primary", fence("primary", "secondary"), replicated()), "") << "gives a failover up";
  EXPECT_EQ(own("secondary", fence("secondary", "primary"), taken_over()), "") << "gives a failback up";
  EXPECT_EQ(own("secondary", fence("secondary", ""), given_back()), "") << "gets back what it was";
  EXPECT_NE(own("primary", fence("primary", "secondary"), taken_over()).find("failback secondary primary"),
            std::string::npos);
  EXPECT_NE(own("primary", fence("primary", "secondary"), given_back()).find("failback secondary primary"),
            std::string::npos)
      << "a failback that has not ended";
  EXPECT_NE(own("secondary", std::nullopt, given_back()).find("failover primary secondary"), std::string::npos);
  EXPECT_NE(own("secondary", std::nullopt, replicated()).find("failover primary secondary"), std::string::npos)
      << "nobody has to be put in charge for that";
  EXPECT_EQ(own("secondary", std::nullopt, nothing()), "");
  EXPECT_EQ(own("secondary", fence("secondary", "third"), replicated()), "") << "gives a failover to a third up";
  EXPECT_NE(own("secondary", fence("secondary", "primary"), given_back()), "");
}

TEST(Activations, in_place_ask_the_snapshots_who_took_over) {
  const auto own = [](const std::optional<Fence>& of_secondary) {
    Charge told = nothing();
    take_from_snapshot(told, Side::target, k_late);
    told.target = of_secondary;
    return refusal([&] { require_own_activation("primary", std::nullopt, {}, {told}); });
  };
  const std::string said = own(std::nullopt);
  EXPECT_NE(said.find("secondary took over from primary, as its newest snapshot says"), std::string::npos) << said;
  EXPECT_NE(said.find("fence secondary"), std::string::npos) << said;
  EXPECT_NE(own(fence("secondary", "third")), "");
  EXPECT_EQ(own(fence("secondary", "")), "") << "the way home without an id map";
  EXPECT_EQ(own(fence("secondary", "", Fence::State::open)), "") << "it is lost, and somebody tried";
}

TEST(Activations, of_another_one_ask_the_snapshots_too) {
  Charge told = nothing();
  take_from_snapshot(told, Side::source, k_late);
  EXPECT_EQ(in_charge(told), "primary");
  EXPECT_NE(refusal([&] { require_activation(told); }), "") << "primary took over from secondary";
  EXPECT_EQ(refusal([&] { require_writable(told); }), "") << "secondary is kept up to date";
}

TEST(Pairs, hold_what_was_not_brought_back_against_the_next_run) {
  Pair back{.source = "secondary", .target = "primary"};
  EXPECT_FALSE(turned_round(back, {{"jobs", "5", "1"}}).replicated.has_value());
  back.replicated = LastRun{.source_snapshot = "s-2", .target_snapshot = "p-2", .at = k_late};
  back.replicated->differed = {{"jobs", "5", "1"}, {"jobs", "", "9"}};
  const Pair turned = turned_round(back, {{"jobs", "5", "1"}, {"jobs", "6", ""}, {"pools", "5", "1"}});
  EXPECT_EQ(turned.source, "primary");
  EXPECT_EQ(turned.replicated->source_snapshot, "p-2");
  EXPECT_EQ(turned.replicated->differed,
            (std::vector<LeftAlone>{{"jobs", "1", "5"}, {"jobs", "", "6"}, {"pools", "1", "5"}}));
}

TEST(Pairs, that_are_put_in_charge_were_given_nothing_yet) {
  Pair before = given_back().pair;
  before.behind = "s-9";
  before.left = {{"p-9", "jobs", "1"}};
  const Pair taken = put_in_charge(before, "secondary", "p-2", k_late + std::chrono::hours(1));
  EXPECT_EQ(taken.active, "secondary");
  EXPECT_EQ(taken.recorded, "p-2");
  EXPECT_EQ(taken.since, k_late + std::chrono::hours(1));
  EXPECT_FALSE(taken.complete);
  EXPECT_EQ(taken.behind, "");
  EXPECT_EQ(taken.left, before.left) << "it is paused in all that is recorded of the source";
  EXPECT_EQ(left_paused(before), 1U);
  EXPECT_EQ(left_paused(taken), 0U) << "nothing of what is in charge";
  ASSERT_TRUE(taken.given.has_value());
  EXPECT_TRUE(taken.given->empty());
  const Pair some = with_given(taken, {{{"jobs", "1"}, "a"}});
  const Pair again = put_in_charge(some, "secondary", "p-2", k_late + std::chrono::hours(2));
  EXPECT_EQ(again.since, taken.since) << "it goes on";
  EXPECT_EQ(with_given(again, {{{"jobs", "2"}, "b"}}).given->size(), 2U) << "beside what was given before";
}

TEST(Pairs, keep_on_the_way_back_what_was_given_until_that_ended) {
  Pair pair = taken_over().pair;
  pair.behind = "s-3";
  pair.given = GivenStates{{{"jobs", "1"}, "a"}};
  const Pair going = going_back(pair, "s-7");
  EXPECT_EQ(going.before, "p-1");
  EXPECT_EQ(going.recorded, "s-7");
  EXPECT_EQ(going_back(going, "s-8").before, "p-1") << "run again before anything was set";
  const Pair set =
      with_given(put_in_charge(going, "primary", "s-7", k_late + std::chrono::hours(1)), {{{"jobs", "9"}, "z"}});
  EXPECT_EQ(set.active, "primary");
  EXPECT_EQ(set.behind, "s-3");
  EXPECT_EQ(set.given, pair.given) << "what the primary is given is no matter of the secondary";
  EXPECT_EQ(going_back(set, "s-7").before, "p-1") << "typed again";
  const Pair ended = engine::given_back(set, {{"s-7", "jobs", "4"}}, k_late + std::chrono::hours(5));
  EXPECT_TRUE(ended.complete);
  EXPECT_EQ(ended.since, set.since);
  EXPECT_EQ(ended.behind + ended.before, "");
  EXPECT_FALSE(ended.given.has_value());
  EXPECT_EQ(ended.left.size(), 1U);
  EXPECT_EQ(engine::given_back(pair, {}, k_late + std::chrono::hours(5)).since, k_late + std::chrono::hours(5))
      << "all of it was left paused";
}

TEST(Splits, of_the_way_back_are_those_of_the_way_there) {
  Charge charge = taken_over();
  charge.pair.replicated->differed = {{"jobs", "1", "2"}, {"jobs", "", "3"}};
  EXPECT_EQ(split_of(charge).replicated->source_snapshot, "p-1");
  const Pair back = split_of(turned(charge));
  EXPECT_EQ(back.source, "secondary");
  ASSERT_TRUE(back.replicated.has_value());
  EXPECT_EQ(back.replicated->source_snapshot, "s-1");
  EXPECT_EQ(back.replicated->target_snapshot, "p-1");
  EXPECT_EQ(back.replicated->differed, (std::vector<LeftAlone>{{"jobs", "2", "1"}}));
  charge.back.replicated = LastRun{.source_snapshot = "s-9", .target_snapshot = "p-9", .at = k_early};
  EXPECT_EQ(split_of(turned(charge)).replicated->source_snapshot, "s-1") << "of a time before it took over";
  charge.back.replicated->at = k_late + std::chrono::hours(1);
  EXPECT_EQ(split_of(turned(charge)).replicated->source_snapshot, "s-9");
}

TEST(Pairs, are_shown_once_by_the_direction_that_says_who_is_in_charge) {
  Charge charge = taken_over();
  charge.back.replicated = LastRun{.at = k_late};
  for (const auto& pairs : {std::vector<Pair>{charge.pair, charge.back}, std::vector<Pair>{charge.back, charge.pair}}) {
    const std::vector<Pair> shown = one_of_each(pairs);
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_EQ(shown.front().source, "primary");
  }
}

}  // namespace
}  // namespace holdfast::engine
