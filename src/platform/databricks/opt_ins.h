// What is done to a workspace only because somebody asked for it in the connector's settings.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/databricks/secret_values.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

// Commands on a cluster, for what no endpoint tells.  They take the cluster's time, and starting one costs money.
struct CommandOptions {
  std::string cluster{};  // id or name; empty: none is run
  enum class Start { never, when_needed } start = Start::never;
  base::Duration most = std::chrono::minutes(5);  // until everything that one backup or one change asks for is answered
};

struct OptIns {
  SecretValues secret_values = SecretValues::left_out;
  CommandOptions commands{};
  std::string sql_warehouse{};                // name or id of what runs definitions in SQL; empty: people do
  std::vector<std::string> dbfs_leave_out{};  // patterns of paths on DBFS, as model::path_match() takes them
  std::optional<Writing> writing{};           // absent: nothing is written to it
};

}  // namespace holdfast::platform::databricks
