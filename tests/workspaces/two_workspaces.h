// Two stand-ins of workspaces in one process, with the real connector to each: no sockets, clocks that stand still.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/resources/apply.h"
#include "model/kind_set.h"
#include "platform/databricks/connector.h"
#include "platform/databricks/opt_ins.h"
#include "platform/platform.h"
#include "repository/repository.h"
#include "sim/databricks/stand_in.h"
#include "storage/backend.h"
#include "support/engine_world.h"
#include "support/fakes.h"
#include "workspaces/power_switch.h"

namespace holdfast::test {

const model::KindSet& databricks_kinds();
// Each n-th place in the daily tier, and all in the deep one; under the thread sanitizer, which looks for interleavings
// and not for states, far fewer.
std::uint64_t stride(std::uint64_t daily);
// Who asks a stand-in in this process, as fast as it answers.
platform::databricks::Account unlimited_account();

// One workspace.  Another process's connector to it is another call of connect().
class StoodWorkspace {
public:
  // Two workspaces of different seeds have no id in common.
  StoodWorkspace(const base::Clock& clock, std::uint64_t seed) : StoodWorkspace(clock, seed, clock) {}
  // Time goes by in the workspace by another clock than the one that its connectors wait by.
  StoodWorkspace(const base::Clock& clock, std::uint64_t seed, const base::Clock& of_workspace);
  std::unique_ptr<platform::Connector> connect();
  std::unique_ptr<platform::Connector> connect(PowerSwitch& power, SwitchedHttp::Witness witness = {});
  std::unique_ptr<platform::Connector> connect(std::unique_ptr<net::HttpClient> http);

  sim::databricks::StandIn stand_in;
  platform::databricks::OptIns opt_ins;  // of connectors to come

private:
  const base::Clock& clock_;
  SeededRandom random_{5};
};

// A workspace backed up once, and what plans and restores of it take.
class BackedUp {
public:
  BackedUp(EngineWorld& world, StoodWorkspace& source, std::string name);

  const repository::Snapshot& snapshot() const noexcept { return snapshot_; }
  // Where the target is now.  `ids`: the local state of the run.
  model::ResourcePlan plan(StoodWorkspace& target, const std::string& target_name, storage::Backend& state);
  model::ResourcePlan activation(StoodWorkspace& target, const std::string& target_name, storage::Backend& state,
                                 model::FiringMode mode);
  // With a connector of its own, as a new process has; `threads` calls at once.
  struct Run {
    storage::Backend& state;
    const base::Clock& clock;
    unsigned threads = 1;
    std::stop_token stop{};
  };
  engine::ResourceApplyResult apply(const model::ResourcePlan& plan, platform::Connector& target, const Run& run);
  // Kinds that it has something of.
  std::map<std::string, std::size_t> counts() const;

private:
  EngineWorld& world_;
  std::string name_;
  repository::Snapshot snapshot_;
};

}  // namespace holdfast::test
