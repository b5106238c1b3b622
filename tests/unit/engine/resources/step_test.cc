#include "engine/resources/step.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "support/forwarding_writer.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using test::outcomes_of;
using Texts = std::vector<std::string>;

// The run dies before the n-th event; what it finds when it goes on was written in part by it, or by somebody else.
struct Resumed {
  std::size_t whole = 0;     // it is as the snapshot has it
  std::size_t conflict = 0;  // it was left as it was, and said so
  std::size_t neither = 0;
};
Resumed resume_with(const std::string& content) {
  const std::string path = "/Users/anna@corp.test/etl/load";
  Resumed out;
  for (std::uint64_t at = 1; at <= 40; ++at) {
    test::ResourceWorld world;
    const model::ResourcePlan plan = world.plan();
    world.wire.arm(test::Tripwire::Strike::before, at);
    EXPECT_THROW((void)world.apply(plan), test::Killed) << at;
    world.wire.arm(test::Tripwire::Strike::never);
    if (world.target.count("folders") < 2 || world.target.count("notebooks") != 0) continue;
    world.target.put("notebooks", path, R"({"path":")" + path + R"(","language":"PYTHON","origin":"load"})",
                     {{"content", content}}, "");
    const Texts outcomes = outcomes_of(world.apply(plan));
    const std::string there = world.target.column("notebooks", world.target.id_of("notebooks", path), "content");
    const bool told = std::any_of(outcomes.begin(), outcomes.end(),
                                  [](const std::string& one) { return one.starts_with("conflict notebooks/"); });
    if (there == "print('\xff')" && !told) {
      ++out.whole;
    } else if (there == content && told) {
      ++out.conflict;
    } else {
      ++out.neither;
    }
  }
  return out;
}

TEST(ResourceResuming, finishes_a_content_that_it_had_begun_and_leaves_that_of_others) {
  const Resumed begun = resume_with("print(");
  EXPECT_GT(begun.whole, 0U);
  EXPECT_EQ(begun.neither, 0U);
  const Resumed foreign = resume_with("select 1");
  EXPECT_EQ(foreign.whole, 0U);
  EXPECT_GT(foreign.conflict, begun.conflict) << "where it had begun as well";
  EXPECT_EQ(foreign.neither, 0U);
}

constexpr const char* k_twin = R"({"name":"twin","origin":"twin","tasks":[]})";

// Two of one name and one content: what came of a lost answer is told from the other one by the id map.
TEST(LostAnswers, about_one_of_two_alike_make_no_third_and_give_no_two_one_counterpart) {
  std::size_t lost = 0;
  for (std::uint64_t n = 1; n <= 60; ++n) {
    test::ResourceWorld world;
    const std::string one = world.source.put("jobs", "twin", k_twin);
    const std::string two = world.source.put("jobs", "twin", k_twin);
    world.take_snapshot();
    const std::size_t wanted = world.source.count("jobs");
    world.target.lose_answer_of = n;
    const ResourceApplyResult result = world.apply(world.plan());
    if (world.target.writes < n) break;
    ++lost;
    ASSERT_TRUE(result.complete()) << n;
    ASSERT_EQ(world.target.count("jobs"), wanted) << n;
    const model::IdMap ids = world.ids();
    ASSERT_NE(ids.by_source("jobs", one)->target_id, ids.by_source("jobs", two)->target_id) << n;
  }
  EXPECT_GT(lost, 10U);
}

// It has the name and the content, and came in the same second: whose it is says its creator.
TEST(LostAnswers, lead_to_nothing_that_somebody_else_made_meanwhile) {
  std::size_t lost = 0;
  for (std::uint64_t n = 1; n <= 60; ++n) {
    test::ResourceWorld world;
    const std::string ours = world.source.put("jobs", "twin", k_twin);
    world.take_snapshot();
    std::string theirs;
    world.target.lose_answer_of = n;
    world.target.late = std::chrono::hours(1);  // longer than anybody waits
    world.target.interrupt_at = n;
    world.target.interrupt = [&] { theirs = world.target.put("jobs", "twin", k_twin); };
    (void)world.apply(world.plan());
    if (theirs.empty()) break;
    ++lost;
    const model::IdMap ids = world.ids();
    ASSERT_FALSE(ids.by_target("jobs", theirs)) << n;
  }
  EXPECT_GT(lost, 10U);
}

// Another process had made one of two that name each other, and was killed before it knew the id of the other.
TEST(ResourceResuming, finds_again_what_was_cut_out_of_a_cycle_whatever_was_made_since) {
  test::ResourceWorld world;
  model::ResourcePlan plan = world.plan();
  ASSERT_EQ(plan.steps.back().source_name, "pong");
  std::swap(plan.steps.back(), *std::prev(plan.steps.end(), 2));
  world.target.refusals.emplace("jobs/ping", base::Error(base::ErrorKind::refused, "not now"));
  ASSERT_FALSE(world.apply(plan).complete());
  ASSERT_NE(world.target.id_of("jobs", "pong"), "");
  world.target.refusals.clear();
  (void)world.state().put(fmt::format("resources/{}/{:08}-intent", plan.id, plan.steps.size() - 1),
                          base::to_rfc3339(world.clock.now()));
  world.target.put("jobs", "ping", R"({"name":"ping","origin":"ping","big":100000000000000000000000})", {}, "holdfast");
  const ResourceApplyResult result = world.apply(plan);
  EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(result.adopted, 1U);
  EXPECT_EQ(world.target.count("jobs"), 4U);
  test::ResourceWorld undisturbed;
  ASSERT_TRUE(undisturbed.apply(undisturbed.plan()).complete());
  EXPECT_EQ(world.target.state(), undisturbed.target.state());
}

// The run dies at the n-th event, and the owner of a job that is to be patched comes before the next one.
struct Edited {
  std::size_t kept = 0;
  std::size_t lost = 0;
  std::size_t untold = 0;
};
Edited edited_between_the_passes(const std::string& from, const std::string& to) {
  Edited out;
  for (std::uint64_t at = 1;; ++at) {
    test::ResourceWorld world;
    const model::ResourcePlan plan = world.plan();
    world.wire.arm(test::Tripwire::Strike::after, at);
    try {
      (void)world.apply(plan);
      return out;
    } catch (const test::Killed&) {
      world.wire.arm(test::Tripwire::Strike::never);
    }
    const std::string id = world.target.count("jobs") == 0 ? "" : world.target.id_of("jobs", "ping");
    if (id.empty() || !world.ids().by_source("jobs", world.source.id_of("jobs", "ping"))) continue;
    std::string body = world.target.body("jobs", id);
    if (body.find("tasks") != std::string::npos) continue;  // the second pass has written it
    body.replace(body.find(from), from.size(), to);
    world.target.rewrite("jobs", id, body);
    const Texts outcomes = outcomes_of(world.apply(plan));
    const bool told = std::any_of(outcomes.begin(), outcomes.end(), [](const std::string& one) {
      return one.starts_with("conflict jobs/ping/") && one.find("somebody changed it before") != std::string::npos;
    });
    const bool kept = world.target.body("jobs", id) == body;
    ++(kept ? out.kept : out.lost);
    if (!told) ++out.untold;
  }
}

TEST(ResourceResuming, leaves_alone_what_its_owner_put_in_between_the_two_passes) {
  const Edited edited =
      edited_between_the_passes("\"origin\":\"ping\"", R"("origin":"ping","tasks":[{"task_key":"own"}])");
  EXPECT_GT(edited.kept, 4U);
  EXPECT_EQ(edited.lost, 0U);
  EXPECT_EQ(edited.untold, 0U);
}

// Before the fingerprint of the first pass is durable nobody can tell what the platform put in from what a human did.
TEST(ResourceResuming, leaves_alone_what_its_owner_added_between_the_two_passes) {
  const Edited edited = edited_between_the_passes("\"origin\":\"ping\"", R"("origin":"ping","mail":"me")");
  EXPECT_GT(edited.kept, 4U);
  EXPECT_LE(edited.lost, 2U);
}

constexpr const char* k_ghost = "/ghost";

// A notebook that the snapshot does not have, and what becomes of its removal.
class Removing : public testing::Test, public test::ForwardingWriter {
protected:
  Removing() : ForwardingWriter(world_.target) {
    EXPECT_TRUE(world_.apply(world_.plan()).complete());
    id_ = world_.target.put("notebooks", k_ghost, R"({"path":"/ghost","language":"SQL"})");
    world_.options.removes = true;
  }
  std::optional<base::Bytes> read_column(const model::Kind& kind, const std::string& id,
                                         const std::string& column) override {
    if (goes_meanwhile_) world_.target.erase("notebooks", id_);
    return ForwardingWriter::read_column(kind, id, column);
  }
  void remove(const model::Kind& kind, const std::string& id) override {
    if (holds_more_) throw base::Error(base::ErrorKind::conflict, "/ghost/more would go along");
    ForwardingWriter::remove(kind, id);
  }
  ResourceApplyResult removed() {
    const model::ResourcePlan plan = world_.plan();
    EXPECT_EQ(test::actions_of(plan), Texts{"remove notebooks//ghost"});
    IdMapStore ids(world_.state(), "primary", "secondary");
    std::vector<model::Kind> kinds = test::workspace_kinds();
    for (model::Kind& kind : kinds) kind.brings_content = kind.collection.name == holder_;
    const model::KindSet set(kinds);
    return apply_resources({.kinds = set,
                            .plan = plan,
                            .wanted = [](const std::string&, const base::Bytes&) { return std::nullopt; },
                            .writer = *this,
                            .journal = world_.state(),
                            .ids = ids},
                           world_.events, world_.clock, {});
  }

  test::ResourceWorld world_;
  std::string id_;
  bool goes_meanwhile_ = false;
  bool holds_more_ = false;
  std::string holder_ = "notebooks";  // the kind that takes along what lies in it
};

// With the folder that it lies in, say: between the look at it and the one at who may use it.
TEST_F(Removing, takes_what_went_meanwhile_for_removed) {
  goes_meanwhile_ = true;
  const ResourceApplyResult result = removed();
  EXPECT_EQ(outcomes_of(result), Texts{});
  EXPECT_EQ(result.removed, 1U);
}

TEST_F(Removing, tells_what_cannot_be_looked_at) {
  world_.target.unreadable.insert("permissions");
  EXPECT_EQ(outcomes_of(removed()), Texts{"failed notebooks//ghost: the permissions are not shown"});
  EXPECT_EQ(world_.target.id_of("notebooks", k_ghost), id_);
}

TEST_F(Removing, leaves_what_holds_more_than_anybody_named) {
  holds_more_ = true;
  const ResourceApplyResult result = removed();
  EXPECT_EQ(outcomes_of(result), Texts{"conflict notebooks//ghost: /ghost/more would go along"});
  EXPECT_EQ(result.ends, std::vector<StepEnd>{StepEnd::conflict});
  EXPECT_EQ(world_.target.id_of("notebooks", k_ghost), id_);
}

TEST_F(Removing, tries_again_what_was_refused_for_another_reason) {
  holds_more_ = true;
  holder_ = "folders";
  const ResourceApplyResult result = removed();
  EXPECT_EQ(outcomes_of(result), Texts{"failed notebooks//ghost: /ghost/more would go along"});
  EXPECT_EQ(result.ends, std::vector<StepEnd>{StepEnd::open});
}

}  // namespace
}  // namespace holdfast::engine
