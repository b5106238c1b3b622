// A verb of a cutover that is killed at any of its calls and records, before and after each took effect, and run again
// until it ends, leaves what an undisturbed one leaves.  What reads has no effect: a kill there leaves what a kill
// after the write before it leaves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <set>

#include "base/json.h"
#include "engine/cutover/charge.h"
#include "engine/cutover/store.h"
#include "engine/resources/task_store.h"
#include "storage/memory/memory_backend.h"
#include "support/sanitized.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

using Lines = std::vector<std::string>;
using Strike = Tripwire::Strike;

// Everything in the deep tier, each n-th event in the daily one; fewer where each takes many times as long.
std::uint64_t stride() {
  if (k_thread_sanitized) return 10;
  if (std::getenv("HOLDFAST_DEEP") != nullptr) return k_address_sanitized ? 4 : 1;  // release has had each of them
  return k_address_sanitized ? 8 : 3;
}

std::unique_ptr<storage::Backend> copy_of(storage::Backend& backend) {
  auto out = storage::make_memory_backend();
  Lines names;
  backend.list("", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
  for (const std::string& name : names) out->put(name, backend.get_all(name));
  return out;
}

// What is left when no process runs.
struct Image {
  explicit Image(ManualClock& clock) : primary(clock, 1'000), secondary(clock, 5'000) {}
  FakeWorkspace primary;
  FakeWorkspace secondary;
  std::unique_ptr<storage::Backend> state = storage::make_memory_backend();
  std::unique_ptr<storage::Backend> repository = storage::make_memory_backend();
};

// A host between two workspaces.  What it writes to them, to its local state and to its repository goes over one wire.
class Host {
public:
  Host() {
    platform::Platform platform;
    platform.name = "workspace";
    platform.kinds = workspace_kinds();
    platform.open = [this](const std::string& name, const platform::Settings&, const base::Clock&, base::Events&) {
      return connect(name == "secondary" ? secondary : primary);
    };
    app_.composition.platforms = {platform};
    app_.composition.backends.front().open = [this](const std::string&) {
      return std::make_unique<TrippedBackend>(*repository_, wire);
    };
    app_.composition.open_state = [this](const std::string&) {
      return std::make_unique<TrippedBackend>(*state_, wire);
    };
    app_.composition.clock = &clock;
    app_.configure("workspace", {"primary", "secondary"});
    app_.init();
    for (WorkspaceAccount* one : {&primary, &secondary}) one->workspace.wire = &wire;
  }

  Outcome run(const Lines& arguments) {
    clock.advance(std::chrono::minutes(10));
    return app_.run(arguments);
  }
  void must(const Lines& arguments) {
    const Outcome outcome = run(arguments);
    ASSERT_EQ(outcome.code, 0) << fmt::format("{}", fmt::join(arguments, " ")) << ": " << outcome.out << outcome.err;
  }
  std::unique_ptr<Image> keep() {
    auto out = std::make_unique<Image>(clock);
    out->primary.become(primary.workspace);
    out->secondary.become(secondary.workspace);
    out->state = copy_of(*state_);
    out->repository = copy_of(*repository_);
    return out;
  }
  void go_back_to(const Image& image) {
    primary.workspace.become(image.primary);
    secondary.workspace.become(image.secondary);
    state_ = copy_of(*image.state);
    repository_ = copy_of(*image.repository);
  }
  // All that is there, and who is in charge of it.
  Lines documents() {
    Lines out;
    for (const std::string& line : primary.workspace.state()) out.push_back("primary: " + line);
    for (const std::string& line : secondary.workspace.state()) out.push_back("secondary: " + line);
    engine::CutoverStore store(*state_);
    for (const engine::Fence& fence : store.fences())
      out.push_back(fmt::format("{} is fenced, {}, for {}", fence.connector,
                                fence.state == engine::Fence::State::confirmed ? "confirmed" : "open", fence.active));
    for (const engine::Pair& pair : store.pairs())
      out.push_back(fmt::format("{} and {}: {} is in charge, {}; {} left alone", pair.source, pair.target, pair.active,
                                pair.complete ? "as a whole" : "not as a whole",
                                pair.replicated ? pair.replicated->differed.size() : 0));
    for (const engine::TaskStore& tasks : engine::task_stores(*state_))
      for (const engine::ManualTask& task : tasks.tasks())
        out.push_back(fmt::format("{} of {}: {}, {}", task.path, tasks.target(), task.text, to_string(task.state)));
    return out;
  }
  // Sides on which something may start by itself, less who is in charge and those whose fence is open and told by
  // "status".  Whose fence is told as confirmed counts in any case.
  Lines fire_untold() {
    engine::CutoverStore store(*state_);
    const std::string active = engine::in_charge(engine::charge_of(store, "primary", "secondary"));
    std::set<std::string> told{active};
    const nlohmann::json status = nlohmann::json::parse(run({"status", "--json"}).out);
    for (const nlohmann::json& fence : status["fences"])
      if (fence["state"] == "open")
        told.insert(fence["connector"].get<std::string>());
      else
        told.erase(fence["connector"].get<std::string>());
    Lines out;
    if (!told.contains("primary") && may_fire(primary.workspace)) out.push_back("primary");
    if (!told.contains("secondary") && may_fire(secondary.workspace)) out.push_back("secondary");
    return out;
  }
  // Names of jobs that fire on both sides.
  Lines fire_twice() const {
    const Lines here = firing_jobs(primary.workspace);
    const Lines there = firing_jobs(secondary.workspace);
    Lines out;
    std::set_intersection(here.begin(), here.end(), there.begin(), there.end(), std::back_inserter(out));
    return out;
  }
  static bool may_fire(const FakeWorkspace& on) {
    const Lines all = on.state();
    const auto fires = [](const std::string& line) {
      return line.find("UNPAUSED") != std::string::npos || line.find(R"("min_idle":2)") != std::string::npos;
    };
    return !firing_jobs(on).empty() || std::any_of(all.begin(), all.end(), fires);
  }
  static Lines firing_jobs(const FakeWorkspace& on) {
    Lines out;
    for (const model::Resource& one : on.capture()) {
      const std::string body = one.row.columns.front().value_or("");
      // A schedule that says nothing of it fires.
      const bool fires =
          body.find(R"("schedule")") != std::string::npos && body.find(R"("PAUSED")") == std::string::npos;
      if (fires) out.push_back(one.name);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  ManualClock clock{*base::parse_instant("2026-11-21T20:00:00Z")};
  WorkspaceAccount primary{clock, 1'000, "one"};
  WorkspaceAccount secondary{clock, 5'000, "two"};
  Tripwire wire;

private:
  AppWorld app_;
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  std::unique_ptr<storage::Backend> repository_ = storage::make_memory_backend();
};

void rewrite_job(FakeWorkspace& on, const std::string& name, const std::string& note, const std::string& pause) {
  on.rewrite("jobs", on.id_of("jobs", name), job(name, note, pause));
}

// Jobs of which two have one name, a board that fires by a column of its own, and a pool that keeps machines.
void migrated(Host& host) {
  FakeWorkspace& primary = host.primary.workspace;
  primary.put("pools", "big", R"({"name":"big","node_type":"east-4","min_idle":2,"max":1,"origin":"big"})");
  for (const char* name : {"x", "y", "z"}) primary.put("jobs", name, job(name, "one"));
  primary.put("jobs", "x", R"({"name":"x","origin":"x-2","schedule":{"cron":"0 0 1 * * ?"}})");
  primary.put("jobs", "asleep", job("asleep", "one", "PAUSED"));
  primary.put("boards", "sales", R"({"name":"sales","origin":"sales"})",
              {{"schedules", R"({"schedules":[{"id":"1","cron":"0 0 * * * ?","pause_status":"UNPAUSED"}]})"}});
  host.must({"migrate", "primary", "secondary"});
}

// The day behind a night: what the next replicate has to bring, or to leave to people, in place of a write and beside
// one.
void migrated_and_changed(Host& host) {
  migrated(host);
  rewrite_job(host.primary.workspace, "y", "two", "UNPAUSED");
  host.primary.workspace.put("jobs", "late", job("late", "one"));
  host.primary.workspace.put("users", "bob", R"({"userName":"bob","externalId":"ext-bob","origin":"bob"})");
  host.primary.workspace.put("boards", "mailed", R"({"name":"mailed","origin":"mailed"})",
                             {{"schedules", R"({"schedules":[{"id":"2","mail":"anna","pause_status":"PAUSED"}]})"}});
}

void fenced(Host& host) {
  migrated(host);
  host.must({"fence", "primary", "--yes"});
}

// Somebody made a job and started another one behind the snapshot of the fence.
void fenced_and_worked_on(Host& host) {
  fenced(host);
  rewrite_job(host.primary.workspace, "asleep", "one", "UNPAUSED");
  host.primary.workspace.put("jobs", "late", job("late", "one"));
}

void failed_over(Host& host) {
  migrated(host);
  host.must({"failover", "primary", "secondary", "--yes"});
  rewrite_job(host.secondary.workspace, "y", "two", "UNPAUSED");
  rewrite_job(host.secondary.workspace, "z", "one", "PAUSED");
  host.secondary.workspace.put("jobs", "late", job("late", "one"));
}

// What is gone from the primary is made anew there on the way home: one that nobody touched on the secondary since, and
// one that somebody did.
void failed_over_and_lost(Host& host) {
  failed_over(host);
  FakeWorkspace& primary = host.primary.workspace;
  for (const char* name : {"x", "y"}) primary.erase("jobs", primary.id_of("jobs", name));
}

// What fired on both sides, and what was made on the secondary, was refused on the way home.
void left_paused(Host& host) {
  failed_over(host);
  for (const char* job : {"jobs/x", "jobs/late"})
    host.primary.workspace.refusals.emplace(job, base::Error(base::ErrorKind::unavailable, "not now"));
  ASSERT_EQ(host.run({"failback", "secondary", "primary", "--leave-paused", "--yes"}).code, 3);
  host.primary.workspace.refusals.clear();
}

// The next day, which must find nothing in its way.
void home_again(Host& host) {
  rewrite_job(host.secondary.workspace, "y", "three", "UNPAUSED");
  host.must({"failback", "secondary", "primary", "--yes"});
}
void another_night(Host& host) {
  rewrite_job(host.primary.workspace, "y", "three", "UNPAUSED");
  host.must({"replicate", "primary", "secondary"});
}
void lifted(Host& host) {
  host.must({"activate", "primary", "--from", "primary", "--yes"});
}

// What somebody pauses on purpose, once it is lifted, is not started by what was recorded before.
void paused_on_purpose(Host& host) {
  rewrite_job(host.primary.workspace, "y", "one", "PAUSED");
  host.must({"backup", "primary"});
  host.must({"activate", "primary", "--from", "primary", "--yes"});
  host.must({"replicate", "primary", "secondary"});
}

struct Verb {
  const char* name;
  std::function<void(Host&)> before;
  Lines command;
  std::function<void(Host&)> after;
  enum class Firing { once, may_be_twice } firing = Firing::once;
};

class CutoverKill : public testing::Test {
protected:
  // Ends at the first failure.
  void kill_everywhere(const Verb& verb) {
    verb.before(host_);
    if (HasFailure()) return;
    Expected expected;
    expected.untold_before = host_.fire_untold();
    const std::unique_ptr<Image> start = host_.keep();
    host_.wire.arm(Strike::never);
    host_.must(verb.command);
    if (HasFailure()) return;
    const std::uint64_t events = host_.wire.count();
    expected.behind_it = host_.documents();
    verb.after(host_);
    expected.behind_the_next = host_.documents();
    std::uint64_t kills = 0;
    for (const Strike strike : {Strike::before, Strike::after}) {
      for (std::uint64_t at = 1; at <= events && !HasFailure(); at += stride()) {
        SCOPED_TRACE(fmt::format("killed {} event {}", strike == Strike::before ? "before" : "after", at));
        host_.go_back_to(*start);
        kill(verb, strike, at, expected);
        ++kills;
      }
    }
    fmt::print("a {} of {} events was killed {} times\n", verb.name, events, kills);
    EXPECT_GT(events, 10U);
  }

  Host host_;

private:
  struct Expected {
    Lines untold_before;  // what somebody started by hand nobody has written down
    Lines behind_it;
    Lines behind_the_next;
  };
  void kill(const Verb& verb, Strike strike, std::uint64_t at, const Expected& expected) {
    host_.wire.arm(strike, at);
    host_.run(verb.command);
    EXPECT_GE(host_.wire.count(), at) << "it was not killed";
    host_.wire.arm(Strike::never);
    if (verb.firing == Verb::Firing::once) {
      EXPECT_EQ(host_.fire_twice(), Lines{});
    }
    for (const std::string& one : host_.fire_untold())
      EXPECT_EQ(std::count(expected.untold_before.begin(), expected.untold_before.end(), one), 1)
          << one << " fires untold between the kill and the next run";
    const Outcome again = host_.run(verb.command);
    EXPECT_EQ(again.code, 0) << again.out << again.err;
    EXPECT_EQ(host_.documents(), expected.behind_it) << again.out << again.err;
    verb.after(host_);
    EXPECT_EQ(host_.documents(), expected.behind_the_next);
  }
};

TEST_F(CutoverKill, a_night_ends_the_same_wherever_it_is_killed) {
  kill_everywhere({"night", migrated_and_changed, {"replicate", "primary", "secondary"}, another_night});
  EXPECT_EQ(Host::firing_jobs(host_.secondary.workspace), Lines{});
}

TEST_F(CutoverKill, a_failover_ends_the_same_wherever_it_is_killed) {
  kill_everywhere({"failover", migrated_and_changed, {"failover", "primary", "secondary", "--yes"}, home_again});
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), (Lines{"late", "x", "x", "y", "z"}));
  EXPECT_EQ(Host::firing_jobs(host_.secondary.workspace), Lines{});
}

TEST_F(CutoverKill, a_failover_behind_what_was_left_paused_ends_the_same_wherever_it_is_killed) {
  kill_everywhere(
      {"failover behind what was left paused", left_paused, {"failover", "primary", "secondary", "--yes"}, home_again});
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), (Lines{"late", "x", "x", "y"}));
  EXPECT_EQ(Host::firing_jobs(host_.secondary.workspace), Lines{});
}

TEST_F(CutoverKill, a_failover_from_what_is_lost_ends_the_same_wherever_it_is_killed) {
  kill_everywhere({"failover from what is lost",
                   migrated_and_changed,
                   {"failover", "primary", "secondary", "--source-lost", "--yes"},
                   [](Host& host) {
                     host.must({"fence", "primary"});
                   },
                   Verb::Firing::may_be_twice});
  EXPECT_EQ(Host::firing_jobs(host_.secondary.workspace), (Lines{"x", "x", "y", "z"}));
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), Lines{});
}

TEST_F(CutoverKill, a_fence_ends_the_same_wherever_it_is_killed) {
  kill_everywhere({"fence", migrated, {"fence", "primary", "--yes"}, lifted});
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), (Lines{"x", "x", "y", "z"}));
}

TEST_F(CutoverKill, a_second_fence_ends_the_same_wherever_it_is_killed) {
  kill_everywhere({"second fence", fenced_and_worked_on, {"fence", "primary"}, lifted});
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), (Lines{"asleep", "late", "x", "x", "y", "z"}));
}

TEST_F(CutoverKill, an_activation_ends_the_same_wherever_it_is_killed) {
  kill_everywhere({"activation", fenced, {"activate", "secondary", "--from", "primary", "--yes"}, home_again});
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), (Lines{"x", "x", "y", "z"}));
  EXPECT_EQ(Host::firing_jobs(host_.secondary.workspace), Lines{});
}

TEST_F(CutoverKill, an_activation_in_place_ends_the_same_wherever_it_is_killed) {
  kill_everywhere(
      {"activation in place", fenced, {"activate", "primary", "--from", "primary", "--yes"}, paused_on_purpose});
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), (Lines{"x", "x", "z"}));
}

TEST_F(CutoverKill, a_failback_ends_the_same_wherever_it_is_killed) {
  kill_everywhere({"failback", failed_over_and_lost, {"failback", "secondary", "primary", "--yes"}, another_night});
  EXPECT_EQ(Host::firing_jobs(host_.primary.workspace), (Lines{"late", "x", "x", "y"}));
  EXPECT_EQ(Host::firing_jobs(host_.secondary.workspace), Lines{});
}

}  // namespace
}  // namespace holdfast::test
