// Databricks SQL: warehouses, queries, alerts, and dashboards old and new.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct Warehouses {     // part of a World
  Documents documents;  // {"settings", "creator", "started"?, "stopped"?}
  Documents config;     // one document "config": the settings of all warehouses
  std::int64_t start_ms = 2'000;
};

struct Queries {  // part of a World
  Documents documents;
  Documents visualizations;
};

struct Alerts {             // part of a World
  Documents legacy;         // evaluated by nobody: their schedules live in the old application
  Documents with_schedule;  // the second version, which fires by itself
};

struct Dashboards {         // part of a World
  Documents documents;      // Lakeview
  Documents published;      // by dashboard id
  Documents schedules;      // by schedule id
  Documents subscriptions;  // by subscription id
  Documents legacy;         // retired: what is still there can be read and nothing else
};

// What fires by the clock without being a job: alerts and the schedules of dashboards.
struct SqlFirings {  // part of a World
  struct Firing {
    std::string kind;  // "alert", "dashboard-schedule"
    std::string id;
    std::int64_t at_ms = 0;
  };
  std::vector<Firing> fired;
  std::set<std::pair<std::int64_t, std::string>> due;  // (ms, kind/id)
  std::map<std::string, std::int64_t> due_of;
};
// Sets when it fires next; `schedule` has quartz_cron_schedule or quartz_cron_expression, and timezone_id.
void arm_sql(World& world, const std::string& kind, const std::string& id);
void fire_due_sql(World& world);
// 400 when the expression or the zone is none.
void check_sql_schedule(const Json& schedule, std::string_view expression_field);

void found_sql(World& world);
void add_sql_routes(Router& router);
void add_warehouse_routes(Router& router);
void add_query_routes(Router& router);
void add_alert_routes(Router& router);
void add_dashboard_routes(Router& router);
void add_legacy_sql_routes(Router& router);

}  // namespace holdfast::sim::databricks
