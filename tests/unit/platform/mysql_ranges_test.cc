#include <gtest/gtest.h>
// After gtest, which it needs and does not include.
#include <rapidcheck/gtest.h>

#include "platform/datahub/mysql/ranges.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using platform::datahub::aspect_key;
using platform::datahub::mysql::Client;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::MysqlTable;
using platform::datahub::mysql::Order;
using platform::datahub::mysql::plan_ranges;
using platform::datahub::mysql::range_predicate;
using platform::datahub::mysql::read_table;

}  // namespace

TEST(RangePredicate, says_exactly_what_whole_keys_mean) {
  const auto all = range_predicate({}, Order::index);
  EXPECT_EQ(all.sql, "1");
  EXPECT_TRUE(all.exact);
  const auto whole = range_predicate({.from = aspect_key("a", "p", 3), .to = aspect_key("b'", "q", -1)}, Order::index);
  EXPECT_TRUE(whole.exact);
  EXPECT_EQ(whole.sql,
            "`urn` >= 'a' AND (`urn` > 'a' OR `aspect` > 'p' OR (`aspect` = 'p' AND `version` >= 3)) AND "
            "`urn` <= 'b\\'' AND (`urn` < 'b\\'' OR `aspect` < 'q' OR (`aspect` = 'q' AND `version` < -1))");
  const auto sorted = range_predicate({.from = aspect_key("a", "p", 3).substr(0, 3), .to = {}}, Order::sort);
  EXPECT_EQ(sorted.sql, "CAST(`urn` AS BINARY) >= _binary'a'");
}

TEST(RangePredicate, is_wider_where_a_bound_cuts_a_character) {
  const auto cut = range_predicate({.from = "ab\xc3", .to = "b\xe2\x82"}, Order::index);
  EXPECT_FALSE(cut.exact);
  EXPECT_EQ(cut.sql, "`urn` >= 'ab'");
}

TEST(PlanRanges, gives_one_range_for_an_empty_table_or_one_row) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  Client client(endpoint, {});
  const MysqlTable table = read_table(client, endpoint.address, "metadata_aspect_v2");
  EXPECT_EQ(plan_ranges(client, table, 8), std::vector<base::KeyRange>{base::KeyRange{}});
  fill(server, database, 1);
  EXPECT_EQ(plan_ranges(client, table, 8), std::vector<base::KeyRange>{base::KeyRange{}});
}

TEST(PlanRanges, balances_keys_that_crowd_behind_long_prefixes) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  // Nine in ten rows behind one prefix, the rest spread thinly, some of them not ASCII.
  server.execute(
      "INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby) SELECT CONCAT("
      "IF(seq % 10 > 0, 'urn:li:dataset:(urn:li:dataPlatform:snowflake,finance.orders.', CHAR(97 + seq % 26, 58)), "
      "MD5(seq)), "
      "'status', 0, REPEAT('x', 100), now(), '' FROM seq_1_to_16000; INSERT INTO metadata_aspect_v2 (urn, aspect, "
      "version, "
      "metadata, createdon, createdby) VALUES ('\xc3\xa9', 'a', 0, '', now(), ''), ('\xf0\x9f\x90\x98', 'a', 0, '', "
      "now(), '')",
      database);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  Client client(endpoint, {});
  const MysqlTable table = read_table(client, endpoint.address, "metadata_aspect_v2");
  const auto ranges = plan_ranges(client, table, 8);
  ASSERT_GE(ranges.size(), 6U);
  std::uint64_t total = 0;
  for (const base::KeyRange& range : ranges) {
    const auto rows = std::stoull(
        *client.value("SELECT COUNT(*) FROM metadata_aspect_v2 WHERE " + range_predicate(range, Order::index).sql));
    EXPECT_LT(rows, 5000U);
    total += rows;
  }
  EXPECT_EQ(total, 16002U) << "the ranges cover every row once";
}

RC_GTEST_PROP(PlanRanges, cover_every_key_once, ()) {
  MariadbServer& server = shared_mariadb();
  static const std::string database = [&] {
    const std::string name = fresh_database(server);
    server.execute(k_current_table, name);
    fill(server, name, 3000);
    return name;
  }();
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  Client client(endpoint, {});
  const MysqlTable table = read_table(client, endpoint.address, "metadata_aspect_v2");
  const auto wanted = *rc::gen::inRange<unsigned>(1, 40);
  const auto ranges = plan_ranges(client, table, wanted);
  RC_ASSERT(ranges.size() >= 1 && ranges.size() <= wanted);
  RC_ASSERT(ranges.front().from.empty() && !ranges.back().to);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    RC_ASSERT(ranges[i].from == *ranges[i - 1].to);
    RC_ASSERT(ranges[i - 1].from < ranges[i].from);
  }
}

}  // namespace holdfast::test
