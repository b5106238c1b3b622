#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/parser.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

namespace databricks = sim::databricks;
using base::Error;
using base::ErrorKind;
using Json = nlohmann::json;

constexpr std::string_view k_folder_name = "holdfast-demo-";  // then the process that runs the demo
constexpr std::size_t k_columns = 80;

// A folder that goes when the demo ends, unless it is killed; then the next demo takes it along.
class DemoFolder {
public:
  explicit DemoFolder(base::Random& random)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("{}{}-{}", k_folder_name, ::getpid(), base::to_hex(random.bytes(8)))) {
    remove_left_behind();
    std::filesystem::create_directory(path_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  ~DemoFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DemoFolder(const DemoFolder&) = delete;
  DemoFolder& operator=(const DemoFolder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
  // Of this user, and of a process that is no more: a repository and its key.
  static bool is_left_behind(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    if (!name.starts_with(k_folder_name)) return false;
    pid_t owner = 0;
    const char* end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + k_folder_name.size(), end, owner);
    if (error != std::errc{} || rest == end || *rest != '-' || owner <= 0) return false;
    struct stat status {};
    const bool ours = ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
    return ours && ::kill(owner, 0) != 0 && errno == ESRCH;
  }
  static void remove_left_behind() {
    std::error_code ignored;
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path(), ignored))
      if (is_left_behind(entry.path())) found.push_back(entry.path());
    for (const std::filesystem::path& path : found) std::filesystem::remove_all(path, ignored);
  }

  std::filesystem::path path_;
};

// A made-up workspace that can be lost and come back at the same address.
class DemoWorkspace {
public:
  DemoWorkspace(databricks::StandInOptions options, const base::Clock& clock)
      : clock_(clock), stand_in_(std::move(options), clock) {
    come_back();
  }
  databricks::StandIn& stand_in() noexcept { return stand_in_; }
  void go_down() { listener_.reset(); }
  void come_back() {
    sim::ListenerOptions options;
    options.port = port_;
    listener_ = std::make_unique<sim::HttpListener>(
        options, clock_, [this](const sim::HttpRequest& request) { return stand_in_.handle(request); });
    port_ = listener_->port();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

private:
  const base::Clock& clock_;
  databricks::StandIn stand_in_;
  std::uint16_t port_ = 0;
  std::unique_ptr<sim::HttpListener> listener_;
};

databricks::StandInOptions workspace_options(const char* name, const char* region, std::uint64_t seed) {
  databricks::StandInOptions out;
  out.world.name = name;
  out.world.region = region;
  out.world.seed = seed;
  out.world.workspace_id = fmt::format("{}", 1'000'000'000'000'000 + seed);
  return out;
}

Json job(const char* name, const char* notebook, const char* cron) {
  return {{"name", name},
          {"tasks", Json::array({{{"task_key", "main"}, {"notebook_task", {{"notebook_path", notebook}}}}})},
          {"schedule", {{"quartz_cron_expression", cron}, {"timezone_id", "UTC"}, {"pause_status", "UNPAUSED"}}}};
}

Json jobs_of(DemoWorkspace& workspace) {
  return workspace.stand_in().get("/api/2.2/jobs/list?expand_tasks=false").value("jobs", Json::array());
}

std::uint64_t firing_jobs(DemoWorkspace& workspace) {
  std::uint64_t out = 0;
  for (const Json& one : jobs_of(workspace)) out += one["settings"]["schedule"]["pause_status"] == "UNPAUSED" ? 1U : 0U;
  return out;
}

class Demo {
public:
  explicit Demo(Context& context)
      : context_(context),
        folder_(context.random()),
        key_{base::Secret(base::to_hex(context.random().bytes(32)))},
        primary_(workspace_options("primary", "westeurope", 1), context.clock()),
        secondary_(workspace_options("secondary", "northeurope", 2), context.clock()),
        composition_(context.composition()) {
    // What this run learns is kept beside its repository, not among what this host knows.
    composition_.state_folder = folder_.file("state");
  }

  void run() {
    begin();
    disaster();
    other_region();
    outage();
    way_back();
    say("That was all of it: nothing is left of this on your machine.  docs/platforms/databricks.md goes on from "
        "here.");
  }

private:
  void say(std::string_view text) {
    context_.out().line(fmt::format("\n# {}", fmt::join(ui::wrap(text, k_columns - 3), "\n# ")));
    context_.out().flush();
  }

  // What a user would type; what stands behind it says which repository and configuration are meant.
  void type(const std::vector<std::string>& words) {
    context_.out().line(fmt::format("\n$ holdfast {}", fmt::join(words, " ")));
    context_.out().flush();
    std::vector<std::string> all = words;
    for (const std::string& word : {std::string("--config"), folder_.file("holdfast.toml"), std::string("--repository"),
                                    std::string("main"), std::string("--key-file"), folder_.file("key")})
      all.push_back(word);
    const Commands commands = all_commands();
    const Parsed parsed = parse(all, commands);
    Context inner({composition_, parsed.global, context_.events(), context_.stop()});
    const int code = parsed.command->run(inner);
    inner.out().flush();
    inner.tell_warnings();
    if (code != k_exit_ok)
      throw Error(ErrorKind::internal, fmt::format("holdfast {} ended with exit code {}", words.front(), code));
  }

  static void expect(bool holds, std::string_view what) {
    if (!holds) throw Error(ErrorKind::internal, fmt::format("the demo expected that {}", what));
  }

  void write_configuration() {
    const auto connector = [](const char* name, DemoWorkspace& workspace, const std::string& token) {
      return fmt::format(
          "\n[connector.{}]\nplatform = \"databricks\"\nhost = \"{}\"\nauth_type = \"pat\"\n"
          "token = {{ file = \"{}\" }}\nrate_share_percent = 100\n",
          name, workspace.url(), token);
    };
    const auto keep = [&](const std::string& name, const std::string& text) {
      std::ofstream(folder_.file(name)) << text;
      return folder_.file(name);
    };
    const std::string first = keep("primary.token", primary_.stand_in().token());
    const std::string second = keep("secondary.token", secondary_.stand_in().token());
    keep("key", std::string(key_.secret.reveal()));
    keep("holdfast.toml", fmt::format("[repository.main]\nurl = \"{}\"\n", repository_url()) +
                              connector("primary", primary_, first) + connector("secondary", secondary_, second));
  }

  std::string repository_url() const { return "file://" + folder_.file("repository"); }
  // Each command would derive the same from the key: that is made to take its time.
  void unlock() {
    for (const BackendKind& kind : composition_.backends)
      if (kind.scheme == "file")
        composition_.unlocked = repository::Repository::unlock(*kind.open(repository_url()), key_);
  }

  void begin() {
    say("Two made-up workspaces, primary and secondary, answer on this machine.  primary has users, notebooks and two "
        "jobs that fire by themselves; secondary is empty.  First of all, an encrypted repository and a backup.");
    databricks::seed_workspace(primary_.stand_in(), "small");
    primary_.stand_in().call("POST", "/api/2.2/jobs/create",
                             job("nightly-load", "/Shared/reports/daily", "0 0 2 * * ?"));
    primary_.stand_in().call("POST", "/api/2.2/jobs/create",
                             job("hourly-check", "/Shared/reports/daily", "0 0 * * * ?"));
    write_configuration();
    type({"init"});
    unlock();
    type({"backup", "primary"});
    type({"ls", "latest"});
  }

  void disaster() {
    say("A disaster: somebody deletes the folder /Shared/reports, and the job nightly-load with it.");
    primary_.stand_in().call("POST", "/api/2.0/workspace/delete", {{"path", "/Shared/reports"}, {"recursive", true}});
    for (const Json& one : jobs_of(primary_))
      if (one["settings"]["name"] == "nightly-load")
        primary_.stand_in().call("POST", "/api/2.2/jobs/delete", {{"job_id", one["job_id"]}});
    type({"diff", "latest", "primary"});
    say("What a restore would do, before it does anything: nothing is written without a plan.");
    type({"plan", "latest", "--to", "primary"});
    type({"restore", "latest", "--to", "primary", "--yes"});
    expect(jobs_of(primary_).size() == 2, "both jobs are back");
    say("What is made anew arrives paused: it fires when you say so, exactly as it did.");
    type({"activate", "primary", "--from", "primary", "--yes"});
    expect(firing_jobs(primary_) == 2, "both jobs fire again");
    say("Once more: what is back needs nothing, so a restore can be run again after anything.");
    type({"restore", "latest", "--to", "primary", "--yes"});
  }

  void other_region() {
    say("The other region.  What fires arrives paused, so that nothing runs twice.");
    type({"migrate", "primary", "secondary"});
    expect(jobs_of(secondary_).size() == 2 && firing_jobs(secondary_) == 0, "all arrived, and paused");
    say("From now on only what changed is brought there, as often as you like.");
    type({"replicate", "primary", "secondary"});
  }

  void outage() {
    say("The region of primary is lost: it does not answer any more.  The repository and secondary are enough.");
    primary_.go_down();
    type({"failover", "primary", "secondary", "--source-lost", "--yes"});
    expect(firing_jobs(secondary_) == 2, "secondary fires what primary fired");
    say("Life goes on: somebody adds a job on secondary.");
    secondary_.stand_in().call("POST", "/api/2.2/jobs/create",
                               job("added-meanwhile", "/Shared/reports/daily", "0 30 * * * ?"));
    type({"diff", "primary/latest", "secondary"});
    type({"status"});
  }

  void way_back() {
    say("primary is back, and its jobs would fire beside those of secondary.  Pause them before anything else.");
    primary_.come_back();
    type({"fence", "primary"});
    expect(firing_jobs(primary_) == 0, "nothing fires on primary");
    say("What was done on secondary goes back; secondary is paused, and primary fires again.");
    type({"failback", "secondary", "primary", "--yes"});
    expect(jobs_of(primary_).size() == 3 && firing_jobs(primary_) == 3, "primary has the added job, and fires");
    expect(jobs_of(secondary_).size() == 3 && firing_jobs(secondary_) == 0, "secondary waits, paused");
    type({"status"});
  }

  Context& context_;
  DemoFolder folder_;
  const repository::KeyMaterial key_;
  DemoWorkspace primary_;
  DemoWorkspace secondary_;
  Composition composition_;
};

class DemoCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"demo", "see a disaster and its end on made-up workspaces, on this machine alone",
            "Needs no server, no account and no network.  Two made-up Databricks workspaces and a\n"
            "repository in a temporary folder: backup, a disaster, diff, plan, restore, migrate,\n"
            "failover and failback, explained as it goes.  It asks no configured connector anything,\n"
            "and takes everything with it when it ends."};
  }

  void declare(FlagTable&) override {}

  int run(Context& context) override {
    if (context.json()) throw Error(ErrorKind::usage, "the demo is told to people, not as JSON", "Leave --json out.");
    try {
      Demo(context).run();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled || context.stop().stop_requested())
        context.events().note("the demo was stopped; its workspaces, its repository and its key are removed");
      throw;
    }
    return k_exit_ok;
  }
};

}  // namespace

std::unique_ptr<Command> make_demo_command() {
  return std::make_unique<DemoCommand>();
}

}  // namespace holdfast::cli
