// Backups by an account that sees less than the one that read the last snapshot: what it does not list may be there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/backup.h"
#include "engine/resources/sides.h"
#include "support/account_backups.h"
#include "support/errors.h"

namespace holdfast::engine {
namespace {

class RightsTest : public test::AccountBackups {
protected:
  RightsTest() : AccountBackups(6) {}
  // The account loses its rights, and sees no pool but these.
  void demote(const std::set<std::string>& seen) {
    account_.administrator = false;
    account_.hidden.clear();
    for (int i = 0; i < 10; ++i)
      if (const std::string name = fmt::format("pool-{}", i); !seen.contains(name)) account_.hidden.insert(name);
  }
  void promote() {
    account_.administrator = true;
    account_.hidden.clear();
  }
  std::set<std::string> names(const repository::Snapshot& snapshot) {
    const auto connector = test::connect(account_);
    const model::KindSet kinds(connector->kinds());
    std::set<std::string> out;
    for (const model::Resource& one : read_stored_side(*world_.repository, snapshot, kinds, {}))
      if (kinds.at(one.kind).label() == "pools") out.insert(one.name);
    return out;
  }
};

using Names = std::set<std::string>;
const Names k_all{"pool-0", "pool-1", "pool-2", "pool-3", "pool-4", "pool-5"};

TEST_F(RightsTest, carries_forward_what_it_does_not_list_any_more_and_says_what_to_do) {
  (void)backup();
  demote({"pool-2"});
  const BackupResult result = backup();
  EXPECT_EQ(names(result.snapshot), k_all);
  EXPECT_EQ(result.snapshot.counts.gone, 0U);
  EXPECT_EQ(result.stale_rows, 5U);
  EXPECT_TRUE(result.snapshot.partial());
  ASSERT_EQ(result.snapshot.outcomes.size(), 1U);
  EXPECT_EQ(result.snapshot.outcomes[0].find("pools: 5 of the last backup are not listed"), 0U)
      << result.snapshot.outcomes[0];
  bool hinted = false;
  for (const std::string& line : world_.events.warnings()) hinted = hinted || line.find("--full") != line.npos;
  EXPECT_TRUE(hinted);
}

TEST_F(RightsTest, goes_on_doing_so_until_an_administrator_reads_again) {
  (void)backup();
  demote({"pool-2"});
  for (int run = 0; run < 3; ++run) {
    const BackupResult result = backup();
    EXPECT_EQ(names(result.snapshot), k_all);
    EXPECT_TRUE(result.snapshot.partial());
  }
  account_.workspace.erase("pools", account_.workspace.id_of("pools", "pool-0"));
  promote();
  const BackupResult whole = backup();
  EXPECT_EQ(names(whole.snapshot), (Names{"pool-1", "pool-2", "pool-3", "pool-4", "pool-5"}));
  EXPECT_EQ(whole.snapshot.counts.gone, 1U);
  EXPECT_FALSE(whole.snapshot.partial());
}

TEST_F(RightsTest, lets_go_of_it_where_a_full_backup_says_that_it_is_meant) {
  (void)backup();
  demote({"pool-2"});
  (void)backup();
  EXPECT_EQ(names(backup(true).snapshot), Names{"pool-2"});
  const BackupResult next = backup();
  EXPECT_EQ(names(next.snapshot), Names{"pool-2"});
  EXPECT_FALSE(next.snapshot.partial());
}

// What such an account lists and then lists no more is gone as far as it can tell.
TEST_F(RightsTest, takes_what_it_has_read_itself_for_deleted) {
  (void)backup();
  demote({"pool-2", "pool-7"});
  (void)backup();
  put("pool-7");
  EXPECT_TRUE(names(backup().snapshot).contains("pool-7"));
  account_.workspace.erase("pools", account_.workspace.id_of("pools", "pool-7"));
  EXPECT_EQ(names(backup().snapshot), k_all);
}

TEST_F(RightsTest, is_as_before_where_nobody_ever_saw_more) {
  demote({"pool-1", "pool-2"});
  (void)backup();
  account_.unread = {"pool-1"};
  (void)backup();
  account_.unread.clear();
  account_.workspace.erase("pools", account_.workspace.id_of("pools", "pool-1"));
  const BackupResult result = backup();
  EXPECT_EQ(names(result.snapshot), Names{"pool-2"});
  EXPECT_FALSE(result.snapshot.partial());
}

TEST_F(RightsTest, does_not_take_another_accounts_view_for_its_own) {
  account_.me = "anna";
  demote({"pool-1", "pool-2"});
  (void)backup();
  account_.me = "bert";
  demote({"pool-2", "pool-3"});
  const BackupResult result = backup();
  EXPECT_EQ(names(result.snapshot), (Names{"pool-1", "pool-2", "pool-3"}));
  EXPECT_TRUE(result.snapshot.partial());
}

TEST_F(RightsTest, gives_up_where_it_sees_nothing_at_all) {
  (void)backup();
  demote({});
  account_.hidden.insert("few");
  EXPECT_EQ(test::error_of([&] { (void)backup(); }), base::ErrorKind::unavailable);
}

// What a platform gives of nothing, although it was asked for, was not taken away.
class WithheldTest : public RightsTest {
protected:
  WithheldTest() { account_.workspace.put("scopes", "keys", R"({"name":"keys"})", {{"permissions", "[1]"}}); }
  std::optional<base::Bytes> permissions(const repository::Snapshot& snapshot) {
    const auto connector = test::connect(account_);
    const model::KindSet kinds(connector->kinds());
    for (const model::Resource& one : read_stored_side(*world_.repository, snapshot, kinds, {}))
      if (kinds.at(one.kind).label() == "scopes") return one.row.columns.at(1);
    throw std::runtime_error("no scope");
  }
  void withhold() {
    account_.withheld = {"permissions"};
    account_.not_seen = R"([{"kind":"scopes","columns":["permissions"],"reason":"nobody is given any"}])";
  }
};

TEST_F(WithheldTest, columns_stay_as_the_last_backup_has_them) {
  (void)backup();
  withhold();
  for (int run = 0; run < 2; ++run) {
    const BackupResult result = backup();
    EXPECT_EQ(permissions(result.snapshot), "[1]");
    ASSERT_EQ(result.snapshot.outcomes.size(), 1U);
    EXPECT_EQ(result.snapshot.outcomes[0], "scopes/keys was not read in full: permissions: nobody is given any");
  }
  const BackupResult full = backup(true);
  EXPECT_EQ(permissions(full.snapshot), std::nullopt);
  EXPECT_FALSE(full.snapshot.partial());
}

TEST_F(WithheldTest, columns_that_no_backup_has_are_no_failure) {
  withhold();
  (void)backup();
  EXPECT_FALSE(backup().snapshot.partial());
}

TEST_F(WithheldTest, columns_that_nobody_asked_for_any_more_leave_the_backup) {
  (void)backup();
  account_.withheld = {"permissions"};
  const BackupResult result = backup();
  EXPECT_EQ(permissions(result.snapshot), std::nullopt);
  EXPECT_FALSE(result.snapshot.partial());
}

}  // namespace
}  // namespace holdfast::engine
