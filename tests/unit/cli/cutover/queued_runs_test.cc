// A fence that is asked to cancel what waits.
#include "cli/cutover/queued_runs.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "base/error.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

using platform::ActiveRun;

class Runs : public platform::RunsThings {
public:
  std::vector<ActiveRun> active_runs(std::stop_token) override {
    if (unlisted) throw base::Error(base::ErrorKind::auth, "listing runs is not allowed");
    return active;
  }
  void cancel(const ActiveRun& run, std::stop_token) override {
    if (refused.contains(run.id)) throw base::Error(base::ErrorKind::auth, "somebody else's run");
    std::erase_if(active, [&](const ActiveRun& one) { return one.id == run.id; });
  }
  platform::OwnRuns own_runs(const platform::Stretch&, std::stop_token) override { return {}; }
  platform::Timetable timetable(const std::string&, const std::string&, const platform::Stretch&) const override {
    return {};
  }

  std::vector<ActiveRun> active;
  std::set<std::string> refused;
  bool unlisted = false;
};

class QueuedRuns : public Nights {
protected:
  QueuedRuns() {
    primary_.runs = &runs_;
    for (const char* name : {"x", "y"})
      runs_.active.push_back({.id = std::string("run of ") + name,
                              .kind = "jobs",
                              .owner = primary_.workspace.id_of("jobs", name),
                              .name = name,
                              .state = ActiveRun::State::waits});
  }
  Outcome fence() { return run({"fence", "primary", "--yes", "--cancel-queued"}); }

  Runs runs_;
};

TEST_F(QueuedRuns, are_cancelled_behind_the_fence) {
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("the fence of primary is confirmed")) << outcome.err;
  EXPECT_TRUE(runs_.active.empty());
}

TEST_F(QueuedRuns, are_left_where_nothing_was_paused) {
  ASSERT_EQ(run({"backup", "primary"}).code, 0);
  primary_.unlisted = {"jobs"};
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("nothing was paused")) << outcome.err;
  EXPECT_EQ(runs_.active.size(), 2U);
}

TEST_F(QueuedRuns, of_which_one_cannot_be_cancelled_leave_the_fence_whole) {
  runs_.refused = {"run of x"};
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("could not be cancelled: x, run run of x")) << outcome.err;
  EXPECT_TRUE(outcome.says("somebody else's run")) << outcome.err;
  EXPECT_TRUE(outcome.says("the fence of primary is confirmed")) << outcome.err;
  EXPECT_EQ(runs_.active.size(), 1U) << "the others are cancelled all the same";
}

TEST_F(QueuedRuns, that_cannot_be_listed_leave_the_fence_whole_and_known_to_other_hosts) {
  runs_.unlisted = true;
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("listing runs is not allowed")) << outcome.err;
  EXPECT_TRUE(outcome.says("the fence of primary is confirmed")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{});
  app_.composition.state_folder = app_.file("state of another host");
  EXPECT_EQ(run({"activate", "primary", "--from", "primary", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"})) << "by the marks of its newest snapshot";
}

TEST_F(QueuedRuns, of_a_platform_without_any_are_refused_before_anything_is_paused) {
  primary_.runs = nullptr;
  const Outcome outcome = fence();
  EXPECT_EQ(outcome.code, base::exit_code(base::ErrorKind::usage)) << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

}  // namespace
}  // namespace holdfast::test
