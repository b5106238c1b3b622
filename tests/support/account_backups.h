// Backups of one account of a platform of resources, an hour apart: pools, and one group.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "engine/backup.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::test {

class AccountBackups : public testing::Test {
protected:
  explicit AccountBackups(unsigned pools) {
    for (unsigned i = 0; i < pools; ++i) put(fmt::format("pool-{}", i));
    account_.workspace.put("groups", "few", R"({"displayName":"few"})");
  }
  void put(const std::string& name) { account_.workspace.put("pools", name, R"({"name":")" + name + "\"}"); }
  engine::BackupResult backup(bool full = false) {
    engine::BackupOptions options = EngineWorld::small();
    options.full = full;
    world_.clock.advance(std::chrono::hours(1));
    const auto connector = connect(account_);
    return engine::backup(*world_.repository, *connector, "primary", options, world_.events, world_.clock, {});
  }

  EngineWorld world_;
  WorkspaceAccount account_{world_.clock, 1'000, "one"};
};

}  // namespace holdfast::test
