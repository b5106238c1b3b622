#include "cli/resource_view.h"

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
using model::ResourceAction;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
  bool says(const std::string& text) const { return (out + err).find(text) != std::string::npos; }
};

// The program with two workspaces, of which the first is backed up.
class ResourceCommands : public testing::Test {
protected:
  ResourceCommands() {
    composition_.backends = {
        {"file", "", [](const std::string& url) { return storage::open_local_backend(file_url_path(url)); }}};
    platform::Platform platform;
    platform.name = "workspace";
    platform.open = [this](const std::string& name, const platform::Settings&, const base::Clock&, base::Events&) {
      return test::connect(name == "secondary" ? target_ : source_);
    };
    composition_.platforms = {platform};
    composition_.open_state = [](const std::string& folder) { return storage::open_local_backend(folder); };
    composition_.clock = &clock_;
    composition_.random = &base::system_random();
    ::setenv("XDG_STATE_HOME", (folder_.path() + "/state").c_str(), 1);
    ::setenv("HOLDFAST_KEY", "correct horse battery", 1);
    std::ofstream(config()) << "[repository.main]\nurl = \"file://" << folder_.path() << "/repository\"\n"
                            << "[connector.primary]\nplatform = \"workspace\"\n"
                            << "[connector.secondary]\nplatform = \"workspace\"\n"
                            << "[connector.alias]\nplatform = \"workspace\"\n";
    test::fill_workspace(source_.workspace);
    target_.workspace.put("users", "bob@corp.test",
                          R"({"userName":"bob@corp.test","externalId":"ext-bob","origin":"bob"})");
    target_.workspace.put("groups", "admins", R"({"displayName":"admins","origin":"admins"})");
    EXPECT_EQ(run({"init"}).code, 0);
    clock_.advance(std::chrono::minutes(1));
    const Outcome backup = run({"backup", "primary"});
    EXPECT_EQ(backup.code, 0) << backup.err;
  }
  ~ResourceCommands() override {
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("HOLDFAST_KEY");
  }

  Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--config", config()});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome out;
    out.code = run_app(composition_, all_commands(), arguments);
    out.out = testing::internal::GetCapturedStdout();
    out.err = testing::internal::GetCapturedStderr();
    return out;
  }
  std::string config() const { return folder_.path() + "/holdfast.toml"; }

  test::TempFolder folder_;
  test::ManualClock clock_{*base::parse_instant("2026-11-21T20:00:00Z")};
  test::WorkspaceAccount source_{clock_, 1'000, "one"};
  test::WorkspaceAccount target_{clock_, 5'000, "two"};
  Composition composition_;
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

TEST_F(ResourceCommands, keep_a_plan_and_apply_it) {
  const std::string path = folder_.path() + "/plan.json";
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
}

TEST_F(ResourceCommands, refuse_a_connector_that_leads_elsewhere_than_it_did) {
  source_.id = "three";
  const Outcome outcome = run({"restore", "latest", "--to", "primary", "--yes"});
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_TRUE(outcome.says("leads to three now")) << outcome.err;
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
  const std::string path = folder_.path() + "/ids.csv";
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

TEST_F(ResourceCommands, refuse_flags_of_tables) {
  const Outcome outcome = run({"restore", "latest", "--to", "secondary", "--drop-previous"});
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_TRUE(outcome.says("--drop-previous means nothing to secondary")) << outcome.err;
}

TEST(ResourcePlanCounts, name_what_is_rare_only_where_there_is_some) {
  model::ResourcePlan plan;
  plan.steps.resize(3);
  plan.steps[0].action = ResourceAction::create;
  plan.steps[1].action = ResourceAction::manual;
  plan.steps[2].action = ResourceAction::conflict;
  EXPECT_EQ(counts_text(plan), "1 to create, 0 to update, 0 to remove, 1 in conflict, 1 by hand");
  EXPECT_EQ(calls_text(plan), "");
  plan.calls = {{"", 2}, {"clusters", 0}, {"jobs", 1'000}};
  EXPECT_EQ(calls_text(plan), "1,002 calls: 2 other, 1,000 jobs");
}

}  // namespace
