#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "model/json_depth.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_longest_name = 100;
constexpr std::size_t k_deepest_definition = 16;

struct Family {
  std::string_view id, name, description, definition;
};
constexpr std::array<Family, 4> k_families = {{
    {"personal-vm", "Personal Compute", "A single node for one person.",
     R"({"num_workers":{"type":"fixed","value":0,"hidden":true},"autotermination_minutes":{"type":"unlimited","defaultValue":4320},"data_security_mode":{"type":"fixed","value":"SINGLE_USER","hidden":true}})"},
    {"power-user", "Power User Compute", "Several nodes for one person.",
     R"({"autotermination_minutes":{"type":"unlimited","defaultValue":4320},"data_security_mode":{"type":"fixed","value":"SINGLE_USER"}})"},
    {"shared-compute", "Shared Compute", "Nodes that a group shares.",
     R"({"autotermination_minutes":{"type":"unlimited","defaultValue":60},"data_security_mode":{"type":"fixed","value":"USER_ISOLATION"}})"},
    {"job-cluster", "Job Compute", "Clusters of jobs.", R"({"cluster_type":{"type":"fixed","value":"job"}})"},
}};

Json shown(const Family& family) {
  return {{"policy_family_id", family.id},
          {"name", family.name},
          {"description", family.description},
          {"definition", family.definition}};
}

const Family* find_family(std::string_view id) {
  const auto found =
      std::find_if(k_families.begin(), k_families.end(), [&](const Family& each) { return each.id == id; });
  return found == k_families.end() ? nullptr : &*found;
}

Json parsed_definition(const std::string& text) {
  Json definition = model::nests_deeper_than(text, k_deepest_definition) ? Json() : Json::parse(text, nullptr, false);
  if (!definition.is_object()) throw invalid("The policy definition is not a JSON object");
  for (const auto& [path, rule] : definition.items()) {
    if (!rule.is_object()) throw invalid(fmt::format("The rule for {} is not a JSON object", path));
    check_enum(rule, "type", {"fixed", "forbidden", "allowlist", "blocklist", "regex", "range", "unlimited"});
    required_string(rule, "type");
  }
  return definition;
}

Json& policy_of(World& world, const std::string& id) {
  return world.part<ClusterPolicies>().documents.get(id, "Cluster policy");
}

void check_name(World& world, const std::string& name, const std::string& own_id) {
  if (name.size() > k_longest_name) throw invalid("The name of a policy has at most 100 characters");
  const Json* twin = world.part<ClusterPolicies>().documents.find_by("name", name);
  if (twin == nullptr || (*twin)["policy_id"] == own_id) return;
  throw exists(fmt::format("Policy with name '{}' already exists.", name));
}

// What a create or an edit says, checked.
Json settings(const Json& request) {
  Json out = only_fields(request, {"name", "definition", "description", "libraries", "max_clusters_per_user",
                                   "policy_family_id", "policy_family_definition_overrides"});
  required_string(out, "name");
  const auto family = optional_string(out, "policy_family_id");
  const auto definition = optional_string(out, "definition");
  if (family && definition) throw invalid("Only one of definition and policy_family_id may be given");
  if (family && find_family(*family) == nullptr) throw invalid(fmt::format("Unknown policy family {}", *family));
  if (!family && out.contains("policy_family_definition_overrides")) {
    throw invalid("policy_family_definition_overrides needs a policy_family_id");
  }
  if (definition) parsed_definition(*definition);
  effective_definition(out);
  return out;
}

// A reply has the whole definition also of a policy that was made from a family.
Json shown_policy(const Document& policy) {
  Json out = *policy.body;
  if (out.contains("policy_family_id")) out["definition"] = effective_definition(out).dump();
  return out;
}

Reply create(Call& call) {
  return reply({{"policy_id", create_cluster_policy(call.world(), call.body(), call.caller())}});
}

Reply edit(Call& call) {
  const std::string id = required_string(call.body(), "policy_id");
  Json& policy = policy_of(call.world(), id);
  Json changed = settings(call.body());
  check_name(call.world(), changed["name"], id);
  changed.update(only_fields(policy, {"policy_id", "creator_user_name", "created_at_timestamp", "is_default"}));
  policy = std::move(changed);
  return reply(Json::object());
}

Reply remove(Call& call) {
  const std::string id = required_string(call.body(), "policy_id");
  if (policy_of(call.world(), id).value("is_default", false)) throw invalid("A default policy cannot be deleted");
  call.world().part<ClusterPolicies>().documents.remove(id);
  forget_permissions(call.world(), "cluster-policies", id);
  return reply(Json::object());
}

Reply get(Call& call) {
  const std::string id = call.required_query("policy_id");
  return reply(shown_policy({id, &policy_of(call.world(), id)}));
}

Reply list(Call& call) {
  return whole_list_reply(
      listed_to_caller(call, "cluster-policies", call.world().part<ClusterPolicies>().documents.all()), "policies",
      shown_policy);
}

Reply get_family(Call& call) {
  const Family* family = find_family(call.placeholder("id"));
  if (family == nullptr) throw missing("There is no such policy family.");
  return reply(shown(*family));
}

Reply list_families(Call& call) {
  const Page page = page_by_token(call, k_families.size(), [](std::size_t i) { return std::string(k_families[i].id); },
                                  {.size_parameter = "max_results"});
  Json items = Json::array();
  for (std::size_t i = page.begin; i < page.end; ++i) items.push_back(shown(k_families[i]));
  Json body = {{"policy_families", std::move(items)}};
  if (!page.next_token.empty()) body["next_page_token"] = page.next_token;
  return reply(body);
}

// "spark_conf.spark.speculation": the first name is a field of the cluster, and where that is a map of names with dots
// the rest is one key of it.
Json* attribute(Json& spec, std::string_view path) {
  const std::size_t dot = path.find('.');
  const auto field = spec.find(std::string(path.substr(0, dot)));
  if (field == spec.end() || dot == std::string_view::npos) return field == spec.end() ? nullptr : &*field;
  if (!field->is_object()) return nullptr;
  const auto inner = field->find(std::string(path.substr(dot + 1)));
  return inner == field->end() ? nullptr : &*inner;
}

void set_attribute(Json& spec, const std::string& path, const Json& value) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) {
    spec[path] = value;
  } else {
    spec[path.substr(0, dot)][path.substr(dot + 1)] = value;
  }
}

bool among(const Json& values, const Json& value) {
  return values.is_array() && std::find(values.begin(), values.end(), value) != values.end();
}

// Empty when the value keeps the rule.
std::string breach(const Json& rule, const Json& value) {
  const std::string type = rule["type"];
  if (type == "forbidden") return "the value must not be present";
  if (type == "fixed" && value != rule.value("value", Json()))
    return fmt::format("the value must be {}", rule["value"].dump());
  if (type == "allowlist" && !among(rule.value("values", Json()), value)) {
    return fmt::format("the value must be one of {}", rule.value("values", Json::array()).dump());
  }
  if (type == "blocklist" && among(rule.value("values", Json()), value)) return "the value is blocked";
  if (type == "range" && value.is_number()) {
    if (rule.contains("maxValue") && value > rule["maxValue"])
      return fmt::format("the value must be at most {}", rule["maxValue"].dump());
    if (rule.contains("minValue") && value < rule["minValue"])
      return fmt::format("the value must be at least {}", rule["minValue"].dump());
  }
  return {};
}

// Attributes that a policy knows and a cluster's spec does not hold.
bool is_virtual(const std::string& path) {
  return path == "cluster_type" || path == "dbus_per_hour" || path.starts_with("init_scripts.") ||
         path.find('*') != std::string::npos;
}

}  // namespace

Json effective_definition(const Json& policy) {
  const auto family = optional_string(policy, "policy_family_id");
  if (!family) return parsed_definition(optional_string(policy, "definition").value_or("{}"));
  Json definition = parsed_definition(std::string(find_family(*family)->definition));
  const auto overrides = optional_string(policy, "policy_family_definition_overrides");
  if (overrides) definition.update(parsed_definition(*overrides));
  return definition;
}

void enforce_policy(World& world, Json& spec) {
  const auto id = optional_string(spec, "policy_id");
  if (!id) return;
  const Json* policy = world.part<ClusterPolicies>().documents.find(*id);
  if (policy == nullptr) throw invalid(fmt::format("Can't find a cluster policy with id: {}.", *id));
  const bool fill = optional_flag(spec, "apply_policy_default_values");
  const Json definition = effective_definition(*policy);
  for (const auto& [path, rule] : definition.items()) {
    if (is_virtual(path)) continue;
    Json* value = attribute(spec, path);
    const bool fixed = rule["type"] == "fixed";
    if (value == nullptr && fill && (fixed || rule.contains("defaultValue"))) {
      set_attribute(spec, path, rule[fixed ? "value" : "defaultValue"]);
    } else if (value == nullptr && !rule.value("isOptional", false) && (fixed || rule["type"] == "allowlist")) {
      throw invalid(fmt::format("Cluster validation error: Validation failed for {}, the value must be present", path));
    } else if (value != nullptr) {
      const std::string reason = breach(rule, *value);
      if (!reason.empty()) {
        throw invalid(fmt::format("Cluster validation error: Validation failed for {}, {}", path, reason));
      }
    }
  }
}

std::string create_cluster_policy(World& world, const Json& request, const Principal& creator) {
  Json policy = settings(request);
  check_name(world, policy["name"], "");
  const std::string id = world.new_hex(16);
  policy["policy_id"] = id;
  policy["creator_user_name"] = creator.name;
  policy["created_at_timestamp"] = world.now_ms();
  policy["is_default"] = false;
  world.part<ClusterPolicies>().documents.add(id, std::move(policy));
  return id;
}

void found_cluster_policies(World& world) {
  for (const Family& family : k_families) {
    const std::string id = world.new_hex(16);
    world.part<ClusterPolicies>().documents.add(id, {{"policy_id", id},
                                                     {"name", family.name},
                                                     {"policy_family_id", family.id},
                                                     {"created_at_timestamp", world.now_ms()},
                                                     {"is_default", true}});
  }
}

void add_cluster_policy_routes(Router& router) {
  router.add({"POST", "/api/2.0/policies/clusters/create", create, family::k_none, "makes a policy"});
  router.add({"POST", "/api/2.0/policies/clusters/edit", edit, family::k_none, "replaces a policy"});
  router.add({"POST", "/api/2.0/policies/clusters/delete", remove, family::k_none, "removes a policy"});
  router.add({"GET", "/api/2.0/policies/clusters/get", get, family::k_none, "one policy"});
  router.add({"GET", "/api/2.0/policies/clusters/list", list, family::k_none, "all policies at once"});
  router.add({"GET", "/api/2.0/policy-families", list_families, family::k_none, "the families of policies, by pages"});
  router.add({"GET", "/api/2.0/policy-families/{id}", get_family, family::k_none, "one family of policies"});
}

}  // namespace holdfast::sim::databricks
