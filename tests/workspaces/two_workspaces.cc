#include "workspaces/two_workspaces.h"

#include <fmt/format.h>

#include "engine/id_map_store.h"
#include "engine/resource_restore.h"
#include "engine/resource_sides.h"
#include "platform/databricks/connector.h"
#include "platform/databricks/kinds.h"
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

// The writer of the connector, with as many calls at once as the test wants.
class Paced : public platform::ResourceWriter {
public:
  Paced(platform::ResourceWriter& inner, unsigned threads) : inner_(inner), threads_(threads) {}
  std::string who() override { return inner_.who(); }
  base::Instant now() override { return inner_.now(); }
  unsigned parallel() override { return threads_; }
  std::string create(const model::Kind& kind, const Content& content) override { return inner_.create(kind, content); }
  void settle(const model::Kind& kind, const std::string& id) override { inner_.settle(kind, id); }
  void update(const model::Kind& kind, const std::string& id, const Content& content) override {
    inner_.update(kind, id, content);
  }
  void remove(const model::Kind& kind, const std::string& id) override { inner_.remove(kind, id); }
  void set_column(const model::Kind& kind, const std::string& id, const std::string& column,
                  const base::Bytes& value) override {
    inner_.set_column(kind, id, column, value);
  }
  std::vector<Found> find(const model::Kind& kind, const std::string& name) override { return inner_.find(kind, name); }
  std::optional<Found> read(const model::Kind& kind, const std::string& id) override { return inner_.read(kind, id); }

private:
  platform::ResourceWriter& inner_;
  unsigned threads_;
};

}  // namespace

const model::KindSet& databricks_kinds() {
  static const model::KindSet all = [] {
    std::vector<model::Kind> kinds;
    for (const auto& entry : platform::databricks::all_kinds()) kinds.push_back(entry.kind);
    return model::KindSet(kinds);
  }();
  return all;
}

StoodWorkspace::StoodWorkspace(const base::Clock& clock, std::uint64_t seed, const base::Clock& of_workspace)
    : stand_in(stand_in_options(seed), of_workspace), clock_(clock) {}

std::unique_ptr<platform::Connector> StoodWorkspace::connect(std::unique_ptr<net::HttpClient> http) {
  platform::databricks::Account account;
  account.host = "http://127.0.0.1:8461";  // what is on this machine may be written to
  account.token = base::Secret(k_token);
  account.rate_share_percent = 100;
  return platform::databricks::make_connector(
      {.account = std::move(account), .http = std::move(http), .clock = clock_, .random = random_});
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
  resources_ = engine::read_stored_side(*world_.repository, snapshot_, databricks_kinds(), {});
}

engine::ResourcePlanOptions BackedUp::options(const std::string& target_name) const {
  return {
      .repository = world_.repository->id(), .snapshot = snapshot_.id.name(), .source = name_, .target = target_name};
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
  const engine::LiveSide live =
      engine::read_live_side({target_name, *connector}, databricks_kinds(), world_.events, {});
  engine::ResourcePlanOptions active = options(target_name);
  active.firing = mode;
  return engine::plan_activation(databricks_kinds(), {.wanted = resources_, .live = live.resources},
                                 engine::IdMapStore(state, name_, target_name).snapshot(), active, world_.clock,
                                 world_.random);
}

engine::ResourceApplyResult BackedUp::apply(const model::ResourcePlan& plan, platform::Connector& target,
                                            const Run& run) {
  const auto writer = target.resource_writer();
  Paced paced(*writer, run.threads);
  engine::IdMapStore ids(run.state, name_, plan.target);
  const auto row = [&](const std::string& kind, const base::Bytes& key) -> std::optional<base::Row> {
    for (const model::Resource& one : resources_)
      if (one.row.key == key && databricks_kinds().at(one.kind).label() == kind) return one.row;
    return std::nullopt;
  };
  return engine::apply_resources(
      {.kinds = databricks_kinds(), .plan = plan, .wanted = row, .writer = paced, .journal = run.state, .ids = ids},
      base::silent_events(), run.clock, {});
}

std::map<std::string, std::size_t> BackedUp::counts() const {
  std::map<std::string, std::size_t> out;
  for (const model::Resource& one : resources_) ++out[databricks_kinds().at(one.kind).label()];
  return out;
}

std::vector<std::string> outcome_lines(const engine::ResourceApplyResult& result) {
  std::vector<std::string> out;
  constexpr const char* k_names[] = {"failed", "waiting", "conflict", "manual"};
  for (const engine::ResourceOutcome& one : result.outcomes)
    out.push_back(fmt::format("{} {}: {}", k_names[static_cast<int>(one.what)], one.path, one.text));
  return out;
}

}  // namespace holdfast::test
