#include "engine/resources/task_store.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "storage/memory/memory_backend.h"
#include "support/errors.h"

namespace holdfast::engine {
namespace {

using State = ManualTask::State;

class TaskStoring : public testing::Test {
protected:
  static ManualTask task(const std::string& path, const std::string& text) {
    return {.id = task_id("secondary", "users", path, text),
            .kind = "users",
            .path = path,
            .source_id = "7",
            .text = text,
            .way = ManualTask::Way::beside};
  }
  TaskStore store(const std::string& source = "primary") { return {*state_, source, "secondary"}; }

  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  const base::Instant now_ = *base::parse_instant("2026-11-21T20:00:00Z");
  const base::Instant later_ = now_ + std::chrono::hours(1);
};

TEST_F(TaskStoring, keeps_what_was_said_last_of_each) {
  const ManualTask bob = task("users/bob", "Let the directory bring bob.\nline\n\n  another\n");
  const ManualTask odd = task("users/b\xff", "Bring b\xff.");
  TaskStore first = store();
  first.open({bob, odd}, now_);
  first.settle({.state = State::waived, .ids = {bob.id}, .at = later_, .who = "anna", .reason = "he left"});
  const TaskStore read = store();
  ASSERT_EQ(read.tasks().size(), 2U);
  for (const TaskStore* one : {&std::as_const(first), &read}) {
    const ManualTask* known = one->find(bob.id);
    ASSERT_NE(known, nullptr);
    EXPECT_EQ(known->text, bob.text);
    EXPECT_EQ(known->way, bob.way);
    EXPECT_EQ(known->source_id, "7");
    EXPECT_EQ(known->state, State::waived);
    EXPECT_EQ(known->since, now_);
    EXPECT_EQ(known->until, later_);
    EXPECT_EQ(known->who + ": " + known->reason, "anna: he left");
    ASSERT_NE(one->find(odd.id), nullptr) << "bytes that are no UTF-8 stay what they are";
    EXPECT_EQ(one->find(odd.id)->path, odd.path);
    EXPECT_EQ(one->find(odd.id)->state, State::open);
  }
  first.open({bob}, later_);
  EXPECT_EQ(store().find(bob.id)->state, State::open);
  EXPECT_EQ(store().find(bob.id)->since, later_);
  EXPECT_EQ(store().find(bob.id)->who, "");
}

TEST_F(TaskStoring, still_tells_who_ticked_off_what_nothing_asks_for_any_more) {
  const ManualTask bob = task("users/bob", "Bring bob.");
  TaskStore known = store();
  known.open({bob}, now_);
  known.settle({.state = State::done, .ids = {bob.id}, .at = now_, .who = "anna"});
  known.settle({.state = State::closed, .ids = {bob.id}, .at = later_});
  EXPECT_EQ(store().find(bob.id)->who, "anna");
  EXPECT_EQ(store().find(bob.id)->until, later_);
}

TEST_F(TaskStoring, loses_nothing_that_two_say_at_once) {
  const ManualTask bob = task("users/bob", "Bring bob.");
  const ManualTask eve = task("users/eve", "Bring eve.");
  TaskStore run = store();
  run.open({bob}, now_);
  TaskStore person = store();
  run.open({eve}, later_);
  person.settle({.state = State::done, .ids = {bob.id}, .at = later_, .who = "anna"});
  EXPECT_EQ(store().find(bob.id)->state, State::done);
  EXPECT_EQ(store().find(eve.id)->state, State::open);
}

TEST_F(TaskStoring, counts_what_two_sources_ask_for_alike_once) {
  const ManualTask bob = task("users/bob", "Bring bob.");
  store().open({bob}, now_);
  store("elsewhere").open({bob, task("users/eve", "Bring eve.")}, now_);
  TaskStore(*state_, "secondary", "primary").open({task("users/x", "Bring x.")}, now_);
  EXPECT_EQ(open_tasks(*state_, "secondary"), 2U);
  EXPECT_EQ(open_tasks(*state_, "primary"), 1U);
  const std::vector<TaskStore> all = task_stores(*state_);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].target(), "primary");
  EXPECT_EQ(all[1].source(), "elsewhere");
}

TEST_F(TaskStoring, names_the_record_that_cannot_be_read) {
  const std::string folder = "tasks/7072696d617279-7365636f6e64617279/";
  for (const char* text : {"", "[]", "{\"version\":1,\"at\":\"yesterday\"}", "{\"version\":2}",
                           "{\"version\":1,\"at\":\"2026-11-21T20:00:00Z\",\"settled\":{\"state\":\"odd\"}}"}) {
    state_->put(folder + "0000000000", text);
    try {
      store();
      ADD_FAILURE() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
      EXPECT_NE(error.message().find(folder + "0000000000 cannot be read"), std::string::npos) << error.message();
    }
    state_->remove(folder + "0000000000");
  }
}

TEST_F(TaskStoring, counts_of_all_what_can_be_read) {
  store().open({task("users/bob", "Bring bob."), task("users/eve", "Bring eve.")}, now_);
  store("elsewhere").open({task("users/bob", "Bring bob.")}, now_);
  TaskStore(*state_, "secondary", "primary").open({task("users/x", "Bring x.")}, now_);
  state_->put("tasks/a-b/x", "put there by somebody else");
  state_->put("tasks/odd", "");
  std::vector<std::string> told;
  const auto unreadable = [&](const base::Error& error) { told.push_back(error.message()); };
  const std::map<std::string, std::optional<std::uint64_t>> all{{"primary", 1}, {"secondary", 2}};
  EXPECT_EQ(open_tasks_of_all(*state_, unreadable), all);
  EXPECT_EQ(open_tasks(*state_, "secondary"), 2U) << "also beside what is not ours";
  state_->put("tasks/7072696d617279-7365636f6e64617279/0000000009", "{");
  const std::map<std::string, std::optional<std::uint64_t>> rest{{"primary", 1}, {"secondary", std::nullopt}};
  EXPECT_EQ(open_tasks_of_all(*state_, unreadable), rest);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told.front().find("0000000009 cannot be read"), std::string::npos) << told.front();
}

// Somebody who is always faster.
class Crowded : public storage::Backend {
public:
  storage::Properties properties() const override { return {}; }
  std::optional<storage::ObjectInfo> stat(std::string_view) override { return std::nullopt; }
  base::Bytes get(std::string_view, const storage::Range&) override { return {}; }
  bool put(std::string_view, base::ByteView) override { return ++puts > most; }
  bool remove(std::string_view) override { return false; }
  void list(std::string_view, const std::function<void(const storage::ObjectInfo&)>&) override {}

  int puts = 0;
  int most = 0;
};

TEST_F(TaskStoring, gives_up_where_others_write_without_end) {
  Crowded crowded;
  crowded.most = 40;
  TaskStore late(crowded, "primary", "secondary");
  late.open({task("users/bob", "Bring bob.")}, now_);
  EXPECT_NE(late.find(task("users/bob", "Bring bob.").id), nullptr);
  crowded.most = 100'000;
  EXPECT_EQ(test::error_of([&] { late.open({task("users/eve", "Bring eve.")}, now_); }), base::ErrorKind::busy);
  EXPECT_LT(crowded.puts, 1'000);
  EXPECT_EQ(late.tasks().size(), 1U) << "what is not written is not open";
}

}  // namespace
}  // namespace holdfast::engine
