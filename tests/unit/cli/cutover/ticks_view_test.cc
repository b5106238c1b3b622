// What is told of ticks behind a takeover, and of what hinders it.
#include "cli/cutover/ticks_view.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

using base::Instant;
using platform::OwnRun;
using platform::Stretch;

// Every job is due on the hour.
class Runs : public platform::RunsThings {
public:
  std::vector<platform::ActiveRun> active_runs(std::stop_token) override { return {}; }
  void cancel(const platform::ActiveRun&, std::stop_token) override {}
  platform::OwnRuns own_runs(const Stretch& within, std::stop_token) override {
    if (unlisted) throw base::Error(base::ErrorKind::auth, "listing runs is not allowed");
    ++asked;
    platform::OwnRuns out{.kinds = {"jobs"}, .runs = {}, .complete_since = within.from};
    for (const std::string& id : ran)
      for (const Instant due : hours(within))
        out.runs.push_back({.kind = "jobs", .id = id, .at = due + std::chrono::seconds(1)});
    return out;
  }
  platform::Timetable timetable(const std::string& kind, const std::string&, const Stretch& within) const override {
    if (kind != "jobs") return {};
    return {.form = platform::Timetable::Form::ticks, .due = hours(within), .rule = "hourly"};
  }
  static std::vector<Instant> hours(const Stretch& within) {
    std::vector<Instant> out;
    const auto hour = std::chrono::hours(1);
    for (Instant at = std::chrono::ceil<std::chrono::hours>(within.from); at <= within.until; at += hour)
      if (at > within.from) out.push_back(at);
    return out;
  }

  std::vector<std::string> ran;  // ids of jobs that ran whenever they were due
  bool unlisted = false;
  unsigned asked = 0;
};

class TicksTold : public Nights {
protected:
  TicksTold() {
    primary_.runs = &on_primary_;
    secondary_.runs = &on_secondary_;
    for (const char* name : {"x", "y"}) on_primary_.ran.push_back(primary_.workspace.id_of("jobs", name));
  }
  // The source is lost, the target fires, and so do both of x for so long.
  void lose_primary(std::chrono::hours length) {
    const Outcome outcome = run({"backup", "primary"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Outcome over = run({"failover", "primary", "secondary", "--source-lost", "--yes"});
    ASSERT_EQ(over.code, 0) << over.err;
    EXPECT_TRUE(over.says("once primary is fenced")) << over.err;
    on_secondary_.ran = {secondary_.workspace.id_of("jobs", "x")};
    clock_.advance(length);
  }
  Outcome fence(const Names& more = {}) {
    Names arguments{"fence", "primary", "--yes"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  // Lines below a heading.
  static std::string below(const std::string& heading, const std::string& text) {
    const std::size_t from = text.find(heading + "\n");
    if (from == std::string::npos) return {};
    std::size_t to = from + heading.size() + 1;
    while (text.compare(to, 2, "  ") == 0) to = text.find('\n', to) + 1;
    return text.substr(from + heading.size() + 1, to - from - heading.size() - 1);
  }

  Runs on_primary_;
  Runs on_secondary_;
};

TEST_F(TicksTold, are_those_of_both_sides_and_of_neither_by_resource) {
  lose_primary(std::chrono::hours(3));
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::string both = below("ran on both primary and secondary", outcome.out);
  EXPECT_NE(both.find("jobs/x/"), std::string::npos) << outcome.out;
  EXPECT_NE(both.find("2026-11-21T21:00:00Z, 2026-11-21T22:00:00Z, 2026-11-21T23:00:00Z"), std::string::npos) << both;
  EXPECT_EQ(both.find("jobs/y/"), std::string::npos) << "it ran on one side only";
  EXPECT_NE(below("ran on neither", outcome.out).find("jobs/z/"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("jobs/asleep"), std::string::npos) << "it was paused when it was recorded";
}

TEST_F(TicksTold, are_twelve_of_a_resource_unless_all_are_asked_for) {
  lose_primary(std::chrono::hours(20));
  const Outcome outcome = fence();
  const std::string both = below("ran on both primary and secondary", outcome.out);
  EXPECT_NE(both.find(", and 8 more until 2026-11-22T16:00:00Z: --verbose shows them"), std::string::npos) << both;
  EXPECT_EQ(std::count(both.begin(), both.end(), ','), 12);
  const std::string all = below("ran on both primary and secondary", fence({"--verbose"}).out);
  EXPECT_EQ(all.find("more until"), std::string::npos) << "the same again, when it is asked again";
  EXPECT_EQ(std::count(all.begin(), all.end(), ','), 19);
  EXPECT_EQ(fence({"--quiet"}).out.find("ran on both"), std::string::npos);
  const std::string json = fence({"--json"}).out;
  EXPECT_EQ(json.find("ran on both "), std::string::npos);
  EXPECT_NE(json.find(R"("ran_on_both":[{)"), std::string::npos) << json;
}

TEST_F(TicksTold, cost_a_fence_nothing_where_they_cannot_be_known) {
  lose_primary(std::chrono::hours(3));
  EXPECT_FALSE(fence({"--dry-run"}).says("ran on both"));
  EXPECT_EQ(on_primary_.asked + on_secondary_.asked, 0U) << "nobody is asked in a dry run";
  on_secondary_.unlisted = true;
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("which ticks ran on both primary and secondary, and which on neither, cannot be told"))
      << outcome.err;
  EXPECT_TRUE(outcome.says("the fence of primary is confirmed"));
}

TEST_F(TicksTold, are_not_asked_for_where_nobody_took_over) {
  EXPECT_EQ(fence().code, 0);
  EXPECT_EQ(on_primary_.asked + on_secondary_.asked, 0U);
}

TEST_F(TicksTold, are_none_where_one_of_both_lists_no_runs) {
  secondary_.runs = nullptr;
  lose_primary(std::chrono::hours(3));
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(outcome.says("ran on both")) << outcome.out;
  EXPECT_FALSE(outcome.says("cannot be told")) << outcome.err;
}

}  // namespace
}  // namespace holdfast::test
