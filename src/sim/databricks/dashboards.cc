#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/sql.h"

namespace holdfast::sim::databricks {
namespace {

Dashboards& held(World& world) {
  return world.part<Dashboards>();
}

Json& dashboard_of(Call& call) {
  return held(call.world()).documents.get(call.placeholder("id"), "Dashboard");
}

void stamp(World& world, Json& body) {
  body["update_time"] = rfc3339(world.now_ms());
  body["etag"] = world.new_hex(10);
}

void check_etag(const Json& held_body, const std::optional<std::string>& etag) {
  if (!etag || etag->empty() || *etag == held_body["etag"]) return;
  throw ApiError(409, "ABORTED", "The object was changed since this etag was read");
}

std::string path_of(const Json& dashboard) {
  return dashboard.value("parent_path", "") + "/" + dashboard.value("display_name", "") + ".lvdash.json";
}

void check_path(World& world, const Json& dashboard) {
  const std::string path = path_of(dashboard);
  for (const Document& each : held(world).documents.all()) {
    const bool active = each.body->value("lifecycle_state", "") == "ACTIVE";
    if (active && each.id != dashboard.value("dashboard_id", "") && (*each.body)["path"] == path) {
      throw ApiError(400, "RESOURCE_ALREADY_EXISTS", fmt::format("Node named '{}' already exists", path));
    }
  }
}

void check_serialized(const Json& dashboard) {
  const auto text = optional_string(dashboard, "serialized_dashboard");
  if (text && !Json::parse(*text, nullptr, false).is_object())
    throw invalid("serialized_dashboard is not a JSON object");
}

Reply create(Call& call) {
  World& world = call.world();
  Json dashboard = call.body();
  drop_fields(dashboard, {"dashboard_id", "path", "etag", "create_time", "update_time", "lifecycle_state"});
  required_string(dashboard, "display_name");
  check_serialized(dashboard);
  if (!dashboard.contains("parent_path")) dashboard["parent_path"] = "/Users/" + call.caller().name;
  if (!dashboard.contains("serialized_dashboard")) dashboard["serialized_dashboard"] = "{\"pages\":[]}";
  check_path(world, dashboard);
  const std::string id = world.new_hex(32);
  dashboard["dashboard_id"] = id;
  dashboard["path"] = path_of(dashboard);
  dashboard["lifecycle_state"] = "ACTIVE";
  dashboard["create_time"] = rfc3339(world.now_ms());
  stamp(world, dashboard);
  held(world).documents.add(id, dashboard);
  grant_to_creator(world, "dashboards", id, call.caller());
  return reply(dashboard);
}

Reply get(Call& call) {
  return reply(dashboard_of(call));
}

Reply update(Call& call) {
  Json& dashboard = dashboard_of(call);
  check_etag(dashboard, optional_string(call.body(), "etag"));
  check_serialized(call.body());
  Json changed = dashboard;
  changed.update(only_fields(call.body(), {"display_name", "serialized_dashboard", "warehouse_id"}));
  check_path(call.world(), changed);
  dashboard = std::move(changed);
  dashboard["path"] = path_of(dashboard);
  stamp(call.world(), dashboard);
  return reply(dashboard);
}

Reply trash(Call& call) {
  dashboard_of(call)["lifecycle_state"] = "TRASHED";
  return reply(Json::object());
}

Reply list(Call& call) {
  std::vector<Document> all = listed_to_caller(call, "dashboards", held(call.world()).documents.newest_first());
  if (!call.query_flag("show_trashed")) {
    std::erase_if(all, [](const Document& each) { return (*each.body)["lifecycle_state"] != "ACTIVE"; });
  }
  return list_reply(
      call, all,
      {.field = "dashboards", .page = {.default_size = 20, .largest_size = 1000}, .show = [](const Document& each) {
         Json out = *each.body;
         drop_fields(out, {"serialized_dashboard", "etag", "path", "parent_path"});
         return out;
       }});
}

Reply publish(Call& call) {
  const Json& dashboard = dashboard_of(call);
  Json published = {{"display_name", dashboard["display_name"]},
                    {"embed_credentials", optional_flag(call.body(), "embed_credentials", true)},
                    {"revision_create_time", rfc3339(call.world().now_ms())}};
  const Json& source = call.body().contains("warehouse_id") ? call.body() : dashboard;
  if (source.contains("warehouse_id")) published["warehouse_id"] = source["warehouse_id"];
  return reply(held(call.world()).published.add(call.placeholder("id"), std::move(published)));
}

Reply get_published(Call& call) {
  dashboard_of(call);
  return reply(held(call.world()).published.get(call.placeholder("id"), "Published dashboard"));
}

Reply unpublish(Call& call) {
  get_published(call);
  held(call.world()).published.remove(call.placeholder("id"));
  return reply(Json::object());
}

std::vector<Document> those_of(const Documents& documents, const char* field, const std::string& value) {
  std::vector<Document> out = documents.all();
  std::erase_if(out, [&](const Document& each) { return (*each.body)[field] != value; });
  return out;
}

Json& schedule_of(Call& call) {
  dashboard_of(call);
  Json& schedule = held(call.world()).schedules.get(call.placeholder("schedule"), "Schedule");
  if (schedule["dashboard_id"] != call.placeholder("id")) throw missing("The dashboard has no such schedule.");
  return schedule;
}

Json checked_schedule(const Json& request) {
  Json schedule = only_fields(request, {"cron_schedule", "display_name", "pause_status", "warehouse_id"});
  check_sql_schedule(required_object(schedule, "cron_schedule"), "quartz_cron_expression");
  check_enum(schedule, "pause_status", {"PAUSED", "UNPAUSED"});
  if (!schedule.contains("pause_status")) schedule["pause_status"] = "UNPAUSED";
  return schedule;
}

Reply create_schedule(Call& call) {
  World& world = call.world();
  dashboard_of(call);
  if (!optional_string(call.body(), "etag").value_or("").empty()) throw invalid("etag must be blank in a create");
  Json schedule = checked_schedule(call.body());
  const std::string id = world.new_hex(32);
  schedule["schedule_id"] = id;
  schedule["dashboard_id"] = call.placeholder("id");
  schedule["create_time"] = rfc3339(world.now_ms());
  stamp(world, schedule);
  held(world).schedules.add(id, schedule);
  arm_sql(world, "dashboard-schedule", id);
  return reply(schedule);
}

Reply get_schedule(Call& call) {
  return reply(schedule_of(call));
}

Reply update_schedule(Call& call) {
  Json& schedule = schedule_of(call);
  if (optional_string(call.body(), "etag").value_or("").empty()) throw invalid("etag must be provided in an update");
  check_etag(schedule, optional_string(call.body(), "etag"));
  Json changed = checked_schedule(call.body());
  changed.update(only_fields(schedule, {"schedule_id", "dashboard_id", "create_time"}));
  stamp(call.world(), changed);
  schedule = std::move(changed);
  arm_sql(call.world(), "dashboard-schedule", call.placeholder("schedule"));
  return reply(schedule);
}

Reply remove_schedule(Call& call) {
  World& world = call.world();
  check_etag(schedule_of(call), call.query("etag"));
  for (const Document& each : those_of(held(world).subscriptions, "schedule_id", call.placeholder("schedule"))) {
    held(world).subscriptions.remove(std::string(each.id));
  }
  held(world).schedules.remove(call.placeholder("schedule"));
  arm_sql(world, "dashboard-schedule", call.placeholder("schedule"));
  return reply(Json::object());
}

Reply list_schedules(Call& call) {
  dashboard_of(call);
  return list_reply(call, those_of(held(call.world()).schedules, "dashboard_id", call.placeholder("id")),
                    {.field = "schedules", .page = {}, .show = {}});
}

Reply create_subscription(Call& call) {
  World& world = call.world();
  schedule_of(call);
  Json subscription = {{"subscriber", required_object(call.body(), "subscriber")}};
  const std::string id = world.new_hex(32);
  subscription["subscription_id"] = id;
  subscription["schedule_id"] = call.placeholder("schedule");
  subscription["dashboard_id"] = call.placeholder("id");
  subscription["create_time"] = rfc3339(world.now_ms());
  stamp(world, subscription);
  held(world).subscriptions.add(id, subscription);
  return reply(subscription);
}

Json& subscription_of(Call& call) {
  schedule_of(call);
  return held(call.world()).subscriptions.get(call.placeholder("subscription"), "Subscription");
}

Reply get_subscription(Call& call) {
  return reply(subscription_of(call));
}

Reply remove_subscription(Call& call) {
  check_etag(subscription_of(call), call.query("etag"));
  held(call.world()).subscriptions.remove(call.placeholder("subscription"));
  return reply(Json::object());
}

Reply list_subscriptions(Call& call) {
  schedule_of(call);
  return list_reply(call, those_of(held(call.world()).subscriptions, "schedule_id", call.placeholder("schedule")),
                    {.field = "subscriptions", .page = {}, .show = {}});
}

}  // namespace

void add_dashboard_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/lakeview/dashboards", family::k_none);
  add("GET", "", list, "dashboards by pages, without what they show");
  add("POST", "", create, "makes a dashboard");
  add("GET", "/{id}", get, "one dashboard");
  add("PATCH", "/{id}", update, "changes a dashboard, if the etag still holds");
  add("DELETE", "/{id}", trash, "moves a dashboard to the trash");
  add("POST", "/{id}/published", publish, "publishes a dashboard");
  add("GET", "/{id}/published", get_published, "what is published");
  add("DELETE", "/{id}/published", unpublish, "publishes it no longer");
  add("GET", "/{id}/schedules", list_schedules, "schedules of a dashboard");
  add("POST", "/{id}/schedules", create_schedule, "adds a schedule, which fires by itself");
  add("GET", "/{id}/schedules/{schedule}", get_schedule, "one schedule");
  add("PUT", "/{id}/schedules/{schedule}", update_schedule, "replaces a schedule");
  add("DELETE", "/{id}/schedules/{schedule}", remove_schedule, "removes a schedule");
  add("GET", "/{id}/schedules/{schedule}/subscriptions", list_subscriptions, "subscriptions of a schedule");
  add("POST", "/{id}/schedules/{schedule}/subscriptions", create_subscription, "adds a subscription");
  add("GET", "/{id}/schedules/{schedule}/subscriptions/{subscription}", get_subscription, "one subscription");
  add("DELETE", "/{id}/schedules/{schedule}/subscriptions/{subscription}", remove_subscription, "removes it");
}

}  // namespace holdfast::sim::databricks
