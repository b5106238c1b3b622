#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/sql.h"

namespace holdfast::sim::databricks {
namespace {

Alerts& held(World& world) {
  return world.part<Alerts>();
}

std::vector<Document> active(const Documents& documents) {
  std::vector<Document> out = documents.newest_first();
  std::erase_if(out, [](const Document& each) { return each.body->value("lifecycle_state", "ACTIVE") != "ACTIVE"; });
  return out;
}

// --- the first version: an alert on a query

void check_legacy(World& world, const Json& alert) {
  const auto query = optional_string(alert, "query_id");
  if (query && world.part<Queries>().documents.find(*query) == nullptr) {
    throw missing(fmt::format("Query {} does not exist.", *query));
  }
  if (alert.contains("condition")) {
    check_enum(
        required_object(alert, "condition"), "op",
        {"GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL", "EQUAL", "NOT_EQUAL", "IS_NULL"});
  }
}

Reply create_legacy(Call& call) {
  World& world = call.world();
  Json alert = required_object(call.body(), "alert");
  drop_fields(alert,
              {"id", "create_time", "update_time", "trigger_time", "lifecycle_state", "owner_user_name", "state"});
  required_string(alert, "query_id");
  check_legacy(world, alert);
  const std::string id = world.new_uuid();
  alert["id"] = id;
  alert["owner_user_name"] = call.caller().name;
  alert["state"] = "UNKNOWN";
  alert["lifecycle_state"] = "ACTIVE";
  alert["create_time"] = alert["update_time"] = rfc3339(world.now_ms());
  held(world).legacy.add(id, alert);
  grant_to_creator(world, "sql/alerts", id, call.caller());
  return reply(alert);
}

Reply get_legacy(Call& call) {
  return reply(held(call.world()).legacy.get(call.placeholder("id"), "Alert"));
}

Reply update_legacy(Call& call) {
  Json& alert = held(call.world()).legacy.get(call.placeholder("id"), "Alert");
  Json changes = call.body().value("alert", Json::object());
  drop_fields(changes, {"id", "create_time", "update_time", "trigger_time", "lifecycle_state", "state", "parent_path"});
  check_legacy(call.world(), changes);
  apply_mask(alert, changes, required_string(call.body(), "update_mask"),
             {"condition", "custom_body", "custom_subject", "display_name", "notify_on_ok", "owner_user_name",
              "query_id", "seconds_to_retrigger"});
  alert["update_time"] = rfc3339(call.world().now_ms());
  return reply(alert);
}

Reply trash_legacy(Call& call) {
  held(call.world()).legacy.get(call.placeholder("id"), "Alert")["lifecycle_state"] = "TRASHED";
  return reply(Json::object());
}

Reply list_legacy(Call& call) {
  return list_reply(call, listed_to_caller(call, "sql/alerts", active(held(call.world()).legacy)),
                    {.field = "results", .page = {}, .show = {}});
}

// --- the second version: query, evaluation and schedule in one

void check(const Json& alert) {
  for (const char* field : {"display_name", "query_text", "warehouse_id"}) required_string(alert, field);
  required_object(alert, "evaluation");
  const Json& schedule = required_object(alert, "schedule");
  check_sql_schedule(schedule, "quartz_cron_schedule");
  check_enum(schedule, "pause_status", {"PAUSED", "UNPAUSED"});
}

void drop_server_fields(Json& alert) {
  drop_fields(alert, {"id", "create_time", "update_time", "lifecycle_state", "owner_user_name", "effective_run_as",
                      "run_as_user_name"});
}

Reply create(Call& call) {
  World& world = call.world();
  Json alert = call.body();
  drop_server_fields(alert);
  check(alert);
  const std::string id = world.new_uuid();
  alert["id"] = id;
  alert["owner_user_name"] = alert["run_as_user_name"] = call.caller().name;
  alert["effective_run_as"] = alert.value("run_as", Json{{"user_name", call.caller().name}});
  alert["lifecycle_state"] = "ACTIVE";
  alert["create_time"] = alert["update_time"] = rfc3339(world.now_ms());
  held(world).with_schedule.add(id, alert);
  grant_to_creator(world, "alertsv2", id, call.caller());
  arm_sql(world, "alert", id);
  return reply(alert);
}

Reply get(Call& call) {
  return reply(held(call.world()).with_schedule.get(call.placeholder("id"), "Alert"));
}

Reply update(Call& call) {
  World& world = call.world();
  Json& alert = held(world).with_schedule.get(call.placeholder("id"), "Alert");
  Json changes = call.body();
  drop_server_fields(changes);
  changes.erase("parent_path");
  const auto mask = call.query("update_mask");
  // By this one only service principals can be asked for; what it was stays otherwise.
  const std::string runner = optional_string(call.body(), "run_as_user_name").value_or("");
  if (find_service_principal(world, runner) != nullptr)
    changes["run_as_user_name"] = runner;
  else
    changes["run_as_user_name"] = alert.value("run_as_user_name", "");
  Json changed = alert;
  apply_mask(changed, changes, mask && !mask->empty() ? *mask : required_string(call.body(), "update_mask"),
             {"custom_description", "custom_summary", "custom_template_format", "display_name", "evaluation",
              "parameters", "query_text", "run_as", "run_as_user_name", "schedule", "warehouse_id"});
  check(changed);
  alert = std::move(changed);
  alert["update_time"] = rfc3339(world.now_ms());
  arm_sql(world, "alert", call.placeholder("id"));
  return reply(alert);
}

Reply trash(Call& call) {
  World& world = call.world();
  held(world).with_schedule.get(call.placeholder("id"), "Alert")["lifecycle_state"] = "DELETED";
  if (call.query_flag("purge")) held(world).with_schedule.remove(call.placeholder("id"));
  arm_sql(world, "alert", call.placeholder("id"));
  return reply(Json::object());
}

Reply list(Call& call) {
  return list_reply(call, listed_to_caller(call, "alertsv2", active(held(call.world()).with_schedule)),
                    {.field = "alerts", .page = {}, .show = {}});
}

}  // namespace

void add_alert_routes(Router& router) {
  const RouteGroup add(router, "", family::k_none);
  add("GET", "/api/2.0/sql/alerts", list_legacy, "alerts on queries, by pages");
  add("POST", "/api/2.0/sql/alerts", create_legacy, "makes an alert on a query");
  add("GET", "/api/2.0/sql/alerts/{id}", get_legacy, "one alert on a query");
  add("PATCH", "/api/2.0/sql/alerts/{id}", update_legacy, "changes what the mask names");
  add("DELETE", "/api/2.0/sql/alerts/{id}", trash_legacy, "moves an alert to the trash");
  add("GET", "/api/2.0/alerts", list, "alerts with schedules, by pages");
  add("POST", "/api/2.0/alerts", create, "makes an alert with a schedule");
  add("GET", "/api/2.0/alerts/{id}", get, "one alert with its schedule");
  add("PATCH", "/api/2.0/alerts/{id}", update, "changes what the mask names");
  add("DELETE", "/api/2.0/alerts/{id}", trash, "moves an alert to the trash");
}

}  // namespace holdfast::sim::databricks
