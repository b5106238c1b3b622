#include "sim/databricks/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_longest_name = 4096;
constexpr std::size_t k_most_tasks = 1000;
constexpr std::size_t k_part = 100;  // elements of a list within a job that one reply holds
constexpr std::array<const char*, 4> k_paged = {"tasks", "job_clusters", "environments", "parameters"};

std::int64_t number_of(const std::string& id) {
  std::int64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  return number;
}

// Ids of jobs are 64-bit numbers that a double cannot hold.
std::string new_job_id(World& world) {
  return std::to_string(world.new_id() * 9007 + 1);
}

const Json& empty_list() {
  static const Json list = Json::array();
  return list;
}

const Json& list_of(const Json& settings, const char* field) {
  const auto found = settings.find(field);
  return found == settings.end() || !found->is_array() ? empty_list() : *found;
}

bool has_key(const Json& list, const char* field, const Json& key) {
  return std::any_of(list.begin(), list.end(), [&](const Json& each) { return each.value(field, Json()) == key; });
}

void check_task(const Json& task, const Json& settings) {
  required_string(task, "task_key");
  check_enum(task, "run_if",
             {"ALL_SUCCESS", "ALL_DONE", "NONE_FAILED", "AT_LEAST_ONE_SUCCESS", "ALL_FAILED", "AT_LEAST_ONE_FAILED"});
  for (const Json& before : list_of(task, "depends_on")) {
    const std::string key = required_string(before, "task_key");
    if (!has_key(list_of(settings, "tasks"), "task_key", key)) {
      throw invalid(fmt::format("Task {} depends on unknown task {}", task["task_key"].get<std::string>(), key));
    }
  }
  if (const auto key = optional_string(task, "job_cluster_key")) {
    if (!has_key(list_of(settings, "job_clusters"), "job_cluster_key", *key)) {
      throw invalid(fmt::format("Job cluster '{}' is not defined in field 'job_clusters'.", *key));
    }
  }
  if (task.contains("run_job_task")) required_integer(required_object(task, "run_job_task"), "job_id");
  if (task.contains("for_each_task")) {
    required_string(required_object(task, "for_each_task"), "inputs");
    required_string(required_object(task["for_each_task"], "task"), "task_key");
  }
}

void check_run_as(World& world, const Json& settings) {
  if (!settings.contains("run_as")) return;
  const Json& as = required_object(settings, "run_as");
  const auto user = optional_string(as, "user_name");
  const auto principal = optional_string(as, "service_principal_name");
  if (user && find_user(world, *user) == nullptr) throw invalid(fmt::format("User {} does not exist.", *user));
  if (principal && find_service_principal(world, *principal) == nullptr) {
    throw invalid(fmt::format("Service principal {} does not exist.", *principal));
  }
}

void check_settings(World& world, const Json& settings) {
  if (optional_string(settings, "name").value_or("").size() > k_longest_name) {
    throw invalid("The name of a job has at most 4096 bytes");
  }
  const Json& tasks = list_of(settings, "tasks");
  if (tasks.size() > k_most_tasks) throw invalid("A job has at most 1000 tasks");
  std::set<std::string> keys;
  for (const Json& task : tasks) {
    check_task(task, settings);
    if (!keys.insert(task["task_key"]).second) {
      throw invalid(fmt::format("Task key {} is used twice", task["task_key"].get<std::string>()));
    }
  }
  if (optional_integer(settings, "max_concurrent_runs").value_or(1) < 0) {
    throw invalid("max_concurrent_runs must not be negative");
  }
  check_enum(settings, "edit_mode", {"UI_LOCKED", "EDITABLE"});
  check_triggers(settings);
  check_run_as(world, settings);
}

// What the API of jobs 2.0 says at the top of a job is the only task of it.
constexpr std::array<const char*, 14> k_single_task = {"notebook_task",
                                                       "spark_jar_task",
                                                       "spark_python_task",
                                                       "spark_submit_task",
                                                       "python_wheel_task",
                                                       "pipeline_task",
                                                       "sql_task",
                                                       "dbt_task",
                                                       "existing_cluster_id",
                                                       "new_cluster",
                                                       "libraries",
                                                       "max_retries",
                                                       "min_retry_interval_millis",
                                                       "retry_on_timeout"};

void to_multi_task(Json& settings) {
  Json task = Json::object();
  for (const char* field : k_single_task) {
    const auto found = settings.find(field);
    if (found == settings.end()) continue;
    task[field] = *found;
    settings.erase(found);
  }
  if (task.empty() || settings.contains("tasks")) return;
  std::string key = settings.value("name", "Untitled");
  std::replace_if(
      key.begin(), key.end(), [](char c) { return !base::is_letter_or_digit(c) && c != '_' && c != '-'; }, '_');
  task["task_key"] = key.substr(0, 100);
  settings["tasks"] = Json::array({std::move(task)});
  settings["format"] = "SINGLE_TASK";
}

void to_single_task(Json& settings) {
  const bool single = settings.value("format", "") == "SINGLE_TASK" && list_of(settings, "tasks").size() == 1;
  if (single) {
    const Json task = settings["tasks"][0];
    for (const char* field : k_single_task) {
      if (task.contains(field)) settings[field] = task[field];
    }
  }
  for (const char* field : k_paged) settings.erase(field);
}

// What the server fills in when the request does not say it.
void fill_defaults(Json& settings) {
  const auto fill = [](Json& into, const char* field, Json value) {
    if (!into.contains(field)) into[field] = std::move(value);
  };
  fill(settings, "name", "Untitled");
  fill(settings, "max_concurrent_runs", 1);
  fill(settings, "timeout_seconds", 0);
  fill(settings, "email_notifications", Json::object());
  fill(settings, "format", "MULTI_TASK");
  if (!settings.contains("tasks")) return;
  for (Json& task : settings["tasks"]) {
    fill(task, "run_if", "ALL_SUCCESS");
    fill(task, "timeout_seconds", 0);
    fill(task, "email_notifications", Json::object());
  }
}

Json taken_settings(World& world, const Json& request) {
  Json settings = request;
  drop_fields(settings, {"job_id", "created_time", "creator_user_name", "run_as_user_name", "run_as_owner", "has_more",
                         "next_page_token", "access_control_list", "idempotency_token", "format"});
  to_multi_task(settings);
  check_settings(world, settings);
  fill_defaults(settings);
  return settings;
}

enum class Version { v20, v21, v22 };

Version version_of(const Call& call) {
  const std::string& path = call.request().path;
  return path.starts_with("/api/2.0/") ? Version::v20 : path.starts_with("/api/2.1/") ? Version::v21 : Version::v22;
}

// `from`: the first element of the lists within a job that the reply holds.
Json shown(World& world, const std::string& id, const Json& job) {
  Json out = {{"job_id", number_of(id)}, {"created_time", job["created"]}, {"settings", job["settings"]}};
  if (job.contains("creator")) out["creator_user_name"] = job["creator"];
  const Json as = job["settings"].value("run_as", Json::object());
  const std::string owner = owner_of(world, "jobs", id);
  out["run_as_user_name"] = as.value("user_name", as.value("service_principal_name", owner));
  out["run_as_owner"] = as.empty();
  return out;
}

// Keeps one part of each long list; true when there is more behind it.
bool keep_part(Json& settings, std::size_t from) {
  bool more = false;
  for (const char* field : k_paged) {
    const auto list = settings.find(field);
    if (list == settings.end() || !list->is_array() || (from == 0 && list->size() <= k_part)) continue;
    const auto begin = static_cast<std::ptrdiff_t>(std::min(from, list->size()));
    const auto end = static_cast<std::ptrdiff_t>(std::min(from + k_part, list->size()));
    more = more || from + k_part < list->size();
    *list = Json(list->begin() + begin, list->begin() + end);
  }
  return more;
}

std::size_t part_start(const Call& call) {
  const std::string token = call.query("page_token").value_or("");
  if (token.empty()) return 0;
  std::size_t from = 0;
  const auto [end, error] = std::from_chars(token.data() + 1, token.data() + token.size(), from);
  const bool whole = error == std::errc{} && end == token.data() + token.size();
  if (token[0] != 'e' || !whole || from % k_part != 0) throw invalid("Invalid page token");
  return from;
}

Reply get(Call& call) {
  const auto id = call.query_integer("job_id");
  if (!id) throw invalid("Missing required field: job_id");
  Json out = shown(call.world(), std::to_string(*id), job_of(call.world(), std::to_string(*id)));
  if (version_of(call) == Version::v20) to_single_task(out["settings"]);
  if (version_of(call) != Version::v22) return reply(out);
  const std::size_t from = part_start(call);
  if (keep_part(out["settings"], from)) {
    out["has_more"] = true;
    out["next_page_token"] = fmt::format("e{}", from + k_part);
  }
  return reply(out);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return base::lower(a) == base::lower(b);
}

std::vector<Document> listed(Call& call) {
  std::vector<Document> jobs = listed_to_caller(call, "jobs", call.world().part<Jobs>().documents.newest_first());
  if (const auto name = call.query("name")) {
    std::erase_if(jobs, [&](const Document& job) {
      return !equal_ignoring_case((*job.body)["settings"].value("name", ""), *name);
    });
  }
  const auto offset = static_cast<std::size_t>(std::max<std::int64_t>(0, call.query_integer("offset").value_or(0)));
  jobs.erase(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(std::min(offset, jobs.size())));
  return jobs;
}

Json shown_in_list(Call& call, const Document& job) {
  Json out = shown(call.world(), job.id, *job.body);
  drop_fields(out, {"run_as_user_name", "run_as_owner"});
  if (!call.query_flag("expand_tasks")) {
    for (const char* field : k_paged) out["settings"].erase(field);
    return out;
  }
  const bool more = keep_part(out["settings"], 0);
  if (more && version_of(call) == Version::v22) out["has_more"] = true;
  return out;
}

Reply list(Call& call) {
  const std::vector<Document> jobs = listed(call);
  const Page page = page_by_token(call, jobs.size(), [&](std::size_t i) { return jobs[i].id; },
                                  {.size_parameter = "limit", .default_size = 20, .largest_size = 100});
  Json items = Json::array();
  for (std::size_t i = page.begin; i < page.end; ++i) items.push_back(shown_in_list(call, jobs[i]));
  Json body = {{"has_more", !page.next_token.empty()}};
  if (!items.empty()) body["jobs"] = std::move(items);
  if (!page.next_token.empty()) body["next_page_token"] = page.next_token;
  return reply(body);
}

Reply list_20(Call& call) {
  return whole_list_reply(listed(call), "jobs", [&](const Document& job) {
    Json out = shown(call.world(), job.id, *job.body);
    to_single_task(out["settings"]);
    return out;
  });
}

Reply create(Call& call) {
  return reply({{"job_id", number_of(create_job(call.world(), call.body(), call.caller()))}});
}

// Who may not see a job is told that he may not change it, and an unknown one is such a job.
Json& job_to_change(Call& call) {
  Json* job = call.world().part<Jobs>().documents.find(std::to_string(required_integer(call.body(), "job_id")));
  if (job == nullptr) {
    throw denied(fmt::format("User {} does not have Manage permissions on job {}.", call.caller().name,
                             required_integer(call.body(), "job_id")));
  }
  return *job;
}

void change(Call& call, Json& job, const Json& settings) {
  Json taken = taken_settings(call.world(), settings);
  // What runs as somebody goes on as him until somebody else is named.
  if (!taken.contains("run_as") && job["settings"].contains("run_as")) taken["run_as"] = job["settings"]["run_as"];
  job["settings"] = std::move(taken);
  arm_job(call.world(), std::to_string(required_integer(call.body(), "job_id")), call.world().now_ms());
}

Reply reset(Call& call) {
  Json& job = job_to_change(call);
  change(call, job, required_object(call.body(), "new_settings"));
  return reply(Json::object());
}

// Lists whose elements have keys are merged by them; everything else is replaced.
void merge(Json& settings, const Json& changes) {
  constexpr std::array<std::pair<const char*, const char*>, 3> k_keyed = {
      {{"tasks", "task_key"}, {"job_clusters", "job_cluster_key"}, {"environments", "environment_key"}}};
  for (const auto& [field, value] : changes.items()) {
    const auto keyed = std::find_if(k_keyed.begin(), k_keyed.end(),
                                    [&field = field](const auto& each) { return field == each.first; });
    if (keyed == k_keyed.end() || !settings.contains(field)) {
      settings[field] = value;
      continue;
    }
    for (const Json& element : value) {
      Json& list = settings[field];
      const auto same = std::find_if(list.begin(), list.end(), [&](const Json& each) {
        return each.value(keyed->second, Json()) == element.value(keyed->second, Json());
      });
      if (same == list.end()) {
        list.push_back(element);
      } else {
        *same = element;
      }
    }
  }
}

// "tasks/first", "schedule"
void remove_field(Json& settings, const std::string& path) {
  const std::size_t slash = path.find('/');
  const std::string field = path.substr(0, slash);
  if (slash == std::string::npos) {
    settings.erase(field);
    return;
  }
  if (!settings.contains(field) || !settings[field].is_array()) return;
  const std::string key = path.substr(slash + 1);
  Json stay = Json::array();
  for (const Json& each : settings[field]) {
    if (each.value("task_key", "") != key && each.value("job_cluster_key", "") != key) stay.push_back(each);
  }
  settings[field] = std::move(stay);
}

Reply update(Call& call) {
  Json& job = job_to_change(call);
  Json settings = job["settings"];
  for (const Json& field : call.body().value("fields_to_remove", Json::array())) {
    if (field.is_string()) remove_field(settings, field);
  }
  Json changes = call.body().value("new_settings", Json::object());
  to_multi_task(changes);
  merge(settings, changes);
  change(call, job, settings);
  return reply(Json::object());
}

Reply remove(Call& call) {
  World& world = call.world();
  const std::string id = std::to_string(required_integer(call.body(), "job_id"));
  job_of(world, id);
  world.part<Jobs>().documents.remove(id);
  arm_job(world, id, world.now_ms());
  forget_permissions(world, "jobs", id);
  return reply(Json::object());
}

}  // namespace

Json& job_of(World& world, const std::string& id) {
  Json* job = world.part<Jobs>().documents.find(id);
  if (job == nullptr) throw missing_as_400(fmt::format("Job {} does not exist.", id));
  return *job;
}

std::string create_job(World& world, const Json& request, const Principal& creator) {
  Jobs& jobs = world.part<Jobs>();
  Json settings = taken_settings(world, request);
  if (jobs.documents.size() >= jobs.most_jobs) {
    throw ApiError(400, "QUOTA_EXCEEDED", fmt::format("The quota of {} saved jobs is reached.", jobs.most_jobs));
  }
  const std::string id = new_job_id(world);
  const std::int64_t now = world.now_ms();
  jobs.documents.add(id, {{"settings", std::move(settings)}, {"creator", creator.name}, {"created", now}});
  grant_to_creator(world, "jobs", id, creator);
  if (request.contains("access_control_list")) {
    replace_permissions(world, "jobs", id, required_array(request, "access_control_list"));
  }
  arm_job(world, id, now);
  return id;
}

void found_jobs(World& world) {
  declare_permission_type(world, {.url_type = "jobs",
                                  .aliases = {},
                                  .reply_type = "job",
                                  .levels = {"CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE"},
                                  .has_owner = true,
                                  .exists = [](World& in, const std::string& id) {
                                    return in.part<Jobs>().documents.find(id) != nullptr;
                                  }});
  world.add_daemon(fire_due_jobs);
}

void add_job_routes(Router& router) {
  const auto add = [&](std::string_view method, std::string_view name, Handler handler, std::string_view limit,
                       std::string_view doc) {
    router.add_versions({"2.0", "2.1", "2.2"},
                        {method, fmt::format("/api/{{v}}/jobs/{}", name), std::move(handler), limit, doc});
  };
  add("POST", "create", create, family::k_jobs_create, "makes a job; names are not unique");
  add("GET", "get", get, family::k_none, "one job; since 2.2 its long lists by parts of 100");
  add("POST", "reset", reset, family::k_none, "replaces the settings; 403 for an unknown job");
  add("POST", "update", update, family::k_none, "changes some settings and removes others");
  add("POST", "delete", remove, family::k_none, "removes a job");
  router.add({"GET", "/api/2.0/jobs/list", list_20, family::k_none, "all jobs at once"});
  router.add_versions({"2.1", "2.2"},
                      {"GET", "/api/{v}/jobs/list", list, family::k_none, "jobs by pages, newest first"});
  add_job_run_routes(router);
}

}  // namespace holdfast::sim::databricks
