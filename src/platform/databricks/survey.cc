#include "platform/databricks/survey.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "platform/databricks/conf_keys.h"
#include "platform/databricks/diagnosis.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/placeholders.h"
#include "platform/databricks/workspace.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using model::JsonText;
using Wanted = Trait::Wanted;

constexpr const char* k_node_types = "node-types";  // the name by which rules of a mapping go, too
constexpr const char* k_runtimes = "runtimes";

class Survey {
public:
  Survey(const Client& client, std::stop_token stop) : client_(client), stop_(std::move(stop)) {}

  Side take(const base::Clock& clock) {
    const Workspace workspace = look_at_workspace(client_, clock, stop_);
    out_.identity = workspace.workspace_id.empty() ? workspace.host : workspace.workspace_id;
    out_.traits = {
        {"region", workspace.region, Wanted::different,
         "A region that is lost takes both workspaces along: put the second one into another region."},
        {"cloud", workspace.cloud, Wanted::same,
         "Node types, storage URLs and identities are others there: give rules for them in a [map.NAME] from {first} "
         "to {second}."},
        {"tier", tier_of(client_), Wanted::same,
         "Without access control permissions cannot be brought: choose the premium tier for both."},
        {"Unity Catalog", has_metastore(), Wanted::same,
         "Have an administrator of the account assign the metastore of its region to the workspace that has none."},
    };
    add_offers();
    add_lists();
    return std::move(out_);
  }

private:
  // What cannot be read is said, and does not stop the rest.
  template <class Task>
  void attempt(std::string subject, const Task& task) {
    try {
      task();
    } catch (const Error& error) {
      if (ends_the_run(error)) throw;
      out_.lines.push_back(
          {Diagnosis::Level::note, std::move(subject), fmt::format("not read: {}", error.message()), error.hint()});
    }
  }

  std::string has_metastore() {
    std::string out;
    attempt("Unity Catalog", [&] {
      const net::Answer answer = client_.get({.path = "/api/2.1/unity-catalog/current-metastore-assignment"}, stop_);
      if (answer.ok()) out = "a metastore is assigned";
      const net::Status status = answer.verdict.status;
      if (status == net::Status::not_found || status == net::Status::feature_absent) out = "no metastore";
      if (out.empty()) throw net::to_error(answer);
    });
    return out;
  }

  void add_offers() {
    attempt(k_node_types, [&] {
      out_.offers.push_back({.name = k_node_types,
                             .one = "a node type",
                             .values = names_at("/api/2.0/clusters/list-node-types", "node_types[*].node_type_id"),
                             .advice = "Add node_types = { \"{value}\" = \"…\" } to a [map.NAME] from {first} to "
                                       "{second}, with a node type that is offered there."});
    });
    attempt(k_runtimes, [&] {
      out_.offers.push_back({.name = k_runtimes,
                             .one = "a runtime",
                             .values = names_at("/api/2.0/clusters/spark-versions", "versions[*].key"),
                             .advice = "Choose a runtime that both offer before anything is moved: {value} may be "
                                       "refused there."});
    });
    attempt("kinds", [&] {
      out_.offers.push_back({.name = "kinds of resources",
                             .one = "a kind",
                             .values = kinds_offered(client_),
                             .all_wanted = true,
                             .advice = "Switch the features on at {second}, or leave those kinds out: what is of them "
                                       "cannot be brought there."});
    });
  }

  std::vector<std::string> names_at(const std::string& path, std::string_view field) {
    const JsonText json(client_.fetch({.path = path}, stop_));
    std::vector<std::string> out;
    model::JsonPath(field).visit(json, [&](JsonText::Id id) { out.push_back(json.string(id)); });
    return out;
  }

  void add_lists() {
    const char* identity_advice =
        "They are made there, unless a directory has to bring them; whoever is called otherwise there belongs into {} "
        "= {{ \"{{value}}\" = \"…\" }} of a [map.NAME] from {{first}} to {{second}}.";
    add_list("users", fmt::format(fmt::runtime(identity_advice), "users"));
    add_list("service-principals", fmt::format(fmt::runtime(identity_advice), "principals"));
    add_list("groups", fmt::format(fmt::runtime(identity_advice), "groups"));
    add_list("ip-access-lists",
             "They arrive switched off; look whether {second} is to be reached from the same networks.");
    attempt("workspace-conf", [&] {
      Listed list{.kind = "workspace-conf",
                  .compared = Listed::Compared::values,
                  .advice = "They are brought along; see whether they are meant for {second} too."};
      const WorkspaceConf conf = read_workspace_conf(client_, find_kind("workspace-conf")->read, stop_);
      for (const std::string& element : conf.set) {
        const JsonText json(element);
        const JsonText::Id only = json.first(JsonText::k_root);
        if (only != JsonText::k_none) list.resources.emplace_back(json.name(only), json.string(only));
      }
      out_.lists.push_back(std::move(list));
      if (!conf.unread.empty()) throw Refused(conf.unread.front().refused);
    });
  }

  void add_list(const std::string& kind, std::string advice) {
    attempt(kind, [&] {
      Listed list{.kind = kind, .advice = std::move(advice)};
      const KindEntry& entry = *find_kind(kind);
      const bool folded = entry.kind.name_case == model::Kind::Case::ignored;
      client_.list(
          entry.list,
          [&](std::string_view element) {
            std::string name = scalar_at(JsonText(std::string(element)), entry.kind.name);
            list.resources.emplace_back(folded ? base::lower(name) : std::move(name), std::string());
          },
          stop_);
      out_.lists.push_back(std::move(list));
    });
  }

  const Client& client_;
  std::stop_token stop_;
  Side out_;
};

}  // namespace

Side survey_workspace(const Client& client, const base::Clock& clock, std::stop_token stop) {
  return Survey(client, std::move(stop)).take(clock);
}

const std::vector<UsedField>& fields_that_name_offers() {
  static const std::vector<UsedField> all = [] {
    std::vector<UsedField> out;
    for (const char* kind : {"clusters", "jobs", "pipelines", "instance-pools"}) {
      const std::string below = kind == std::string_view("jobs")        ? "settings.**."
                                : kind == std::string_view("pipelines") ? "spec.clusters[*]."
                                                                        : "";
      out.push_back({.offer = k_node_types, .kind = kind, .field = below + "node_type_id"});
      out.push_back({.offer = k_node_types, .kind = kind, .field = below + "driver_node_type_id"});
      out.push_back({.offer = k_runtimes, .kind = kind, .field = below + "spark_version"});
    }
    out.push_back({.offer = k_runtimes, .kind = "instance-pools", .field = "preloaded_spark_versions[*]"});
    for (const char* field : {"node_type_id.value", "driver_node_type_id.value"})
      out.push_back({.offer = k_node_types, .kind = "cluster-policies", .field = "definition", .inside = field});
    out.push_back(
        {.offer = k_runtimes, .kind = "cluster-policies", .field = "definition", .inside = "spark_version.value"});
    return out;
  }();
  return all;
}

}  // namespace holdfast::platform::databricks
