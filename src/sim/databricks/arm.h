// What Azure's management tells of a workspace and of storage accounts: read only, at the same address as the
// workspace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/databricks/router.h"
#include "sim/databricks/world.h"

namespace holdfast::sim::databricks {

struct ArmStorageAccount {
  std::string name;
  std::string region = "westeurope";
  std::string sku = "Standard_LRS";
  std::string second_region{};       // of a redundancy over two regions
  std::int64_t synced_ms_ago = 0;    // how old the last sync is
  std::string replication = "Live";  // or Bootstrap, Unavailable
};

struct Arm {
  std::string subscription = "00000000-0000-4000-8000-000000000001";
  std::string group = "data";
  std::vector<ArmStorageAccount> accounts;
  std::size_t page_size = 50;
  bool refused = false;  // whoever asks has no right to read
  // What the workspace has, as versions from 2023 on tell it.
  bool own_keys = false;
  std::size_t private_endpoints = 0;
};

void add_arm_routes(Router& router);

}  // namespace holdfast::sim::databricks
