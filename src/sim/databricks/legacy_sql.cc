// The SQL endpoints of old, which tools still read: the same queries and alerts under their former names, and
// dashboards that exist nowhere else.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/sql.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {
namespace {

// "folders/12": a folder by its id.  Null where none is named, and for one that is not there.
Json parent_of(World& world, const Json& document) {
  const std::string path = document.value("parent_path", "");
  const Node* folder = path.empty() ? nullptr : find_node(world, path);
  return folder == nullptr ? Json() : Json(fmt::format("folders/{}", folder->id));
}

void show_times(const Json& document, Json& out) {
  out["created_at"] = document.at("create_time");
  out["updated_at"] = document.at("update_time");
}

void show_owner(World& world, const Json& document, Json& out) {
  const std::string login = document.value("owner_user_name", "");
  const Identity* owner = find_user(world, login);
  if (owner == nullptr) return;
  const std::int64_t id = std::stoll(owner->id);
  out["user_id"] = id;
  out["user"] = {{"id", id}, {"name", owner->display}, {"email", login}};
}

// Of the types of parameters those that are values of their own; ranges of dates and values from queries are not shown.
Json parameter(const Json& now) {
  Json out = {{"name", now.value("name", "")}, {"title", now.value("title", "")}};
  if (now.contains("numeric_value")) {
    out["type"] = "number";
    out["value"] = now["numeric_value"].value("value", 0.0);
  } else if (now.contains("text_value")) {
    out["type"] = "text";
    out["value"] = now["text_value"].value("value", "");
  } else {
    return {};
  }
  return out;
}

Json options(World& world, const Json& query) {
  Json parameters = Json::array();
  for (const Json& each : query.value("parameters", Json::array()))
    if (Json shown = parameter(each); !shown.is_null()) parameters.push_back(std::move(shown));
  return {{"parent", parent_of(world, query)},
          {"apply_auto_limit", query.value("apply_auto_limit", false)},
          {"catalog", query.value("catalog", "")},
          {"schema", query.value("schema", "")},
          {"parameters", std::move(parameters)}};
}

Json visualizations(World& world, const std::string& query_id) {
  Json out = Json::array();
  for (const Document& each : world.part<Queries>().visualizations.all()) {
    const Json& held = *each.body;
    if (held.value("query_id", "") != query_id) continue;
    Json shown = {{"id", each.id}, {"name", held.value("display_name", "")}, {"type", held.value("type", "")}};
    shown["options"] = Json::parse(held.value("serialized_options", "{}"), nullptr, false);
    show_times(held, shown);
    out.push_back(std::move(shown));
  }
  return out;
}

Json query_json(World& world, const Document& document) {
  const Json& query = *document.body;
  Json out = {{"id", document.id},
              {"name", query.value("display_name", "")},
              {"description", query.value("description", "")},
              {"query", query.value("query_text", "")},
              {"data_source_id", query.value("warehouse_id", "")},
              {"run_as_role", query.value("run_as_mode", "") == "VIEWER" ? "viewer" : "owner"},
              {"tags", query.value("tags", Json::array())},
              {"parent", parent_of(world, query)},
              {"options", options(world, query)},
              {"schedule", nullptr},
              {"is_archived", query.value("lifecycle_state", "") == "TRASHED"},
              {"is_draft", false},
              {"permission_tier", "CAN_MANAGE"}};
  show_times(query, out);
  show_owner(world, query, out);
  return out;
}

Json operation(const Json& condition) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> signs = {{{"GREATER_THAN", ">"},
                                                                                   {"GREATER_THAN_OR_EQUAL", ">="},
                                                                                   {"LESS_THAN", "<"},
                                                                                   {"LESS_THAN_OR_EQUAL", "<="},
                                                                                   {"EQUAL", "=="},
                                                                                   {"NOT_EQUAL", "!="}}};
  const std::string op = condition.value("op", "");
  const auto* const found =
      std::find_if(signs.begin(), signs.end(), [&](const auto& each) { return each.first == op; });
  return found == signs.end() ? Json() : Json(found->second);
}

// {"double_value": 1}: the one member, whatever its type.
Json threshold(const Json& condition) {
  const Json value = condition.value(Json::json_pointer("/threshold/value"), Json::object());
  return value.empty() ? Json() : *value.begin();
}

Json alert_json(World& world, const Document& document) {
  const Json& alert = *document.body;
  const Json condition = alert.value("condition", Json::object());
  const Json parent = parent_of(world, alert);
  std::string state = alert.value("state", "UNKNOWN");
  std::transform(state.begin(), state.end(), state.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  Json out = {{"id", document.id},
              {"name", alert.value("display_name", "")},
              {"options",
               {{"column", condition.value(Json::json_pointer("/operand/column/name"), "")},
                {"op", operation(condition)},
                {"value", threshold(condition)},
                {"muted", false},
                {"parent", parent}}},
              {"parent", parent},
              {"rearm", alert.value("seconds_to_retrigger", 0)},
              {"state", state}};
  const std::string query_id = alert.value("query_id", "");
  Json* query = world.part<Queries>().documents.find(query_id);
  if (query != nullptr) out["query"] = query_json(world, {query_id, query});
  show_times(alert, out);
  show_owner(world, alert, out);
  return out;
}

std::vector<Document> not_in_the_trash(const Documents& documents) {
  std::vector<Document> out = documents.newest_first();
  std::erase_if(out, [](const Document& each) { return each.body->value("lifecycle_state", "") == "TRASHED"; });
  return out;
}

// Pages have numbers here, and say how many there are of all.
template <typename Show>
Reply numbered_page(const Call& call, const std::vector<Document>& all, const Show& show) {
  const auto size = static_cast<std::size_t>(std::max<std::int64_t>(1, call.query_integer("page_size").value_or(25)));
  const auto number = static_cast<std::size_t>(std::max<std::int64_t>(1, call.query_integer("page").value_or(1)));
  Json results = Json::array();
  for (std::size_t i = (number - 1) * size; i < std::min(all.size(), number * size); ++i)
    results.push_back(show(all[i]));
  return reply({{"count", all.size()}, {"page", number}, {"page_size", size}, {"results", std::move(results)}});
}

Reply list_dashboards(Call& call) {
  return numbered_page(call, listed_to_caller(call, "sql/dashboards", call.world().part<Dashboards>().legacy.all()),
                       [](const Document& each) { return *each.body; });
}

Reply get_dashboard(Call& call) {
  return reply(call.world().part<Dashboards>().legacy.get(call.placeholder("id"), "Dashboard"));
}

Reply list_queries(Call& call) {
  return numbered_page(call,
                       listed_to_caller(call, "sql/queries", not_in_the_trash(call.world().part<Queries>().documents)),
                       [&](const Document& each) { return query_json(call.world(), each); });
}

Reply get_query(Call& call) {
  const std::string& id = call.placeholder("id");
  Json out = query_json(call.world(), {id, &call.world().part<Queries>().documents.get(id, "Query")});
  out["visualizations"] = visualizations(call.world(), id);
  return reply(out);
}

Reply list_alerts(Call& call) {
  Json out = Json::array();
  for (const Document& each :
       listed_to_caller(call, "sql/alerts", not_in_the_trash(call.world().part<Alerts>().legacy)))
    out.push_back(alert_json(call.world(), each));
  return reply(out);
}

Reply get_alert(Call& call) {
  const std::string& id = call.placeholder("id");
  return reply(alert_json(call.world(), {id, &call.world().part<Alerts>().legacy.get(id, "Alert")}));
}

}  // namespace

void add_legacy_sql_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/preview/sql/", family::k_none);
  add("GET", "dashboards", list_dashboards, "dashboards of old, by numbered pages");
  add("GET", "dashboards/{id}", get_dashboard, "one dashboard of old");
  add("GET", "queries", list_queries, "queries in their old form, by numbered pages");
  add("GET", "queries/{id}", get_query, "one query in its old form");
  add("GET", "alerts", list_alerts, "all alerts on queries in their old form");
  add("GET", "alerts/{id}", get_alert, "one alert in its old form");
}

}  // namespace holdfast::sim::databricks
