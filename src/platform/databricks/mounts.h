// Mounts of storage into DBFS.  Their credentials are shown to nobody: a mount comes along as a notebook that makes it
// anew with credentials from a secret scope.
#pragma once

#include <stop_token>
#include <string>

#include "platform/databricks/cluster_kinds.h"

namespace holdfast::platform::databricks {

// Throws what Cluster::run() does, and Error{unavailable} where one mount could not be looked at: which, nobody knows.
ClusterListing read_mounts(Cluster& cluster, const std::stop_token& stop);

// A notebook in source form that mounts what the body of such a resource says.
std::string mount_notebook(const std::string& body);

}  // namespace holdfast::platform::databricks
