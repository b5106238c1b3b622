#include "sim/databricks/pipelines.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

Documents& pipelines(World& world) {
  return world.part<Pipelines>().documents;
}

Json& pipeline_of(World& world, const std::string& id) {
  Json* pipeline = pipelines(world).find(id);
  if (pipeline == nullptr) throw missing(fmt::format("The specified pipeline {} was not found.", id));
  return *pipeline;
}

bool under_way(const PipelineUpdate& update, std::int64_t now) {
  return update.end_ms < 0 || now < update.end_ms;
}

std::string_view state_of(World& world, const std::string& id) {
  const std::vector<PipelineUpdate>& updates = world.part<Pipelines>().updates[id];
  return !updates.empty() && under_way(updates.back(), world.now_ms()) ? "RUNNING" : "IDLE";
}

void check_name(World& world, const Json& request, const std::string& own_id) {
  if (optional_flag(request, "allow_duplicate_names")) return;
  const std::string name = required_string(request, "name");
  const std::vector<Document> all = pipelines(world).all();
  const bool taken = std::any_of(all.begin(), all.end(), [&](const Document& each) {
    return each.id != own_id && (*each.body)["spec"]["name"] == name;
  });
  if (!taken) return;
  throw ApiError(409, "RESOURCE_CONFLICT",
                 fmt::format("The pipeline name '{}' is already used by another pipeline. This check can be skipped by "
                             "setting `allow_duplicate_names = true` in the request.",
                             name));
}

Json checked_spec(const Json& request) {
  Json spec = request;
  drop_fields(spec, {"allow_duplicate_names", "dry_run", "run_as", "pipeline_id", "expected_last_modified", "state",
                     "cause", "health", "latest_updates", "last_modified", "creator_user_name", "run_as_user_name",
                     "cluster_id", "spec", "effective_budget_policy_id", "effective_publishing_mode"});
  if (spec.contains("catalog") && spec.contains("storage")) {
    throw invalid("Only one of catalog and storage may be given");
  }
  if (spec.contains("target") && spec.contains("schema")) throw invalid("Only one of target and schema may be given");
  check_enum(spec, "edition", {"CORE", "PRO", "ADVANCED", "core", "pro", "advanced"});
  check_enum(spec, "channel", {"CURRENT", "PREVIEW"});
  if (spec.contains("libraries")) required_array(spec, "libraries");
  return spec;
}

void fill_defaults(Json& spec, const std::string& id) {
  spec["id"] = id;
  // The default storage holds the pipeline's own id: who copies it to another pipeline copies a trap.
  if (!spec.contains("storage") && !spec.contains("catalog")) spec["storage"] = "dbfs:/pipelines/" + id;
  const auto fill = [&](const char* field, Json value) {
    if (!spec.contains(field)) spec[field] = std::move(value);
  };
  fill("edition", "ADVANCED");
  fill("channel", "CURRENT");
  fill("continuous", false);
  fill("development", false);
  fill("photon", false);
}

Json shown_update(const PipelineUpdate& update, std::int64_t now) {
  return {{"update_id", update.id},
          {"state", under_way(update, now) ? "RUNNING" : "COMPLETED"},
          {"creation_time", rfc3339(update.start_ms)}};
}

Json latest_updates(World& world, const std::string& id) {
  constexpr std::size_t k_latest = 5;
  Json out = Json::array();
  const std::vector<PipelineUpdate>& updates = world.part<Pipelines>().updates[id];
  for (std::size_t i = updates.size(); i > 0 && out.size() < k_latest; --i) {
    out.push_back(shown_update(updates[i - 1], world.now_ms()));
  }
  return out;
}

Json shown(World& world, const std::string& id, const Json& pipeline) {
  Json out = {{"pipeline_id", id},
              {"name", pipeline["spec"]["name"]},
              {"state", state_of(world, id)},
              {"creator_user_name", pipeline["creator"]}};
  const Json as = pipeline.value("run_as", Json::object());
  out["run_as_user_name"] = as.value("user_name", as.value("service_principal_name", owner_of(world, "pipelines", id)));
  Json latest = latest_updates(world, id);
  if (!latest.empty()) out["latest_updates"] = std::move(latest);
  return out;
}

Reply create(Call& call) {
  if (optional_flag(call.body(), "dry_run")) {
    check_name(call.world(), call.body(), "");
    return reply({{"effective_settings", checked_spec(call.body())}});
  }
  return reply({{"pipeline_id", create_pipeline(call.world(), call.body(), call.caller())}});
}

Reply get(Call& call) {
  const std::string id = call.placeholder("id");
  const Json& pipeline = pipeline_of(call.world(), id);
  Json out = shown(call.world(), id, pipeline);
  out["spec"] = pipeline["spec"];
  out["last_modified"] = pipeline["modified"];
  if (pipeline.contains("run_as")) out["run_as"] = pipeline["run_as"];
  return reply(out);
}

// "name LIKE '%x%'", "name = 'x'": what the platform's own clients send.
bool passes(const std::string& filter, const std::string& name) {
  const std::size_t from = filter.find('\'');
  const std::size_t to = filter.rfind('\'');
  if (from == std::string::npos || to <= from) throw invalid("The filter is none that this endpoint knows");
  std::string wanted = filter.substr(from + 1, to - from - 1);
  if (filter.find("LIKE") == std::string::npos && filter.find("like") == std::string::npos) return name == wanted;
  std::erase(wanted, '%');
  return name.find(wanted) != std::string::npos;
}

Reply list(Call& call) {
  std::vector<Document> all = listed_to_caller(call, "pipelines", pipelines(call.world()).newest_first());
  if (const auto filter = call.query("filter"); filter && !filter->empty()) {
    std::erase_if(all, [&](const Document& each) { return !passes(*filter, (*each.body)["spec"]["name"]); });
  }
  return list_reply(call, all,
                    {.field = "statuses",
                     .page = {.size_parameter = "max_results", .default_size = 25, .largest_size = 100},
                     .show = [&](const Document& each) { return shown(call.world(), each.id, *each.body); }});
}

void start_update(World& world, const std::string& id, const Json& spec, std::string_view cause) {
  Pipelines& held = world.part<Pipelines>();
  const std::int64_t now = world.now_ms();
  const bool continuous = spec.value("continuous", false);
  held.updates[id].push_back({world.new_uuid(), std::string(cause), now, continuous ? -1 : now + held.update_ms});
}

void stop_updates(World& world, const std::string& id) {
  for (PipelineUpdate& update : world.part<Pipelines>().updates[id]) {
    if (under_way(update, world.now_ms())) update.end_ms = world.now_ms();
  }
}

Reply update(Call& call) {
  World& world = call.world();
  const std::string id = call.placeholder("id");
  Json& pipeline = pipeline_of(world, id);
  const auto expected = optional_integer(call.body(), "expected_last_modified");
  if (expected && *expected < pipeline["modified"].get<std::int64_t>())
    throw ApiError(409, "RESOURCE_CONFLICT", fmt::format("The settings of pipeline {} were modified meanwhile.", id));
  check_name(world, call.body(), id);
  Json spec = checked_spec(call.body());
  spec["name"] = required_string(call.body(), "name");
  const Json& before = pipeline["spec"];
  const bool moved = spec.contains("storage") && before.contains("storage") && spec["storage"] != before["storage"];
  if (moved) throw invalid("The storage of a pipeline cannot be changed");
  if (before.contains("storage") && !spec.contains("catalog")) spec["storage"] = before["storage"];
  fill_defaults(spec, id);
  pipeline["spec"] = std::move(spec);
  pipeline["modified"] = world.now_ms();
  if (call.body().contains("run_as")) pipeline["run_as"] = call.body()["run_as"];
  // An edit of what runs continuously begins a new update of it.
  if (state_of(world, id) == "RUNNING") {
    stop_updates(world, id);
    start_update(world, id, pipeline["spec"], "USER_ACTION");
  }
  return reply(Json::object());
}

Reply remove(Call& call) {
  World& world = call.world();
  const std::string id = call.placeholder("id");
  pipeline_of(world, id);
  stop_updates(world, id);
  if (call.query("cascade").value_or("true") == "true") world.part<Pipelines>().cascaded.push_back(id);
  pipelines(world).remove(id);
  forget_permissions(world, "pipelines", id);
  return reply(Json::object());
}

Reply start(Call& call) {
  World& world = call.world();
  const std::string id = call.placeholder("id");
  const Json& pipeline = pipeline_of(world, id);
  if (state_of(world, id) == "RUNNING") {
    throw ApiError(409, "RESOURCE_CONFLICT", fmt::format("An active update already exists for pipeline {}.", id));
  }
  start_update(world, id, pipeline["spec"], "API_CALL");
  return reply({{"update_id", world.part<Pipelines>().updates[id].back().id}});
}

Reply stop(Call& call) {
  pipeline_of(call.world(), call.placeholder("id"));
  stop_updates(call.world(), call.placeholder("id"));
  return reply(Json::object());
}

Json whole_update(const PipelineUpdate& update, const std::string& pipeline, std::int64_t now) {
  return {{"pipeline_id", pipeline},
          {"update_id", update.id},
          {"cause", update.cause},
          {"creation_time", update.start_ms},
          {"state", under_way(update, now) ? "RUNNING" : "COMPLETED"}};
}

Reply get_update(Call& call) {
  const std::string id = call.placeholder("id");
  pipeline_of(call.world(), id);
  for (const PipelineUpdate& each : call.world().part<Pipelines>().updates[id]) {
    if (each.id == call.placeholder("update"))
      return reply({{"update", whole_update(each, id, call.world().now_ms())}});
  }
  throw missing("The specified update was not found.");
}

Reply list_updates(Call& call) {
  const std::string id = call.placeholder("id");
  pipeline_of(call.world(), id);
  std::vector<PipelineUpdate> updates = call.world().part<Pipelines>().updates[id];
  std::reverse(updates.begin(), updates.end());
  const Page page = page_by_token(call, updates.size(), [&](std::size_t i) { return updates[i].id; },
                                  {.size_parameter = "max_results", .default_size = 25, .largest_size = 100});
  Json items = Json::array();
  for (std::size_t i = page.begin; i < page.end; ++i)
    items.push_back(whole_update(updates[i], id, call.world().now_ms()));
  Json body = {{"updates", std::move(items)}};
  if (!page.next_token.empty()) body["next_page_token"] = page.next_token;
  return reply(body);
}

}  // namespace

std::string create_pipeline(World& world, const Json& request, const Principal& creator) {
  check_name(world, request, "");
  Json spec = checked_spec(request);
  const std::string id = world.new_uuid();
  if (!spec.contains("name")) spec["name"] = "";
  fill_defaults(spec, id);
  Json pipeline = {{"spec", std::move(spec)}, {"creator", creator.name}, {"modified", world.now_ms()}};
  if (request.contains("run_as")) pipeline["run_as"] = request["run_as"];
  pipelines(world).add(id, std::move(pipeline));
  grant_to_creator(world, "pipelines", id, creator);
  return id;
}

void found_pipelines(World& world) {
  declare_permission_type(
      world, {.url_type = "pipelines",
              .aliases = {},
              .reply_type = "pipelines",
              .levels = {"CAN_VIEW", "CAN_RUN", "CAN_MANAGE"},
              .has_owner = true,
              .exists = [](World& in, const std::string& id) { return pipelines(in).find(id) != nullptr; }});
}

void add_pipeline_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/pipelines", family::k_none);
  add("GET", "", list, "pipelines by pages, without their specs");
  add("POST", "", create, "makes a pipeline; names are unique unless told otherwise");
  add("GET", "/{id}", get, "one pipeline with its spec");
  add("PUT", "/{id}", update, "replaces the spec");
  add("DELETE", "/{id}", remove, "removes a pipeline, and its tables unless told otherwise");
  add("GET", "/{id}/updates", list_updates, "updates of a pipeline, newest first");
  add("POST", "/{id}/updates", start, "starts an update");
  add("GET", "/{id}/updates/{update}", get_update, "one update");
  add("POST", "/{id}/stop", stop, "stops what runs");
}

}  // namespace holdfast::sim::databricks
