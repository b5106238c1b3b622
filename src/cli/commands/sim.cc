#include <fmt/format.h>

#include <chrono>

#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"

namespace holdfast::cli {
namespace {

namespace databricks = sim::databricks;

class SimDatabricksCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"sim databricks", "stand in for a Databricks workspace",
            "A workspace in memory that answers on 127.0.0.1 until Ctrl-C, for demos and tests.\n"
            "A fault reads METHOD PATH#WHICH: WHAT, for example\n"
            "  --fault 'GET /api/2.0/workspace/export#3-7: 429 retry-after=2'\n"
            "  --fault 'POST /api/2.1/clusters/create#1: reset-after'\n"
            "WHICH is *, N, N-M or N-.  WHAT is 429 or 503 (with retry-after=SECONDS), 500 (with\n"
            "feature-disabled), 403, reset-before, reset-after, late=20s, slow=500ms, empty-page,\n"
            "short-page, stale, token-expired, hide=FIELD, mask=FIELD or html."};
  }

  void declare(FlagTable& flags) override {
    constexpr unsigned k_last_port = 65535;
    flags.count("--port", port_, k_last_port, "where to listen; a free port without it");
    flags.text("--seed-workspace", "WHAT", workspace_,
               "what is in it at first: empty, small, realistic, or sizes such as notebooks=50000,groups=2000");
    flags.count("--seed", seed_, k_largest_seed, "the same seed gives the same ids");
    flags.text("--name", "NAME", options_.world.name, "what the workspace is called");
    flags.text("--region", "NAME", options_.world.region, "where it is; regions differ in node types");
    flags.duration("--cluster-start", cluster_start_, "how long a cluster takes to start; 2s without it");
    flags.text("--token", "TOKEN", options_.token, "the administrator's token; one is drawn without it");
    flags.duration("--latency", latency_, "every answer takes that much longer");
    flags.texts("--fault", "TEXT", options_.faults, "what goes wrong, and when");
    flags.toggle("--rate-limits", rate_limits_, "hold the published limits");
    flags.toggle("--without-retry-after", without_retry_after_, "do not say when to come back");
    flags.toggle("--standard-tier", standard_tier_, "a workspace without access control lists");
    flags.toggle("--refuse-secret-reads", refuse_secret_reads_, "secrets cannot be read through the API");
    flags.text("--log", "FILE", options_.log_file, "write down every request").offer = Offer::files;
  }

  int run(Context& context) override {
    databricks::StandIn stand_in(server_options(), context.clock());
    databricks::seed_workspace(stand_in, workspace_);
    if (refuse_secret_reads_) {
      stand_in.world().part<databricks::Secrets>().reads = databricks::SecretReads::refused;
    }
    if (cluster_start_) {
      stand_in.world().part<databricks::Clusters>().start_ms =
          std::chrono::duration_cast<std::chrono::milliseconds>(*cluster_start_).count();
    }
    // It listens when it is filled: nobody meets half of a workspace.
    const sim::HttpListener listener(listener_options(), context.clock(),
                                     [&](const sim::HttpRequest& request) { return stand_in.handle(request); });
    tell(context, listener.url(), stand_in);
    constexpr auto k_long = std::chrono::hours(1);
    while (context.clock().sleep(k_long, context.stop())) continue;
    return k_exit_ok;
  }

private:
  static constexpr unsigned k_largest_seed = 1'000'000'000;

  databricks::StandInOptions server_options() const {
    auto options = options_;
    options.world.seed = seed_.value_or(1);
    options.world.workspace_id = fmt::format("1{:015}", options.world.seed);  // two of them are two workspaces
    if (standard_tier_) options.world.tier = databricks::WorldOptions::Tier::standard;
    if (latency_) options.latency = *latency_;
    if (rate_limits_ || without_retry_after_) {
      options.rate_limits = without_retry_after_ ? databricks::RateLimiting::without_retry_after
                                                 : databricks::RateLimiting::with_retry_after;
    }
    return options;
  }

  sim::ListenerOptions listener_options() const {
    sim::ListenerOptions options;
    options.port = static_cast<std::uint16_t>(port_.value_or(0));
    return options;
  }

  // Whoever started this in a script reads it to learn the port, so nothing may stay in the buffer.
  void tell(Context& context, const std::string& url, const databricks::StandIn& stand_in) const {
    const std::string& token = stand_in.token();
    if (context.json()) {
      auto out = document();
      out["url"] = url;
      out["token"] = token;
      out["workspace_id"] = stand_in.options().world.workspace_id;
      print_document(context, out);
    } else {
      auto& out = context.out();
      out.line(fmt::format("workspace  {}", options_.world.name));
      out.line(fmt::format("url        {}", url));
      out.line(fmt::format("token      {}", token));
      out.line("");
      out.line("In ~/.databrickscfg:");
      out.line(fmt::format("  [{}]\n  host = {}\n  token = {}", options_.world.name, url, token));
      out.line("The old databricks-cli drops the port of its host; give it a made-up one and this as its proxy:");
      out.line(
          fmt::format("  HTTP_PROXY={} DATABRICKS_HOST=http://{}.databricks.test DATABRICKS_TOKEN={} "
                      "databricks workspace ls /",
                      url, options_.world.name, token));
      out.line("");
      out.line("Ctrl-C ends it, and everything in it is gone.");
    }
    context.out().flush();
  }

  databricks::StandInOptions options_;
  std::optional<unsigned> port_;
  std::optional<unsigned> seed_;
  std::optional<base::Duration> latency_;
  std::optional<base::Duration> cluster_start_;
  std::string workspace_ = "empty";
  bool rate_limits_ = false;
  bool without_retry_after_ = false;
  bool standard_tier_ = false;
  bool refuse_secret_reads_ = false;
};

}  // namespace

std::unique_ptr<Command> make_sim_databricks_command() {
  return std::make_unique<SimDatabricksCommand>();
}

}  // namespace holdfast::cli
