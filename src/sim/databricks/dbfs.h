// The workspace's own file system.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct Dbfs {
  struct File {
    bool directory = false;
    std::string content;
    std::int64_t modified_ms = 0;
  };
  struct Handle {
    std::string path;
    std::string content;
    bool overwrite = false;
    std::int64_t touched_ms = 0;
  };
  std::map<std::string, File> files;  // by absolute path; the root is not among them
  std::map<std::int64_t, Handle> handles;
  // How many entries one recursive delete takes before it gives up with 503 PARTIAL_DELETE.
  std::size_t most_deleted_at_once = 10'000;
};

void add_dbfs_routes(Router& router);

}  // namespace holdfast::sim::databricks
