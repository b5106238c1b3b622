#include "platform/databricks/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "model/json_text.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::json_quoted;
using model::JsonText;

constexpr base::Duration k_first_pause = std::chrono::milliseconds(200);
constexpr base::Duration k_longest_pause = std::chrono::seconds(5);
constexpr base::Duration k_closing = std::chrono::seconds(2);  // for its turn, and for the answer

bool is_on_its_way(std::string_view state) {
  return state == "PENDING" || state == "RESTARTING";
}

std::string shown(const ClusterState& cluster) {
  return fmt::format("the cluster '{}' ({})", cluster.name, cluster.id);
}

}  // namespace

bool is_running(const ClusterState& cluster) noexcept {
  return cluster.state == "RUNNING" || cluster.state == "RESIZING";
}

ClusterState find_cluster(const Client& client, const std::string& id_or_name, std::stop_token stop) {
  std::vector<ClusterState> by_id;
  std::vector<ClusterState> by_name;
  client.list(
      {.paging = Listing::Paging::page_token,
       .ask = {.path = "/api/2.1/clusters/list", .query = {{"page_size", "100"}}},
       .items = "clusters"},
      [&](std::string_view element) {
        const JsonText json{std::string(element)};
        const std::string minutes = scalar_at(json, "autotermination_minutes");
        ClusterState one{.id = scalar_at(json, "cluster_id"),
                         .name = scalar_at(json, "cluster_name"),
                         .state = scalar_at(json, "state"),
                         .ends_itself = !minutes.empty() && minutes != "0"};
        if (one.id == id_or_name) by_id.push_back(one);
        if (one.name == id_or_name) by_name.push_back(std::move(one));
      },
      std::move(stop));
  const std::vector<ClusterState>& found = by_id.empty() ? by_name : by_id;
  if (found.empty())
    throw Error(ErrorKind::not_found, fmt::format("there is no cluster '{}' to run commands on", id_or_name),
                "Set command_cluster to the id or the name of a cluster of this workspace.");
  if (found.size() > 1)
    throw Error(ErrorKind::conflict, fmt::format("{} clusters are called '{}'", found.size(), id_or_name),
                "Set command_cluster to the id of one of them.");
  return found.front();
}

// Of contexts, in the words of the API.
std::string Cluster::ids() const {
  return fmt::format(R"("clusterId":{},"contextId":{})", json_quoted(cluster_.id), json_quoted(context_));
}

void Cluster::pause(base::Duration& length, const std::stop_token& stop) {
  const base::Duration left = until_ - clock_.elapsed();
  if (left <= base::Duration(0))
    throw Error(ErrorKind::unavailable,
                fmt::format("{} did not answer within {} s", shown(cluster_),
                            std::chrono::duration_cast<std::chrono::seconds>(options_.most).count()),
                "Raise command_seconds, or look at what keeps the cluster busy.");
  if (!clock_.sleep(std::min(length, left), stop))
    throw Error(ErrorKind::cancelled, "waiting for a command was stopped");
  length = std::min(length * 2, k_longest_pause);
}

void Cluster::wait_until_running(const std::stop_token& stop) {
  base::Duration length = k_first_pause;
  const auto look = [&] {
    const Ask ask{.path = "/api/2.1/clusters/get", .query = {{"cluster_id", cluster_.id}}};
    cluster_.state = scalar_at(JsonText(client_.fetch(ask, stop)), "state");
  };
  // One that is being stopped cannot be started yet.
  const bool may_start = options_.start == CommandOptions::Start::when_needed;
  for (; cluster_.state == "TERMINATING" && may_start; look()) pause(length, stop);
  if (cluster_.state == "TERMINATED" && may_start) {
    // To terminate it afterwards is not for us: who else uses it by then no call tells.
    if (!cluster_.ends_itself)
      throw Error(ErrorKind::unavailable, fmt::format("{} would run for ever once it was started", shown(cluster_)),
                  "Set the minutes after which it terminates by itself, or start it.");
    Calls(client_, stop)
        .post("/api/2.1/clusters/start", fmt::format(R"({{"cluster_id":{}}})", json_quoted(cluster_.id)));
    cluster_.state = "PENDING";
  }
  for (; is_on_its_way(cluster_.state); look()) pause(length, stop);
  if (is_running(cluster_)) return;
  throw Error(ErrorKind::unavailable, fmt::format("{} is {}", shown(cluster_), cluster_.state),
              may_start ? "Look at the cluster's events for why it did not start."
                        : "Start it, or set command_cluster_start = true to have it started.");
}

void Cluster::wait_for_context(const std::stop_token& stop) {
  base::Duration length = k_first_pause;
  for (;;) {
    const Ask ask{.path = "/api/1.2/contexts/status", .query = {{"clusterId", cluster_.id}, {"contextId", context_}}};
    const std::string state = scalar_at(JsonText(client_.fetch(ask, stop)), "status");
    if (state == "Running") return;
    if (state != "Pending")
      throw Error(ErrorKind::unavailable, fmt::format("a context on {} is in the state '{}'", shown(cluster_), state));
    pause(length, stop);
  }
}

void Cluster::open(const std::stop_token& stop) {
  if (!context_.empty()) return;
  if (cluster_.id.empty()) cluster_ = find_cluster(client_, options_.cluster, stop);
  wait_until_running(stop);
  const std::string body = fmt::format(R"({{"clusterId":{},"language":"python"}})", json_quoted(cluster_.id));
  context_ = scalar_at(JsonText(Calls(client_, stop).post("/api/1.2/contexts/create", body)), "id");
  if (context_.empty()) throw Error(ErrorKind::unavailable, fmt::format("{} gave no id of a context", shown(cluster_)));
  wait_for_context(stop);
}

std::string Cluster::wait_for(const std::string& command, const std::stop_token& stop) {
  base::Duration length = k_first_pause;
  const Ask ask{.path = "/api/1.2/commands/status",
                .query = {{"clusterId", cluster_.id}, {"contextId", context_}, {"commandId", command}}};
  for (;;) {
    const JsonText answer(client_.fetch(ask, stop));
    const std::string state = scalar_at(answer, "status");
    if (state == "Queued" || state == "Running") {
      pause(length, stop);
      continue;
    }
    if (state != "Finished")
      throw Error(ErrorKind::unavailable, fmt::format("a command on {} ended as '{}'", shown(cluster_), state));
    const std::string type = scalar_at(answer, "results.resultType");
    if (scalar_at(answer, "results.truncated") == "true")
      throw OutputCut(ErrorKind::unavailable, fmt::format("what a command on {} gave was cut off", shown(cluster_)));
    if (type == "text") return scalar_at(answer, "results.data");
    const std::string summary = scalar_at(answer, "results.summary");
    throw Error(ErrorKind::unsupported,
                fmt::format("{} refused a command: {}", shown(cluster_),
                            summary.empty() ? scalar_at(answer, "results.cause").substr(0, 300) : summary));
  }
}

std::string Cluster::run(const std::string& python, const std::stop_token& stop) {
  open(stop);
  const std::string body = fmt::format(R"({{{},"language":"python","command":{}}})", ids(), json_quoted(python));
  const std::string command = scalar_at(JsonText(Calls(client_, stop).post("/api/1.2/commands/execute", body)), "id");
  try {
    return wait_for(command, stop);
  } catch (const Error& error) {
    // It ends with its context.
    const bool still_runs = error.kind() == ErrorKind::cancelled || clock_.elapsed() >= until_;
    if (still_runs) close();
    throw;
  }
}

void Cluster::close() noexcept {
  if (context_.empty()) return;
  try {
    client_.call(
        {.family = k_other,
         .request =
             Calls(client_, {}).request(net::Method::post, "/api/1.2/contexts/destroy", fmt::format("{{{}}}", ids())),
         .patience = k_closing},
        {});
  } catch (...) {  // it is called by a destructor, and there is nothing else to be done about it
  }
  context_.clear();
  cluster_ = {};
}

}  // namespace holdfast::platform::databricks
