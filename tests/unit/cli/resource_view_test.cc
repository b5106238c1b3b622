#include "cli/resource_view.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "support/app_world.h"
#include "support/fake_workspace_connector.h"

namespace {

using namespace holdfast;
using namespace holdfast::cli;
using model::ResourceAction;

using test::Outcome;

// The program with two workspaces, of which the first is backed up.
class ResourceCommands : public testing::Test {
protected:
  ResourceCommands() {
    app_.compose("workspace", test::workspace_kinds(), clock_, {"primary", "secondary", "alias"},
                 [this](const std::string& name) { return test::connect(name == "secondary" ? target_ : source_); });
    test::fill_workspace(source_.workspace);
    target_.workspace.put("users", "bob@corp.test",
                          R"({"userName":"bob@corp.test","externalId":"ext-bob","origin":"bob"})");
    target_.workspace.put("groups", "admins", R"({"displayName":"admins","origin":"admins"})");
    clock_.advance(std::chrono::minutes(1));
    const Outcome backup = run({"backup", "primary"});
    EXPECT_EQ(backup.code, 0) << backup.err;
  }

  Outcome run(const std::vector<std::string>& arguments) const { return app_.run(arguments); }

  test::AppWorld app_;
  test::ManualClock clock_{*base::parse_instant("2026-11-21T20:00:00Z")};
  test::WorkspaceAccount source_{clock_, 1'000, "one"};
  test::WorkspaceAccount target_{clock_, 5'000, "two"};
};

TEST_F(ResourceCommands, bring_a_workspace_into_another_one_once_and_paused) {
  const Outcome unasked = run({"restore", "latest", "--to", "secondary"});
  EXPECT_EQ(unasked.code, 5) << unasked.err;
  EXPECT_TRUE(unasked.says("create    jobs/")) << unasked.out;
  EXPECT_TRUE(unasked.says(" calls: ")) << unasked.out;
  const Outcome dry = run({"restore", "latest", "--to", "secondary", "--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_EQ(target_.workspace.writes, 0u);

  const Outcome done = run({"restore", "latest", "--to", "secondary", "--yes"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(target_.workspace.count("jobs"), source_.workspace.count("jobs"));
  EXPECT_EQ(target_.workspace.count("users"), source_.workspace.count("users")) << "bob is bob, not a second one";
  for (const std::string& line : target_.workspace.state())
    EXPECT_EQ(line.find("\"UNPAUSED\""), std::string::npos) << line;

  const std::uint64_t writes = target_.workspace.writes;
  EXPECT_EQ(run({"restore", "latest", "--to", "secondary"}).code, 0) << "nothing is to be done: no --yes is asked for";
  EXPECT_EQ(target_.workspace.writes, writes);
}

TEST_F(ResourceCommands, say_to_programs_which_command_shows_the_plan) {
  const Outcome people = run({"restore", "latest", "--to", "secondary"});
  EXPECT_TRUE(people.says("hint: Look at the plan, then add --yes")) << people.err;
  const Outcome programs = run({"restore", "latest", "--to", "secondary", "--json"});
  EXPECT_EQ(programs.code, 5);
  EXPECT_FALSE(programs.says("Look at the plan, then")) << programs.err;
  EXPECT_TRUE(programs.says("\\\"holdfast plan\\\" prints the plan")) << programs.err;
}

TEST_F(ResourceCommands, take_the_name_of_a_connector_for_its_latest_snapshot) {
  ASSERT_EQ(run({"backup", "secondary"}).code, 0);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"plan", "primary", "--to", "secondary"},
                                                  {"restore", "primary", "--to", "secondary", "--dry-run"},
                                                  {"restore", "primary", "--to", "secondary", "--yes"},
                                                  {"verify", "primary", "secondary"},
                                                  {"diff", "primary", "secondary"}}) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.code, 0) << command.front() << ": " << outcome.err;
  }
  EXPECT_TRUE(run({"diff", "secondary", "latest"}).says(" of secondary, taken "));
}

TEST_F(ResourceCommands, count_one_resource_as_one) {
  ASSERT_EQ(run({"restore", "latest", "--to", "secondary", "--yes"}).code, 0);
  target_.workspace.rewrite("pools", target_.workspace.id_of("pools", "small"),
                            R"({"name":"small","node_type":"east-4","max":7,"origin":"small"})");
  const Outcome outcome =
      run({"restore", "latest", "--to", "secondary", "--select", "kind:pools", "--existing", "fail", "--yes"});
  EXPECT_TRUE(outcome.says("1 resource is not as the snapshot has it")) << outcome.err;
}

// Nothing but objects that went: what is left can be read, and the next whole backup needs none of them.
TEST_F(ResourceCommands, say_how_a_damaged_repository_is_mended) {
  EXPECT_FALSE(run({"check"}).says("--full"));
  std::size_t gone = 0;
  for (const auto& one : std::filesystem::recursive_directory_iterator(app_.file("repository")))
    if (one.is_regular_file() && one.path().string().find("/index") != std::string::npos)
      gone += std::filesystem::remove(one.path()) ? 1 : 0;
  ASSERT_NE(gone, 0U);
  const Outcome damaged = run({"check"});
  EXPECT_EQ(damaged.code, 13) << damaged.out;
  EXPECT_TRUE(damaged.says("\"holdfast backup CONNECTOR --full\"")) << damaged.err;
  EXPECT_EQ(run({"backup", "primary", "--full"}).code, 0);
  EXPECT_EQ(run({"verify", "latest", "primary"}).code, 0);
}

TEST_F(ResourceCommands, keep_a_plan_and_apply_it) {
  const std::string path = app_.file("plan.json");
  const Outcome planned = run({"plan", "latest", "--to", "secondary", "--out", path});
  EXPECT_EQ(planned.code, 0) << planned.err;
  EXPECT_TRUE(planned.says("to create")) << planned.out;
  EXPECT_EQ(target_.workspace.writes, 0u);
  ASSERT_TRUE(read_resource_plan(path).has_value());
  EXPECT_EQ(run({"restore", "--plan", path, "--to", "primary"}).code, 2) << "it is for another target";
  const Outcome done = run({"restore", "--plan", path});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(target_.workspace.count("jobs"), source_.workspace.count("jobs"));
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(ResourceCommands, refuse_a_plan_that_somebody_changed) {
  const std::string path = app_.file("plan.json");
  ASSERT_EQ(run({"plan", "latest", "--to", "secondary", "--out", path}).code, 0);
  const std::string whole = text_of(path);
  const auto changed = [&](const std::string& old, const std::string& now) {
    std::string text = whole;
    const std::size_t at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    std::ofstream(path) << text.replace(at, old.size(), now);
    const Outcome out = run({"restore", "--plan", path});
    EXPECT_EQ(out.code, base::exit_code(base::ErrorKind::config)) << out.err;
    EXPECT_TRUE(out.says(path)) << out.err;
    EXPECT_TRUE(out.says("make it anew with \"holdfast plan … --out FILE\"")) << out.err;
    return out;
  };
  EXPECT_TRUE(changed("the target does not have it", "because I say so").says("the plan was changed by hand"));
  EXPECT_TRUE(changed("\"target\": \"secondary\"", "\"target\": \"primary\"").says("the plan was changed by hand"));
  EXPECT_TRUE(changed("\"sha256\": \"", "\"sha256\": \"0").says("the plan was changed by hand"));
  EXPECT_TRUE(changed("\"action\":\"create\"", "\"action\":\"remove\"").says("the plan says that nothing is removed"));
  const std::size_t digest = whole.find("  \"sha256\"");
  const std::string line = whole.substr(digest, whole.find('\n', digest) + 1 - digest);
  EXPECT_TRUE(changed(line, "").says("the plan was changed by hand"));
  EXPECT_EQ(target_.workspace.writes, 0u);
  // Laid out otherwise it says the same.
  std::ofstream(path) << nlohmann::ordered_json::parse(whole).dump();
  EXPECT_EQ(run({"restore", "--plan", path, "--dry-run"}).code, 0);
}

TEST_F(ResourceCommands, name_the_file_that_holds_no_plan) {
  const std::string path = app_.file("plan.json");
  ASSERT_EQ(run({"plan", "latest", "--to", "secondary", "--out", path}).code, 0);
  const std::string whole = text_of(path);
  const std::pair<std::string, std::string> files[] = {
      {"", "the file is empty, and no plan"},
      {"[]", "the file holds no plan"},
      {"hello", "the file holds no plan"},
      {whole.substr(0, whole.size() / 2), "the plan is cut off: its end is missing"},
      {"{}", "the plan cannot be read: a field is missing"}};
  for (const auto& file : files) {
    std::ofstream(path) << file.first;
    for (const char* verb : {"restore", "migrate"}) {
      if (file.first == "{}" && std::string(verb) == "migrate") continue;  // a plan of rows is no migration
      const Outcome out = run({verb, "--plan", path});
      EXPECT_EQ(out.code, base::exit_code(base::ErrorKind::config)) << out.err;
      EXPECT_TRUE(out.says(file.second)) << verb << ": " << out.err;
      EXPECT_TRUE(out.says(path)) << out.err;
      EXPECT_FALSE(out.says("json.exception")) << out.err;
    }
  }
}

TEST_F(ResourceCommands, name_the_file_whose_plan_is_not_the_one_that_was_begun) {
  const std::string path = app_.file("plan.json");
  const std::string other = app_.file("other.json");
  ASSERT_EQ(run({"plan", "latest", "--to", "secondary", "--out", path}).code, 0);
  ASSERT_EQ(run({"restore", "--plan", path}).code, 0);
  model::ResourcePlan plan = read_resource_plan(path).value();
  plan.steps.front().reason = "another one";
  write_plan_text(plan_file_text(plan), other);
  const Outcome out = run({"restore", "--plan", other});
  EXPECT_EQ(out.code, base::exit_code(base::ErrorKind::conflict)) << out.err;
  EXPECT_TRUE(out.says("another plan was begun under the id " + plan.id)) << out.err;
  EXPECT_TRUE(out.says(other)) << out.err;
}

TEST_F(ResourceCommands, write_no_plan_in_a_dry_run) {
  const std::string path = app_.file("plan.json");
  const Outcome out = run({"migrate", "primary", "secondary", "--plan-out", path, "--dry-run"});
  EXPECT_EQ(out.code, 2) << out.err;
  EXPECT_TRUE(out.says("a dry run writes nothing")) << out.err;
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--plan-out", path}).code, 0);
  EXPECT_EQ(run({"migrate", "--plan", path}).code, 0);
}

TEST_F(ResourceCommands, stop_where_the_target_takes_the_credentials_no_more) {
  target_.workspace.signed_out_from = 5;
  const Outcome out = run({"migrate", "primary", "secondary", "--yes"});
  EXPECT_EQ(out.code, base::exit_code(base::ErrorKind::auth)) << out.err;
  EXPECT_TRUE(out.says("steps were not tried: the target takes the credentials no more")) << out.err;
  EXPECT_TRUE(out.says("Run the same command again")) << out.err;
  EXPECT_FALSE(out.says(" of secondary")) << "no backup of it: " << out.err;
  EXPECT_EQ(target_.workspace.writes, 5u);
  target_.workspace.signed_out_from = 0;
  const Outcome again = run({"migrate", "primary", "secondary", "--yes"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(target_.workspace.count("jobs"), source_.workspace.count("jobs"));
}

TEST_F(ResourceCommands, say_whether_the_plan_before_failed_or_was_interrupted) {
  target_.workspace.refusals.emplace("jobs/nightly", base::Error(base::ErrorKind::auth, "you may not"));
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--yes"}).code, 3);
  target_.workspace.refusals.clear();
  const base::Duration before = clock_.elapsed();
  const Outcome again = run({"migrate", "primary", "secondary", "--yes"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(again.says(", which failed in part")) << again.err;
  EXPECT_FALSE(again.says("waiting up to")) << again.err;
  EXPECT_LT(clock_.elapsed() - before, std::chrono::seconds(5)) << "what was refused is not waited for";
}

TEST_F(ResourceCommands, repair_in_place_what_was_lost_and_leave_what_fires) {
  const std::string scope = source_.workspace.id_of("groups", "outer");
  source_.workspace.erase("groups", scope);
  const auto jobs = source_.workspace.count("jobs");
  const Outcome done = run({"restore", "latest", "--to", "primary", "--existing", "update", "--yes"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_NE(source_.workspace.id_of("groups", "outer"), "");
  EXPECT_EQ(source_.workspace.count("jobs"), jobs);
  EXPECT_EQ(source_.workspace.writes, 1u) << "nothing else is touched, what fires least of all";
}

TEST_F(ResourceCommands, refuse_one_workspace_under_two_names) {
  const Outcome outcome = run({"restore", "primary/latest", "--to", "alias", "--yes"});
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_TRUE(outcome.says("primary and alias lead to the same workspace one")) << outcome.err;
  EXPECT_EQ(source_.workspace.writes, 0u);
  for (std::vector<std::string> verb : {std::vector<std::string>{"verify"}, {"diff"}, {"verify", "--raw"}}) {
    verb.insert(verb.end(), {"primary/latest", "alias"});
    const Outcome compared = run(verb);
    EXPECT_EQ(compared.code, 5) << compared.out << compared.err;
    EXPECT_TRUE(compared.says("primary and alias lead to the same workspace one")) << compared.err;
  }
  EXPECT_EQ(run({"verify", "primary/latest", "primary", "--raw"}).code, 0) << "its own connector";
}

TEST_F(ResourceCommands, hold_each_selection_against_both_sides) {
  const std::vector<std::string> chosen{"--select", "kind:pools", "--select", "/jobs/nightyl"};
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"restore", "primary/latest", "--to", "secondary", "--yes"},
        {"plan", "primary/latest", "--to", "secondary"},
        {"replicate", "primary", "secondary", "--yes"},
        {"failover", "primary", "secondary", "--yes"},
        {"failover", "primary", "secondary", "--yes", "--source-lost"},
        {"verify", "primary/latest", "primary"}}) {
    std::vector<std::string> typed = verb;
    typed.insert(typed.end(), chosen.begin(), chosen.end());
    const Outcome outcome = run(typed);
    EXPECT_EQ(outcome.code, 1) << verb.front() << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("'/jobs/nightyl'")) << outcome.err;
    EXPECT_FALSE(outcome.says("kind:pools'")) << outcome.err;
  }
  EXPECT_EQ(target_.workspace.writes, 0u);
}

TEST_F(ResourceCommands, refuse_a_connector_that_leads_elsewhere_than_it_did) {
  source_.id = "three";
  EXPECT_EQ(run({"restore", "latest", "--to", "primary", "--yes"}).code, 5);
  const Outcome outcome = run({"plan", "latest", "--to", "primary"});
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_TRUE(outcome.says("leads to three now")) << outcome.err;
  EXPECT_EQ(source_.workspace.writes, 0u);
}

TEST_F(ResourceCommands, create_nothing_that_the_target_may_have_and_hides) {
  ASSERT_EQ(run({"restore", "latest", "--to", "secondary", "--yes"}).code, 0);
  const auto groups = target_.workspace.count("groups");
  const std::uint64_t writes = target_.workspace.writes;
  target_.unread = {"outer"};
  const Outcome outcome = run({"restore", "latest", "--to", "secondary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(outcome.says("left alone: groups/outer: the target may have it, and did not let us read it"))
      << outcome.err;
  EXPECT_EQ(target_.workspace.count("groups"), groups);
  target_.unread.clear();
  target_.unlisted = {"jobs"};
  EXPECT_EQ(run({"restore", "latest", "--to", "secondary", "--select", "kind:jobs", "--yes"}).code, 3);
  EXPECT_EQ(target_.workspace.writes, writes);
}

TEST_F(ResourceCommands, show_export_and_import_what_stands_for_what) {
  EXPECT_EQ(run({"idmap", "show", "primary", "secondary"}).code, 1) << "nothing is known yet";
  EXPECT_TRUE(run({"idmap", "show", "primary", "secondry"}).says("Did you mean \"secondary\"?"));
  const std::string bob = source_.workspace.id_of("users", "Bob@corp.test");
  const std::string there = target_.workspace.id_of("users", "bob@corp.test");
  const std::string line = "users," + bob + "," + there;
  const std::string path = app_.file("ids.csv");
  std::ofstream(path) << "kind,source_id,target_id\n" << line << "\n";
  const std::vector<std::string> import{"idmap", "import", "primary", "secondary", path};
  std::vector<std::string> dry = import;
  dry.push_back("--dry-run");
  EXPECT_EQ(run(dry).code, 0);
  EXPECT_EQ(run({"idmap", "show", "primary", "secondary"}).code, 1);
  EXPECT_EQ(run(import).code, 0);
  const Outcome shown = run({"idmap", "show", "primary", "secondary"});
  EXPECT_TRUE(shown.says(bob) && shown.says(there) && shown.says("imported")) << shown.out;
  const Outcome exported = run({"idmap", "export", "primary", "secondary"});
  EXPECT_TRUE(exported.says(line)) << exported.out;
  std::ofstream(path) << run({"idmap", "export", "primary", "secondary", "--json"}).out;
  EXPECT_EQ(run(import).code, 0) << "what export prints, import reads";
  std::ofstream(path) << "kind,source_id,target_id\nuser," << bob << "," << there << "\n";
  EXPECT_TRUE(run(import).says("secondary has no kind \"user\"\nhint: Did you mean \"users\"?"));
}

TEST_F(ResourceCommands, show_an_id_map_in_a_hundred_columns) {
  const std::string path = app_.file("ids.csv");
  const std::string source(64, 's');
  std::ofstream(path) << "kind,source_id,target_id\nusers," << source << "," << std::string(64, 't') << "\n";
  ASSERT_EQ(run({"idmap", "import", "primary", "secondary", path}).code, 3) << "no snapshot has it";
  const Outcome shown = run({"idmap", "show", "primary", "secondary"});
  std::istringstream lines(shown.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_TRUE(shown.says("sss...")) << shown.out;
  EXPECT_TRUE(shown.says("-v shows ids")) << shown.err;
  EXPECT_TRUE(run({"idmap", "show", "primary", "secondary", "-v"}).says(source));
}

TEST_F(ResourceCommands, call_a_pause_a_pause) {
  const Outcome dry = run({"fence", "primary", "--dry-run"});
  EXPECT_TRUE(dry.says("pause     jobs/nightly/")) << dry.out;
  EXPECT_TRUE(dry.says("  (fenced)") && dry.says("2 to pause")) << dry.out;
  const Outcome fenced = run({"fence", "primary", "--yes"});
  EXPECT_EQ(fenced.code, 0) << fenced.err;
  EXPECT_TRUE(fenced.says("pause     jobs/nightly/")) << fenced.out;
  EXPECT_FALSE(fenced.says("activate  ")) << fenced.out;
  EXPECT_TRUE(fenced.says("paused    2")) << fenced.out;
  EXPECT_FALSE(fenced.says("activated")) << fenced.out;
}

TEST_F(ResourceCommands, name_the_connector_that_was_not_read) {
  source_.unlisted = {"jobs"};
  const Outcome fenced = run({"fence", "primary", "--source-partial", "--yes"});
  EXPECT_TRUE(fenced.says("was not read on primary: ")) << fenced.err;
  EXPECT_TRUE(fenced.says("primary: not all jobs could be read")) << fenced.err;
}

TEST_F(ResourceCommands, say_whose_snapshot_is_compared_and_that_it_may_be_the_wrong_one) {
  const Outcome own = run({"verify", "latest", "primary"});
  EXPECT_EQ(own.code, 0) << own.err;
  EXPECT_EQ((own.err + own.out).find("snapshot "), 0U) << own.err;
  EXPECT_TRUE(own.says(" of primary, taken 2026-11-21T20:01:00Z")) << own.err;
  EXPECT_FALSE(own.says("own snapshot"));
  ASSERT_EQ(run({"migrate", "primary", "secondary", "--yes"}).code, 0);
  target_.workspace.erase("jobs", target_.workspace.id_of("jobs", "nightly"));
  ASSERT_EQ(run({"backup", "secondary"}).code, 0);
  const Outcome wrong = run({"verify", "latest", "secondary"});
  EXPECT_EQ(wrong.code, 0) << wrong.err;
  EXPECT_TRUE(wrong.says("latest is secondary's own snapshot")) << wrong.err;
  EXPECT_TRUE(wrong.says("write \"holdfast verify primary/latest secondary\" for that")) << wrong.err;
  EXPECT_TRUE(
      run({"restore", "latest", "--to", "secondary"}).says("\"holdfast restore primary/latest --to secondary\""));
  const Outcome right = run({"verify", "primary/latest", "secondary"});
  EXPECT_EQ(right.code, 4) << right.err;
  EXPECT_FALSE(right.says("own snapshot"));
  EXPECT_TRUE(
      run({"verify", "latest", "primary", "--json"}).out.find(R"("connector":"primary","taken":"2026-11-21T)") !=
      std::string::npos);
}

TEST_F(ResourceCommands, mind_what_is_paused_where_it_is_to_fire) {
  source_.workspace.put("jobs", "solo", R"({"name":"solo","origin":"solo","schedule":{"cron":"x"}})");
  ASSERT_EQ(run({"migrate", "primary", "secondary", "--yes"}).code, 0);
  EXPECT_EQ(run({"verify", "primary/latest", "secondary"}).code, 0) << "it waits, paused";
  ASSERT_EQ(run({"failover", "primary", "secondary", "--source-lost", "--yes"}).code, 0);
  EXPECT_EQ(run({"verify", "primary/latest", "secondary"}).code, 0);
  const std::string id = target_.workspace.id_of("jobs", "solo");
  std::string body = target_.workspace.body("jobs", id);
  const std::size_t at = body.find("UNPAUSED");
  ASSERT_NE(at, std::string::npos) << body;
  target_.workspace.rewrite("jobs", id, body.replace(at, 8, "PAUSED"));
  const Outcome outcome = run({"verify", "primary/latest", "secondary"});
  EXPECT_EQ(outcome.code, 4) << outcome.err;
  EXPECT_TRUE(outcome.says("~ jobs/solo/")) << outcome.out;
  EXPECT_TRUE(outcome.says("secondary is in charge")) << outcome.err;
}

TEST_F(ResourceCommands, show_what_comes_along_with_a_task_line_by_line) {
  target_.workspace.erase("users", target_.workspace.id_of("users", "bob@corp.test"));
  const std::string shown = "bring Bob@corp.test.\n      bring\n\n        {";
  const Outcome planned = run({"plan", "latest", "--to", "secondary"});
  EXPECT_NE(planned.out.find(shown), std::string::npos) << planned.out;
  const Outcome done = run({"restore", "latest", "--to", "secondary", "--yes"});
  EXPECT_TRUE(done.says("to be done by hand: users/Bob@corp.test: Let the directory bring Bob@corp.test.\n"))
      << done.err;
  EXPECT_NE(done.out.find("      bring\n\n        {"), std::string::npos) << done.out;
  std::filesystem::remove_all(app_.composition.state_folder + "/tasks");  // as if nobody had been told yet
  const Outcome told = run({"restore", "latest", "--to", "secondary", "--yes", "--json"});
  EXPECT_TRUE(told.says(R"(bring Bob@corp.test.\nbring\n\n  {)")) << told.out;
}

TEST_F(ResourceCommands, refuse_flags_of_tables) {
  const Outcome outcome = run({"restore", "latest", "--to", "secondary", "--drop-previous"});
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_TRUE(outcome.says("--drop-previous means nothing to secondary")) << outcome.err;
}

TEST(HangingLines, go_on_below_where_they_are_too_wide) {
  EXPECT_EQ(hanging("create    jobs/a  (it is not there)", 80), "create    jobs/a  (it is not there)");
  EXPECT_EQ(hanging("create    jobs/a  (it is not there)", 30), "create    jobs/a  (it is\n    not there)");
  EXPECT_EQ(hanging("    by hand: put it there", 20), "    by hand: put\n        it there");
}

TEST(ResourcePlanCounts, name_what_is_rare_only_where_there_is_some) {
  model::ResourcePlan plan;
  plan.steps.resize(3);
  plan.steps[0].action = ResourceAction::create;
  plan.steps[1].action = ResourceAction::manual;
  plan.steps[2].action = ResourceAction::conflict;
  EXPECT_EQ(counts_text(plan), "1 to create, 0 to update, 0 to remove, 1 in conflict, 1 by hand");
  plan.steps.resize(4);
  plan.steps[3].action = ResourceAction::update;
  plan.steps[3].removed_items = {{"values", "a", "secret"}, {"values", "b", "secret"}};
  EXPECT_EQ(counts_text(plan), "1 to create, 1 to update, 0 to remove, 2 secrets to remove, 1 in conflict, 1 by hand");
  EXPECT_EQ(calls_text(plan), "");
  plan.calls = {{"", 1}, {"clusters", 0}, {"jobs", 1'000}, {"other", 1}};
  EXPECT_EQ(calls_text(plan), "1,002 calls: 1,000 jobs, 2 other");
  const auto with = [&](base::Duration least) { return calls_text(plan, least).substr(32); };
  EXPECT_EQ(with(std::chrono::milliseconds(900)), "");
  EXPECT_EQ(with(std::chrono::milliseconds(12'100)), "; about 13 s at the platform's limits");
  EXPECT_EQ(with(std::chrono::seconds(200)), "; about 3 min at the platform's limits");
  EXPECT_EQ(with(std::chrono::minutes(125)), "; about 2 h 5 min at the platform's limits");
}

}  // namespace
