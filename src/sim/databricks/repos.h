// Git folders and git credentials.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/databricks/router.h"
#include "sim/databricks/world.h"

namespace holdfast::sim::databricks {

struct Repo {
  std::string url;
  std::string provider;
  std::string branch;
  std::string tag;  // checked out instead of a branch
  std::string head_commit;
  std::vector<std::string> sparse_patterns;
  // Made by the git command line in some folder: the list leaves it out.
  bool listed = true;
};

struct GitCredential {
  std::string provider;
  std::string user_name;
  std::string email;
  std::string name;
  std::string token;  // never given out again
  std::string owner;  // the id of who made it
};

struct Repos {
  std::map<std::int64_t, Repo> by_id;  // by the id of the folder
  std::map<std::int64_t, GitCredential> credentials;
};

void found_repos(World& world);
void add_repo_routes(Router& router);

}  // namespace holdfast::sim::databricks
