// A cluster that runs commands for us (API 1.2).  Not tried on a real cluster.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "platform/databricks/client.h"
#include "platform/databricks/opt_ins.h"
#include "platform/databricks/write_calls.h"

namespace holdfast::platform::databricks {

struct ClusterState {
  std::string id;
  std::string name;
  std::string state;         // the platform's word: "RUNNING"
  bool ends_itself = false;  // when nobody has used it for some time
};
// By id, else by name.  Throws Error{not_found}, and Error{conflict} where several are called so.
ClusterState find_cluster(const Client& client, const std::string& id_or_name, std::stop_token stop);
bool is_running(const ClusterState& cluster) noexcept;

// What a command gave was cut off.
class OutputCut : public base::Error {
public:
  using Error::Error;
};

// Asks nobody before the first command.  Not thread-safe.
class Cluster {
public:
  // The client and the clock outlive it.
  Cluster(const Client& client, const base::Clock& clock, CommandOptions options)
      : client_(client), clock_(clock), options_(std::move(options)), until_(clock.elapsed() + options_.most) {}
  ~Cluster() { close(); }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // What the program printed.  Throws OutputCut; Error{unavailable} where the cluster does not run, must not be
  // started, would run for ever once it was, or does not answer in time; Error{unsupported} with the cluster's words
  // where it refuses the program.
  std::string run(const std::string& python, const std::stop_token& stop);
  // The time that is left begins anew.
  void renew() { until_ = clock_.elapsed() + options_.most; }
  // Ends the context with what runs in it, and never the cluster, which others may use by now: one that is started ends
  // by itself.  Takes a few seconds at most, and what hinders it is not told: the platform ends contexts along with
  // their cluster.
  void close() noexcept;

private:
  void open(const std::stop_token& stop);
  void wait_until_running(const std::stop_token& stop);
  void wait_for_context(const std::stop_token& stop);
  std::string wait_for(const std::string& command, const std::stop_token& stop);
  void pause(base::Duration& length, const std::stop_token& stop);
  std::string ids() const;

  const Client& client_;
  const base::Clock& clock_;
  CommandOptions options_;
  base::Duration until_;
  ClusterState cluster_{};
  std::string context_{};
};

}  // namespace holdfast::platform::databricks
