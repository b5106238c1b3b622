#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_largest_script = std::size_t{64} << 10;

Documents& scripts(World& world) {
  return world.part<GlobalInitScripts>().documents;
}

void check_script(const std::string& encoded) {
  try {
    if (model::base64_decode(encoded).size() <= k_largest_script) return;
  } catch (const base::Error&) {
    throw invalid("The script is not valid base64");
  }
  throw ApiError(400, "RESOURCE_LIMIT_EXCEEDED", "A global init script has at most 64 KiB");
}

std::vector<Document> in_order(World& world) {
  std::vector<Document> all = scripts(world).all();
  std::stable_sort(all.begin(), all.end(),
                   [](const Document& a, const Document& b) { return (*a.body)["position"] < (*b.body)["position"]; });
  return all;
}

// Positions are 0, 1, 2 … without gaps: who comes in shifts the others.
void place(World& world, const std::string& id, std::int64_t wanted) {
  std::vector<Document> order = in_order(world);
  const auto own = std::find_if(order.begin(), order.end(), [&](const Document& each) { return each.id == id; });
  const Document script = *own;
  order.erase(own);
  const auto at = std::clamp<std::int64_t>(wanted, 0, static_cast<std::int64_t>(order.size()));
  order.insert(order.begin() + at, script);
  for (std::size_t i = 0; i < order.size(); ++i) (*order[i].body)["position"] = i;
}

Reply create(Call& call) {
  World& world = call.world();
  check_script(required_string(call.body(), "script"));
  const std::string name = required_string(call.body(), "name");
  const std::string id = world.new_hex(16);
  const std::int64_t now = world.now_ms();
  scripts(world).add(id, {{"script_id", id},
                          {"name", name},
                          {"script", call.body()["script"]},
                          {"enabled", optional_flag(call.body(), "enabled")},
                          {"position", scripts(world).size()},
                          {"created_by", call.caller().name},
                          {"created_at", now},
                          {"updated_by", call.caller().name},
                          {"updated_at", now}});
  if (const auto position = optional_integer(call.body(), "position")) place(world, id, *position);
  return reply({{"script_id", id}});
}

Reply update(Call& call) {
  World& world = call.world();
  const std::string id = call.placeholder("id");
  Json& script = scripts(world).get(id, "Global init script");
  if (const auto text = optional_string(call.body(), "script")) check_script(*text);
  script.update(only_fields(call.body(), {"name", "script", "enabled"}));
  script["updated_by"] = call.caller().name;
  script["updated_at"] = world.now_ms();
  if (const auto position = optional_integer(call.body(), "position")) place(world, id, *position);
  return reply(Json::object());
}

Reply get(Call& call) {
  return reply(scripts(call.world()).get(call.placeholder("id"), "Global init script"));
}

Reply remove(Call& call) {
  World& world = call.world();
  scripts(world).get(call.placeholder("id"), "Global init script");
  scripts(world).remove(call.placeholder("id"));
  std::int64_t position = 0;
  for (const Document& each : in_order(world)) (*each.body)["position"] = position++;
  return reply(Json::object());
}

Reply list(Call& call) {
  return whole_list_reply(in_order(call.world()), "scripts", [](const Document& each) {
    Json out = *each.body;
    out.erase("script");
    return out;
  });
}

}  // namespace

void add_init_script_routes(Router& router) {
  router.add({"GET", "/api/2.0/global-init-scripts", for_admins(list), family::k_none,
              "all global init scripts, without the text"});
  router.add({"POST", "/api/2.0/global-init-scripts", for_admins(create), family::k_none, "adds a global init script"});
  router.add({"GET", "/api/2.0/global-init-scripts/{id}", for_admins(get), family::k_none,
              "one global init script, with the text"});
  router.add({"PATCH", "/api/2.0/global-init-scripts/{id}", for_admins(update), family::k_none,
              "changes a global init script"});
  router.add({"DELETE", "/api/2.0/global-init-scripts/{id}", for_admins(remove), family::k_none,
              "removes a global init script"});
}

}  // namespace holdfast::sim::databricks
