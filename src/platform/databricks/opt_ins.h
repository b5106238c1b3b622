// What is done only because somebody asked for it in the connector's settings.
#pragma once

#include <string>
#include <vector>

#include "platform/databricks/secret_values.h"

namespace holdfast::platform::databricks {

struct OptIns {
  SecretValues secret_values = SecretValues::left_out;
  std::string sql_warehouse{};                // name or id of what runs definitions in SQL; empty: people do
  std::vector<std::string> dbfs_leave_out{};  // patterns of paths on DBFS, as model::path_match() takes them
};

}  // namespace holdfast::platform::databricks
