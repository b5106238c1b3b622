#include "platform/databricks/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "model/json_text.h"
#include "platform/databricks/placeholders.h"
#include "platform/databricks/ticks.h"
#include "platform/databricks/write_calls.h"

namespace holdfast::platform::databricks {

namespace {

// Where nothing of it has begun.  Whatever else there is, also what only waits for another attempt, may have written.
constexpr std::array<std::string_view, 4> k_waits = {"QUEUED", "PENDING", "BLOCKED", "WAITING"};

ActiveRun run_in(std::string_view element) {
  const model::JsonText json{std::string(element)};
  ActiveRun out{.id = scalar_at(json, "run_id"),
                .kind = "jobs",
                .owner = scalar_at(json, "job_id"),
                .name = scalar_at(json, "run_name")};
  // The younger form of the API says it twice, the older one in one place.
  std::string state = scalar_at(json, "state.life_cycle_state");
  if (state.empty()) state = scalar_at(json, "status.state");
  if (std::find(k_waits.begin(), k_waits.end(), state) != k_waits.end()) out.state = ActiveRun::State::waits;
  out.since = instant_of_milliseconds(scalar_at(json, "start_time"));
  return out;
}

}  // namespace

std::vector<ActiveRun> JobRuns::active_runs(std::stop_token stop) {
  std::vector<ActiveRun> out;
  client_.list(
      {.paging = Listing::Paging::page_token,
       .ask = {.family = k_jobs,
               .path = "/api/2.2/jobs/runs/list",
               .query = {{"active_only", "true"}, {"limit", "25"}}},
       .items = "runs"},
      [&](std::string_view one) { out.push_back(run_in(one)); }, std::move(stop));
  return out;
}

void JobRuns::cancel(const ActiveRun& run, std::stop_token stop) {
  require_writing_(stop);
  Calls(client_, std::move(stop))
      .remove({.method = net::Method::post,
               .path = "/api/2.2/jobs/runs/cancel",
               .family = k_jobs,
               .sent = R"({"run_id":{number}})"},
              {.id = run.id, .name = run.name});
}

OwnRuns JobRuns::own_runs(const Stretch& within, std::stop_token stop) {
  constexpr std::size_t k_most = 100'000;
  return list_own_runs(client_, within, k_most, std::move(stop));
}

Timetable JobRuns::timetable(const std::string& kind, const std::string& body, const Stretch& within) const {
  return timetable_of(kind, body, within);
}

}  // namespace holdfast::platform::databricks
