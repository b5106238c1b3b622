#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::int64_t k_kept_ms = std::int64_t{30} * 24 * 3600 * 1000;  // terminated clusters are listed for 30 days
constexpr std::size_t k_most_pinned = 100;

ApiError no_cluster(const std::string& id) {
  return missing_as_400(fmt::format("Cluster {} does not exist", id));
}

// What only the server says.  Sent by clients that copy a reply, it is ignored.
void drop_server_fields(Json& spec) {
  drop_fields(spec, {"cluster_id",
                     "state",
                     "state_message",
                     "driver",
                     "executors",
                     "jdbc_port",
                     "default_tags",
                     "cluster_cores",
                     "cluster_memory_mb",
                     "creator_user_name",
                     "start_time",
                     "terminated_time",
                     "termination_reason",
                     "last_state_loss_time",
                     "last_restarted_time",
                     "last_activity_time",
                     "spark_context_id",
                     "cluster_source",
                     "cluster_log_status",
                     "disk_spec",
                     "instance_source",
                     "driver_instance_source",
                     "effective_spark_version",
                     "init_scripts_safe_mode",
                     "pinned_by_user_name",
                     "spec",
                     "clone_from",
                     "idempotency_token"});
}

std::int64_t idle_limit_ms(const Json& cluster) {
  return cluster["spec"].value("autotermination_minutes", std::int64_t{0}) * 60'000;
}

// A cluster that nobody uses stops by itself; when somebody looks, the record catches up with the clock.
void settle(const Clusters& clusters, Json& cluster, std::int64_t now) {
  if (cluster.contains("stopped")) return;
  const std::int64_t idle_from = cluster["started"].get<std::int64_t>() + clusters.start_ms;
  const std::int64_t limit = idle_limit_ms(cluster);
  if (limit == 0 || now < idle_from + limit) return;
  cluster["stopped"] = idle_from + limit;
  cluster["reason"] = "INACTIVITY";
}

std::string_view state_of(const Clusters& clusters, const Json& cluster, std::int64_t now) {
  if (cluster.contains("stopped")) {
    return now < cluster["stopped"].get<std::int64_t>() + clusters.stop_ms ? "TERMINATING" : "TERMINATED";
  }
  return now < cluster["started"].get<std::int64_t>() + clusters.start_ms ? "PENDING" : "RUNNING";
}

Json& cluster_of(World& world, const std::string& id) {
  Clusters& clusters = world.part<Clusters>();
  Json* cluster = clusters.documents.find(id);
  if (cluster == nullptr) throw no_cluster(id);
  const std::int64_t now = world.now_ms();
  settle(clusters, *cluster, now);
  const bool forgotten = cluster->contains("stopped") && !cluster->contains("pinned_by") &&
                         now > (*cluster)["stopped"].get<std::int64_t>() + k_kept_ms;
  if (!forgotten) return *cluster;
  clusters.documents.remove(id);
  throw no_cluster(id);
}

Json& cluster_of(Call& call) {
  return cluster_of(call.world(), required_string(call.body(), "cluster_id"));
}

void check_size(const Json& spec) {
  const bool workers = spec.contains("num_workers");
  const bool autoscale = spec.contains("autoscale");
  if (workers && autoscale) throw invalid("Only one of num_workers and autoscale may be given");
  if (!workers && !autoscale && !optional_flag(spec, "is_single_node")) throw invalid("Missing required field 'size'");
  if (!autoscale) return;
  const Json& range = required_object(spec, "autoscale");
  if (required_integer(range, "min_workers") > required_integer(range, "max_workers")) {
    throw invalid("autoscale.min_workers must not be greater than autoscale.max_workers");
  }
}

void check_nodes(World& world, const Json& spec) {
  const auto pool = optional_string(spec, "instance_pool_id");
  if (!pool) {
    check_node_type(world, required_string(spec, "node_type_id"));
    if (const auto driver = optional_string(spec, "driver_node_type_id")) check_node_type(world, *driver);
    return;
  }
  constexpr std::array<const char*, 4> k_of_pool = {"node_type_id", "driver_node_type_id", "enable_elastic_disk",
                                                    "azure_attributes"};
  for (const char* field : k_of_pool) {
    if (spec.contains(field)) {
      throw invalid(fmt::format("The field '{}' cannot be supplied when an instance pool ID is provided.", field));
    }
  }
  for (const char* field : {"instance_pool_id", "driver_instance_pool_id"}) {
    const auto id = optional_string(spec, field);
    if (id && world.part<InstancePools>().documents.find(*id) == nullptr) {
      throw invalid(fmt::format("Can't find an instance pool with id: {}", *id));
    }
  }
}

Json checked_spec(World& world, const Json& request) {
  Json spec = request;
  drop_server_fields(spec);
  enforce_policy(world, spec);
  spec.erase("apply_policy_default_values");
  check_spark_version(required_string(spec, "spark_version"));
  check_size(spec);
  check_nodes(world, spec);
  check_enum(spec, "data_security_mode",
             {"NONE", "SINGLE_USER", "USER_ISOLATION", "LEGACY_TABLE_ACL", "LEGACY_PASSTHROUGH", "LEGACY_SINGLE_USER",
              "LEGACY_SINGLE_USER_STANDARD", "DATA_SECURITY_MODE_AUTO", "DATA_SECURITY_MODE_STANDARD",
              "DATA_SECURITY_MODE_DEDICATED"});
  check_enum(spec, "runtime_engine", {"NULL", "STANDARD", "PHOTON"});
  check_enum(spec, "kind", {"CLASSIC_PREVIEW"});
  if (spec.contains("azure_attributes")) {
    check_enum(required_object(spec, "azure_attributes"), "availability",
               {"SPOT_AZURE", "ON_DEMAND_AZURE", "SPOT_WITH_FALLBACK_AZURE"});
  }
  const std::int64_t idle = optional_integer(spec, "autotermination_minutes").value_or(0);
  if (idle != 0 && (idle < 10 || idle > 10'000)) throw invalid("autotermination_minutes must be 0, or 10 to 10000");
  return spec;
}

void check_quota(World& world) {
  Clusters& clusters = world.part<Clusters>();
  const std::vector<Document> all = clusters.documents.all();
  const auto running =
      std::count_if(all.begin(), all.end(), [](const Document& each) { return !each.body->contains("stopped"); });
  if (static_cast<std::size_t>(running) < clusters.most_running) return;
  throw ApiError(400, "QUOTA_EXCEEDED",
                 fmt::format("The workspace may run {} clusters at once.", clusters.most_running));
}

std::string new_cluster_id(World& world) {
  const std::string digits = std::to_string(world.new_id());
  return fmt::format("{}-{}-{}", digits.substr(0, 4), digits.substr(digits.size() - 6), world.new_hex(8));
}

// The fields that a list shows; `get` adds the spec.
Json shown(World& world, const std::string& id, Json& cluster) {
  const Clusters& clusters = world.part<Clusters>();
  const std::int64_t now = world.now_ms();
  settle(clusters, cluster, now);
  const std::string_view state = state_of(clusters, cluster, now);
  const Json& spec = cluster["spec"];
  Json out = spec;
  out["cluster_id"] = id;
  out["state"] = state;
  out["state_message"] =
      state == "PENDING" ? "Finding instances for new nodes, acquiring more instances if necessary" : "";
  out["cluster_source"] = cluster["source"];
  out["start_time"] = cluster["created"];
  out["last_restarted_time"] = cluster["started"];
  if (cluster.contains("creator")) out["creator_user_name"] = cluster["creator"];
  if (cluster.contains("pinned_by")) out["pinned_by_user_name"] = cluster["pinned_by"];
  out["default_tags"] = {{"Vendor", "Databricks"},
                         {"ClusterId", id},
                         {"ClusterName", spec.value("cluster_name", "")},
                         {"Creator", cluster.value("creator", "")}};
  if (state == "RUNNING") out["spark_context_id"] = cluster["started"];
  if (cluster.contains("stopped")) {
    out["terminated_time"] = cluster["stopped"];
    out["termination_reason"] = {{"code", cluster.value("reason", "USER_REQUEST")}, {"type", "SUCCESS"}};
  }
  if (!spec.contains("driver_node_type_id") && spec.contains("node_type_id")) {
    out["driver_node_type_id"] = spec["node_type_id"];
  }
  // A reply names the nodes of the pool, although a request that does so is refused.
  if (const auto pool = optional_string(spec, "instance_pool_id")) {
    const Json* held = world.part<InstancePools>().documents.find(*pool);
    if (held != nullptr) out["node_type_id"] = out["driver_node_type_id"] = (*held)["node_type_id"];
  }
  return out;
}

Reply create(Call& call) {
  return reply({{"cluster_id", create_cluster(call.world(), call.body(), call.caller(), "API")}});
}

Reply get(Call& call) {
  const std::string id = call.required_query("cluster_id");
  Json& cluster = cluster_of(call.world(), id);
  Json out = shown(call.world(), id, cluster);
  out["spec"] = cluster["spec"];
  return reply(out);
}

void require_state(World& world, const Json& cluster, const std::string& id, std::string_view wanted) {
  const std::string_view state = state_of(world.part<Clusters>(), cluster, world.now_ms());
  if (state != wanted) throw bad_state(fmt::format("Cluster {} is in unexpected state {}.", id, state));
}

void start_now(World& world, Json& cluster) {
  check_quota(world);
  cluster.erase("stopped");
  cluster.erase("reason");
  cluster["started"] = world.now_ms();
  Json stay = Json::array();
  for (const Json& each : cluster["libraries"]) {
    if (!each.value("goes", false)) stay.push_back(each);
  }
  cluster["libraries"] = std::move(stay);
}

Reply start(Call& call) {
  Json& cluster = cluster_of(call);
  require_state(call.world(), cluster, required_string(call.body(), "cluster_id"), "TERMINATED");
  start_now(call.world(), cluster);
  return reply(Json::object());
}

Reply restart(Call& call) {
  Json& cluster = cluster_of(call);
  require_state(call.world(), cluster, required_string(call.body(), "cluster_id"), "RUNNING");
  start_now(call.world(), cluster);
  return reply(Json::object());
}

Reply terminate(Call& call) {
  cluster_of(call);
  terminate_cluster(call.world(), required_string(call.body(), "cluster_id"));
  return reply(Json::object());
}

// An edit of what runs restarts it; of what is between two states it is refused.
void change_spec(World& world, const std::string& id, Json spec) {
  Json& cluster = cluster_of(world, id);
  const std::string_view state = state_of(world.part<Clusters>(), cluster, world.now_ms());
  if (state != "RUNNING" && state != "TERMINATED") {
    throw bad_state(fmt::format("Cluster {} is in unexpected state {}.", id, state));
  }
  cluster["spec"] = checked_spec(world, spec);
  if (state == "RUNNING") start_now(world, cluster);
}

Reply edit(Call& call) {
  change_spec(call.world(), required_string(call.body(), "cluster_id"), call.body());
  return reply(Json::object());
}

Reply update(Call& call) {
  const std::string id = required_string(call.body(), "cluster_id");
  Json spec = cluster_of(call.world(), id)["spec"];
  const Json changes = call.body().value("cluster", Json::object());
  apply_mask(spec, changes, required_string(call.body(), "update_mask"));
  change_spec(call.world(), id, std::move(spec));
  return reply(Json::object());
}

Reply resize(Call& call) {
  Json& cluster = cluster_of(call);
  require_state(call.world(), cluster, required_string(call.body(), "cluster_id"), "RUNNING");
  Json spec = cluster["spec"];
  drop_fields(spec, {"num_workers", "autoscale"});
  spec.update(only_fields(call.body(), {"num_workers", "autoscale"}));
  check_size(spec);
  cluster["spec"] = std::move(spec);
  return reply(Json::object());
}

Reply permanent_delete(Call& call) {
  const Json& cluster = cluster_of(call);
  const std::string id = required_string(call.body(), "cluster_id");
  if (cluster.contains("pinned_by")) {
    throw invalid(fmt::format("Cluster {} cannot be permanently deleted, unpin the cluster first.", id));
  }
  call.world().part<Clusters>().documents.remove(id);
  forget_permissions(call.world(), "clusters", id);
  return reply(Json::object());
}

Reply pin(Call& call) {
  Json& cluster = cluster_of(call);
  const std::vector<Document> all = call.world().part<Clusters>().documents.all();
  const auto pinned =
      std::count_if(all.begin(), all.end(), [](const Document& each) { return each.body->contains("pinned_by"); });
  if (!cluster.contains("pinned_by") && static_cast<std::size_t>(pinned) >= k_most_pinned) {
    throw ApiError(400, "QUOTA_EXCEEDED", fmt::format("At most {} clusters may be pinned.", k_most_pinned));
  }
  cluster["pinned_by"] = call.caller().name;
  return reply(Json::object());
}

Reply unpin(Call& call) {
  cluster_of(call).erase("pinned_by");
  return reply(Json::object());
}

Reply change_owner(Call& call) {
  Json& cluster = cluster_of(call);
  require_state(call.world(), cluster, required_string(call.body(), "cluster_id"), "TERMINATED");
  cluster["creator"] = required_string(call.body(), "owner_username");
  return reply(Json::object());
}

bool among(const Call& call, std::string_view parameter, std::string_view value) {
  bool asked = false;
  for (const auto& [name, wanted] : call.request().query) {
    if (name != parameter) continue;
    asked = true;
    // Some clients repeat the parameter, others join the values.
    if (("," + wanted + ",").find("," + std::string(value) + ",") != std::string::npos) return true;
  }
  return !asked;
}

std::vector<Document> listed(Call& call) {
  World& world = call.world();
  const std::int64_t now = world.now_ms();
  const Clusters& clusters = world.part<Clusters>();
  std::vector<Document> out;
  for (const Document& each : listed_to_caller(call, "clusters", clusters.documents.newest_first())) {
    Json& cluster = *each.body;
    settle(clusters, cluster, now);
    const bool pinned = cluster.contains("pinned_by");
    if (!pinned && cluster.contains("stopped") && now > cluster["stopped"].get<std::int64_t>() + k_kept_ms) continue;
    const auto wanted_pin = call.query("filter_by.is_pinned");
    // The vendor's SDK writes a boolean within a filter as Python does.
    if (wanted_pin && (*wanted_pin == "true" || *wanted_pin == "True") != pinned) continue;
    if (!among(call, "filter_by.cluster_sources", cluster.value("source", ""))) continue;
    if (!among(call, "filter_by.cluster_states", state_of(clusters, cluster, now))) continue;
    if (!among(call, "filter_by.policy_id", cluster["spec"].value("policy_id", ""))) continue;
    out.push_back(each);
  }
  return out;
}

Reply list_21(Call& call) {
  return list_reply(call, listed(call),
                    {.field = "clusters",
                     .page = {.default_size = 20, .largest_size = 100},
                     .show = [&](const Document& each) { return shown(call.world(), each.id, *each.body); }});
}

// What happened to a cluster, newest first, as far as its record tells.
Reply events(Call& call) {
  const Json& cluster = cluster_of(call);
  const std::string id = required_string(call.body(), "cluster_id");
  const std::int64_t started = cluster["started"].get<std::int64_t>();
  Json out = Json::array();
  const auto add = [&](std::int64_t at, const char* type) {
    if (at <= call.world().now_ms()) out.push_back({{"cluster_id", id}, {"timestamp", at}, {"type", type}});
  };
  if (cluster.contains("stopped")) add(cluster["stopped"].get<std::int64_t>(), "TERMINATING");
  add(started + call.world().part<Clusters>().start_ms, "RUNNING");
  add(started, cluster["created"] == cluster["started"] ? "CREATING" : "STARTING");
  const std::size_t total = out.size();
  return reply({{"events", std::move(out)}, {"total_count", total}});
}

Reply list_20(Call& call) {
  return whole_list_reply(listed(call), "clusters",
                          [&](const Document& each) { return shown(call.world(), each.id, *each.body); });
}

}  // namespace

std::string create_cluster(World& world, const Json& request, const Principal& creator, std::string_view source) {
  Json spec = checked_spec(world, request);
  check_quota(world);
  const std::string id = new_cluster_id(world);
  if (!spec.contains("cluster_name")) spec["cluster_name"] = "";
  const std::int64_t now = world.now_ms();
  world.part<Clusters>().documents.add(id, {{"spec", std::move(spec)},
                                            {"creator", creator.name},
                                            {"source", source},
                                            {"created", now},
                                            {"started", now},
                                            {"libraries", Json::array()}});
  grant_to_creator(world, "clusters", id, creator);
  return id;
}

std::string cluster_state(World& world, const std::string& id) {
  return std::string(state_of(world.part<Clusters>(), cluster_of(world, id), world.now_ms()));
}

void terminate_cluster(World& world, const std::string& id) {
  Json& cluster = cluster_of(world, id);
  if (cluster.contains("stopped")) return;
  cluster["stopped"] = world.now_ms();
  cluster["reason"] = "USER_REQUEST";
}

void add_cluster_routes(Router& router) {
  const auto add = [&](std::string_view method, std::string_view name, Handler handler, std::string_view doc) {
    router.add_versions({"2.0", "2.1"},
                        {method, fmt::format("/api/{{v}}/clusters/{}", name), std::move(handler), family::k_none, doc});
  };
  add("POST", "create", create, "makes a cluster and starts it");
  add("GET", "get", get, "one cluster, with what was asked for in spec");
  add("POST", "edit", edit, "replaces what was asked for");
  add("POST", "update", update, "changes what the mask names");
  add("POST", "resize", resize, "other numbers of workers, while it runs");
  add("POST", "start", start, "starts a terminated cluster");
  add("POST", "restart", restart, "restarts a running cluster");
  add("POST", "delete", terminate, "terminates a cluster");
  add("POST", "permanent-delete", permanent_delete, "removes a cluster");
  add("POST", "pin", pin, "keeps a cluster listed for ever");
  add("POST", "unpin", unpin, "lets a cluster be forgotten 30 days after it stopped");
  add("POST", "change-owner", change_owner, "another creator, while it is terminated");
  add("POST", "events", events, "what happened to a cluster");
  router.add({"GET", "/api/2.1/clusters/list", list_21, family::k_none, "clusters by pages"});
  router.add({"GET", "/api/2.0/clusters/list", list_20, family::k_none, "all clusters at once"});
}

}  // namespace holdfast::sim::databricks
