// What a fence pauses, and the snapshot that recorded the states does not show.
#include <gtest/gtest.h>

#include <functional>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class Fences : public Nights {
protected:
  static constexpr const char* k_hourly = R"({"id":"1","cron":"0 0 * * * ?","pause_status":"UNPAUSED"})";
  static constexpr const char* k_daily = R"({"id":"2","cron":"0 0 1 * * ?","pause_status":"UNPAUSED"})";

  // Somebody goes on working on what is fenced: makes weekly and starts asleep.
  void go_on_working() {
    primary_.workspace.put("jobs", "weekly", job("weekly", "one"));
    set_pause(primary_, "asleep", "UNPAUSED");
  }
  // Right before the next write on one of them somebody goes on working on the other one.
  static void meanwhile(WorkspaceAccount& on, std::function<void()> work) {
    on.workspace.interrupt_at = on.workspace.writes + 1;
    on.workspace.interrupt = std::move(work);
  }
  std::string schedules_of(const std::string& board) const {
    return primary_.workspace.column("boards", primary_.workspace.id_of("boards", board), "schedules");
  }
  // Fenced, and worked on since.  The snapshot from before that.
  std::string fence_twice() {
    migrate();
    const std::string before = pair().replicated->source_snapshot;
    must({"fence", "primary", "--yes"});
    go_on_working();
    must({"fence", "primary"});
    return before;
  }
  void activate_by_a_snapshot_before_the_fence(const std::string& name, const WorkspaceAccount& on) {
    const std::string before = fence_twice();
    const Outcome outcome = run({"activate", name, "--from", "primary", "--snapshot", before, "--yes"});
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    EXPECT_TRUE(outcome.says("was paused by the fence of primary and stays so: jobs/weekly")) << outcome.err;
    EXPECT_EQ(firing(on), all_);
  }
};

TEST_F(Fences, give_back_what_was_made_and_started_behind_their_snapshot) {
  must({"fence", "primary", "--yes"});
  go_on_working();
  const Outcome again = run({"fence", "primary"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(again.says("2 resources that snapshot")) << again.err;
  EXPECT_EQ(firing(primary_), Names{});
  must({"fence", "primary"});
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"asleep", "weekly", "x", "y", "z"}));
  EXPECT_FALSE(fence("primary").has_value());
}

TEST_F(Fences, give_back_a_schedule_that_was_added_beside_others) {
  primary_.workspace.put("boards", "sales", R"({"name":"sales","origin":"sales"})",
                         {{"schedules", R"({"schedules":[)" + std::string(k_hourly) + "]}"}});
  must({"fence", "primary", "--yes"});
  const std::string id = primary_.workspace.id_of("boards", "sales");
  std::string both = schedules_of("sales");
  both.insert(both.rfind(']'), "," + std::string(k_daily));
  primary_.workspace.rewrite_column("boards", id, "schedules", both);
  must({"fence", "primary"});
  EXPECT_EQ(schedules_of("sales").find("UNPAUSED"), std::string::npos);
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(schedules_of("sales").find(R"("PAUSED")"), std::string::npos) << schedules_of("sales");
  EXPECT_NE(schedules_of("sales").find("0 0 1 * * ?"), std::string::npos);
}

TEST_F(Fences, give_back_what_fires_otherwise_as_it_was_last) {
  primary_.workspace.put("pools", "warm",
                         R"({"name":"warm","node_type":"east-4","min_idle":2,"max":9,"origin":"warm"})");
  must({"fence", "primary", "--yes"});
  const std::string id = primary_.workspace.id_of("pools", "warm");
  for (const char* many : {"5", "7"}) {
    primary_.workspace.rewrite(
        "pools", id,
        R"({"name":"warm","node_type":"east-4","max":9,"origin":"warm","min_idle":)" + std::string(many) + "}");
    must({"fence", "primary"});
  }
  must({"activate", "primary", "--yes"});
  EXPECT_NE(primary_.workspace.body("pools", id).find(R"("min_idle":7)"), std::string::npos)
      << primary_.workspace.body("pools", id);
}

TEST_F(Fences, say_what_another_snapshot_that_is_named_leaves_paused) {
  activate_by_a_snapshot_before_the_fence("primary", primary_);
}

TEST_F(Fences, say_the_same_where_another_side_is_activated_by_it) {
  activate_by_a_snapshot_before_the_fence("secondary", secondary_);
}

TEST_F(Fences, let_a_target_fire_what_was_brought_since) {
  migrate();
  must({"fence", "primary", "--yes"});
  go_on_working();
  must({"fence", "primary"});
  fail_over();
  EXPECT_EQ(firing(secondary_), (Names{"asleep", "weekly", "x", "y", "z"}));
  EXPECT_EQ(firing(primary_), Names{});
  must({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"asleep", "weekly", "x", "y", "z"}));
}

TEST_F(Fences, of_a_failover_know_what_was_made_and_started_while_it_ran) {
  migrate();
  change(primary_, "x", "two");
  meanwhile(secondary_, [this] { go_on_working(); });
  const Outcome outcome = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("fired on primary and is in no snapshot of it: secondary does not have it")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), (Names{"asleep", "x", "y", "z"}));
  const Outcome again = failover();
  EXPECT_EQ(again.code, 3) << "weekly fires on neither side: " << again.out << again.err;
  EXPECT_TRUE(again.says("fired on primary, and does not on secondary: jobs/weekly/")) << again.err;
  must({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"asleep", "weekly", "x", "y", "z"}));
}

TEST_F(Fences, of_a_failback_know_what_was_made_and_started_while_it_ran) {
  migrate();
  fail_over();
  change(secondary_, "x", "two");
  meanwhile(primary_, [this] {
    set_pause(secondary_, "asleep", "UNPAUSED");
    secondary_.workspace.put("jobs", "new", job("new", "one"));
  });
  const Outcome outcome = run({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("fired on secondary and is in no snapshot of it: primary does not have it")) << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"asleep", "x", "y", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_FALSE(fence("primary") || fence("secondary")) << "it has ended";
}

TEST_F(Fences, of_what_was_lost_let_fire_again_what_was_made_before_that) {
  migrate();
  primary_.workspace.put("jobs", "weekly", job("weekly", "one"));
  must({"failover", "primary", "secondary", "--source-lost", "--yes"});
  must({"fence", "primary"});
  EXPECT_EQ(firing(primary_), Names{});
  must({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"weekly", "x", "y", "z"}));
}

TEST_F(Fences, leave_to_a_failback_what_it_leaves_paused) {
  migrate();
  must({"fence", "primary", "--yes"});
  go_on_working();
  must({"fence", "primary"});
  fail_over();
  for (const char* name : {"asleep", "weekly"})
    primary_.workspace.refusals.emplace(std::string("jobs/") + name,
                                        base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(run({"failback", "secondary", "primary", "--leave-paused", "--yes"}).code, 3);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  EXPECT_FALSE(fence("primary").has_value());
  primary_.workspace.refusals.clear();
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"asleep", "weekly", "x", "y", "z"}));
}

}  // namespace
}  // namespace holdfast::test
