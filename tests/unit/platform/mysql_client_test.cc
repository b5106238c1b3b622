#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "platform/datahub/mysql/client.h"
#include "support/fakes.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using platform::datahub::Tls;
using platform::datahub::mysql::append_escaped;
using platform::datahub::mysql::Client;
using platform::datahub::mysql::Endpoint;
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

}  // namespace

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
