#include "cli/cutover.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "cli/app.h"
#include "cli/commands/commands.h"
#include "cli/file_url.h"
#include "storage/local/local_backend.h"
#include "support/fake_workspace_connector.h"
#include "support/fakes.h"

namespace {

using namespace holdfast;
using namespace holdfast::cli;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
  bool says(const std::string& text) const { return (out + err).find(text) != std::string::npos; }
};

std::string job(const std::string& name, const std::string& note) {
  return R"({"name":")" + name + R"(","origin":")" + name + R"(","note":")" + note +
         R"(","schedule":{"cron":"0 0 * * * ?","pause_status":"PAUSED"}})";
}
std::string pool(const std::string& name, int most) {
  return R"({"name":")" + name + R"(","node_type":"east-4","max":)" + std::to_string(most) + R"(,"origin":")" + name +
         R"("})";
}

// Night after night from one workspace into another, with people at work on both of them by day.
class Nights : public testing::Test {
protected:
  Nights() {
    composition_.backends = {
        {"file", "", [](const std::string& url) { return storage::open_local_backend(file_url_path(url)); }}};
    platform::Platform platform;
    platform.name = "workspace";
    platform.kinds = test::workspace_kinds();
    platform.open = [this](const std::string& name, const platform::Settings&, const base::Clock&, base::Events&) {
      return test::connect(name == "secondary" ? secondary_ : primary_);
    };
    composition_.platforms = {platform};
    composition_.open_state = [this](const std::string& folder) {
      state_ = folder;
      return storage::open_local_backend(folder);
    };
    composition_.clock = &clock_;
    composition_.random = &base::system_random();
    ::setenv("XDG_STATE_HOME", (folder_.path() + "/state").c_str(), 1);
    ::setenv("HOLDFAST_KEY", "correct horse battery", 1);
    std::ofstream(folder_.path() + "/holdfast.toml")
        << "[repository.main]\nurl = \"file://" << folder_.path() << "/repository\"\n"
        << "[connector.primary]\nplatform = \"workspace\"\n[connector.secondary]\nplatform = \"workspace\"\n";
    primary_.workspace.put("pools", "big", pool("big", 1));
    for (const char* name : {"x", "y", "z"}) primary_.workspace.put("jobs", name, job(name, "one"));
    EXPECT_EQ(run({"init"}).code, 0);
  }
  ~Nights() override {
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("HOLDFAST_KEY");
  }

  Outcome run(std::vector<std::string> arguments) {
    clock_.advance(std::chrono::minutes(10));
    arguments.insert(arguments.end(), {"--config", folder_.path() + "/holdfast.toml"});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome out;
    out.code = run_app(composition_, all_commands(), arguments);
    out.out = testing::internal::GetCapturedStdout();
    out.err = testing::internal::GetCapturedStderr();
    return out;
  }
  void migrate() {
    const Outcome outcome = run({"migrate", "primary", "secondary"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  Outcome night(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"replicate", "primary", "secondary"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  static void change(test::WorkspaceAccount& on, const std::string& name, const std::string& note) {
    on.workspace.rewrite("jobs", on.workspace.id_of("jobs", name), job(name, note));
  }
  static void grow(test::WorkspaceAccount& on, int most) {
    on.workspace.rewrite("pools", on.workspace.id_of("pools", "big"), pool("big", most));
  }
  std::string note_of(const std::string& name) const {
    const std::string body = secondary_.workspace.body("jobs", secondary_.workspace.id_of("jobs", name));
    const std::size_t from = body.find(R"("note":")") + 8;
    return body.substr(from, body.find('"', from) - from);
  }
  bool secondary_has_job(const std::string& name) const { return !secondary_.workspace.id_of("jobs", name).empty(); }

  test::TempFolder folder_;
  test::ManualClock clock_{*base::parse_instant("2026-11-21T20:00:00Z")};
  test::WorkspaceAccount primary_{clock_, 1'000, "one"};
  test::WorkspaceAccount secondary_{clock_, 5'000, "two"};
  Composition composition_;
  std::string state_;
};

TEST_F(Nights, hold_back_what_is_changed_on_the_day_after_a_conflict) {
  migrate();
  change(secondary_, "x", "theirs");
  grow(primary_, 2);
  EXPECT_EQ(night().code, 3) << "x is in conflict, and the pool is written beside it";
  change(secondary_, "y", "theirs");
  change(primary_, "y", "two");
  const Outcome second = night();
  EXPECT_EQ(second.code, 3) << second.err;
  EXPECT_EQ(note_of("x"), "theirs");
  EXPECT_EQ(note_of("y"), "theirs");
  change(primary_, "z", "two");
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(note_of("x") + note_of("y") + note_of("z"), "theirstheirstwo") << "for as long as they differ";
}

TEST_F(Nights, excuse_nothing_by_a_plan_that_is_gone_on_with) {
  migrate();
  grow(primary_, 2);
  change(primary_, "z", "two");
  secondary_.workspace.refusals.emplace("pools/big", base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(night().code, 3) << "the pool fails, and z is written";
  secondary_.workspace.refusals.clear();
  // Of what the plan does not write, and of what it has written.
  change(secondary_, "y", "theirs");
  change(secondary_, "z", "theirs");
  const Outcome second = night();
  EXPECT_TRUE(second.says("which failed in part")) << second.err;
  EXPECT_EQ(note_of("z"), "theirs");
  change(primary_, "y", "two");
  change(primary_, "z", "three");
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(note_of("y") + note_of("z"), "theirstheirs");
}

TEST_F(Nights, excuse_nothing_by_a_run_of_something_else) {
  migrate();
  change(secondary_, "x", "theirs");
  change(primary_, "x", "two");
  EXPECT_EQ(night().code, 3);
  change(secondary_, "y", "theirs");
  grow(primary_, 2);
  EXPECT_EQ(night({"--select", "kind:pools"}).code, 0);
  change(primary_, "y", "two");
  const Outcome whole = night();
  EXPECT_EQ(whole.code, 3) << whole.err;
  EXPECT_EQ(note_of("x") + note_of("y"), "theirstheirs");
}

TEST_F(Nights, hold_back_what_is_changed_while_the_plan_is_applied) {
  migrate();
  grow(primary_, 2);
  secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;
  secondary_.workspace.interrupt = [&] { change(secondary_, "y", "theirs"); };
  EXPECT_EQ(night().code, 0) << "y was read before, and has no step";
  ASSERT_EQ(note_of("y"), "theirs");
  change(primary_, "y", "two");
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(note_of("y"), "theirs");
}

TEST_F(Nights, go_on_holding_back_what_turned_out_to_be_changed_while_it_was_to_be_written) {
  migrate();
  grow(primary_, 2);
  change(primary_, "x", "two");
  secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;  // the pool's, which comes before the job's
  secondary_.workspace.interrupt = [&] { change(secondary_, "x", "theirs"); };
  const Outcome first = night();
  EXPECT_EQ(first.code, 3) << first.err;
  ASSERT_EQ(note_of("x"), "theirs");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(night().code, 3);
    EXPECT_EQ(note_of("x"), "theirs");
  }
}

TEST_F(Nights, remove_nothing_that_people_made_on_the_target) {
  migrate();
  secondary_.workspace.put("jobs", "hers", job("hers", "hers"));
  for (int most = 2; most < 5; ++most) {
    grow(primary_, most);
    const Outcome outcome = most == 3 ? night() : night({"--remove", "--yes"});
    EXPECT_EQ(outcome.code, most == 3 ? 0 : 3) << outcome.err;
    EXPECT_TRUE(secondary_has_job("hers"));
  }
  EXPECT_EQ(night({"--remove", "--existing", "replace", "--yes"}).code, 0);
  EXPECT_FALSE(secondary_has_job("hers")) << "when told to";
}

TEST_F(Nights, remove_nothing_that_people_changed_on_the_target) {
  migrate();
  change(secondary_, "x", "theirs");
  primary_.workspace.erase("jobs", primary_.workspace.id_of("jobs", "x"));
  primary_.workspace.erase("jobs", primary_.workspace.id_of("jobs", "y"));
  for (int most = 2; most < 5; ++most) {
    grow(primary_, most);
    const Outcome outcome = most == 3 ? night() : night({"--remove", "--yes"});
    EXPECT_EQ(outcome.code, most == 3 ? 0 : 3) << outcome.err;
    EXPECT_TRUE(secondary_has_job("x"));
    EXPECT_FALSE(secondary_has_job("y")) << "that was nobody's but the source's";
  }
}

TEST_F(Nights, take_nothing_for_their_own_that_was_on_the_target_before) {
  secondary_.workspace.put("pools", "team", pool("team", 7));
  migrate();
  primary_.workspace.put("pools", "team", pool("team", 1));
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = night({"--remove", "--yes"});
    EXPECT_EQ(outcome.code, 3) << outcome.out;
    EXPECT_NE(secondary_.workspace.body("pools", secondary_.workspace.id_of("pools", "team")).find(R"("max":7)"),
              std::string::npos);
  }
}

TEST_F(Nights, forget_a_conflict_that_is_none_any_more) {
  migrate();
  change(secondary_, "x", "theirs");
  grow(primary_, 2);
  EXPECT_EQ(night().code, 3);
  change(secondary_, "x", "one");
  const std::vector<std::string> jobs{"--select", "kind:jobs"};
  EXPECT_EQ(night(jobs).code, 0);
  change(primary_, "x", "two");
  const Outcome outcome = night(jobs);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_EQ(note_of("x"), "two");
}

TEST_F(Nights, write_what_failed_when_it_can_be_written) {
  migrate();
  change(primary_, "x", "two");
  secondary_.workspace.refusals.emplace("jobs/x", base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(night().code, 3) << "and so does the plan of that night";
  secondary_.workspace.refusals.clear();
  const Outcome outcome = night();
  EXPECT_EQ(outcome.code, 0) << "what nobody touched is no conflict: " << outcome.out;
  EXPECT_EQ(note_of("x"), "two");
}

TEST_F(Nights, say_what_stays_behind) {
  migrate();
  EXPECT_FALSE(night().says("no longer on primary"));
  secondary_.workspace.put("jobs", "hers", job("hers", "hers"));
  primary_.workspace.erase("jobs", primary_.workspace.id_of("jobs", "x"));
  const Outcome outcome = night();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.says("1 resource on secondary is no longer on primary: --remove removes it")) << outcome.err;
  EXPECT_EQ(night({"--remove", "--yes"}).code, 3) << "hers is not known on primary";
  EXPECT_FALSE(night().says("no longer on primary"));
}

TEST_F(Nights, end_with_a_failback_that_removes_no_original) {
  primary_.workspace.put("jobs", "own", job("own", "one"));
  secondary_.workspace.refusals.emplace("jobs/own", base::Error(base::ErrorKind::refused, "over the quota"));
  EXPECT_EQ(run({"migrate", "primary", "secondary"}).code, 3);
  EXPECT_EQ(run({"failover", "primary", "secondary", "--yes"}).code, 3);
  secondary_.workspace.erase("jobs", secondary_.workspace.id_of("jobs", "x"));
  const Outcome outcome = run({"failback", "secondary", "primary", "--remove", "--yes", "-v"});
  EXPECT_TRUE(outcome.says("it was never on secondary")) << outcome.out << outcome.err;
  EXPECT_NE(primary_.workspace.id_of("jobs", "own"), "") << "it could not be brought to the secondary";
  EXPECT_EQ(primary_.workspace.id_of("jobs", "x"), "") << "that was removed there";
}

TEST_F(Nights, are_not_stopped_by_a_plan_that_nobody_can_go_on_with) {
  migrate();
  change(primary_, "x", "two");
  secondary_.workspace.refusals.emplace("jobs/x", base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(night().code, 3);
  secondary_.workspace.refusals.clear();
  const std::unique_ptr<storage::Backend> state = storage::open_local_backend(state_);
  engine::CutoverStore store(*state);
  ASSERT_EQ(store.begun("primary", "secondary").size(), 1U);
  const std::string begun = store.begun("primary", "secondary").front().name;
  model::ResourcePlan gone = *store.begun("primary", "secondary").front().plan;
  state->remove(begun);
  state->put(begun, "{");
  gone.id = "0123456789abcdef";
  gone.snapshot.replace(gone.snapshot.rfind('-') + 1, std::string::npos, "4000000000");
  store.begin(gone);
  const Outcome outcome = run({"failover", "primary", "secondary", "--source-lost", "--yes"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("0123456789abcdef was interrupted, and is dropped")) << outcome.err;
  EXPECT_TRUE(outcome.says(begun + " was interrupted, and is dropped")) << outcome.err;
  EXPECT_TRUE(store.begun("primary", "secondary").empty());
}

TEST_F(Nights, refuse_to_keep_and_to_overwrite_at_once) {
  const std::vector<std::string> both{"--keep-changed", "--existing", "replace", "--yes"};
  for (const char* verb : {"migrate", "replicate", "failover", "failback"}) {
    std::vector<std::string> arguments{verb, "primary", "secondary"};
    arguments.insert(arguments.end(), both.begin(), both.end());
    EXPECT_EQ(run(arguments).code, 2) << verb;
  }
  EXPECT_EQ(secondary_.workspace.writes, 0U);
}

}  // namespace
