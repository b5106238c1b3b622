#include "sim/databricks/sql.h"

#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/quartz.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::string_view k_alert = "alert";

// The schedule of what `name` (kind/id) names, or nullptr when it does not fire.
const Json* active_schedule(World& world, const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string id = name.substr(slash + 1);
  if (name.substr(0, slash) == k_alert) {
    const Json* alert = world.part<Alerts>().with_schedule.find(id);
    const bool active = alert != nullptr && alert->value("lifecycle_state", "") == "ACTIVE" &&
                        (*alert)["schedule"].value("pause_status", "UNPAUSED") != "PAUSED";
    return active ? &(*alert)["schedule"] : nullptr;
  }
  const Json* schedule = world.part<Dashboards>().schedules.find(id);
  const bool active = schedule != nullptr && schedule->value("pause_status", "UNPAUSED") != "PAUSED";
  return active ? &(*schedule)["cron_schedule"] : nullptr;
}

void arm(World& world, const std::string& name, std::int64_t after_ms) {
  SqlFirings& firings = world.part<SqlFirings>();
  const auto armed = firings.due_of.find(name);
  if (armed != firings.due_of.end()) {
    firings.due.erase({armed->second, name});
    firings.due_of.erase(armed);
  }
  const Json* schedule = active_schedule(world, name);
  if (schedule == nullptr) return;
  const char* field = schedule->contains("quartz_cron_schedule") ? "quartz_cron_schedule" : "quartz_cron_expression";
  const auto quartz = Quartz::parse(schedule->value(field, ""));
  const auto zone = Zone::load(schedule->value("timezone_id", ""));
  if (!quartz || !zone) return;
  const auto next = quartz->next(base::Instant(std::chrono::milliseconds(after_ms)), *zone);
  if (!next) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(next->time_since_epoch()).count();
  firings.due.emplace(ms, name);
  firings.due_of[name] = ms;
}

}  // namespace

void arm_sql(World& world, const std::string& kind, const std::string& id) {
  arm(world, kind + "/" + id, world.now_ms());
}

void fire_due_sql(World& world) {
  SqlFirings& firings = world.part<SqlFirings>();
  while (!firings.due.empty() && firings.due.begin()->first <= world.now_ms()) {
    const auto [at, name] = *firings.due.begin();
    const std::size_t slash = name.find('/');
    firings.fired.push_back({name.substr(0, slash), name.substr(slash + 1), at});
    arm(world, name, at);
  }
}

void check_sql_schedule(const Json& schedule, std::string_view expression_field) {
  const std::string expression = required_string(schedule, expression_field);
  if (!Quartz::parse(expression)) throw invalid(fmt::format("Invalid quartz cron expression: '{}'", expression));
  const std::string zone = required_string(schedule, "timezone_id");
  if (!Zone::load(zone)) throw invalid(fmt::format("Invalid timezone: '{}'", zone));
}

void found_sql(World& world) {
  const auto declare = [&](std::string type, std::vector<std::string> aliases, std::string reply_type,
                           std::vector<std::string> levels, std::function<bool(World&, const std::string&)> is_there) {
    declare_permission_type(world, {.url_type = type,
                                    .aliases = std::move(aliases),
                                    .reply_type = std::move(reply_type),
                                    .levels = std::move(levels),
                                    .has_owner = type == "sql/warehouses",
                                    .exists = std::move(is_there)});
  };
  const std::vector<std::string> levels = {"CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"};
  const std::vector<std::string> old_levels = {"CAN_VIEW", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"};
  declare("sql/warehouses", {"warehouses"}, "warehouses", {"CAN_VIEW", "CAN_USE", "CAN_MONITOR", "CAN_MANAGE"},
          [](World& in, const std::string& id) { return in.part<Warehouses>().documents.find(id) != nullptr; });
  declare("sql/queries", {"queries"}, "query", old_levels,
          [](World& in, const std::string& id) { return in.part<Queries>().documents.find(id) != nullptr; });
  declare("sql/alerts", {"alerts"}, "alert", old_levels,
          [](World& in, const std::string& id) { return in.part<Alerts>().legacy.find(id) != nullptr; });
  declare("alertsv2", {}, "alertv2", levels,
          [](World& in, const std::string& id) { return in.part<Alerts>().with_schedule.find(id) != nullptr; });
  declare("dashboards", {}, "dashboard", levels,
          [](World& in, const std::string& id) { return in.part<Dashboards>().documents.find(id) != nullptr; });
  declare("sql/dashboards", {"dbsql-dashboards"}, "dashboard", old_levels,
          [](World& in, const std::string& id) { return in.part<Dashboards>().legacy.find(id) != nullptr; });
  world.add_daemon(fire_due_sql);
}

void add_sql_routes(Router& router) {
  add_warehouse_routes(router);
  add_query_routes(router);
  add_alert_routes(router);
  add_dashboard_routes(router);
  add_legacy_sql_routes(router);
}

}  // namespace holdfast::sim::databricks
