// Workspaces that are reached over TLS, and what answers through a tunnel: written to where their configuration says
// so, as far as it says so, and else by no verb.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>

#include "base/json.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"
#include "support/app_world.h"
#include "support/http_server.h"

namespace holdfast::test {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;
using Levels = std::map<std::string, std::string>;  // by connector

constexpr const char* k_token = "dapi1";

sim::databricks::StandInOptions options(std::uint64_t seed) {
  sim::databricks::StandInOptions out;
  out.world.seed = seed;
  out.world.workspace_id = fmt::format("20000000000{:05}", seed);
  out.token = k_token;
  return out;
}

// In front of a stand-in.  Where the label is taken off, it is a workspace as far as anybody can tell.
struct Front {
  sim::databricks::StandIn& stand_in;
  enum class Label { kept, taken_off } label;

  Reply operator()(const Seen& seen) const {
    std::string head = fmt::format("{} {} HTTP/1.1\r\n", seen.method, seen.target);
    for (const auto& [name, value] : seen.headers) head += fmt::format("{}: {}\r\n", name, value);
    sim::HttpRequest request = sim::parse_request_head(head);
    request.body = seen.body;
    sim::HttpResponse given = stand_in.handle(request);
    Reply out{.status = given.status, .headers = {}, .body = std::move(given.body)};
    for (auto& [name, value] : given.headers) {
      if (name == "X-Holdfast-Stand-In" && label == Label::taken_off) continue;
      if (name == "content-type" || name == "Content-Type") {
        out.type = value;
      } else if (name != "content-length" && name != "Content-Length") {
        out.headers.emplace_back(name, value);
      }
    }
    return out;
  }
};

struct Keys {
  std::string certificate;
  std::string key;
};

class Side {
public:
  Side(const base::Clock& clock, std::uint64_t seed, const Keys& keys)
      : stand_in(options(seed), clock),
        tls_(Front{stand_in, Front::Label::kept}, keys.certificate, keys.key) {}  // whose label counts for nothing
  std::string by_tls() const { return fmt::format("https://127.0.0.1:{}", tls_.url().port); }
  std::string through_a_tunnel() { return without_tls(tunnel_, Front::Label::taken_off); }
  std::string as_a_stand_in() { return without_tls(plain_, Front::Label::kept); }

  sim::databricks::StandIn stand_in;

private:
  std::string without_tls(std::unique_ptr<HttpServer>& server, Front::Label label) {
    if (!server) server = std::make_unique<HttpServer>(Front{stand_in, label});
    return fmt::format("http://127.0.0.1:{}", server->url().port);
  }

  HttpServer tls_;
  std::unique_ptr<HttpServer> tunnel_;
  std::unique_ptr<HttpServer> plain_;
};

class Writable : public testing::Test {
protected:
  void SetUp() override {
    const Keys keys{app_.file("certificate.pem"), app_.file("key.pem")};
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 "
        "-addext subjectAltName=IP:127.0.0.1 -keyout " +
        keys.key + " -out " + keys.certificate + " 2>/dev/null";
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    primary_ = std::make_unique<Side>(clock_, 1, keys);
    secondary_ = std::make_unique<Side>(clock_, 2, keys);
    sim::databricks::Seed seed(primary_->stand_in);
    seed.notebook("/Shared/load", "PYTHON", "print(1)\n");
    seed.post("/api/2.2/jobs/create",
              {{"name", "nightly"},
               {"schedule",
                {{"quartz_cron_expression", "0 0 2 * * ?"}, {"timezone_id", "UTC"}, {"pause_status", "UNPAUSED"}}}});
    app_.composition.platforms = {platform::databricks::databricks_platform(random_)};
    app_.composition.clock = &clock_;
    std::ofstream(app_.file("token")) << k_token << "\n";
    hosts_ = {{"primary", primary_->by_tls()}, {"secondary", secondary_->by_tls()}};
    configure({});
    app_.init();
  }
  void configure(const Levels& levels) {
    std::ofstream out(app_.config());
    out << "[repository.main]\nurl = \"" << app_.url() << "\"\nkey = { file = \"" << app_.file("key") << "\" }\n";
    for (const auto& [name, host] : hosts_) {
      out << fmt::format("[connector.{}]\nplatform = \"databricks\"\nhost = \"{}\"\ntoken = {{ file = \"{}\" }}\n",
                         name, host, app_.file("token"))
          << "ca_file = \"" << app_.file("certificate.pem") << "\"\nrate_share_percent = 100\n";
      if (const auto level = levels.find(name); level != levels.end())
        out << "writable = \"" << level->second << "\"\n";
    }
  }
  Outcome run(const Words& arguments) {
    clock_.advance(std::chrono::minutes(10));
    return app_.run(arguments);
  }
  static std::string told(const Words& arguments, const Outcome& outcome) {
    return fmt::format("{}\n{}{}", fmt::join(arguments, " "), outcome.out, outcome.err);
  }
  void must(const Words& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << told(arguments, outcome);
  }
  // Before anything was written, and before a backup was taken for it.
  void expect_refused(const Words& arguments, const std::string& connector, const std::string& level) {
    const std::string snapshots = run({"snapshots"}).out;
    const auto before = writes();
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 5) << told(arguments, outcome);
    EXPECT_TRUE(outcome.says(fmt::format("'{}' is not written to by {}", connector, arguments[0])))
        << told(arguments, outcome);
    EXPECT_TRUE(outcome.says(fmt::format("add `writable = \"{}\"` to [connector.{}]", level, connector)))
        << told(arguments, outcome);
    EXPECT_TRUE(outcome.says("docs/platforms/databricks.md")) << told(arguments, outcome);
    EXPECT_EQ(writes(), before) << told(arguments, outcome);
    EXPECT_EQ(run({"snapshots"}).out, snapshots) << told(arguments, outcome);
  }
  // What anybody asked to be changed on either side.
  std::uint64_t writes() {
    std::uint64_t out = 0;
    for (Side* side : {&*primary_, &*secondary_})
      for (const auto& [route, count] : side->stand_in.log().counts_by_route())
        out += route.starts_with("GET ") ? 0 : count;
    return out;
  }
  // How the job is set; empty: there is none.
  static std::string pause_status(Side& side) {
    const Json all = sim::databricks::Seed(side.stand_in).get("/api/2.2/jobs/list").value("jobs", Json::array());
    for (const Json& job : all) return job.at("settings").at("schedule").at("pause_status").get<std::string>();
    return {};
  }
  std::string both() { return pause_status(*primary_) + " " + pause_status(*secondary_); }

  ManualClock clock_{*base::parse_instant("2026-11-21T20:00:01Z")};
  SeededRandom random_{3};
  AppWorld app_;
  std::unique_ptr<Side> primary_;
  std::unique_ptr<Side> secondary_;
  std::map<std::string, std::string> hosts_;
};

std::vector<Words> verbs_that_bring(const std::string& plan) {
  return {{"restore", "primary/latest", "--to", "secondary", "--yes"},
          {"restore", "--plan", plan},
          {"migrate", "primary", "secondary"},
          {"migrate", "--plan", plan},
          {"replicate", "primary", "secondary", "--yes"}};
}

std::vector<Words> verbs_of_a_cutover() {
  return {{"fence", "secondary", "--yes"},
          {"activate", "secondary", "--from", "primary", "--yes"},
          {"activate", "secondary", "--from", "secondary", "--yes"},
          {"failover", "primary", "secondary", "--yes"},
          {"failover", "primary", "secondary", "--source-lost", "--yes"},
          {"failback", "primary", "secondary", "--yes"}};
}

TEST_F(Writable, is_no_workspace_that_does_not_say_so_and_all_that_only_reads_works) {
  const std::string plan = app_.file("plan.json");
  must({"backup", "primary"});
  must({"backup", "secondary"});
  must({"plan", "primary/latest", "--to", "secondary", "--out", plan});
  for (const Words& dry : {Words{"migrate", "primary", "secondary"}, Words{"failover", "primary", "secondary"},
                           Words{"restore", "primary/latest", "--to", "secondary"}, Words{"fence", "secondary"}}) {
    Words arguments = dry;
    arguments.emplace_back("--dry-run");
    must(arguments);
  }
  for (const Words& verb : verbs_that_bring(plan)) expect_refused(verb, "secondary", "resources");
  for (const Words& verb : verbs_of_a_cutover()) expect_refused(verb, "secondary", "cutover");
  must({"migrate", "primary", "secondary", "--plan-out", app_.file("move.json")});
  must({"tasks", "secondary"});
  EXPECT_EQ(both(), "UNPAUSED ");
}

TEST_F(Writable, is_filled_by_the_first_level_and_nothing_fires_or_is_paused_by_it) {
  configure({{"secondary", "resources"}});
  must({"migrate", "primary", "secondary"});
  must({"replicate", "primary", "secondary", "--yes"});
  must({"restore", "primary/latest", "--to", "secondary", "--yes"});
  must({"migrate", "primary", "secondary", "--plan-out", app_.file("move.json")});
  must({"migrate", "--plan", app_.file("move.json")});
  for (const Words& verb : verbs_of_a_cutover()) expect_refused(verb, "secondary", "cutover");
  EXPECT_EQ(both(), "UNPAUSED PAUSED");
  configure({});
  must({"idmap", "show", "primary", "secondary"});
}

TEST_F(Writable, is_switched_by_the_second_level_which_both_sides_need) {
  configure({{"secondary", "cutover"}, {"primary", "resources"}});
  must({"migrate", "primary", "secondary"});
  expect_refused({"failover", "primary", "secondary", "--yes"}, "primary", "cutover");
  EXPECT_EQ(both(), "UNPAUSED PAUSED") << "nothing was fenced, nothing activated";
  configure({{"secondary", "cutover"}, {"primary", "cutover"}});
  must({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(both(), "PAUSED UNPAUSED");
  configure({{"secondary", "resources"}, {"primary", "cutover"}});
  expect_refused({"failback", "secondary", "primary", "--yes"}, "secondary", "cutover");
  configure({{"secondary", "cutover"}, {"primary", "cutover"}});
  must({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(both(), "UNPAUSED PAUSED");
  must({"fence", "primary", "--yes"});
  EXPECT_EQ(pause_status(*primary_), "PAUSED");
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(pause_status(*primary_), "UNPAUSED");
}

// A fence that is open is closed by a replicate, which is a write to the source.
TEST_F(Writable, is_asked_of_the_source_before_a_replicate_closes_its_fence) {
  configure({{"secondary", "cutover"}});
  must({"migrate", "primary", "secondary"});
  must({"failover", "primary", "secondary", "--source-lost", "--yes"});
  EXPECT_EQ(both(), "UNPAUSED UNPAUSED");
  expect_refused({"replicate", "primary", "secondary", "--yes"}, "primary", "cutover");
  EXPECT_EQ(both(), "UNPAUSED UNPAUSED");
}

TEST_F(Writable, is_told_by_the_doctor_for_each_level) {
  const auto says = [&](const std::string& text) {
    const Outcome outcome = run({"doctor", "secondary"});
    EXPECT_TRUE(outcome.says(text)) << outcome.out << outcome.err;
  };
  says("closed: backups, comparisons and plans only");
  says("A failover would be refused");
  configure({{"secondary", "resources"}});
  says("open for restore, migrate and replicate, which were tried on no real workspace yet");
  says("need writable = \"cutover\", on both sides");
  configure({{"secondary", "cutover"}});
  says("open for all verbs, failover too, which were tried on no real workspace yet");
  configure({});
  hosts_["secondary"] = secondary_->as_a_stand_in();
  configure({});
  says("open for all verbs: a stand-in");
  hosts_["secondary"] = fmt::format("https://127.0.0.1:{}", closed_port());
  configure({});
  says("closed: backups, comparisons and plans only");
}

TEST_F(Writable, is_told_by_the_doctor_of_a_connector_that_leads_to_another_workspace) {
  must({"backup", "primary"});
  must({"backup", "secondary"});
  const Outcome right = run({"doctor", "secondary"});
  EXPECT_EQ(right.code, 0) << right.out;
  EXPECT_FALSE(right.says("its newest snapshot is of")) << right.out;
  hosts_["secondary"] = primary_->by_tls();
  configure({});
  const Outcome wrong = run({"doctor", "secondary"});
  EXPECT_EQ(wrong.code, 1) << wrong.out << wrong.err;
  EXPECT_TRUE(wrong.says("2000000000000001, and its newest snapshot is of workspace 2000000000000002")) << wrong.out;
  EXPECT_TRUE(wrong.says("the newest snapshot of primary is of this workspace, too")) << wrong.out;
}

// A tunnel that ends on this machine is reached without TLS as well.
TEST_F(Writable, is_a_stand_in_that_says_what_it_is_and_nothing_behind_a_tunnel) {
  hosts_["secondary"] = secondary_->through_a_tunnel();
  configure({});
  for (const Words& verb : {Words{"migrate", "primary", "secondary"}, Words{"replicate", "primary", "secondary"}})
    expect_refused(verb, "secondary", "resources");
  must({"backup", "secondary"});
  expect_refused({"fence", "secondary", "--yes"}, "secondary", "cutover");
  hosts_["secondary"] = secondary_->as_a_stand_in();
  configure({});
  must({"migrate", "primary", "secondary"});
  must({"activate", "secondary", "--from", "primary", "--yes"});
  hosts_["secondary"] = secondary_->through_a_tunnel();
  configure({{"secondary", "cutover"}});
  must({"fence", "secondary", "--yes"});
}

// The tunnel, or the profile, leads elsewhere today.
TEST_F(Writable, is_the_workspace_of_the_newest_snapshot_and_no_other) {
  const std::string plan = app_.file("plan.json");
  configure({{"secondary", "cutover"}});
  must({"backup", "primary"});
  must({"backup", "secondary"});
  must({"plan", "primary/latest", "--to", "secondary", "--out", plan});
  const auto before = writes();
  for (const std::string& elsewhere : {primary_->by_tls(), primary_->through_a_tunnel(), primary_->as_a_stand_in()}) {
    hosts_["secondary"] = elsewhere;
    configure({{"secondary", "cutover"}});
    for (const Words& verb : {Words{"restore", "--plan", plan}, Words{"fence", "secondary", "--yes"},
                              Words{"activate", "secondary", "--from", "primary", "--yes"},
                              Words{"replicate", "primary", "secondary", "--yes"}}) {
      const Outcome outcome = run(verb);
      EXPECT_EQ(outcome.code, 5) << told(verb, outcome);
      EXPECT_TRUE(
          outcome.says("leads to workspace 2000000000000001, and its newest snapshot is of workspace "
                       "2000000000000002"))
          << told(verb, outcome);
    }
  }
  EXPECT_EQ(writes(), before);
  EXPECT_EQ(both(), "UNPAUSED ");
}

TEST_F(Writable, takes_two_words_and_no_other) {
  configure({{"secondary", "cutovr"}});
  const Outcome outcome = run({"backup", "secondary"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.says("writable of connector 'secondary' is \"cutovr\"")) << outcome.err;
  EXPECT_TRUE(outcome.says("\"cutover\"")) << outcome.err;
}

// A profile is shared with other programs, and says nothing of what may be written to.
TEST_F(Writable, is_said_by_holdfast_toml_and_by_no_profile) {
  const std::string profiles = app_.file("profiles");
  std::ofstream(profiles) << fmt::format("[there]\nhost = {}\ntoken = {}\n", secondary_->by_tls(), k_token);
  std::ofstream(app_.config(), std::ios::app)
      << "[connector.there]\nplatform = \"databricks\"\nprofile = \"there\"\nconfig_file = \"" << profiles
      << "\"\nca_file = \"" << app_.file("certificate.pem") << "\"\n";
  expect_refused({"migrate", "primary", "there"}, "there", "resources");
  std::ofstream(profiles, std::ios::app) << "writable = cutover\n";
  expect_refused({"migrate", "primary", "there"}, "there", "resources");
}

// Groups of whoever plans are spared also where it may not write: a capture tells who it is.
TEST_F(Writable, is_not_needed_to_know_who_plans_what_is_removed) {
  must({"backup", "secondary"});
  sim::databricks::Seed seed(primary_->stand_in);
  const std::string me = seed.get("/api/2.0/preview/scim/v2/Me").at("id").get<std::string>();
  seed.member(seed.group("operators"), me);
  seed.group("others");
  must({"plan", "secondary/latest", "--to", "primary", "--select", "/groups/**", "--remove", "--out",
        app_.file("p.json")});
  std::ifstream in(app_.file("p.json"));
  const Json plan = Json::parse(in);
  std::map<std::string, std::string> actions;
  for (const Json& step : plan.at("steps"))
    actions[step.at("target_name").get<std::string>()] = step.at("action").get<std::string>();
  EXPECT_EQ(actions["others"], "remove");
  EXPECT_EQ(actions["operators"], "skip");
}

}  // namespace
}  // namespace holdfast::test
