// What makes a job run without anybody asking: schedules, periods and continuous ones by the clock; files and tables
// when they are said to have come.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/quartz.h"

namespace holdfast::sim::databricks {
namespace {

base::Instant instant(std::int64_t ms) {
  return base::Instant(std::chrono::milliseconds(ms));
}

std::int64_t ms_of(base::Instant at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// Absent means UNPAUSED: who wants it paused has to say so.
bool active(const Json& trigger) {
  return trigger.value("pause_status", "UNPAUSED") != "PAUSED";
}

std::optional<std::int64_t> next_of_schedule(const Json& schedule, std::int64_t now_ms) {
  const auto quartz = Quartz::parse(schedule.value("quartz_cron_expression", ""));
  const auto zone = Zone::load(schedule.value("timezone_id", ""));
  const auto next = quartz && zone ? quartz->next(instant(now_ms), *zone) : std::nullopt;
  return next ? std::optional(ms_of(*next)) : std::nullopt;
}

std::int64_t period_ms(const Json& periodic) {
  const std::string unit = periodic.value("unit", "HOURS");
  const std::int64_t minutes = unit == "MINUTES" ? 1 : unit == "HOURS" ? 60 : unit == "DAYS" ? 24 * 60 : 7 * 24 * 60;
  return std::max<std::int64_t>(1, periodic.value("interval", std::int64_t{1})) * minutes * 60'000;
}

struct Tick {
  std::int64_t at_ms = 0;
  std::string_view cause;
};

void earlier(std::optional<Tick>& best, std::optional<std::int64_t> at_ms, std::string_view cause) {
  if (at_ms && (!best || *at_ms < best->at_ms)) best = Tick{*at_ms, cause};
}

std::int64_t end_of_last_run(const Jobs& jobs, const std::string& id, std::int64_t now_ms) {
  const auto last = jobs.last_end_of.find(id);
  return last == jobs.last_end_of.end() ? now_ms : std::max(now_ms, last->second);
}

void of_one_trigger(std::optional<Tick>& best, const Json& trigger, std::int64_t now_ms) {
  if (!active(trigger)) return;
  if (trigger.contains("periodic")) earlier(best, now_ms + period_ms(trigger["periodic"]), "PERIODIC");
  if (trigger.contains("schedule")) earlier(best, next_of_schedule(trigger["schedule"], now_ms), "PERIODIC");
}

std::optional<Tick> next_tick(const Jobs& jobs, const std::string& id, const Json& settings, std::int64_t now_ms) {
  std::optional<Tick> best;
  if (settings.contains("schedule") && active(settings["schedule"])) {
    earlier(best, next_of_schedule(settings["schedule"], now_ms), "PERIODIC");
  }
  if (settings.contains("continuous") && active(settings["continuous"])) {
    earlier(best, end_of_last_run(jobs, id, now_ms), "CONTINUOUS");
  }
  if (settings.contains("trigger")) of_one_trigger(best, settings["trigger"], now_ms);
  for (const Json& trigger : settings.value("triggers", Json::array())) {
    of_one_trigger(best, trigger, now_ms);
    if (trigger.contains("continuous") && active(trigger)) {
      earlier(best, end_of_last_run(jobs, id, now_ms), "CONTINUOUS");
    }
  }
  return best;
}

void disarm(Jobs& jobs, const std::string& id) {
  const auto armed = jobs.due_of.find(id);
  if (armed == jobs.due_of.end()) return;
  jobs.due.erase({armed->second, id});
  jobs.due_of.erase(armed);
}

void check_schedule(const Json& schedule, std::string_view what) {
  if (!schedule.is_object()) throw malformed(fmt::format("Expected '{}' to be an object", what));
  const std::string expression = required_string(schedule, "quartz_cron_expression");
  if (!Quartz::parse(expression)) throw invalid(fmt::format("Invalid quartz cron expression: '{}'", expression));
  const std::string zone = required_string(schedule, "timezone_id");
  if (!Zone::load(zone)) throw invalid(fmt::format("Invalid timezone: '{}'", zone));
}

void check_trigger(const Json& trigger) {
  check_enum(trigger, "pause_status", {"PAUSED", "UNPAUSED"});
  if (trigger.contains("schedule")) check_schedule(trigger["schedule"], "schedule");
  if (trigger.contains("periodic")) {
    check_enum(required_object(trigger, "periodic"), "unit", {"MINUTES", "HOURS", "DAYS", "WEEKS"});
    if (required_integer(trigger["periodic"], "interval") < 1)
      throw invalid("trigger.periodic.interval must be positive");
  }
  if (trigger.contains("file_arrival")) required_string(required_object(trigger, "file_arrival"), "url");
  if (trigger.contains("table_update")) required_array(required_object(trigger, "table_update"), "table_names");
}

// Calls `matches` with each active trigger of each job, and runs the jobs for which it is true.
void run_matching(World& world, std::string_view cause, const std::function<bool(const Json&)>& matches) {
  for (const Document& job : world.part<Jobs>().documents.all()) {
    const Json& settings = (*job.body)["settings"];
    bool wanted = settings.contains("trigger") && active(settings["trigger"]) && matches(settings["trigger"]);
    for (const Json& each : settings.value("triggers", Json::array()))
      wanted = wanted || (active(each) && matches(each));
    if (wanted) add_run(world, job.id, cause, world.now_ms());
  }
}

}  // namespace

void check_triggers(const Json& settings) {
  constexpr std::array<const char*, 4> k_exclusive = {"schedule", "continuous", "trigger", "triggers"};
  const auto given =
      std::count_if(k_exclusive.begin(), k_exclusive.end(), [&](const char* name) { return settings.contains(name); });
  if (given > 1) throw invalid("A job has at most one of schedule, continuous and trigger");
  if (settings.contains("schedule")) {
    check_schedule(settings["schedule"], "schedule");
    check_enum(settings["schedule"], "pause_status", {"PAUSED", "UNPAUSED"});
  }
  if (settings.contains("continuous")) {
    check_enum(required_object(settings, "continuous"), "pause_status", {"PAUSED", "UNPAUSED"});
  }
  if (settings.contains("trigger")) check_trigger(required_object(settings, "trigger"));
  if (!settings.contains("triggers")) return;
  for (const Json& each : required_array(settings, "triggers")) check_trigger(each);
}

void arm_job(World& world, const std::string& id, std::int64_t now_ms) {
  Jobs& jobs = world.part<Jobs>();
  disarm(jobs, id);
  const Json* job = jobs.documents.find(id);
  if (job == nullptr) return;
  const auto tick = next_tick(jobs, id, (*job)["settings"], now_ms);
  if (!tick) return;
  jobs.due.emplace(tick->at_ms, id);
  jobs.due_of[id] = tick->at_ms;
}

void fire_due_jobs(World& world) {
  Jobs& jobs = world.part<Jobs>();
  const std::int64_t now = world.now_ms();
  while (!jobs.due.empty() && jobs.due.begin()->first <= now) {
    const auto [at, id] = *jobs.due.begin();
    // What fired is what is due at this time, seen from just before it.
    const auto tick = next_tick(jobs, id, jobs.documents.get(id, "Job")["settings"], at - 1);
    add_run(world, id, tick && tick->cause == "CONTINUOUS" ? "CONTINUOUS" : "PERIODIC", at);
    arm_job(world, id, at);
  }
}

void file_arrived(World& world, std::string_view url) {
  run_matching(world, "FILE_ARRIVAL", [&](const Json& trigger) {
    return trigger.contains("file_arrival") && url.starts_with(trigger["file_arrival"].value("url", ""));
  });
}

void table_updated(World& world, std::string_view table) {
  run_matching(world, "TABLE", [&](const Json& trigger) {
    if (!trigger.contains("table_update")) return false;
    const Json& names = trigger["table_update"]["table_names"];
    return std::find(names.begin(), names.end(), table) != names.end();
  });
}

}  // namespace holdfast::sim::databricks
