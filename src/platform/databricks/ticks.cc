#include "platform/databricks/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "platform/databricks/placeholders.h"
#include "platform/databricks/quartz.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using model::JsonText;
using Form = Timetable::Form;

constexpr const char* k_jobs_kind = "jobs";
constexpr std::size_t k_ticks_most = 20'000;                        // of one resource
constexpr const char* k_page = "24";                                // the platform's documents say "less than 25"
constexpr std::chrono::hours k_kept = std::chrono::hours(24) * 60;  // how long the platform keeps runs

Timetable no_grid(std::string why) {
  return {.form = Form::no_grid, .why = std::move(why)};
}

bool is_paused(const JsonText& json, JsonText::Id trigger) {
  const JsonText::Id status = json.member(trigger, "pause_status");
  return status != JsonText::k_none && json.string(status) == "PAUSED";
}

std::string text_of(const JsonText& json, JsonText::Id object, std::string_view name) {
  const JsonText::Id id = json.member(object, name);
  return id == JsonText::k_none ? std::string() : json.string(id);
}

Timetable of_schedule(const JsonText& json, JsonText::Id schedule, const Stretch& within) {
  const std::string cron = text_of(json, schedule, "quartz_cron_expression");
  const std::string zone = text_of(json, schedule, "timezone_id");
  Timetable out{.rule = fmt::format("{} in {}", cron, zone)};
  if (is_paused(json, schedule)) return out;
  try {
    out.due = Quartz(cron, zone).due(within, k_ticks_most);
    out.form = Form::ticks;
  } catch (const Error& error) {
    out.form = Form::unknown;
    out.why = fmt::format("{}: {}", out.rule, error.message());
  }
  return out;
}

Timetable of_trigger(const JsonText& json, JsonText::Id trigger, const Stretch& within) {
  if (is_paused(json, trigger)) return {};
  if (const JsonText::Id schedule = json.member(trigger, "schedule"); schedule != JsonText::k_none)
    return of_schedule(json, schedule, within);
  if (const JsonText::Id periodic = json.member(trigger, "periodic"); periodic != JsonText::k_none)
    return no_grid(fmt::format("every {} {}, counted from when it was set", text_of(json, periodic, "interval"),
                               text_of(json, periodic, "unit")));
  return no_grid("it waits for files or tables");
}

Timetable of_job(const std::string& body, const Stretch& within) {
  static const model::JsonPath k_schedule("settings.schedule");
  static const model::JsonPath k_continuous("settings.continuous");
  static const model::JsonPath k_trigger("settings.trigger");
  static const model::JsonPath k_triggers("settings.triggers[*]");
  const JsonText json(body);
  if (const JsonText::Id id = k_schedule.find(json); id != JsonText::k_none) return of_schedule(json, id, within);
  if (const JsonText::Id id = k_continuous.find(json); id != JsonText::k_none && !is_paused(json, id))
    return no_grid("it runs without end");
  if (const JsonText::Id id = k_trigger.find(json); id != JsonText::k_none) return of_trigger(json, id, within);
  std::vector<Timetable> active;
  k_triggers.visit(json, [&](JsonText::Id id) {
    Timetable one = of_trigger(json, id, within);
    if (one.form != Form::none) active.push_back(std::move(one));
  });
  if (active.size() > 1) return no_grid("it has several triggers");
  return active.empty() ? Timetable() : active.front();
}

std::int64_t ms_of(base::Instant at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// nullopt: somebody asked for it.
std::optional<OwnRun> own_run(std::string_view element) {
  const JsonText json{std::string(element)};
  const std::string trigger = scalar_at(json, "trigger");
  for (const std::string_view asked : {"", "ONE_TIME", "RETRY", "RUN_JOB_TASK"})
    if (trigger == asked) return std::nullopt;
  OwnRun out{.kind = k_jobs_kind,
             .id = scalar_at(json, "job_id"),
             .at = instant_of_milliseconds(scalar_at(json, "start_time")).value_or(base::Instant{}),
             .cause = trigger == "PERIODIC" ? OwnRun::Cause::clock : OwnRun::Cause::other};
  if (scalar_at(json, "state.life_cycle_state") == "SKIPPED" ||
      scalar_at(json, "status.termination_details.code") == "SKIPPED")
    out.outcome = OwnRun::Outcome::skipped;
  return out;
}

}  // namespace

Timetable timetable_of(const std::string& kind, const std::string& body, const Stretch& within) {
  if (kind == k_jobs_kind) return of_job(body, within);
  if (kind == "pipelines") return no_grid("it runs without end");
  for (const std::string_view one : {"alerts", "alerts-v2", "dashboards"})
    if (kind == one) return no_grid("the workspace keeps no list of when it ran");
  return {};
}

OwnRuns list_own_runs(const Client& client, const Stretch& within, std::size_t most, std::stop_token stop) {
  OwnRuns out{.kinds = {k_jobs_kind}, .complete_since = within.until};
  const base::Instant oldest = std::max(within.from, base::Instant(within.until - k_kept));
  while (out.complete_since > oldest && out.runs.size() <= most) {
    const base::Instant until = out.complete_since;
    const base::Instant from = std::max(oldest, base::Instant(until - std::chrono::hours(24)));
    const std::int64_t first = ms_of(from) + 1;
    if (first <= ms_of(until))
      client.list(
          {.paging = Listing::Paging::page_token,
           .ask = {.family = k_jobs,
                   .path = "/api/2.2/jobs/runs/list",
                   .query = {{"limit", k_page},
                             {"run_type", "JOB_RUN"},
                             {"start_time_from", std::to_string(first)},
                             {"start_time_to", std::to_string(ms_of(until))}}},
           .items = "runs"},
          [&](std::string_view element) {
            if (auto run = own_run(element)) out.runs.push_back(std::move(*run));
          },
          stop);
    out.complete_since = from;
  }
  return out;
}

}  // namespace holdfast::platform::databricks
