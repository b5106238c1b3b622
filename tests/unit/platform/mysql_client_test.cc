#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "platform/datahub/mysql/capture.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/reader.h"
#include "platform/datahub/mysql/replacement.h"
#include "platform/datahub/mysql/shape.h"
#include "support/fakes.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using platform::datahub::SqlAddress;
using platform::datahub::Tls;
using platform::datahub::mysql::append_escaped;
using platform::datahub::mysql::Client;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::open_capture;
using platform::datahub::mysql::quote_bytes;
using platform::datahub::mysql::quote_name;
using platform::datahub::mysql::quote_text;

// A certificate authority and a server certificate for 127.0.0.1, made on the spot.
void make_certificates(const std::string& folder) {
  const std::string script = fmt::format(
      "cd '{}' && exec >/dev/null 2>&1 && "
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj '/CN=holdfast test "
      "authority' && "
      "openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj '/CN=server.test' && "
      "printf 'subjectAltName=IP:127.0.0.1,DNS:server.test\\n' > san && "
      "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem "
      "&& "
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout other.key -out other.pem -subj '/CN=another "
      "authority' && "
      "chmod 644 *.key *.pem && chmod 755 .",
      folder);
  ASSERT_EQ(std::system(script.c_str()), 0) << "openssl could not make the certificates";
}

// A user whom init_connect is run for, which it is not for root.
SqlAddress ordinary_user(MariadbServer& server, const std::string& database) {
  server.execute("CREATE USER IF NOT EXISTS ordinary@'127.0.0.1'; GRANT ALL ON *.* TO ordinary@'127.0.0.1'");
  server.execute("REVOKE SUPER, CONNECTION ADMIN ON *.* FROM ordinary@'127.0.0.1'");
  SqlAddress out = address(server, database);
  out.user = "ordinary";
  return out;
}

std::vector<base::Row> capture_all(Endpoint& endpoint) {
  return read_all(*open_capture(endpoint, {}, base::system_clock(), {}));
}

// Captures a row with an elephant in it, restores the table from what was captured, and looks at the bytes on the
// server.
void expect_elephant_survives(MariadbServer& server, const SqlAddress& where) {
  Endpoint endpoint{.address = where, .sessions = {}};
  const std::string& database = where.database;
  server.execute(k_current_table, database);
  server.execute(
      "SET NAMES utf8mb4; INSERT INTO metadata_aspect_v2 VALUES ('urn:li:a', 'status', 0, "
      "'{\"x\":\"\xf0\x9f\x90\x98\"}', NULL, '2026-01-01', '', NULL)",
      database);
  const std::string bytes = server.query("SELECT HEX(metadata) FROM metadata_aspect_v2", database);
  ASSERT_NE(bytes.find("F09F9098"), std::string::npos) << bytes;
  const std::vector<base::Row> rows = capture_all(endpoint);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].columns[0], "{\"x\":\"\xf0\x9f\x90\x98\"}");
  const auto capture = open_capture(endpoint, {}, base::system_clock(), {});
  platform::ReplaceOptions options;
  options.attributes = capture->attributes();
  options.allow_writers = true;
  const auto replacement = platform::datahub::mysql::begin_replacement(
      endpoint, {capture->collections()[0].collection, options, 1000}, base::system_clock(), {});
  replacement->load(Feed(rows).pull(), {});
  replacement->build_indexes({});
  replacement->swap();
  EXPECT_EQ(server.query("SELECT HEX(metadata) FROM metadata_aspect_v2", database), bytes);
}

}  // namespace

TEST(MysqlClient, keeps_four_byte_characters_whatever_character_set_the_server_prefers) {
  MariadbServer server({"--character-set-server=utf8mb3", "--skip-character-set-client-handshake"});
  const std::string database = fresh_database(server);
  expect_elephant_survives(server, address(server, database));
}

TEST(MysqlClient, keeps_four_byte_characters_whatever_init_connect_sets) {
  MariadbServer server({"--init-connect=SET NAMES utf8mb3"});
  const std::string database = fresh_database(server);
  expect_elephant_survives(server, ordinary_user(server, database));
}

TEST(MysqlClient, reads_every_row_whatever_the_server_limits) {
  MariadbServer server({"--init-connect=SET autocommit = 0, completion_type = CHAIN"});
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 500);
  server.execute(
      "SET GLOBAL sql_select_limit = 3, GLOBAL max_join_size = 5, GLOBAL sql_safe_updates = 1, GLOBAL "
      "max_statement_time = 20, GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,ANSI_QUOTES', "
      "GLOBAL unique_checks = 0");
  Endpoint endpoint{.address = ordinary_user(server, database), .sessions = {}};
  EXPECT_EQ(capture_all(endpoint).size(), 500U);
  Client client(endpoint, {});
  // A transaction left open would show the second of two looks at a table what the first one saw.
  EXPECT_EQ(client.value("SELECT COUNT(*) FROM metadata_aspect_v2"), "500");
  server.execute("DELETE FROM metadata_aspect_v2 WHERE urn = 'urn:li:dataset:0000001'", database);
  EXPECT_EQ(client.value("SELECT COUNT(*) FROM metadata_aspect_v2"), "499");
  EXPECT_EQ(client.value("SELECT CONCAT(@@completion_type, @@sql_safe_updates + 0, @@sql_big_selects + 0, "
                         "@@unique_checks + 0, @@max_statement_time = 0)"),
            "NO_CHAIN0111");
}

TEST(MysqlClient, notices_rows_that_a_range_lost_at_its_end) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 50);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  Client client(endpoint, {});
  const auto table = platform::datahub::mysql::read_table(client, endpoint.address, "metadata_aspect_v2");
  const auto read = [&] {
    Collect sink;
    platform::datahub::mysql::read_rows(client, table, {}, sink, {.look = [](std::uint64_t) {}, .stop = {}});
    return sink.rows.size();
  };
  EXPECT_EQ(read(), 50U);
  client.execute("SET SESSION sql_select_limit = 20");
  EXPECT_EQ(error_of([&] { read(); }).kind(), ErrorKind::unavailable);
  client.execute("SET SESSION sql_select_limit = 0");
  EXPECT_EQ(error_of([&] { read(); }).kind(), ErrorKind::unavailable);
}

TEST(MysqlClient, quotes_names_texts_and_bytes) {
  EXPECT_EQ(quote_name("a`b"), "`a``b`");
  EXPECT_EQ(quote_text("it's \\ \xf0\x9f\x90\x98"), "'it\\'s \\\\ \xf0\x9f\x90\x98'");
  EXPECT_EQ(quote_bytes(std::string("\0\xff", 2)), "_binary'\\0\xff'");
  MariadbServer& server = shared_mariadb();
  Endpoint endpoint{.address = address(server, fresh_database(server)), .sessions = {}};
  Client client(endpoint, {});
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  EXPECT_EQ(client.value("SELECT " + quote_bytes(every)), every);
}

TEST(MysqlClient, works_in_utc_and_strictly) {
  MariadbServer& server = shared_mariadb();
  server.execute("SET GLOBAL time_zone = '+05:30', GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'");
  Endpoint endpoint{.address = address(server, fresh_database(server)), .sessions = {}};
  Client client(endpoint, {});
  server.execute("SET GLOBAL time_zone = 'SYSTEM', GLOBAL sql_mode = DEFAULT");
  EXPECT_EQ(client.value("SELECT @@time_zone"), "+00:00");
  EXPECT_EQ(client.value("SELECT '\\\\'"), "\\");
  EXPECT_NE(client.value("SELECT @@sql_mode")->find("STRICT_ALL_TABLES"), std::string::npos);
}

TEST(MysqlClient, tells_auth_from_unreachable_and_hides_the_password) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  Endpoint stranger{.address = address(server, database), .sessions = {}};
  stranger.address.user = "stranger";
  stranger.address.password = base::Secret("hunter2");
  const auto refused = error_of([&] { Client(stranger, {}); });
  EXPECT_EQ(refused.kind(), ErrorKind::auth);
  EXPECT_EQ(refused.describe().find("hunter2"), std::string::npos);
  EXPECT_NE(refused.message().find("1045"), std::string::npos) << refused.message();
  Endpoint nowhere{.address = address(server, database), .sessions = {}};
  nowhere.address.port = 1;
  EXPECT_EQ(error_of([&] { Client(nowhere, {}); }).kind(), ErrorKind::unavailable);
  Endpoint missing{.address = address(server, "no_such_database"), .sessions = {}};
  EXPECT_EQ(error_of([&] { Client(missing, {}); }).kind(), ErrorKind::not_found);
}

TEST(MysqlClient, connects_by_unix_socket) {
  MariadbServer& server = shared_mariadb();
  Endpoint endpoint{.address = address(server, fresh_database(server), "?socket=" + server.socket()), .sessions = {}};
  endpoint.address.port = 1;
  EXPECT_EQ(Client(endpoint, {}).value("SELECT 7"), "7");
}

TEST(MysqlClient, breaks_off_a_long_statement_within_two_seconds_and_ends_it_on_the_server) {
  MariadbServer& server = shared_mariadb();
  Endpoint endpoint{.address = address(server, fresh_database(server)), .sessions = {}};
  std::stop_source stop;
  Client client(endpoint, stop.get_token());
  const std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of([&] { client.query("SELECT SLEEP(30)"); }).kind(), ErrorKind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  std::string left = "?";
  for (int i = 0; i < 100 && !left.empty(); ++i) {
    left = server.query(fmt::format("SELECT ID FROM information_schema.PROCESSLIST WHERE ID = {}", client.id()));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(left, "");
}

TEST(MysqlClient, keeps_its_snapshot_when_a_stream_is_left_unread) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 30000);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  Client client(endpoint, {});
  client.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  {
    const auto stream = client.stream("SELECT * FROM metadata_aspect_v2", {});
    ASSERT_NE(stream->next(), nullptr);
  }
  server.execute("DELETE FROM metadata_aspect_v2", database);
  EXPECT_FALSE(client.broken());
  EXPECT_EQ(client.value("SELECT COUNT(*) FROM metadata_aspect_v2"), "30000");
}

TEST(MysqlClient, checks_the_certificate_unless_told_otherwise) {
  const TempFolder folder;
  const std::string& path = folder.path();
  make_certificates(path);
  MariadbServer server(
      {"--ssl-ca=" + path + "/ca.pem", "--ssl-cert=" + path + "/server.pem", "--ssl-key=" + path + "/server.key"});
  const std::string database = fresh_database(server);
  const auto cipher = [&](const std::string& options) {
    Endpoint endpoint{.address = address(server, database, options), .sessions = {}};
    Client client(endpoint, {});
    return client.query("SHOW STATUS LIKE 'Ssl_cipher'").at(0).at(1).value_or("");
  };
  EXPECT_EQ(cipher(""), "") << "loopback is not encrypted unless asked for";
  EXPECT_NE(cipher("?tls=require"), "");
  EXPECT_NE(cipher("?tls=verify&ca=" + path + "/ca.pem"), "");
  EXPECT_EQ(error_of([&] { cipher("?tls=verify&ca=" + path + "/other.pem"); }).kind(), ErrorKind::unavailable);
  EXPECT_EQ(error_of([&] { cipher("?tls=verify"); }).kind(), ErrorKind::unavailable)
      << "the system does not know this authority";
  Endpoint other_name{.address = address(server, database, "?tls=verify&ca=" + path + "/ca.pem"), .sessions = {}};
  other_name.address.host = "127.0.0.2";
  EXPECT_EQ(error_of([&] { Client(other_name, {}); }).kind(), ErrorKind::unavailable);
}

TEST(MysqlClient, refuses_to_go_on_unencrypted_when_tls_is_required) {
  MariadbServer server({"--skip-ssl"});
  Endpoint endpoint{.address = address(server, fresh_database(server), "?tls=require"), .sessions = {}};
  EXPECT_EQ(error_of([&] { Client(endpoint, {}); }).kind(), ErrorKind::unavailable);
}

}  // namespace holdfast::test
