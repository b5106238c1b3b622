// Runs of jobs.  A run does nothing but last for a while: what its tasks would do is no business of a stand-in.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::int64_t k_history_ms = std::int64_t{60} * 24 * 3600 * 1000;

bool under_way(const JobRun& run, std::int64_t at_ms) {
  return !run.skipped && !run.cancelled_ms && run.asked_ms <= at_ms && at_ms < run.end_ms;
}

// When a run that fires at `at_ms` may start; nullopt: it is skipped.
std::optional<std::int64_t> start_of(Jobs& jobs, const std::string& id, const Json& settings, std::int64_t at_ms) {
  const auto most = optional_integer(settings, "max_concurrent_runs").value_or(1);
  if (most == 0) return std::nullopt;
  std::vector<std::int64_t>& ends = jobs.ends_of[id];
  std::erase_if(ends, [&](std::int64_t end) { return end <= at_ms; });
  if (ends.size() < static_cast<std::size_t>(most)) return at_ms;
  if (!settings.value("queue", Json::object()).value("enabled", false)) return std::nullopt;
  std::sort(ends.begin(), ends.end());
  return ends[ends.size() - static_cast<std::size_t>(most)];
}

JobRun& run_of(World& world, std::int64_t id) {
  std::deque<JobRun>& runs = world.part<Jobs>().runs;
  const auto found = std::find_if(runs.begin(), runs.end(), [&](const JobRun& run) { return run.id == id; });
  if (found == runs.end()) throw missing_as_400(fmt::format("Run {} does not exist.", id));
  return *found;
}

Json state_of(const JobRun& run, std::int64_t now_ms) {
  Json state = {
      {"life_cycle_state", life_cycle(run, now_ms)}, {"state_message", ""}, {"user_cancelled_or_timedout", false}};
  if (run.skipped) {
    state["result_state"] = "MAXIMUM_CONCURRENT_RUNS_REACHED";
  } else if (run.cancelled_ms) {
    state["result_state"] = "CANCELED";
    state["user_cancelled_or_timedout"] = true;
  } else if (state["life_cycle_state"] == "TERMINATED") {
    state["result_state"] = "SUCCESS";
  }
  return state;
}

Json shown(const JobRun& run, std::int64_t now_ms) {
  std::int64_t job = 0;
  std::from_chars(run.job.data(), run.job.data() + run.job.size(), job);
  const std::int64_t end = run.skipped ? run.asked_ms : run.cancelled_ms.value_or(run.end_ms);
  Json out = {{"run_id", run.id},
              {"job_id", job},
              {"run_name", run.name},
              {"run_type", "JOB_RUN"},
              {"number_in_job", run.number},
              {"original_attempt_run_id", run.id},
              {"trigger", run.cause},
              {"start_time", run.asked_ms},
              {"queue_duration", run.start_ms - run.asked_ms},
              {"state", state_of(run, now_ms)}};
  if (end <= now_ms) out["end_time"] = end;
  return out;
}

std::int64_t asked_job(const Json& body) {
  return required_integer(body, "job_id");
}

Reply run_now(Call& call) {
  World& world = call.world();
  Jobs& jobs = world.part<Jobs>();
  const std::string job = std::to_string(asked_job(call.body()));
  job_of(world, job);
  const auto token = optional_string(call.body(), "idempotency_token");
  std::int64_t id = 0;
  const auto known = token ? jobs.run_of_token.find(*token) : jobs.run_of_token.end();
  if (known != jobs.run_of_token.end()) {
    id = known->second;
  } else {
    id = add_run(world, job, "ONE_TIME", world.now_ms());
    if (token) jobs.run_of_token[*token] = id;
  }
  return reply({{"run_id", id}, {"number_in_job", run_of(world, id).number}});
}

Reply get(Call& call) {
  const auto id = call.query_integer("run_id");
  if (!id) throw invalid("Missing required field: run_id");
  return reply(shown(run_of(call.world(), *id), call.world().now_ms()));
}

void cancel_one(World& world, JobRun& run) {
  const std::int64_t now = world.now_ms();
  if (!under_way(run, now)) return;
  run.cancelled_ms = now;
  Jobs& jobs = world.part<Jobs>();
  std::vector<std::int64_t>& ends = jobs.ends_of[run.job];
  const auto own = std::find(ends.begin(), ends.end(), run.end_ms);
  if (own != ends.end()) ends.erase(own);
  jobs.last_end_of[run.job] = now;
  arm_job(world, run.job, now);  // a continuous job begins again
}

Reply cancel(Call& call) {
  cancel_one(call.world(), run_of(call.world(), required_integer(call.body(), "run_id")));
  return reply(Json::object());
}

Reply cancel_all(Call& call) {
  World& world = call.world();
  const auto job = optional_integer(call.body(), "job_id");
  const bool queued_only = optional_flag(call.body(), "all_queued_runs");
  if (!job && !queued_only) throw invalid("Either job_id or all_queued_runs must be given");
  if (job) job_of(world, std::to_string(*job));
  for (JobRun& run : world.part<Jobs>().runs) {
    if (job && run.job != std::to_string(*job)) continue;
    if (queued_only && life_cycle(run, world.now_ms()) != "QUEUED") continue;
    cancel_one(world, run);
  }
  return reply(Json::object());
}

Reply remove(Call& call) {
  World& world = call.world();
  const std::int64_t id = required_integer(call.body(), "run_id");
  if (under_way(run_of(world, id), world.now_ms())) throw bad_state("An active run cannot be deleted");
  std::erase_if(world.part<Jobs>().runs, [&](const JobRun& run) { return run.id == id; });
  return reply(Json::object());
}

bool wanted(const Call& call, const JobRun& run, std::int64_t now_ms) {
  const auto job = call.query_integer("job_id");
  if (job && run.job != std::to_string(*job)) return false;
  if (call.query_flag("active_only") && !under_way(run, now_ms)) return false;
  if (call.query_flag("completed_only") && under_way(run, now_ms)) return false;
  return run.asked_ms >= call.query_integer("start_time_from").value_or(run.asked_ms) &&
         run.asked_ms <= call.query_integer("start_time_to").value_or(run.asked_ms);
}

Reply list(Call& call) {
  constexpr std::size_t k_largest = 25;
  const std::int64_t now = call.world().now_ms();
  std::vector<const JobRun*> runs;
  for (const JobRun& run : call.world().part<Jobs>().runs) {
    if (now - run.asked_ms <= k_history_ms && wanted(call, run, now)) runs.push_back(&run);
  }
  std::reverse(runs.begin(), runs.end());
  const auto offset = static_cast<std::size_t>(std::max<std::int64_t>(0, call.query_integer("offset").value_or(0)));
  runs.erase(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(std::min(offset, runs.size())));
  const Page page = page_by_token(call, runs.size(), [&](std::size_t i) { return std::to_string(runs[i]->id); },
                                  {.size_parameter = "limit", .default_size = 20, .largest_size = k_largest});
  Json items = Json::array();
  for (std::size_t i = page.begin; i < page.end; ++i) items.push_back(shown(*runs[i], now));
  Json body = {{"has_more", !page.next_token.empty()}};
  if (!items.empty()) body["runs"] = std::move(items);
  if (!page.next_token.empty()) body["next_page_token"] = page.next_token;
  return reply(body);
}

}  // namespace

std::string_view life_cycle(const JobRun& run, std::int64_t now_ms) {
  if (run.skipped) return "SKIPPED";
  if (run.cancelled_ms || now_ms >= run.end_ms) return "TERMINATED";
  if (now_ms < run.start_ms) return "QUEUED";
  return now_ms < run.ready_ms ? "PENDING" : "RUNNING";
}

std::int64_t add_run(World& world, const std::string& job, std::string_view cause, std::int64_t at_ms) {
  Jobs& jobs = world.part<Jobs>();
  const Json& settings = job_of(world, job)["settings"];
  const auto start = start_of(jobs, job, settings, at_ms);
  JobRun run;
  run.id = world.new_id();
  run.job = job;
  run.name = settings.value("name", "");
  run.cause = cause;
  run.number = ++jobs.runs_of[job];
  run.asked_ms = at_ms;
  run.start_ms = start.value_or(at_ms);
  run.ready_ms = run.start_ms + jobs.setup_ms;
  run.end_ms = start ? *start + jobs.run_ms : at_ms;
  run.skipped = !start;
  if (start) jobs.ends_of[job].push_back(run.end_ms);
  // A continuous job that was skipped tries again, not at once.
  jobs.last_end_of[job] = run.start_ms + jobs.run_ms;
  while (!jobs.runs.empty() && jobs.runs.front().asked_ms < at_ms - k_history_ms) jobs.runs.pop_front();
  jobs.runs.push_back(run);
  return run.id;
}

void add_job_run_routes(Router& router) {
  const auto add = [&](std::string_view method, std::string_view name, Handler handler, std::string_view limit,
                       std::string_view doc) {
    router.add_versions({"2.0", "2.1", "2.2"},
                        {method, fmt::format("/api/{{v}}/jobs/{}", name), std::move(handler), limit, doc});
  };
  add("POST", "run-now", run_now, family::k_run_now, "runs a job; once per idempotency token");
  add("GET", "runs/get", get, family::k_runs_get, "one run");
  add("GET", "runs/list", list, family::k_none, "runs of 60 days, newest first");
  add("POST", "runs/cancel", cancel, family::k_none, "cancels a run");
  add("POST", "runs/cancel-all", cancel_all, family::k_none, "cancels the runs of a job, or all that wait");
  add("POST", "runs/delete", remove, family::k_none, "forgets a run that ended");
}

}  // namespace holdfast::sim::databricks
