#include <algorithm>

#include "base/json.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

Json& cluster_of(Call& call, const std::string& id) {
  cluster_state(call.world(), id);  // refuses an unknown one
  return *call.world().part<Clusters>().documents.find(id);
}

void check_library(const Json& library) {
  if (!library.is_object() || library.size() != 1) throw invalid("A library is exactly one of jar, egg, whl, …");
  const std::string& kind = library.begin().key();
  if (kind == "pypi" || kind == "cran") {
    required_string(required_object(library, kind), "package");
  } else if (kind == "maven") {
    required_string(required_object(library, kind), "coordinates");
  } else if (kind == "jar" || kind == "egg" || kind == "whl" || kind == "requirements") {
    required_string(library, kind);
  } else {
    throw invalid("Unknown kind of library: " + kind);
  }
}

// A library that was put on a cluster that does not run is recorded for its next start.
Json status(World& world, const std::string& id, const Json& cluster) {
  const std::string state = cluster_state(world, id);
  Json statuses = Json::array();
  for (const Json& each : cluster["libraries"]) {
    const char* word = each.value("goes", false) ? "UNINSTALL_ON_RESTART"
                       : state == "RUNNING"      ? "INSTALLED"
                                                 : "PENDING";
    statuses.push_back({{"library", each["library"]}, {"status", word}, {"is_library_for_all_clusters", false}});
  }
  Json out = {{"cluster_id", id}};
  if (!statuses.empty()) out["library_statuses"] = std::move(statuses);
  return out;
}

Reply cluster_status(Call& call) {
  const std::string id = call.required_query("cluster_id");
  const Json& cluster = cluster_of(call, id);
  return reply(status(call.world(), id, cluster));
}

Reply all_cluster_statuses(Call& call) {
  Json statuses = Json::array();
  for (const Document& each : call.world().part<Clusters>().documents.all()) {
    if (!(*each.body)["libraries"].empty()) statuses.push_back(status(call.world(), each.id, *each.body));
  }
  return reply(statuses.empty() ? Json::object() : Json{{"statuses", statuses}});
}

Reply install(Call& call) {
  Json& installed = cluster_of(call, required_string(call.body(), "cluster_id"))["libraries"];
  const Json& wanted = required_array(call.body(), "libraries");
  for (const Json& library : wanted) check_library(library);
  for (const Json& library : wanted) {
    const auto known =
        std::find_if(installed.begin(), installed.end(), [&](const Json& each) { return each["library"] == library; });
    if (known == installed.end()) {
      installed.push_back({{"library", library}});
    } else {
      known->erase("goes");
    }
  }
  return reply(Json::object());
}

Reply uninstall(Call& call) {
  const std::string id = required_string(call.body(), "cluster_id");
  Json& cluster = cluster_of(call, id);
  const bool stopped = cluster_state(call.world(), id) == "TERMINATED";
  const Json& unwanted = required_array(call.body(), "libraries");
  Json stay = Json::array();
  for (Json each : cluster["libraries"]) {
    const bool goes = std::find(unwanted.begin(), unwanted.end(), each["library"]) != unwanted.end();
    if (goes && stopped) continue;
    if (goes) each["goes"] = true;
    stay.push_back(std::move(each));
  }
  cluster["libraries"] = std::move(stay);
  return reply(Json::object());
}

}  // namespace

void add_library_routes(Router& router) {
  router.add({"GET", "/api/2.0/libraries/cluster-status", cluster_status, family::k_none, "libraries of one cluster"});
  router.add({"GET", "/api/2.0/libraries/all-cluster-statuses", all_cluster_statuses, family::k_none,
              "libraries of every cluster that has some"});
  router.add({"POST", "/api/2.0/libraries/install", install, family::k_none, "adds libraries"});
  router.add(
      {"POST", "/api/2.0/libraries/uninstall", uninstall, family::k_none, "removes libraries at the next start"});
}

}  // namespace holdfast::sim::databricks
