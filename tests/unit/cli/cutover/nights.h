// Night after night from one workspace into another, with people at work on both of them by day.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "engine/cutover/store.h"
#include "storage/local/local_backend.h"
#include "support/app_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::test {

// A job that fires every hour.
inline std::string job(const std::string& name, const std::string& note, const std::string& pause = "UNPAUSED") {
  return R"({"name":")" + name + R"(","origin":")" + name + R"(","note":")" + note +
         R"(","schedule":{"cron":"0 0 * * * ?","pause_status":")" + pause + R"("}})";
}
inline std::string pool(const std::string& name, int most) {
  return R"({"name":")" + name + R"(","node_type":"east-4","max":)" + std::to_string(most) + R"(,"origin":")" + name +
         R"("})";
}

class Nights : public testing::Test {
protected:
  using Names = std::vector<std::string>;

  // Jobs x, y and z fire; asleep does not.
  Nights() {
    app_.compose("workspace", workspace_kinds(), clock_, {"primary", "secondary"},
                 [this](const std::string& name) { return connect(name == "secondary" ? secondary_ : primary_); });
    primary_.workspace.put("pools", "big", pool("big", 1));
    for (const char* name : {"x", "y", "z"}) primary_.workspace.put("jobs", name, job(name, "one"));
    primary_.workspace.put("jobs", "asleep", job("asleep", "one", "PAUSED"));
  }

  Outcome run(const std::vector<std::string>& arguments) {
    clock_.advance(std::chrono::minutes(10));
    return app_.run(arguments);
  }
  void migrate() {
    const Outcome outcome = run({"migrate", "primary", "secondary"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  Outcome night(const Names& more = {}) { return run_with({"replicate", "primary", "secondary"}, more); }
  Outcome failover(const Names& more = {}) { return run_with({"failover", "primary", "secondary", "--yes"}, more); }
  Outcome fail_back(const Names& more = {}) { return run_with({"failback", "secondary", "primary", "--yes"}, more); }
  Outcome take_over(const Names& more = {}) {
    return run_with({"activate", "secondary", "--from", "primary", "--yes"}, more);
  }
  void fail_over() {
    const Outcome outcome = failover();
    ASSERT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  }
  // That somebody pauses y on secondary, which is in charge: it stays so, and is given to nobody any more.
  void expect_pause_of_y_counts() {
    set_pause(secondary_, "y", "PAUSED");
    EXPECT_EQ(failover().code, 0);
    EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
    EXPECT_EQ(fail_back().code, 0);
    EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
    EXPECT_TRUE(pair().left.empty());
  }
  void must(const Names& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments.front() << ": " << outcome.out << outcome.err;
  }

  // The recovery plan "dr", which stops before these phases.
  void gate(const std::string& gates) const {
    std::ofstream(app_.config(), std::ios::app)
        << "[recovery.dr]\nsource = \"primary\"\ntarget = \"secondary\"\ngates = [" << gates << "]\n";
  }

  // What this host knows of who is in charge.
  engine::Pair pair(const std::string& source = "primary", const std::string& target = "secondary") const {
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    return engine::CutoverStore(*state).pair(source, target);
  }
  void keep(const engine::Pair& pair) const {
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    engine::CutoverStore(*state).save(pair);
  }
  std::optional<engine::Fence> fence(const std::string& name) const {
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    return engine::CutoverStore(*state).fence(name);
  }
  void keep(const engine::Fence& fence) const {
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    engine::CutoverStore(*state).save(fence);
  }

  static std::string body_of(const WorkspaceAccount& on, const std::string& name) {
    return on.workspace.body("jobs", on.workspace.id_of("jobs", name));
  }
  // Whether it fires stays as it is.
  static void change(WorkspaceAccount& on, const std::string& name, const std::string& note) {
    on.workspace.rewrite("jobs", on.workspace.id_of("jobs", name),
                         job(name, note, fires(on, name) ? "UNPAUSED" : "PAUSED"));
  }
  static void set_pause(WorkspaceAccount& on, const std::string& name, const std::string& pause) {
    on.workspace.rewrite("jobs", on.workspace.id_of("jobs", name), job(name, note_of(on, name), pause));
  }
  static void remove_job(WorkspaceAccount& on, const std::string& name) {
    on.workspace.erase("jobs", on.workspace.id_of("jobs", name));
  }
  static void grow(WorkspaceAccount& on, int most) {
    on.workspace.rewrite("pools", on.workspace.id_of("pools", "big"), pool("big", most));
  }
  static std::string note_of(const WorkspaceAccount& on, const std::string& name) {
    const std::string body = body_of(on, name);
    const std::size_t from = body.find(R"("note":")") + 8;
    return body.substr(from, body.find('"', from) - from);
  }
  std::string note_of(const std::string& name) const { return note_of(secondary_, name); }
  static bool fires(const WorkspaceAccount& on, const std::string& name) {
    return body_of(on, name).find(R"("UNPAUSED")") != std::string::npos;
  }
  static base::Error not_now() { return {base::ErrorKind::unavailable, "not now"}; }
  static void refuse(WorkspaceAccount& on, const Names& jobs) {
    for (const std::string& name : jobs) on.workspace.refusals.emplace("jobs/" + name, not_now());
  }
  static bool has_job(const WorkspaceAccount& on, const std::string& name) {
    return !on.workspace.id_of("jobs", name).empty();
  }
  // What fires there, by "origin" in the order of their names.
  static Names firing(const WorkspaceAccount& on) {
    Names out;
    for (const model::Resource& one : on.workspace.capture())
      if (workspace_kind_set().at(one.kind).label() == "jobs" && fires(on, one.name)) out.push_back(one.name);
    std::sort(out.begin(), out.end());
    return out;
  }

  const Names all_{"x", "y", "z"};  // what fires on primary
  AppWorld app_;
  ManualClock clock_{*base::parse_instant("2026-11-21T20:00:00Z")};
  WorkspaceAccount primary_{clock_, 1'000, "one"};
  WorkspaceAccount secondary_{clock_, 5'000, "two"};

private:
  Outcome run_with(Names arguments, const Names& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
};

}  // namespace holdfast::test
