#include "engine/cutover/queued_runs.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using platform::ActiveRun;

ActiveRun run(const std::string& id, const std::string& job, ActiveRun::State state) {
  return {.id = id, .kind = "jobs", .owner = job, .name = "load", .state = state};
}
std::string ids(const std::vector<ActiveRun>& runs) {
  std::string out;
  for (const ActiveRun& one : runs) out += one.id;
  return out;
}

TEST(FencedRuns, cancel_what_waits_of_what_fired_and_list_the_rest) {
  FiringStates recorded;
  recorded[{"jobs", "1"}] = {.path = "jobs/load/1", .values = "", .fires = true};
  recorded[{"jobs", "2"}] = {.path = "jobs/rest/2", .values = "", .fires = false};
  const auto waits = ActiveRun::State::waits;
  const FencedRuns out = fenced_runs({run("a", "1", waits), run("b", "2", waits), run("c", "1", ActiveRun::State::runs),
                                      run("d", "", waits), run("e", "9", ActiveRun::State::runs)},
                                     recorded);
  EXPECT_EQ(ids(out.waiting), "a");
  EXPECT_EQ(ids(out.others), "bd");
  EXPECT_EQ(ids(out.running), "ce");
}

TEST(FencedRuns, are_said_with_their_time) {
  ActiveRun one = run("7", "1", ActiveRun::State::runs);
  EXPECT_EQ(run_text(one), "load, run 7");
  one.since = base::parse_instant("2026-11-22T02:00:00Z");
  one.name.clear();
  EXPECT_EQ(run_text(one), "jobs, run 7, since 2026-11-22T02:00:00Z");
}

}  // namespace
}  // namespace holdfast::engine
