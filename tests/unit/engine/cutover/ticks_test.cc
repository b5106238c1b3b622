#include "engine/cutover/ticks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using platform::OwnRun;
using Form = platform::Timetable::Form;
using Texts = std::vector<std::string>;

base::Instant at(const std::string& time) {
  return base::parse_instant("2026-11-22T" + time + "Z").value();
}

class Ticks : public testing::Test {
protected:
  static Ticking hourly(const std::string& name, int from, int until) {
    Ticking out{.path = "jobs/" + name, .kind = "jobs", .left_id = name + "-left", .entered_id = name + "-entered"};
    out.timetable.form = Form::ticks;
    for (int hour = from; hour <= until; ++hour) out.timetable.due.push_back(at(fmt::format("{:02}:00:00", hour)));
    return out;
  }
  void left(const std::string& name, const std::string& time, OwnRun run = {}) {
    add(runs_.left, name + "-left", time, run);
  }
  void entered(const std::string& name, const std::string& time, OwnRun run = {}) {
    add(runs_.entered, name + "-entered", time, run);
  }
  static void add(platform::OwnRuns& to, const std::string& id, const std::string& time, OwnRun run) {
    run.kind = "jobs";
    run.id = id;
    run.at = at(time);
    to.runs.push_back(run);
  }
  TickReport reckon(const std::vector<Ticking>& ticking) { return reckon_ticks(ticking, runs_, takeover_); }
  static Texts texts(const std::vector<TickReport::Tick>& ticks) {
    Texts out;
    for (const TickReport::Tick& tick : ticks) out.push_back(tick.path + base::to_rfc3339(tick.due).substr(10, 6));
    return out;
  }

  TakeoverSpan takeover_{.left = "primary",
                         .entered = "secondary",
                         .activated = at("02:30:00"),
                         .within = {at("00:30:00"), at("05:30:00")}};
  SideRuns runs_{.left = {.kinds = {"jobs"}, .complete_since = at("00:30:00")},
                 .entered = {.kinds = {"jobs"}, .complete_since = at("00:30:00")}};
};

TEST_F(Ticks, ran_twice_where_both_ran_and_are_missed_where_neither_did) {
  left("a", "01:00:04");
  left("a", "04:00:02");
  entered("a", "03:00:09");
  entered("a", "04:00:07");
  entered("a", "05:00:00");
  const TickReport got = reckon({hourly("a", 1, 5)});
  EXPECT_EQ(texts(got.ran_twice), Texts{"jobs/aT04:00"});
  EXPECT_EQ(got.ran_twice.at(0).left_at, at("04:00:02"));
  EXPECT_EQ(got.ran_twice.at(0).entered_at, at("04:00:07"));
  EXPECT_EQ(texts(got.missed), Texts{"jobs/aT02:00"});
  EXPECT_TRUE(got.too_young.empty());
}

TEST_F(Ticks, are_of_one_resource_on_both_sides) {
  left("a", "03:00:00");
  entered("b", "03:00:00");
  const TickReport got = reckon({hourly("a", 3, 3), hourly("b", 3, 3)});
  EXPECT_TRUE(got.ran_twice.empty()) << "two jobs, once each";
  EXPECT_TRUE(got.missed.empty());
}

TEST_F(Ticks, that_were_skipped_because_the_last_run_was_under_way_are_neither) {
  left("a", "03:00:00", {.outcome = OwnRun::Outcome::skipped});
  entered("a", "03:00:00");
  left("a", "04:00:00", {.outcome = OwnRun::Outcome::skipped});
  const TickReport got = reckon({hourly("a", 3, 4)});
  EXPECT_TRUE(got.ran_twice.empty());
  EXPECT_TRUE(got.missed.empty());
}

TEST_F(Ticks, are_not_kept_by_runs_that_no_clock_started) {
  left("a", "03:00:00", {.cause = OwnRun::Cause::other});
  EXPECT_EQ(texts(reckon({hourly("a", 3, 3)}).missed), Texts{"jobs/aT03:00"});
}

TEST_F(Ticks, of_the_last_moments_are_not_called_missed) {
  takeover_.within.until = at("05:00:29");
  EXPECT_EQ(texts(reckon({hourly("a", 5, 5)}).too_young), Texts{"jobs/aT05:00"});
  takeover_.within.until = at("05:00:31");
  EXPECT_EQ(texts(reckon({hourly("a", 5, 5)}).missed), Texts{"jobs/aT05:00"});
}

TEST_F(Ticks, are_told_only_as_far_as_both_list_their_runs) {
  runs_.entered.complete_since = at("03:00:00");
  const TickReport got = reckon({hourly("a", 1, 4)});
  EXPECT_EQ(got.within.from, at("03:00:00"));
  EXPECT_EQ(texts(got.missed), Texts{"jobs/aT04:00"});
}

TEST_F(Ticks, of_what_the_other_side_does_not_have_are_missed) {
  Ticking alone = hourly("a", 1, 2);
  alone.entered_id.clear();
  left("a", "01:00:00");
  EXPECT_EQ(texts(reckon({alone}).missed), Texts{"jobs/aT02:00"});
}

TEST_F(Ticks, are_not_made_up_where_there_is_no_grid) {
  Ticking endless{.path = "jobs/endless", .kind = "jobs", .left_id = "e-left", .entered_id = "e-entered"};
  endless.timetable = {.form = Form::no_grid, .why = "it runs without end"};
  left("e", "02:00:00", {.cause = OwnRun::Cause::other});
  for (const char* time : {"02:31:00", "02:40:00"}) left("e", time, {.cause = OwnRun::Cause::other});
  entered("e", "02:35:00", {.cause = OwnRun::Cause::other});
  Ticking changed = hourly("c", 1, 5);
  changed.otherwise = "0 0 7 * * ? in UTC on secondary";
  Ticking pipeline{.path = "pipelines/p", .kind = "pipelines", .left_id = "p", .entered_id = "q"};
  pipeline.timetable = {.form = Form::no_grid, .why = "it runs without end"};
  const TickReport got = reckon({endless, changed, pipeline});
  ASSERT_EQ(got.not_reckoned.size(), 3U);
  EXPECT_EQ(got.not_reckoned[0].left_runs, 2U) << "since the activation";
  EXPECT_EQ(got.not_reckoned[0].entered_runs, 1U);
  EXPECT_TRUE(got.not_reckoned[0].listed);
  EXPECT_EQ(got.not_reckoned[1].why, "its schedule is 0 0 7 * * ? in UTC on secondary by now");
  EXPECT_FALSE(got.not_reckoned[2].listed) << "of pipelines no runs are listed";
  EXPECT_TRUE(got.missed.empty());
}

}  // namespace
}  // namespace holdfast::engine
