// Workspaces to begin with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/databricks/json.h"
#include "sim/databricks/stand_in.h"

namespace holdfast::sim::databricks {

// Fills a workspace: "empty", "small" (a dozen objects), "realistic" (a company's, some 300), or sizes:
// "notebooks=50000,groups=2000,members=20000,permissions=10000".  Throws Error{usage}.
void seed_workspace(StandIn& stand_in, std::string_view what);

// What a seed is written with: the API itself, and a time that is set back.  A tier without access control lists gets
// the same workspace without them.
class Seed {
public:
  explicit Seed(StandIn& stand_in);
  ~Seed();  // back to the present
  Seed(const Seed&) = delete;
  Seed& operator=(const Seed&) = delete;

  StandIn& stand_in() noexcept { return stand_in_; }
  World& world() noexcept { return stand_in_.world(); }
  Json post(std::string_view target, const Json& body);
  Json put(std::string_view target, const Json& body);
  Json patch(std::string_view target, const Json& body);
  Json get(std::string_view target);
  // What follows happened so long ago.
  void days_ago(double days);

  void notebook(const std::string& path, std::string_view language, const std::string& source);
  void file(const std::string& path, const std::string& bytes);
  void folder(const std::string& path);
  void library(const std::string& path);  // of the old kind, which no call makes any more
  std::string user(const std::string& login, const std::string& given_name, const std::string& family_name);  // its id
  std::string group(const std::string& name);                                                                 // its id
  void member(const std::string& group_id, const std::string& member_id);
  // The list of an object of the tree: [{"user_name": …, "permission_level": …}]
  void share(const std::string& path, const Json& list);

private:
  Json write(std::string_view method, std::string_view target, const Json& body);
  StandIn& stand_in_;
  std::int64_t present_ms_ = 0;
};

struct SeedSizes {
  std::size_t notebooks = 0;
  std::size_t groups = 0;
  std::size_t members = 0;      // users, each in one of the groups
  std::size_t permissions = 0;  // notebooks with a list of their own
  std::size_t jobs = 0;
};
SeedSizes parse_seed_sizes(std::string_view text);  // throws Error{usage}

// The parts of the realistic workspace, in the order in which they build on one another.
void seed_people(Seed& seed);
void seed_tree(Seed& seed);
void seed_secrets(Seed& seed);
void seed_dbfs(Seed& seed);
void seed_unity(Seed& seed);
void seed_compute(Seed& seed);
void seed_models(Seed& seed);
void seed_settings(Seed& seed);
void seed_sql(Seed& seed);
void seed_jobs(Seed& seed);
// The parts of one of given sizes.
void seed_many_people(Seed& seed, const SeedSizes& sizes);
void seed_many_notebooks(Seed& seed, const SeedSizes& sizes);
void seed_many_jobs(Seed& seed, const SeedSizes& sizes);

}  // namespace holdfast::sim::databricks
