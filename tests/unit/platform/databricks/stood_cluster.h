// The stand-in of a workspace with one cluster, and a session to it: time stands still but for those who wait.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/json.h"
#include "platform/databricks/cluster.h"
#include "sim/databricks/commands.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/stand_in.h"
#include "unit/platform/databricks/scripted.h"
#include "unit/platform/databricks/stand_in_http.h"

namespace holdfast::test {

class StoodCluster {
public:
  StoodCluster()
      : stand_in(stand_in_options(), clock),
        session_(account(), std::make_unique<StandInHttp>(stand_in), clock, random_) {
    id = make("tools");
    clock.advance(std::chrono::minutes(1));
  }
  // It terminates by itself after so many minutes; 0: never.
  std::string make(const char* name, int minutes = 60) {
    return stand_in
        .call("POST", "/api/2.1/clusters/create",
              {{"cluster_name", name},
               {"spark_version", "15.4.x-scala2.12"},
               {"node_type_id", "Standard_DS3_v2"},
               {"autotermination_minutes", minutes},
               {"num_workers", 1}})
        .at("cluster_id")
        .get<std::string>();
  }
  void terminate() {
    stand_in.call("POST", "/api/2.1/clusters/delete", {{"cluster_id", id}});
    clock.advance(std::chrono::minutes(1));
  }
  std::string state_of_cluster() { return sim::databricks::cluster_state(stand_in.world(), id); }
  sim::databricks::CommandState& state() { return stand_in.world().part<sim::databricks::CommandState>(); }
  sim::databricks::HiveObject& object(const std::string& name) { return state().objects[name]; }

  const platform::databricks::Client& client() const { return session_.client(); }
  // Which waits by another clock.
  std::unique_ptr<platform::databricks::Session> session(const base::Clock& own) {
    return std::make_unique<platform::databricks::Session>(account(), std::make_unique<StandInHttp>(stand_in), own,
                                                           random_);
  }
  static platform::databricks::CommandOptions options() { return {.cluster = "tools"}; }
  static platform::databricks::CommandOptions starting() {
    return {.cluster = "tools", .start = platform::databricks::CommandOptions::Start::when_needed};
  }

  ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in;
  std::string id;

private:
  static sim::databricks::StandInOptions stand_in_options() {
    sim::databricks::StandInOptions out;
    out.token = "dapi1";
    return out;
  }
  static platform::databricks::Account account() {
    platform::databricks::Account out = ScriptedSession::account();
    out.host = "http://127.0.0.1:8461";
    return out;
  }
  SeededRandom random_{1};
  platform::databricks::Session session_;
};

}  // namespace holdfast::test
