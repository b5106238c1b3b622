// Workspaces of given sizes, for tests of scale.  Made past the API where that is what makes them in seconds.
#include <fmt/format.h>

#include <mutex>
#include <vector>

#include "base/json.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_notebooks_in_folder = 20;
constexpr std::size_t k_folders_in_folder = 5;

// The path of the n-th folder: /Shared/many/f2/f0/f4/…, one level for each digit, so deep ones and few per level.
std::string folder_path(std::size_t number) {
  std::string path = "/Shared/many";
  for (auto rest = number; rest > 0; rest = (rest - 1) / k_folders_in_folder) {
    path += fmt::format("/f{}", (rest - 1) % k_folders_in_folder);
  }
  return path;
}

}  // namespace

void seed_many_people(Seed& seed, const SeedSizes& sizes) {
  auto& world = seed.world();
  seed.days_ago(365);
  const std::lock_guard lock(world.mutex());
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < sizes.groups; ++i) {
    Identity group;
    group.kind = IdentityKind::group;
    group.name = group.display = fmt::format("group {:05}", i);
    groups.push_back(add_identity(world, std::move(group)).id);
    // Every tenth is within the one ten before it.
    if (i >= 10 && i % 10 == 0) add_member(world, groups[i - 10], groups[i]);
  }
  for (std::size_t i = 0; i < sizes.members; ++i) {
    const auto login = fmt::format("user{:06}@example.test", i);
    const auto& user = add_user(world, login, fmt::format("User {}", i));
    if (!groups.empty()) add_member(world, groups[i % groups.size()], user.id);
  }
}

void seed_many_notebooks(Seed& seed, const SeedSizes& sizes) {
  auto& world = seed.world();
  const std::lock_guard lock(world.mutex());
  Node* folder = nullptr;
  for (std::size_t i = 0; i < sizes.notebooks; ++i) {
    seed.days_ago(300.0 * static_cast<double>(sizes.notebooks - i) / static_cast<double>(sizes.notebooks));
    if (i % k_notebooks_in_folder == 0) folder = &make_folders(world, folder_path(i / k_notebooks_in_folder));
    auto& node = add_node(world, *folder, NodeKind::notebook, fmt::format("notebook {:06}", i));
    node.language = "PYTHON";
    node.content = fmt::format("# Databricks notebook source\nprint({})\n", i);
    if (i < sizes.permissions && world.options().tier != WorldOptions::Tier::standard) {
      replace_permissions(world, "notebooks", std::to_string(node.id),
                          Json::array({{{"group_name", "users"}, {"permission_level", "CAN_READ"}}}));
    }
  }
}

}  // namespace holdfast::sim::databricks
