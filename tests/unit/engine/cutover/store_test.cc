#include "engine/cutover/store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "storage/memory/memory_backend.h"

namespace holdfast::engine {
namespace {

class CutoverStoring : public testing::Test {
protected:
  std::size_t records() {
    std::size_t out = 0;
    state_->list("cutover/", [&](const storage::ObjectInfo&) { ++out; });
    return out;
  }

  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  CutoverStore store_{*state_};
  const base::Instant now_ = *base::parse_instant("2026-11-21T20:00:00Z");
};

TEST_F(CutoverStoring, knows_nothing_of_a_pair_that_never_was) {
  const Pair pair = store_.pair("primary", "secondary");
  EXPECT_EQ(pair.source, "primary");
  EXPECT_FALSE(pair.replicated.has_value());
  EXPECT_EQ(pair.active, "");
  EXPECT_TRUE(store_.pairs().empty());
}

TEST_F(CutoverStoring, keeps_what_was_said_last_and_nothing_else) {
  Pair pair{.source = "primary", .target = "secondary"};
  pair.replicated = LastRun{
      .plan = "aa", .source_snapshot = "w-1", .target_snapshot = "w-2", .at = now_, .differed = {{"jobs", "1", "2"}}};
  store_.save(pair);
  pair.active = "secondary";
  pair.recorded = "w-1";
  store_.save(pair);
  EXPECT_EQ(records(), 1U);
  const Pair read = CutoverStore(*state_).pair("primary", "secondary");
  EXPECT_EQ(read.active, "secondary");
  EXPECT_EQ(read.recorded, "w-1");
  ASSERT_TRUE(read.replicated.has_value());
  EXPECT_EQ(read.replicated->target_snapshot, "w-2");
  EXPECT_EQ(read.replicated->plan, "aa");
  EXPECT_EQ(read.replicated->at, now_);
  EXPECT_EQ(read.replicated->differed, (std::vector<LeftAlone>{{"jobs", "1", "2"}}));
  EXPECT_FALSE(store_.pair("secondary", "primary").replicated.has_value()) << "the other way is another pair";
}

TEST_F(CutoverStoring, keeps_what_a_fence_paused_beside_its_snapshot) {
  const PausedStates beside{{"boards", "9", "boards/sales", "schedules", "schedules[*].pause_status",
                             R"({"cron":"0 0 1 * * ?"})", R"("UNPAUSED")"}};
  store_.save(Fence{.connector = "primary", .snapshot = "w-3", .since = now_, .beside = beside, .left_out = 2});
  EXPECT_EQ(store_.fence("primary")->beside, beside);
  EXPECT_EQ(store_.fence("primary")->left_out, 2U);
  Pair pair{.source = "primary", .target = "secondary"};
  pair.left = {{"w-3", "boards", "9", beside}, {"w-3", "jobs", "1"}};
  store_.save(pair);
  EXPECT_EQ(store_.pair("primary", "secondary").left, pair.left);
}

TEST_F(CutoverStoring, reads_what_it_wrote_before_it_kept_that) {
  state_->put(
      "cutover/fences/7072696d617279/0000000000",
      R"({"connector":"primary","confirmed":true,"snapshot":"w-3","active":"","since":"2026-11-21T20:00:00Z"})");
  ASSERT_TRUE(store_.fence("primary").has_value());
  EXPECT_EQ(store_.fence("primary")->snapshot, "w-3");
  EXPECT_TRUE(store_.fence("primary")->beside.empty());
  EXPECT_EQ(store_.fence("primary")->left_out, 0U);
  state_->put("cutover/pairs/7072696d617279-7365636f6e64617279/0000000000",
              R"({"source":"primary","target":"secondary","active":"primary","recorded":"w-1",)"
              R"("since":"2026-11-21T20:00:00Z","left":[["w-4","jobs","9"]],"replicated":null})");
  EXPECT_EQ(store_.pair("primary", "secondary").left, (std::vector<LeftPaused>{{"w-4", "jobs", "9"}}));
}

TEST_F(CutoverStoring, keeps_what_was_given_and_what_was_left) {
  Pair pair{.source = "primary", .target = "secondary", .active = "secondary", .before = "w-3"};
  pair.replicated = LastRun{.source_snapshot = "w-1", .target_snapshot = "w-2", .written = {{"jobs", "1", "2"}}};
  pair.given = GivenStates{{{"jobs", "2"}, "pause_status=UNPAUSED;"}};
  pair.left = {{"w-4", "jobs", "9"}};
  store_.save(pair);
  const Pair read = store_.pair("primary", "secondary");
  EXPECT_EQ(read.given, pair.given);
  EXPECT_EQ(read.left, pair.left);
  EXPECT_EQ(read.before, "w-3");
  EXPECT_EQ(read.replicated->written, pair.replicated->written);
  store_.save(Pair{.source = "primary", .target = "secondary"});
  EXPECT_FALSE(store_.pair("primary", "secondary").given.has_value()) << "it is not known";
}

TEST_F(CutoverStoring, takes_an_activation_of_before_for_one_that_ended) {
  store_.save(
      Pair{.source = "primary", .target = "secondary", .active = "secondary", .complete = false, .behind = "s-2"});
  EXPECT_FALSE(store_.pair("primary", "secondary").complete);
  EXPECT_EQ(store_.pair("primary", "secondary").behind, "s-2");
  std::string name;
  state_->list("cutover/pairs/", [&](const storage::ObjectInfo& info) { name = info.name; });
  std::string text = state_->get_all(name);
  text.replace(text.find("\"complete\": false"), 17, "\"unknown\": false");
  state_->remove(name);
  ASSERT_TRUE(state_->put(name, text));
  EXPECT_TRUE(store_.pair("primary", "secondary").complete);
}

TEST_F(CutoverStoring, takes_the_newest_where_an_older_record_was_not_removed) {
  store_.save(Fence{.connector = "primary", .active = "secondary", .since = now_});
  std::string first;
  state_->list("cutover/fences/", [&](const storage::ObjectInfo& info) { first = info.name; });
  const base::Bytes text = state_->get_all(first);
  store_.save(Fence{.connector = "primary", .state = Fence::State::confirmed, .snapshot = "w-3", .since = now_});
  ASSERT_TRUE(state_->put(first, text)) << "as if the run had been killed before it removed it";
  const std::optional<Fence> fence = store_.fence("primary");
  ASSERT_TRUE(fence.has_value());
  EXPECT_EQ(fence->state, Fence::State::confirmed);
  EXPECT_EQ(fence->snapshot, "w-3");
  store_.lift("primary");
  EXPECT_FALSE(store_.fence("primary").has_value());
  EXPECT_TRUE(store_.fences().empty());
}

TEST_F(CutoverStoring, names_a_record_that_cannot_be_read) {
  store_.save(Fence{.connector = "primary", .since = now_});
  std::string name;
  state_->list("cutover/fences/", [&](const storage::ObjectInfo& info) { name = info.name; });
  const std::string text = state_->get_all(name);
  const std::string since = base::to_rfc3339(now_);
  std::string no_instant = text;
  no_instant.replace(no_instant.find(since), since.size(), "x");
  for (const std::string& damaged : {std::string("{"), no_instant}) {
    state_->remove(name);
    state_->put(name, damaged);
    try {
      (void)store_.fence("primary");
      ADD_FAILURE() << damaged;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
      EXPECT_NE(error.message().find(name), std::string::npos) << error.message();
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST_F(CutoverStoring, keeps_a_plan_from_its_begin_to_its_end) {
  model::ResourcePlan plan;
  plan.id = "aa";
  plan.source = "primary";
  plan.target = "secondary";
  plan.made = now_;
  store_.begin(plan);
  ASSERT_EQ(store_.begun("primary", "secondary").size(), 1U);
  EXPECT_EQ(store_.begun("primary", "secondary").front().plan->id, "aa");
  EXPECT_TRUE(store_.begun("secondary", "primary").empty());
  store_.end(plan);
  EXPECT_TRUE(store_.begun("primary", "secondary").empty());
}

TEST_F(CutoverStoring, reads_a_record_of_a_version_that_kept_the_selection) {
  Pair pair{.source = "primary", .target = "secondary"};
  pair.replicated = LastRun{.plan = "aa", .source_snapshot = "w-1", .target_snapshot = "w-2", .at = now_};
  store_.save(pair);
  std::string name;
  state_->list("cutover/pairs/", [&](const storage::ObjectInfo& info) { name = info.name; });
  std::string text = state_->get_all(name);
  const std::size_t plan = text.find(R"("plan": "aa")");
  ASSERT_NE(plan, std::string::npos);
  text.replace(plan, 12, R"("selection": ["kind:jobs"])");
  state_->remove(name);
  state_->put(name, text);
  const Pair read = store_.pair("primary", "secondary");
  ASSERT_TRUE(read.replicated.has_value());
  EXPECT_EQ(read.replicated->target_snapshot, "w-2");
  EXPECT_EQ(read.replicated->plan, "");
}

TEST_F(CutoverStoring, lists_begun_plans_in_the_order_of_their_making_and_those_that_cannot_be_read) {
  for (const auto& [id, seconds] : {std::pair("cc", 1), std::pair("aa", 3), std::pair("bb", 2)}) {
    model::ResourcePlan plan;
    plan.id = id;
    plan.source = "primary";
    plan.target = "secondary";
    plan.made = now_ + std::chrono::seconds(seconds);
    store_.begin(plan);
  }
  std::string last;
  state_->list("cutover/plans/", [&](const storage::ObjectInfo& info) { last = std::max(last, info.name); });
  state_->remove(last);
  state_->put(last, "{");
  const std::vector<CutoverStore::Begun> begun = store_.begun("primary", "secondary");
  ASSERT_EQ(begun.size(), 3U);
  EXPECT_FALSE(begun[0].plan.has_value());
  EXPECT_EQ(begun[0].name, last);
  EXPECT_NE(begun[0].problem, "");
  EXPECT_EQ(begun[1].plan->id, "bb");
  EXPECT_EQ(begun[2].plan->id, "aa");
  store_.drop(begun[0]);
  EXPECT_EQ(store_.begun("primary", "secondary").size(), 2U);
  store_.drop_begun("secondary", "primary");
  EXPECT_TRUE(store_.begun("primary", "secondary").empty()) << "of both directions";
}

// Nobody can go on with them.
TEST_F(CutoverStoring, forgets_the_journals_of_plans_that_it_ends_or_drops) {
  const auto begin = [&](const std::string& id) {
    model::ResourcePlan plan;
    plan.id = id;
    plan.source = "primary";
    plan.target = "secondary";
    store_.begin(plan);
    for (const char* record : {"plan", "ended", "00000001-done"}) state_->put("resources/" + id + "/" + record, "x");
    return plan;
  };
  const auto journal = [&](const std::string& id) {
    std::size_t out = 0;
    state_->list("resources/" + id + "/", [&](const storage::ObjectInfo&) { ++out; });
    return out;
  };
  store_.end(begin("aa"));
  EXPECT_EQ(journal("aa"), 0U);
  begin("bb");
  store_.drop(store_.begun("primary", "secondary").front());
  EXPECT_EQ(journal("bb"), 0U);
  begin("cc");
  store_.drop_begun("secondary", "primary");
  EXPECT_EQ(journal("cc"), 0U);
  begin("dd");
  state_->put("resources/dd/file", "x");
  store_.drop_begun("primary", "secondary");
  EXPECT_EQ(journal("dd"), 4U) << "a file holds that plan";
}

}  // namespace
}  // namespace holdfast::engine
