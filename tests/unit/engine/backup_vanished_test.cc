// Backups of a platform that says, all at once, that there is nothing of a kind any more.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/backup.h"
#include "support/account_backups.h"

namespace holdfast::engine {
namespace {

constexpr unsigned k_pools = 12;

class VanishedTest : public test::AccountBackups {
protected:
  VanishedTest() : AccountBackups(k_pools) {}
  static const repository::Tree& tree(const repository::Snapshot& snapshot, const std::string& kind) {
    for (const repository::Tree& one : snapshot.trees)
      if (one.name == kind) return one;
    throw std::runtime_error("no tree " + kind);
  }
};

TEST_F(VanishedTest, believes_a_second_list_that_has_them) {
  (void)backup();
  account_.blank["pools"] = 1;
  const BackupResult result = backup();
  EXPECT_EQ(result.failures, 0U);
  EXPECT_EQ(tree(result.snapshot, "pools").rows, k_pools);
  EXPECT_TRUE(tree(result.snapshot, "pools").stale.empty());
  EXPECT_EQ(result.snapshot.counts.gone, 0U);
}

TEST_F(VanishedTest, carries_forward_what_is_gone_all_at_once_until_a_full_backup) {
  (void)backup();
  for (int run = 0; run < 2; ++run) {
    account_.blank["pools"] = 2;
    const BackupResult result = backup();
    EXPECT_EQ(result.failures, 1U);
    ASSERT_EQ(result.snapshot.outcomes.size(), 1U);
    EXPECT_EQ(result.snapshot.outcomes[0].find("pools: the platform has none of 12 any more"), 0U);
    EXPECT_EQ(tree(result.snapshot, "pools").rows, k_pools);
    EXPECT_EQ(tree(result.snapshot, "pools").stale.size(), 1U);
    EXPECT_EQ(result.snapshot.counts.gone, 0U);
  }
  account_.blank["pools"] = 1;
  const BackupResult full = backup(true);
  EXPECT_EQ(full.failures, 0U);
  EXPECT_EQ(tree(full.snapshot, "pools").rows, 0U);
}

TEST_F(VanishedTest, believes_that_a_few_are_gone_and_that_most_are) {
  (void)backup();
  account_.blank["groups"] = 2;
  for (unsigned i = 1; i < k_pools; ++i)
    account_.workspace.erase("pools", account_.workspace.id_of("pools", fmt::format("pool-{}", i)));
  const BackupResult result = backup();
  EXPECT_EQ(result.failures, 0U);
  EXPECT_EQ(tree(result.snapshot, "groups").rows, 0U);
  EXPECT_EQ(tree(result.snapshot, "pools").rows, 1U);
}

}  // namespace
}  // namespace holdfast::engine
