#include "sim/databricks/commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_most_contexts = 145;

CommandState& state(World& world) {
  return world.part<CommandState>();
}

void require_running(World& world, const std::string& cluster) {
  if (cluster_state(world, cluster) == "RUNNING") return;
  throw ApiError(500, "ClusterNotReadyException", fmt::format("Cluster {} is not ready", cluster));
}

CommandState::Context& context_of(World& world, const std::string& id, const std::string& cluster) {
  const auto found = state(world).contexts.find(id);
  if (found == state(world).contexts.end() || found->second.cluster != cluster) {
    throw ApiError(500, "ContextNotFound", fmt::format("There is no context {} on cluster {}", id, cluster));
  }
  require_running(world, cluster);
  return found->second;
}

Reply create_context(Call& call) {
  World& world = call.world();
  const std::string cluster = required_string(call.body(), "clusterId");
  const std::string language = required_string(call.body(), "language");
  check_enum(call.body(), "language", {"python", "scala", "sql", "r"});
  require_running(world, cluster);
  const auto& contexts = state(world).contexts;
  const auto own =
      std::count_if(contexts.begin(), contexts.end(), [&](const auto& each) { return each.second.cluster == cluster; });
  if (static_cast<std::size_t>(own) >= k_most_contexts) {
    throw ApiError(500, "TooManyContexts", fmt::format("A cluster has at most {} contexts", k_most_contexts));
  }
  const std::string id = world.new_hex(32);
  state(world).contexts[id] = {cluster, language};
  return reply({{"id", id}});
}

Reply context_status(Call& call) {
  const std::string id = call.required_query("contextId");
  context_of(call.world(), id, call.required_query("clusterId"));
  return reply({{"id", id}, {"status", "Running"}});
}

Reply destroy_context(Call& call) {
  const std::string id = required_string(call.body(), "contextId");
  context_of(call.world(), id, required_string(call.body(), "clusterId"));
  std::erase_if(state(call.world()).commands, [&](const auto& each) { return each.second.context == id; });
  state(call.world()).contexts.erase(id);
  return reply({{"id", id}});
}

Json results_of(Call& call, const std::string& language, const std::string& text) {
  try {
    if (language == "sql") return run_statement(call.world(), text, call.caller().name);
    if (language == "python") return run_python(call.world(), text, call.caller().name);
    throw invalid(fmt::format("this stand-in runs no {}", language));
  } catch (const ApiError& error) {
    return {{"resultType", "error"}, {"summary", error.message()}, {"cause", error.message()}};
  }
}

Reply execute(Call& call) {
  World& world = call.world();
  const std::string id = required_string(call.body(), "contextId");
  const CommandState::Context& context = context_of(world, id, required_string(call.body(), "clusterId"));
  const std::string language = optional_string(call.body(), "language").value_or(context.language);
  CommandState::Command command;
  command.context = id;
  command.asked_ms = world.now_ms();
  command.results = results_of(call, language, required_string(call.body(), "command")).dump();
  const std::string made = world.new_hex(32);
  state(world).commands[made] = std::move(command);
  return reply({{"id", made}});
}

CommandState::Command& command_of(World& world, const std::string& id, const std::string& context) {
  const auto found = state(world).commands.find(id);
  if (found == state(world).commands.end() || found->second.context != context) {
    throw ApiError(500, "CommandNotFound", fmt::format("There is no command {}", id));
  }
  return found->second;
}

Reply command_status(Call& call) {
  World& world = call.world();
  const std::string context = call.required_query("contextId");
  context_of(world, context, call.required_query("clusterId"));
  const std::string id = call.required_query("commandId");
  const CommandState::Command& command = command_of(world, id, context);
  if (command.cancelled) return reply({{"id", id}, {"status", "Cancelled"}});
  if (world.now_ms() < command.asked_ms + state(world).command_ms) return reply({{"id", id}, {"status", "Running"}});
  return reply({{"id", id}, {"status", "Finished"}, {"results", Json::parse(command.results)}});
}

Reply cancel(Call& call) {
  World& world = call.world();
  const std::string id = required_string(call.body(), "commandId");
  command_of(world, id, required_string(call.body(), "contextId")).cancelled = true;
  return reply({{"id", id}});
}

}  // namespace

void add_command_routes(Router& router) {
  const RouteGroup add(router, "/api/1.2/", family::k_none, Dialect::v12);
  add("POST", "contexts/create", create_context, "a context on a running cluster");
  add("GET", "contexts/status", context_status, "whether a context is ready");
  add("POST", "contexts/destroy", destroy_context, "ends a context");
  add("POST", "commands/execute", execute, "runs one of the texts that the stand-in knows");
  add("GET", "commands/status", command_status, "how a command went");
  add("POST", "commands/cancel", cancel, "cancels a command");
}

}  // namespace holdfast::sim::databricks
