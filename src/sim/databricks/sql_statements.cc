// Statements on a warehouse: taken at once, run when it runs, also where nobody asks for the end.
#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/definitions.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/sql.h"

namespace holdfast::sim::databricks {
namespace {

struct SqlStatements {  // part of a World
  Documents documents;  // {"text", "catalog", "schema", "user", "warehouse", "state", "error"?}
};

Documents& statements(World& world) {
  return world.part<SqlStatements>().documents;
}

// Milliseconds; starts it where it is stopped.
std::int64_t runs_at(World& world, Json& warehouse) {
  Warehouses& all = world.part<Warehouses>();
  const std::int64_t idle = warehouse["settings"].value("auto_stop_mins", std::int64_t{0}) * 60'000;
  const bool stopped = !warehouse.contains("started") ||
                       (idle != 0 && world.now_ms() >= warehouse["started"].get<std::int64_t>() + all.start_ms + idle);
  if (stopped) warehouse["started"] = world.now_ms();
  return warehouse["started"].get<std::int64_t>() + all.start_ms;
}

void run(World& world, Json& statement) {
  try {
    run_definition(world, statement["text"],
                   {.catalog = statement["catalog"], .schema = statement["schema"], .user = statement["user"]});
    statement["state"] = "SUCCEEDED";
  } catch (const SqlError& error) {
    statement["state"] = "FAILED";
    statement["error"] = {{"error_code", "BAD_REQUEST"}, {"message", error.what()}};
  } catch (const ApiError& error) {
    statement["state"] = "FAILED";
    statement["error"] = {{"error_code", "BAD_REQUEST"}, {"message", error.message()}};
  }
}

void run_pending(World& world) {
  for (const Document& each : statements(world).all())
    if ((*each.body)["state"] == "PENDING" && world.now_ms() >= (*each.body)["runs_at"].get<std::int64_t>())
      run(world, *each.body);
}

Json shown(const Document& statement) {
  Json status = {{"state", (*statement.body)["state"]}};
  if (statement.body->contains("error")) status["error"] = (*statement.body)["error"];
  Json out = {{"statement_id", statement.id}, {"status", std::move(status)}};
  if ((*statement.body)["state"] == "SUCCEEDED") {
    out["manifest"] = {{"format", "JSON_ARRAY"}, {"schema", {{"column_count", 0}}}, {"total_row_count", 0}};
    out["result"] = Json::object();
  }
  return out;
}

void check_wait(const Json& body) {
  const std::string wait = optional_string(body, "wait_timeout").value_or("10s");
  const bool seconds = wait.size() >= 2 && wait.back() == 's' &&
                       wait.substr(0, wait.size() - 1).find_first_not_of("0123456789") == std::string::npos;
  const int value = seconds && wait.size() <= 4 ? std::stoi(wait) : -1;
  if (value != 0 && (value < 5 || value > 50)) throw invalid("wait_timeout must be 0s, or from 5s to 50s");
  check_enum(body, "on_wait_timeout", {"CONTINUE", "CANCEL"});
}

// Nobody waits here: what does not run at once is asked for again.
Reply execute(Call& call) {
  World& world = call.world();
  check_wait(call.body());
  const std::string warehouse_id = required_string(call.body(), "warehouse_id");
  Json* warehouse = world.part<Warehouses>().documents.find(warehouse_id);
  if (warehouse == nullptr) throw missing(fmt::format("SQL warehouse {} does not exist", warehouse_id));
  const std::string id = world.new_uuid();
  Json& made = statements(world).add(id, {{"text", required_string(call.body(), "statement")},
                                          {"catalog", optional_string(call.body(), "catalog").value_or("")},
                                          {"schema", optional_string(call.body(), "schema").value_or("")},
                                          {"user", call.caller().name},
                                          {"runs_at", runs_at(world, *warehouse)},
                                          {"state", "PENDING"}});
  run_pending(world);
  return reply(shown({id, &made}));
}

Reply get(Call& call) {
  const std::string& id = call.placeholder("id");
  return reply(shown({id, &statements(call.world()).get(id, "Statement")}));
}

Reply cancel(Call& call) {
  Json& statement = statements(call.world()).get(call.placeholder("id"), "Statement");
  if (statement["state"] == "PENDING") statement["state"] = "CANCELED";
  return reply(Json::object());
}

}  // namespace

void found_sql_statements(World& world) {
  world.add_daemon(run_pending);
}

void add_sql_statement_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/sql/", family::k_none);
  add("POST", "statements", execute, "runs a statement that makes a view or an external table");
  add("GET", "statements/{id}", get, "how a statement ended");
  add("POST", "statements/{id}/cancel", cancel, "ends a statement that does not run yet");
}

}  // namespace holdfast::sim::databricks
