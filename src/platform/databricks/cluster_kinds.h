// Kinds that a cluster tells: mounts, and who may do what in the hive metastore.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "platform/databricks/cluster.h"

namespace holdfast::platform::databricks {

struct ClusterListing {
  struct Unread {
    std::string name;  // of a resource, or what the names of several begin with
    enum class Of { one, all_that_begin_so } of = Of::one;
    std::string reason;
  };
  std::vector<std::string> bodies;  // of the resources: JSON, made here
  std::vector<Unread> unread;
};

}  // namespace holdfast::platform::databricks
