#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/sql.h"

namespace holdfast::sim::databricks {
namespace {

Queries& held(World& world) {
  return world.part<Queries>();
}

void drop_server_fields(Json& query) {
  drop_fields(query, {"id", "create_time", "update_time", "lifecycle_state", "last_modifier_user_name"});
}

void check(const Json& query) {
  check_enum(query, "run_as_mode", {"OWNER", "VIEWER"});
  if (query.contains("parameters")) required_array(query, "parameters");
}

Reply create(Call& call) {
  World& world = call.world();
  Json query = required_object(call.body(), "query");
  drop_server_fields(query);
  query.erase("owner_user_name");  // an owner can only be named by an update
  check(query);
  if (!query.contains("display_name")) query["display_name"] = "New Query";
  if (!query.contains("run_as_mode")) query["run_as_mode"] = "OWNER";
  if (!query.contains("parent_path")) query["parent_path"] = "/Workspace/Users/" + call.caller().name;
  const std::string id = world.new_uuid();
  query["id"] = id;
  query["owner_user_name"] = query["last_modifier_user_name"] = call.caller().name;
  query["lifecycle_state"] = "ACTIVE";
  query["create_time"] = query["update_time"] = rfc3339(world.now_ms());
  held(world).documents.add(id, query);
  grant_to_creator(world, "sql/queries", id, call.caller());
  return reply(query);
}

Reply get(Call& call) {
  return reply(held(call.world()).documents.get(call.placeholder("id"), "Query"));
}

Reply update(Call& call) {
  Json& query = held(call.world()).documents.get(call.placeholder("id"), "Query");
  Json changes = call.body().value("query", Json::object());
  drop_server_fields(changes);
  changes.erase("parent_path");  // a query is moved by the workspace's own endpoints
  check(changes);
  apply_mask(query, changes, required_string(call.body(), "update_mask"),
             {"apply_auto_limit", "catalog", "description", "display_name", "owner_user_name", "parameters",
              "query_text", "run_as_mode", "schema", "tags", "warehouse_id"});
  query["last_modifier_user_name"] = call.caller().name;
  query["update_time"] = rfc3339(call.world().now_ms());
  return reply(query);
}

Reply trash(Call& call) {
  held(call.world()).documents.get(call.placeholder("id"), "Query")["lifecycle_state"] = "TRASHED";
  return reply(Json::object());
}

std::vector<Document> active(const Documents& documents) {
  std::vector<Document> out = documents.newest_first();
  std::erase_if(out, [](const Document& each) { return each.body->value("lifecycle_state", "ACTIVE") != "ACTIVE"; });
  return out;
}

// A list does not say in which folder a query lies.
Reply list(Call& call) {
  return list_reply(
      call, listed_to_caller(call, "sql/queries", active(held(call.world()).documents)),
      {.field = "results", .page = {.default_size = 20, .largest_size = 100}, .show = [](const Document& each) {
         Json out = *each.body;
         out.erase("parent_path");
         return out;
       }});
}

Reply list_visualizations(Call& call) {
  held(call.world()).documents.get(call.placeholder("id"), "Query");
  std::vector<Document> all = held(call.world()).visualizations.all();
  std::erase_if(all, [&](const Document& each) { return (*each.body)["query_id"] != call.placeholder("id"); });
  return list_reply(call, all, {.field = "results", .page = {}, .show = {}});
}

Reply create_visualization(Call& call) {
  World& world = call.world();
  Json shown = required_object(call.body(), "visualization");
  held(world).documents.get(required_string(shown, "query_id"), "Query");
  const std::string id = world.new_uuid();
  shown["id"] = id;
  shown["create_time"] = shown["update_time"] = rfc3339(world.now_ms());
  held(world).visualizations.add(id, shown);
  return reply(shown);
}

Reply update_visualization(Call& call) {
  Json& shown = held(call.world()).visualizations.get(call.placeholder("id"), "Visualization");
  Json changes = call.body().value("visualization", Json::object());
  drop_fields(changes, {"id", "query_id", "create_time", "update_time"});
  apply_mask(shown, changes, required_string(call.body(), "update_mask"));
  shown["update_time"] = rfc3339(call.world().now_ms());
  return reply(shown);
}

Reply remove_visualization(Call& call) {
  held(call.world()).visualizations.get(call.placeholder("id"), "Visualization");
  held(call.world()).visualizations.remove(call.placeholder("id"));
  return reply(Json::object());
}

}  // namespace

void add_query_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/sql/", family::k_none);
  add("GET", "queries", list, "queries by pages");
  add("POST", "queries", create, "makes a query");
  add("GET", "queries/{id}", get, "one query");
  add("PATCH", "queries/{id}", update, "changes what the mask names");
  add("DELETE", "queries/{id}", trash, "moves a query to the trash");
  add("GET", "queries/{id}/visualizations", list_visualizations, "visualisations of a query");
  add("POST", "visualizations", create_visualization, "makes a visualisation");
  add("PATCH", "visualizations/{id}", update_visualization, "changes a visualisation");
  add("DELETE", "visualizations/{id}", remove_visualization, "removes a visualisation");
}

}  // namespace holdfast::sim::databricks
