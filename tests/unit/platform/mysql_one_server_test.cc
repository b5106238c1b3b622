#include <atomic>

#include "platform/datahub/mysql/capture.h"
#include "platform/datahub/mysql/instant.h"
#include "platform/datahub/mysql/one_server.h"
#include "platform/datahub/mysql/replacement.h"
#include "unit/platform/balancer.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using platform::datahub::mysql::Client;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::ServerMark;

// Two servers with a table of the same name each, behind one address: the first, until the test lets connections go
// round.
class MysqlOneServer : public testing::Test {
protected:
  MysqlOneServer() : endpoint{.address = address(first, "datahub"), .sessions = {}} {
    for (MariadbServer* server : {&first, &second}) {
      server->execute("CREATE DATABASE datahub CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
      server->execute(k_current_table, "datahub");
      fill(*server, "datahub", server == &first ? 100 : 90);
    }
    endpoint.address.port = balancer.port();
  }

  std::uint16_t choose() { return round && ++connections % 2 == 0 ? second.port() : first.port(); }
  std::string rows(MariadbServer& server) { return server.query("SELECT * FROM metadata_aspect_v2", "datahub"); }

  std::atomic<bool> round = false;
  std::atomic<unsigned> connections = 0;
  MariadbServer& first = shared_mariadb();
  MariadbServer second;
  Balancer balancer{[this] { return choose(); }};
  Endpoint endpoint;
};

}  // namespace

TEST_F(MysqlOneServer, is_told_from_another_and_bounds_what_is_done_with_both) {
  Client holder(endpoint, {});
  const ServerMark mark(holder);
  Client same(endpoint, {});
  EXPECT_TRUE(mark.seen_by(same));
  const platform::CaptureOptions four{.readers = 4, .limit_read = 0, .max_snapshot_age = {}};
  EXPECT_EQ(open_capture(endpoint, four, base::system_clock(), {})->readers(), 4U);

  round = true;
  Client again(endpoint, {});
  Client other(endpoint, {});
  EXPECT_TRUE(mark.seen_by(again));
  EXPECT_FALSE(mark.seen_by(other));
  auto capture = open_capture(endpoint, four, base::system_clock(), {});
  EXPECT_EQ(capture->readers(), 1U);
  ASSERT_FALSE(capture->notes().empty());
  EXPECT_NE(capture->notes()[0].find("different servers"), std::string::npos) << capture->notes()[0];
  const std::size_t seen = read_all(*capture).size();
  EXPECT_TRUE(seen == 100 || seen == 90) << seen;

  // Everything up to the swap on one server, the swap's own connections on both.
  round = false;
  capture = open_capture(endpoint, four, base::system_clock(), {});
  const std::vector<base::Row> wanted = read_all(*capture);
  platform::ReplaceOptions options;
  options.attributes = capture->attributes();
  options.allow_writers = true;
  const auto replacement = platform::datahub::mysql::begin_replacement(
      endpoint, {capture->collections()[0].collection, options, 1000}, base::system_clock(), {});
  replacement->load(Feed(wanted).pull(), {});
  replacement->build_indexes({});
  capture.reset();  // its transactions would keep the swap out
  const std::string before[] = {rows(first), rows(second)};
  round = true;
  connections = 0;
  const auto error = error_of([&] { replacement->swap(); });
  EXPECT_EQ(error.kind(), ErrorKind::refused);
  EXPECT_NE(error.message().find("different servers"), std::string::npos) << error.describe();
  EXPECT_EQ(rows(first), before[0]);
  EXPECT_EQ(rows(second), before[1]);
}

}  // namespace holdfast::test
