// Jobs: their settings, what makes them run by themselves, and the runs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct JobRun {
  std::int64_t id = 0;
  std::string job;
  std::string name;           // of the job when it ran
  std::string cause;          // TriggerType: PERIODIC, ONE_TIME, CONTINUOUS, FILE_ARRIVAL, TABLE
  std::int64_t number = 0;    // in its job, from 1
  std::int64_t asked_ms = 0;  // when it fired
  std::int64_t start_ms = 0;  // later than asked when it had to queue
  std::int64_t ready_ms = 0;  // when what it runs on is there
  std::int64_t end_ms = 0;
  bool skipped = false;  // as many runs as the job may have were under way
  std::optional<std::int64_t> cancelled_ms;
};

struct Jobs {                    // part of a World
  Documents documents;           // {"settings", "creator", "created"}, by job id
  std::int64_t run_ms = 60'000;  // how long a run takes
  std::int64_t setup_ms = 0;     // of it, until what it runs on is there
  std::size_t most_jobs = 10'000;
  std::deque<JobRun> runs;                          // in the order in which they fired; 60 days of them
  std::map<std::string, std::int64_t> last_end_of;  // job → when its last run ends, or the next attempt after a skip
  std::map<std::string, std::vector<std::int64_t>> ends_of;  // job → the ends of its runs that are under way
  std::map<std::string, std::int64_t> runs_of;  // job → how many fired, skipped ones included; kept when a job goes
  std::map<std::string, std::int64_t> run_of_token;
  std::set<std::pair<std::int64_t, std::string>> due;  // (ms, job): the next time of whatever fires by the clock
  std::map<std::string, std::int64_t> due_of;
};

// Sets when the job fires next, as its settings now say; to be called after each change of them.
void arm_job(World& world, const std::string& id, std::int64_t now_ms);
// Everything that the clock has made fire since it was last looked at, in the order of the times.
void fire_due_jobs(World& world);
// A file came to a storage location, a table changed: the jobs that wait for it run.
void file_arrived(World& world, std::string_view url);
void table_updated(World& world, std::string_view table);

// 400 when a schedule's expression, zone or pause state is none, or when a job has triggers that exclude each other.
void check_triggers(const Json& settings);
// A run that begins now, or waits, or is skipped; its id.
std::int64_t add_run(World& world, const std::string& job, std::string_view cause, std::int64_t at_ms);
std::string_view life_cycle(const JobRun& run, std::int64_t now_ms);

std::string create_job(World& world, const Json& request, const Principal& creator);
// "…JOB…": the job, or the 400 with which this API answers in place of a 404.
Json& job_of(World& world, const std::string& id);

void found_jobs(World& world);  // its type of permissions, and what fires by the clock
void add_job_routes(Router& router);
void add_job_run_routes(Router& router);

}  // namespace holdfast::sim::databricks
