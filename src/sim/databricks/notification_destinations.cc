#include <array>
#include <utility>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/settings.h"

namespace holdfast::sim::databricks {
namespace {

Documents& destinations(World& world) {
  return world.part<NotificationDestinations>().documents;
}

constexpr std::array<std::pair<const char*, const char*>, 5> k_types = {{{"email", "EMAIL"},
                                                                         {"slack", "SLACK"},
                                                                         {"microsoft_teams", "MICROSOFT_TEAMS"},
                                                                         {"pagerduty", "PAGERDUTY"},
                                                                         {"generic_webhook", "WEBHOOK"}}};

const char* type_of(const Json& config) {
  if (config.size() != 1) throw invalid("A notification destination has exactly one kind of configuration");
  for (const auto& [field, type] : k_types) {
    if (config.contains(field)) return type;
  }
  throw invalid("Unknown kind of notification destination: " + config.begin().key());
}

// What was sent for a webhook never comes back: only whether it is set.
Json shown(const Json& destination) {
  Json out = destination;
  for (auto& [kind, config] : out["config"].items()) {
    if (kind == "email") continue;
    Json told = Json::object();
    for (const auto& [field, value] : config.items()) told[field + "_set"] = !value.is_null();
    config = std::move(told);
  }
  return out;
}

void set_config(Json& destination, const Json& config) {
  destination["destination_type"] = type_of(config);
  destination["config"] = config;
}

Reply create(Call& call) {
  Json destination = {{"display_name", required_string(call.body(), "display_name")}};
  set_config(destination, required_object(call.body(), "config"));
  const std::string id = call.world().new_uuid();
  destination["id"] = id;
  return reply(shown(destinations(call.world()).add(id, std::move(destination))));
}

Reply get(Call& call) {
  return reply(shown(destinations(call.world()).get(call.placeholder("id"), "Notification destination")));
}

Reply update(Call& call) {
  Json& destination = destinations(call.world()).get(call.placeholder("id"), "Notification destination");
  if (const auto name = optional_string(call.body(), "display_name")) destination["display_name"] = *name;
  if (call.body().contains("config")) set_config(destination, required_object(call.body(), "config"));
  return reply(shown(destination));
}

Reply remove(Call& call) {
  destinations(call.world()).get(call.placeholder("id"), "Notification destination");
  destinations(call.world()).remove(call.placeholder("id"));
  return reply(Json::object());
}

Reply list(Call& call) {
  return list_reply(call, destinations(call.world()).all(),
                    {.field = "results", .page = {}, .show = [](const Document& each) {
                       return only_fields(*each.body, {"id", "display_name", "destination_type"});
                     }});
}

}  // namespace

void add_notification_destination_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/notification-destinations", family::k_none);
  add("GET", "", list, "destinations by pages, without configuration");
  add("POST", "", create, "makes a destination");
  add("GET", "/{id}", get, "one destination, without its secrets");
  add("PATCH", "/{id}", update, "changes a destination");
  add("DELETE", "/{id}", remove, "removes a destination");
}

}  // namespace holdfast::sim::databricks
