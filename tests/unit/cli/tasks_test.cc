#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/json.h"
#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

using nlohmann::json;

// A user that a directory has to bring, and a board whose mails somebody has to ask for again: what is left in place of
// a write, and what is left beside one.
class TasksLeft : public Nights {
protected:
  TasksLeft() {
    put_user("bob");
    put_board();
  }

  static std::string user(const std::string& name, const std::string& note) {
    return R"({"userName":")" + name + R"(","externalId":"ext-)" + name + R"(","origin":")" + name + R"(","note":")" +
           note + "\"}";
  }
  void put_user(const std::string& name) { primary_.workspace.put("users", name, user(name, "one")); }
  void bring_user(const std::string& name) { secondary_.workspace.put("users", name, user(name, "one")); }
  void put_board() {
    primary_.workspace.put("boards", "sales", R"({"name":"sales","origin":"sales"})",
                           {{"schedules", R"({"schedules":[{"cron":"x","mail":"anna"}]})"}});
  }
  static void erase(WorkspaceAccount& on, const std::string& kind, const std::string& name) {
    on.workspace.erase(kind, on.workspace.id_of(kind, name));
  }

  json tasks(const Names& more = {}) {
    Names arguments{"tasks", "secondary", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out).at("tasks");
  }
  // Paths of those that are open, in the order in which they are listed.
  Names open() {
    Names out;
    for (const json& one : tasks()) out.push_back(one.at("path"));
    std::sort(out.begin(), out.end());
    return out;
  }
  json task(const std::string& path) {
    json out;
    for (const json& one : tasks({"--all"}))
      if (one.at("path") == path) out = one;
    EXPECT_FALSE(out.is_null()) << path;
    return out;
  }
  std::string id_of(const std::string& path) { return task(path).at("id"); }
  std::string state_of(const std::string& path) { return task(path).at("state"); }
  void settle(const Names& arguments) {
    const Outcome outcome = run(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  const std::string bob_ = "users/bob";
  const std::string board_ = "boards/sales";
};

TEST_F(TasksLeft, are_kept_told_once_and_counted_from_then_on) {
  const Outcome first = run({"migrate", "primary", "secondary"});
  EXPECT_EQ(first.code, 0) << "nothing failed: " << first.err;
  EXPECT_TRUE(first.says("to be done by hand: users/bob: Let the directory bring bob."));
  EXPECT_TRUE(first.says("to be done by hand: boards/sales: Subscribe to sales again."));
  EXPECT_TRUE(first.says("2 tasks are open: holdfast tasks secondary")) << first.err;
  EXPECT_TRUE(first.says("open tasks")) << first.out;
  EXPECT_EQ(open(), (Names{board_, bob_}));

  const Outcome second = night();
  EXPECT_EQ(second.code, 0);
  EXPECT_FALSE(second.says("to be done by hand")) << second.err;
  EXPECT_TRUE(second.says("2 tasks are open, none of them new: holdfast tasks secondary")) << second.err;
  put_user("eve");
  const Outcome third = night({"--json"});
  EXPECT_TRUE(third.says("to be done by hand: users/eve")) << third.out;
  EXPECT_FALSE(third.says("to be done by hand: users/bob")) << "programs are told once, too";
  EXPECT_TRUE(third.says("3 tasks are open, 1 of them new")) << third.out;
  EXPECT_TRUE(third.says("\"open_tasks\":3")) << third.out;
}

TEST_F(TasksLeft, are_listed_with_what_comes_along) {
  migrate();
  const Outcome table = run({"tasks", "secondary"});
  EXPECT_TRUE(table.says("users/bob")) << table.out;
  EXPECT_TRUE(table.says("Let the directory bring bob. (-v shows it)")) << table.out;
  EXPECT_FALSE(table.says("ext-bob"));
  EXPECT_TRUE(run({"tasks", "-v"}).says("\nbring\n\n  {"));
  const std::string id = id_of(bob_);
  ASSERT_EQ(id.size(), 16U);
  const Outcome shown = run({"tasks", "show", id.substr(0, 8)});
  EXPECT_TRUE(shown.says(id.substr(0, 8) + "  users/bob on secondary, from primary\nopen since 2026-11-21"))
      << shown.out;
  EXPECT_TRUE(shown.says("Let the directory bring bob.\n\nbring\n\n  {")) << shown.out;
  const json told = json::parse(run({"tasks", "show", id, "--json"}).out).at("task");
  EXPECT_EQ(told.at("kind"), "users");
  EXPECT_EQ(told.at("state"), "open");
  EXPECT_TRUE(told.at("who").is_null());
  EXPECT_TRUE(run({"tasks", "primary"}).says("no task is open"));
  const Outcome unknown = run({"tasks", "secundary"});
  EXPECT_EQ(unknown.code, base::exit_code(base::ErrorKind::config)) << unknown.err;
  EXPECT_TRUE(unknown.says("secondary")) << unknown.err;
}

// A script is there to be copied.
TEST_F(TasksLeft, keep_the_tabs_of_what_comes_along) {
  primary_.workspace.put("users", "eve", "{\"userName\":\"eve\",\t\"externalId\":\"ext-eve\"}");
  migrate();
  const Outcome shown = run({"tasks", "show", id_of("users/eve")});
  EXPECT_TRUE(shown.says("\"eve\",\t\"externalId\"")) << shown.out;
}

TEST_F(TasksLeft, are_ticked_off_and_stay_so) {
  migrate();
  const std::string id = id_of(board_);
  EXPECT_EQ(run({"tasks", "done", "secondary", id.substr(0, 6), "--dry-run"}).code, 0);
  EXPECT_EQ(state_of(board_), "open");
  const Outcome done = run({"tasks", "done", "secondary", id.substr(0, 6)});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(done.says("boards/sales")) << done.err;
  EXPECT_EQ(state_of(board_), "done");
  EXPECT_FALSE(task(board_).at("who").get<std::string>().empty());
  EXPECT_EQ(open(), Names{bob_});
  settle({"tasks", "done", "secondary", id_of(bob_)});
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(open(), Names{}) << "the run lists bob again, and somebody said that this is done";
  EXPECT_TRUE(run({"tasks", "secondary", "--all"}).says("done 2026-11-21"));
  EXPECT_TRUE(run({"tasks", "done", "secondary", id}).says("it is done")) << "twice does no harm";
  settle({"tasks", "reopen", "secondary", id});
  EXPECT_EQ(open(), Names{board_});
}

TEST_F(TasksLeft, are_waived_with_a_reason_only) {
  migrate();
  const std::string id = id_of(bob_);
  EXPECT_EQ(run({"tasks", "waive", "secondary", id}).code, 2);
  EXPECT_EQ(run({"tasks", "waive", "secondary", id, "--reason", ""}).code, 2);
  EXPECT_EQ(state_of(bob_), "open");
  settle({"tasks", "waive", "secondary", id, "--reason", "he left"});
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(task(bob_).at("reason"), "he left");
  EXPECT_TRUE(run({"tasks", "--all"}).says(": he left"));
  EXPECT_EQ(open(), Names{board_});
}

TEST_F(TasksLeft, are_named_by_what_tells_them_from_others) {
  migrate();
  const std::string id = id_of(bob_);
  for (const std::string& odd : {std::string("00000000"), std::string("zz")}) {
    const Outcome outcome = run({"tasks", "done", "secondary", id_of(board_), odd});
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_TRUE(outcome.says("there is no task " + odd)) << outcome.err;
    EXPECT_TRUE(outcome.says("holdfast tasks secondary --all")) << outcome.err;
  }
  for (const std::string& short_one : {id.substr(0, 1), std::string()}) {
    const Outcome outcome = run({"tasks", "done", "secondary", id_of(board_), short_one});
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_TRUE(outcome.says("\"" + short_one + "\" is too short for a task")) << outcome.err;
    EXPECT_TRUE(outcome.says("Write at least 2 digits")) << outcome.err;
  }
  EXPECT_EQ(open().size(), 2U) << "nor is the other one ticked off";
  EXPECT_EQ(run({"tasks", "done", "primary", id}).code, 1) << "it is not to be done there";
}

TEST_F(TasksLeft, are_named_by_any_beginning_that_only_one_has) {
  migrate();
  const std::string id = id_of(bob_);
  std::size_t digits = 2;
  while (id_of(board_).starts_with(id.substr(0, digits))) ++digits;
  ASSERT_LT(digits, 4U) << "else this shows nothing";
  EXPECT_TRUE(run({"tasks", "show", id.substr(0, digits)}).says("users/bob"));
  EXPECT_EQ(run({"tasks", "done", "secondary", id.substr(0, digits)}).code, 0);
  EXPECT_EQ(open(), Names{board_});
}

TEST_F(TasksLeft, are_listed_where_a_beginning_is_that_of_several) {
  for (int i = 0; i < 40; ++i) put_user("user" + std::to_string(i));
  migrate();
  std::set<std::string> seen;
  std::string both;
  for (const json& one : tasks())
    if (const std::string start = one.at("id").get<std::string>().substr(0, 2); !seen.insert(start).second)
      both = start;
  ASSERT_FALSE(both.empty()) << "else this shows nothing";
  const Outcome outcome = run({"tasks", "show", both});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(outcome.says(both + " stands for ")) << outcome.err;
  EXPECT_TRUE(outcome.says("Write more of it: " + both)) << outcome.err;
}

// With standard output redirected, the text of a task is to be found where its task is.
TEST_F(TasksLeft, are_told_with_what_comes_along_on_one_stream) {
  const Outcome outcome = run({"migrate", "primary", "secondary"});
  const std::size_t at = outcome.err.find("to be done by hand: users/bob");
  ASSERT_NE(at, std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("\n      bring\n", at), std::string::npos) << outcome.err;
  const std::size_t plan = outcome.out.find("      bring\n");
  ASSERT_NE(plan, std::string::npos) << "the plan shows it on its own stream";
  EXPECT_EQ(outcome.out.find("bring\n", plan + 10), std::string::npos) << outcome.out;
}

TEST_F(TasksLeft, are_open_again_where_something_else_is_to_be_done) {
  migrate();
  const std::string id = id_of(bob_);
  settle({"tasks", "done", "secondary", id});
  primary_.workspace.rewrite("users", primary_.workspace.id_of("users", "bob"), user("bob", "two"));
  const Outcome outcome = night();
  EXPECT_TRUE(outcome.says("to be done by hand: users/bob")) << outcome.err;
  EXPECT_EQ(open(), (Names{board_, bob_}));
  EXPECT_NE(tasks().back().at("id"), id);
  EXPECT_EQ(tasks({"--all"}).size(), 3U) << "what was to be done before is kept";
}

TEST_F(TasksLeft, are_closed_when_nothing_asks_for_them_and_open_when_something_does_again) {
  migrate();
  bring_user("bob");
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(state_of(bob_), "closed");
  erase(secondary_, "users", "bob");
  const Outcome outcome = night();
  EXPECT_TRUE(outcome.says("to be done by hand: users/bob")) << outcome.err;
  EXPECT_EQ(state_of(bob_), "open");
}

// A run that has nothing to write lists nothing beside it.
TEST_F(TasksLeft, beside_a_write_are_closed_by_no_run_that_writes_nothing) {
  migrate();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(night().code, 0);
    EXPECT_EQ(state_of(board_), "open");
  }
  erase(primary_, "boards", "sales");
  EXPECT_EQ(night({"--select", "kind:jobs"}).code, 0);
  EXPECT_EQ(state_of(board_), "open");
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(state_of(board_), "closed") << "there is nothing to subscribe to";
}

TEST_F(TasksLeft, beside_a_write_are_open_again_when_that_is_made_anew) {
  migrate();
  settle({"tasks", "done", "secondary", id_of(board_)});
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(state_of(board_), "done");
  erase(secondary_, "boards", "sales");
  const Outcome outcome = night();
  EXPECT_TRUE(outcome.says("to be done by hand: boards/sales")) << outcome.err;
  EXPECT_EQ(state_of(board_), "open") << "who subscribed to the other one has not to this one";
  settle({"tasks", "waive", "secondary", id_of(board_), "--reason", "nobody reads it"});
  erase(secondary_, "boards", "sales");
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(state_of(board_), "waived");
}

TEST_F(TasksLeft, are_closed_by_a_selection_where_it_holds_them) {
  put_user("eve");
  migrate();
  bring_user("bob");
  bring_user("eve");
  EXPECT_EQ(night({"--select", "kind:jobs"}).code, 0);
  EXPECT_EQ(open(), (Names{board_, bob_, "users/eve"}));
  EXPECT_EQ(night({"--select", "/users/bob", "--select", "kind:pools"}).code, 0);
  EXPECT_EQ(open(), (Names{board_, "users/eve"}));
}

TEST_F(TasksLeft, are_those_too_that_turn_out_while_a_plan_is_applied) {
  secondary_.workspace.by_hand.emplace("pools/big", "Make the pool big yourself.");
  migrate();
  EXPECT_EQ(open(), (Names{board_, "pools/big", bob_}));
  EXPECT_EQ(night({"--select", "kind:pools"}).code, 0);
  EXPECT_EQ(state_of("pools/big"), "open");
  secondary_.workspace.by_hand.clear();
  secondary_.workspace.refusals.emplace("pools/big", base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(state_of("pools/big"), "open") << "that it failed otherwise proves nothing";
  secondary_.workspace.refusals.clear();
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(state_of("pools/big"), "closed");
}

// No run compares what is left beside a call that wrote: that none finds anything proves nothing.
TEST_F(TasksLeft, beside_a_call_that_wrote_are_open_until_somebody_ticks_them_off) {
  secondary_.workspace.left_beside.emplace("pools/big", "Look at the pool big.");
  migrate();
  ASSERT_EQ(secondary_.workspace.count("pools"), 1U) << "it is made";
  secondary_.workspace.left_beside.clear();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(night().code, 0);
    EXPECT_EQ(state_of("pools/big"), "open") << i;
  }
  settle({"tasks", "done", "secondary", id_of("pools/big")});
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(state_of("pools/big"), "done");
  EXPECT_EQ(secondary_.workspace.count("pools"), 1U);
}

TEST_F(TasksLeft, are_kept_by_a_restore_that_was_killed) {
  ASSERT_EQ(run({"backup", "primary"}).code, 0);
  Tripwire wire;
  secondary_.workspace.wire = &wire;
  const Names restore{"restore", "primary/latest", "--to", "secondary", "--select", "/boards/sales", "--yes"};
  wire.arm(Tripwire::Strike::after, 1);
  EXPECT_NE(run(restore).code, 0);
  ASSERT_EQ(secondary_.workspace.count("boards"), 1U) << "it is made, and no run makes it again";
  wire.arm(Tripwire::Strike::never);
  EXPECT_EQ(open(), Names{board_});
}

TEST_F(TasksLeft, of_a_dry_run_and_of_a_refused_one_are_kept_by_nobody) {
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--dry-run"}).code, 0);
  EXPECT_EQ(run({"restore", "primary/latest", "--to", "secondary"}).code, 5);
  secondary_.workspace.put("pools", "big", pool("big", 9));
  EXPECT_NE(run({"restore", "primary/latest", "--to", "secondary", "--existing", "fail", "--yes"}).code, 0);
  EXPECT_EQ(open(), Names{});
}

TEST_F(TasksLeft, are_no_business_of_fences_and_activations) {
  migrate();
  fail_over();
  EXPECT_EQ(open(), (Names{board_, bob_}));
  EXPECT_EQ(run({"activate", "secondary", "--yes"}).code, 0);
  EXPECT_EQ(run({"fence", "primary"}).code, 0);
  EXPECT_EQ(open(), (Names{board_, bob_}));
}

TEST_F(TasksLeft, stand_in_the_status_and_in_an_exit_code_for_who_asks) {
  migrate();
  EXPECT_TRUE(run({"status"}).says("2 tasks are open: holdfast tasks secondary"));
  const json status = json::parse(run({"status", "--json"}).out);
  EXPECT_EQ(status.at("connectors").at(0).at("open_tasks"), 0);
  EXPECT_EQ(status.at("connectors").at(1).at("open_tasks"), 2);
  EXPECT_EQ(run({"tasks", "secondary", "--exit-code"}).code, 3);
  EXPECT_EQ(run({"tasks", "primary", "--exit-code"}).code, 0);
  settle({"tasks", "done", "secondary", id_of(bob_), id_of(board_)});
  EXPECT_EQ(run({"tasks", "--exit-code"}).code, 0);
  EXPECT_FALSE(run({"status"}).says("task"));
}

TEST_F(TasksLeft, explain_what_differs) {
  migrate();
  const Outcome people = run({"verify", "primary/latest", "secondary"});
  EXPECT_TRUE(people.says("- users/bob  (task " + id_of(bob_).substr(0, 8) + ")\n")) << people.out;
  EXPECT_TRUE(run({"verify", "primary/latest", "secondary", "--json"}).says("\"task\":\"" + id_of(bob_) + "\""));
  settle({"tasks", "waive", "secondary", id_of(bob_), "--reason", "he left"});
  EXPECT_TRUE(run({"verify", "primary/latest", "secondary"}).says("- users/bob\n"));
}

TEST_F(TasksLeft, stop_no_run_where_they_cannot_be_kept) {
  migrate();
  storage::open_local_backend(app_.composition.state_folder)
      ->put("tasks/7072696d617279-7365636f6e64617279/9000000000", "odd");
  grow(primary_, 2);
  const Outcome outcome = night();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("what remains to be done by hand on secondary could not be kept")) << outcome.err;
  EXPECT_TRUE(outcome.says("to be done by hand: users/bob")) << "what is not kept is told: " << outcome.err;
  EXPECT_EQ(run({"tasks"}).code, base::exit_code(base::ErrorKind::corruption));
  const Outcome status = run({"status"});
  EXPECT_EQ(status.code, 0) << status.err;
  EXPECT_TRUE(status.says("SOURCE")) << "who is in charge is told all the same: " << status.out;
  const json told = json::parse(run({"status", "--json"}).out);
  EXPECT_TRUE(told.at("connectors").at(1).at("open_tasks").is_null()) << "and how many there are is not known";
}

}  // namespace
}  // namespace holdfast::test
