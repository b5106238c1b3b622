#include "cli/cutover/fence_look.h"

#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class LookedAtFences : public Nights {
protected:
  void fence_primary() {
    migrate();
    ASSERT_EQ(run({"fence", "primary", "--yes"}).code, 0);
    ASSERT_EQ(state_of("primary"), "confirmed");
  }
  std::string state_of(const std::string& name) const {
    const std::optional<engine::Fence> found = fence(name);
    if (!found) return "lifted";
    return found->state == engine::Fence::State::confirmed ? "confirmed" : "open";
  }
};

TEST_F(LookedAtFences, are_open_once_a_part_was_activated_in_place) {
  fence_primary();
  ASSERT_EQ(run({"activate", "primary", "--select", "/jobs/x", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), Names{"x"});
  EXPECT_EQ(state_of("primary"), "open");
  const Outcome outcome = take_over();
  EXPECT_TRUE(outcome.says("primary is not fenced: what fires there may run on both sides")) << outcome.err;
  EXPECT_FALSE(outcome.says("primary (confirmed)")) << outcome.out;
}

TEST_F(LookedAtFences, that_an_activation_opened_are_closed_by_no_replicate) {
  fence_primary();
  ASSERT_EQ(run({"activate", "primary", "--select", "/jobs/x", "--yes"}).code, 0);
  const Outcome outcome = night();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("the fence of primary is open, and what fires there goes on")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{"x"}) << "somebody started it";
  EXPECT_EQ(run({"activate", "primary", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(LookedAtFences, of_a_failback_that_has_not_ended_are_closed_by_no_replicate) {
  migrate();
  fail_over();
  primary_.workspace.refusals.emplace("jobs/y", base::Error(base::ErrorKind::unavailable, "not now"));
  ASSERT_EQ(run({"failback", "secondary", "primary", "--yes"}).code, 3);
  EXPECT_EQ(state_of("primary"), "open");
  const Outcome outcome = night();
  EXPECT_TRUE(outcome.says("\"holdfast failback secondary primary\" goes on with it")) << outcome.err;
  EXPECT_TRUE(outcome.says("a failback from secondary to primary was begun and has not ended")) << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  primary_.workspace.refusals.clear();
  EXPECT_EQ(run({"failback", "secondary", "primary", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(LookedAtFences, are_open_where_an_activation_in_place_could_not_be_backed_up) {
  fence_primary();
  primary_.workspace.interrupt_at = primary_.workspace.writes + 3;
  primary_.workspace.interrupt = [this] {
    for (const model::Kind& kind : workspace_kinds()) primary_.unlisted.insert(kind.collection.name);
  };
  EXPECT_EQ(run({"activate", "primary", "--yes"}).code, 3);
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(state_of("primary"), "open");
}

TEST_F(LookedAtFences, are_not_believed_before_another_side_is_activated) {
  fence_primary();
  set_pause(primary_, "x", "UNPAUSED");
  const Outcome dry = run({"activate", "secondary", "--from", "primary", "--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_TRUE(dry.says("this would end here (exit 5)")) << dry.err;
  EXPECT_EQ(state_of("primary"), "confirmed") << "a dry run says nothing to the local state";
  const Outcome outcome = take_over();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("fires on primary, which is fenced: jobs/x")) << outcome.err;
  EXPECT_TRUE(outcome.says("so secondary was not activated")) << outcome.err;
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(state_of("primary"), "open");
  ASSERT_EQ(run({"fence", "primary"}).code, 0);
  EXPECT_EQ(take_over().code, 0);
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(firing(primary_), Names{});
}

TEST_F(LookedAtFences, are_believed_where_the_source_does_not_answer) {
  fence_primary();
  primary_.unlisted = {"jobs"};
  const Outcome outcome = take_over();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("whether primary is still paused could not be seen, and its fence is believed"))
      << outcome.err;
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(state_of("primary"), "confirmed");
}

TEST_F(LookedAtFences, are_believed_where_the_source_cannot_even_be_opened) {
  fence_primary();
  auto& open = app_.composition.platforms.front().open;
  open = [before = open](const std::string& name, const platform::Settings& settings, const base::Clock& clock,
                         base::Events& events) {
    if (name == "primary") throw base::Error(base::ErrorKind::config, "its token is not set");
    return before(name, settings, clock, events);
  };
  const Outcome outcome = take_over();
  EXPECT_TRUE(outcome.says("its fence is believed: ")) << outcome.err;
  EXPECT_EQ(firing(secondary_), all_) << "what is lost stands in the way of no takeover: " << outcome.err;
}

TEST_F(LookedAtFences, that_prove_open_have_their_gate_again) {
  migrate();
  gate(R"("fence", "activate")");
  const Names failover{"failover", "primary", "secondary", "--yes", "--pass", "activate"};
  Names both = failover;
  both.insert(both.end(), {"--pass", "fence"});
  ASSERT_EQ(run({"failover", "primary", "secondary", "--yes", "--pass", "fence"}).code, 5);
  ASSERT_EQ(state_of("primary"), "confirmed");
  set_pause(primary_, "y", "UNPAUSED");
  const Outcome outcome = run(failover);
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("recovery plan dr stops this before fence")) << outcome.err;
  EXPECT_TRUE(outcome.says("primary is fenced, and not all of it is paused.")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{"y"}) << "nobody has passed the gate";
  EXPECT_EQ(run(both).code, 0);
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), all_);
}

}  // namespace
}  // namespace holdfast::test
