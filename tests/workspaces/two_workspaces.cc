#include "workspaces/two_workspaces.h"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/resources/restore.h"
#include "engine/resources/sides.h"
#include "platform/databricks/connector.h"
#include "support/forwarding_writer.h"
#include "support/sanitized.h"
#include "unit/platform/databricks/stand_in_http.h"

namespace holdfast::test {

namespace {

constexpr const char* k_token = "dapi1";

sim::databricks::StandInOptions stand_in_options(std::uint64_t seed) {
  sim::databricks::StandInOptions out;
  out.token = k_token;
  out.world.seed = seed;
  out.world.name = fmt::format("workspace-{}", seed);
  out.world.workspace_id = fmt::format("100000000000{:04}", seed);
  return out;
}

class PacedWriter : public ForwardingWriter {
public:
  PacedWriter(std::unique_ptr<platform::ResourceWriter> inner, unsigned threads)
      : ForwardingWriter(*inner), inner_(std::move(inner)), threads_(threads) {}
  unsigned parallel() override { return threads_; }

private:
  const std::unique_ptr<platform::ResourceWriter> inner_;
  const unsigned threads_;
};

// A connector that makes as many calls at once as the test wants.
class PacedConnector : public platform::Connector {
public:
  PacedConnector(platform::Connector& to, unsigned threads) : to_(to), threads_(threads) {}
  std::string_view platform() const override { return to_.platform(); }
  std::vector<platform::Diagnosis> diagnose() override { return to_.diagnose(); }
  std::vector<platform::LeftOut> left_out() override { return to_.left_out(); }
  std::unique_ptr<platform::Capture> capture(const platform::CaptureOptions& options, std::stop_token stop) override {
    return to_.capture(options, std::move(stop));
  }
  std::unique_ptr<platform::Replacement> replace(const model::Collection& collection,
                                                 const platform::ReplaceOptions& options, std::uint64_t bytes_expected,
                                                 std::stop_token stop) override {
    return to_.replace(collection, options, bytes_expected, std::move(stop));
  }
  std::unique_ptr<platform::RowWriter> writer(const model::Collection& collection) override {
    return to_.writer(collection);
  }
  const std::vector<model::Kind>& kinds() const override { return to_.kinds(); }
  void require_writing(const platform::WriteRequest& request, std::stop_token stop) override {
    to_.require_writing(request, std::move(stop));
  }
  std::unique_ptr<platform::ResourceWriter> resource_writer(std::stop_token stop) override {
    return std::make_unique<PacedWriter>(to_.resource_writer(std::move(stop)), threads_);
  }
  bool holds_rows(const model::Collection& collection) override { return to_.holds_rows(collection); }
  std::unique_ptr<Admission> admission(const model::Collection& collection) override {
    return to_.admission(collection);
  }

private:
  platform::Connector& to_;
  const unsigned threads_;
};

}  // namespace

const model::KindSet& databricks_kinds() {
  static const model::KindSet all(platform::databricks::resource_kinds());
  return all;
}

std::uint64_t stride(std::uint64_t daily) {
  if (k_thread_sanitized) return daily * 5;
  const bool deep = std::getenv("HOLDFAST_DEEP") != nullptr;
  if (k_address_sanitized) return deep ? daily : daily * 3;  // release has had each of them
  return deep ? 1 : daily;
}

platform::databricks::Account unlimited_account() {
  platform::databricks::Account out;
  out.host = "http://127.0.0.1:8461";
  out.token = base::Secret(k_token);
  out.limits = platform::databricks::Account::Limits::ignored;
  return out;
}

StoodWorkspace::StoodWorkspace(const base::Clock& clock, std::uint64_t seed, const base::Clock& of_workspace)
    : stand_in(stand_in_options(seed), of_workspace), clock_(clock) {}

std::unique_ptr<platform::Connector> StoodWorkspace::connect(std::unique_ptr<net::HttpClient> http) {
  platform::databricks::Account account;
  account.host = "http://127.0.0.1:8461";
  account.token = base::Secret(k_token);
  account.rate_share_percent = 100;
  return platform::databricks::make_connector(
      {.account = std::move(account), .http = std::move(http), .clock = clock_, .random = random_, .opt_ins = opt_ins});
}

std::unique_ptr<platform::Connector> StoodWorkspace::connect() {
  return connect(std::make_unique<StandInHttp>(stand_in));
}

std::unique_ptr<platform::Connector> StoodWorkspace::connect(PowerSwitch& power, SwitchedHttp::Witness witness) {
  return connect(std::make_unique<SwitchedHttp>(std::make_unique<StandInHttp>(stand_in), power, std::move(witness)));
}

BackedUp::BackedUp(EngineWorld& world, StoodWorkspace& source, std::string name)
    : world_(world), name_(std::move(name)) {
  const auto connector = source.connect();
  snapshot_ =
      engine::backup(*world_.repository, *connector, name_, EngineWorld::small(), world_.events, world_.clock, {})
          .snapshot;
}

model::ResourcePlan BackedUp::plan(StoodWorkspace& target, const std::string& target_name, storage::Backend& state) {
  const auto connector = target.connect();
  engine::ResourceRestoreOptions wanted;
  wanted.target = target_name;
  return engine::plan_resource_restore(
      {.repository = *world_.repository, .snapshot = snapshot_, .target = *connector, .state = state}, wanted,
      world_.events, world_.clock, world_.random, {});
}

model::ResourcePlan BackedUp::activation(StoodWorkspace& target, const std::string& target_name,
                                         storage::Backend& state, model::FiringMode mode) {
  const auto connector = target.connect();
  engine::ResourceRestoreOptions active;
  active.target = target_name;
  active.firing = mode;
  return engine::plan_resource_activation(
      {.repository = *world_.repository, .snapshot = snapshot_, .target = *connector, .state = state}, active,
      world_.events, world_.clock, world_.random, {});
}

engine::ResourceApplyResult BackedUp::apply(const model::ResourcePlan& plan, platform::Connector& target,
                                            const Run& run) {
  PacedConnector paced(target, run.threads);
  return engine::apply_resource_restore(
      {.repository = *world_.repository, .snapshot = snapshot_, .target = paced, .state = run.state}, plan,
      base::silent_events(), run.clock, run.stop);
}

std::map<std::string, std::size_t> BackedUp::counts() const {
  std::map<std::string, std::size_t> out;
  for (const model::Resource& one : engine::read_stored_side(*world_.repository, snapshot_, databricks_kinds(), {}))
    ++out[databricks_kinds().at(one.kind).label()];
  return out;
}

}  // namespace holdfast::test
