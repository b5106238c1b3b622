// What planning a restore costs, without reading either side: everything is on both sides, under other ids, and equal.
//   hf_plan NOTEBOOKS JOBS      prints "SECONDS CPU_SECONDS RESOURCES"
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/key.h"
#include "engine/resources/plan.h"
#include "platform/databricks/kinds.h"

namespace holdfast::bench {
namespace {

using model::Resource;

std::vector<model::Kind> kinds_of_workspaces() {
  std::vector<model::Kind> out;
  for (const auto& entry : platform::databricks::all_kinds()) out.push_back(entry.kind);
  return out;
}

base::Row notebook(std::size_t number, std::uint64_t id) {
  const std::string path = fmt::format("/Shared/team {}/notebook {}", number / 20, number);
  base::Row row;
  base::append_text(row.key, path);
  row.columns = {
      fmt::format(R"({{"object_type":"NOTEBOOK","path":"{}","language":"PYTHON","object_id":{},)"
                  R"("created_at":1,"modified_at":2}})",
                  path, id),
      fmt::format("# Databricks notebook source\nprint({})\n", number), "SOURCE",
      fmt::format(R"({{"object_id":"/notebooks/{}","object_type":"notebook","access_control_list":[]}})", id)};
  return row;
}

base::Row job(std::size_t number, std::uint64_t id) {
  const std::string name = fmt::format("job {}", number);
  std::string tasks;
  for (int task = 0; task < 4; ++task)
    tasks += fmt::format(
        R"({}{{"task_key":"t{}","timeout_seconds":0,"notebook_task":{{"notebook_path":"/Shared/team {}/notebook {}"}},)"
        R"("depends_on":[{{"task_key":"b"}},{{"task_key":"a"}}]}})",
        task == 0 ? "" : ",", task, number / 20, number);
  base::Row row;
  base::append_text(row.key, name);
  base::append_text(row.key, std::to_string(id));
  row.columns = {fmt::format(R"({{"job_id":{},"creator_user_name":"anna@example.test","created_time":1,"settings":{{)"
                             R"("name":"{}","tasks":[{}],"schedule":{{"quartz_cron_expression":"0 0 2 * * ?",)"
                             R"("timezone_id":"UTC","pause_status":"PAUSED"}}}}}})",
                             id, name, tasks),
                 fmt::format(R"({{"object_id":"/jobs/{}","object_type":"job","access_control_list":[]}})", id)};
  return row;
}

std::size_t number_of(std::string_view text) {
  std::size_t out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc{} || end != text.data() + text.size())
    throw base::Error(base::ErrorKind::usage, fmt::format("'{}' is no number", text));
  return out;
}

void plan(std::size_t notebooks, std::size_t jobs) {
  constexpr std::uint64_t first_id = 1'000'000'000;
  constexpr std::uint64_t other_ids = 1'000'000;
  const model::KindSet kinds(kinds_of_workspaces());
  std::vector<Resource> wanted;
  std::vector<Resource> live;
  const auto both = [&](std::string_view kind, std::size_t count, const auto& row) {
    const std::size_t index = *kinds.find(kind);
    for (std::size_t i = 0; i < count; ++i) {
      wanted.push_back(kinds.resource(index, row(i, first_id + i)));
      live.push_back(kinds.resource(index, row(i, first_id + other_ids + i)));
    }
  };
  both("notebooks", notebooks, notebook);
  both("jobs", jobs, job);
  const engine::ResourcePlanOptions options{.repository = "r", .snapshot = "s", .source = "a", .target = "b"};
  const base::Clock& clock = base::system_clock();
  const base::Duration begun = clock.elapsed();
  const std::clock_t cpu_begun = std::clock();
  const model::ResourcePlan made = engine::plan_resources(
      kinds, {.wanted = wanted, .live = live}, model::IdMap("a", "b"), options, clock, base::system_random());
  const double took = std::chrono::duration<double>(clock.elapsed() - begun).count();
  const double cpu = static_cast<double>(std::clock() - cpu_begun) / CLOCKS_PER_SEC;
  if (!made.does_nothing()) throw base::Error(base::ErrorKind::internal, "equal sides make a plan that does something");
  fmt::print("{:.3f} {:.3f} {}\n", took, cpu, wanted.size());
}

}  // namespace
}  // namespace holdfast::bench

int main(int count, char** arguments) {
  try {
    if (count != 3) throw holdfast::base::Error(holdfast::base::ErrorKind::usage, "usage: hf_plan NOTEBOOKS JOBS");
    holdfast::bench::plan(holdfast::bench::number_of(arguments[1]), holdfast::bench::number_of(arguments[2]));
    return 0;
  } catch (...) {
    const holdfast::base::Error error = holdfast::base::current_error();
    fmt::print(stderr, "{}\n", error.describe());
    return holdfast::base::exit_code(error.kind());
  }
}
