#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "platform/datahub/postgres/client.h"
#include "postgres_table.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using datahub::postgres::Client;

datahub::SqlAddress address(const std::string& database = "postgres", const std::string& options = "") {
  return datahub::parse_sql_url(shared_postgres().url(database) + options, {});
}

TEST(PostgresSession, overrides_what_server_database_and_role_set) {
  PostgresServer& server = shared_postgres();
  const std::string database = fresh_database(server);
  struct Setting {
    const char* name;
    const char* theirs;
    const char* ours;
  };
  constexpr Setting k_settings[] = {{"extra_float_digits", "-10", "3"},
                                    {"array_nulls", "off", "on"},
                                    {"quote_all_identifiers", "on", "off"},
                                    {"transform_null_equals", "on", "off"},
                                    {"default_tablespace", "pg_global", ""},
                                    {"synchronous_commit", "off", "on"},
                                    {"bytea_output", "escape", "hex"},
                                    {"statement_timeout", "5000", "0"},
                                    {"lock_timeout", "5000", "0"},
                                    {"idle_in_transaction_session_timeout", "5000", "0"},
                                    {"idle_session_timeout", "5000", "0"},
                                    {"row_security", "on", "off"},
                                    {"standard_conforming_strings", "off", "on"}};
  for (const Setting& setting : k_settings)
    server.execute(fmt::format("ALTER DATABASE {} SET {} = '{}'", database, setting.name, setting.theirs));
  Client client(datahub::parse_sql_url(server.url(database), {}), {});
  for (const Setting& setting : k_settings) EXPECT_EQ(client.setting(setting.name), setting.ours) << setting.name;
  EXPECT_EQ(client.query("SELECT (0.1::float8 + 0.2::float8)::text").text(0, 0), "0.30000000000000004");
  // Stronger than what we ask for, and so left as it is.
  server.execute(fmt::format("ALTER DATABASE {} SET synchronous_commit = 'remote_apply'", database));
  EXPECT_EQ(Client(datahub::parse_sql_url(server.url(database), {}), {}).setting("synchronous_commit"), "remote_apply");
}

TEST(PostgresClient, gives_values_nulls_and_counts) {
  Client client(address(), {});
  const auto rows = client.query("SELECT $1::text, NULL, 42, true", {"a'b"});
  EXPECT_EQ(rows.text(0, 0), "a'b");
  EXPECT_FALSE(rows.get(0, 1).has_value());
  EXPECT_EQ(rows.number(0, 2), 42);
  EXPECT_TRUE(rows.flag(0, 3));
  EXPECT_EQ(client.setting("TimeZone"), "UTC");
  EXPECT_EQ(client.setting("no.such"), "");
}

struct Case {
  const char* sql;
  ErrorKind kind;
};

TEST(PostgresClient, turns_sqlstates_into_kinds_and_goes_on) {
  Client client(address(), {});
  for (const Case& each : {Case{"SELECT * FROM nowhere.at_all", ErrorKind::not_found},
                           Case{"SELECT 1 / 0", ErrorKind::refused}, Case{"SELEC", ErrorKind::internal},
                           Case{"SET statement_timeout = 1; SELECT pg_sleep(5)", ErrorKind::unavailable},
                           Case{"COPY (SELECT 1/0) TO STDOUT", ErrorKind::refused}}) {
    EXPECT_EQ(kind_of([&] {
                if (std::string_view(each.sql).starts_with("COPY"))
                  client.copy_out(each.sql, [](base::ByteView) {});
                else
                  client.execute(each.sql);
              }),
              each.kind)
        << each.sql;
    EXPECT_FALSE(client.broken());
    EXPECT_EQ(client.query("SELECT 1").number(0, 0), 1);
  }
}

TEST(PostgresClient, names_who_was_refused_and_what_is_not_there) {
  std::string message;
  EXPECT_EQ(kind_of([] { Client(address("no_such_database"), {}); }, &message), ErrorKind::not_found);
  EXPECT_NE(message.find("no_such_database"), std::string::npos);
  auto stranger = address();
  stranger.user = "stranger";
  EXPECT_EQ(kind_of([&] { Client(stranger, {}); }), ErrorKind::auth);
  auto nobody_there = address();
  nobody_there.port = 1;
  EXPECT_EQ(kind_of([&] { Client(nobody_there, {}); }), ErrorKind::unavailable);
}

TEST(PostgresClient, refuses_a_server_without_tls_where_it_is_asked_for) {
  for (const char* tls : {"?tls=require", "?tls=verify"})
    EXPECT_EQ(kind_of([&] { Client(address("postgres", tls), {}); }), ErrorKind::unavailable) << tls;
}

// A certificate for the address 127.0.0.1, one authority that signed it and one that did not.
class Certificates {
public:
  Certificates() {
    if (::mkdtemp(folder_.data()) == nullptr) throw base::Error(ErrorKind::io, "cannot make a folder like " + folder_);
    const std::string script =
        "cd " + folder_ +
        " && ( openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj '/CN=test authority'"
        " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout other.key -out other.pem -subj '/CN=another'"
        " && openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj '/CN=127.0.0.1'"
        " && printf 'subjectAltName=IP:127.0.0.1' > san"
        " && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out "
        "server.pem"
        " && chmod 755 . && chmod 600 server.key ) > log 2>&1"
        // The server reads its key only from a file of its own user.
        " && if [ $(id -u) = 0 ]; then chown postgres server.key 2>/dev/null || chown nobody server.key; fi";
    if (std::system(script.c_str()) != 0)
      throw base::Error(ErrorKind::io, "openssl could not make certificates in " + folder_);
  }
  ~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

private:
  std::string folder_ = (std::filesystem::temp_directory_path() / "holdfast-tls-XXXXXX").string();
};

TEST(PostgresClient, believes_only_a_server_whose_certificate_it_can_check) {
  const Certificates certificates;
  PostgresServer server({"-c", "ssl=on", "-c", "ssl_cert_file=" + certificates.file("server.pem"), "-c",
                         "ssl_key_file=" + certificates.file("server.key")});
  const auto connect = [&](const std::string& options, const std::string& host = "127.0.0.1") {
    auto to = datahub::parse_sql_url(server.url("postgres") + options, {});
    to.host = host;
    Client client(to, {});
    return client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").flag(0, 0);
  };
  EXPECT_TRUE(connect("?tls=verify&ca=" + certificates.file("ca.pem")));
  EXPECT_TRUE(connect("?tls=require"));
  EXPECT_FALSE(connect(""));  // loopback
  std::string message;
  EXPECT_EQ(kind_of([&] { connect("?tls=verify&ca=" + certificates.file("other.pem")); }, &message),
            ErrorKind::unavailable);
  EXPECT_NE(message.find("certificate verify failed"), std::string::npos) << message;
  EXPECT_EQ(kind_of([&] { connect("?tls=verify"); }), ErrorKind::unavailable);  // the system knows no such authority
  EXPECT_EQ(kind_of([&] { connect("?tls=verify&ca=" + certificates.file("ca.pem"), "localhost"); }, &message),
            ErrorKind::unavailable);
  EXPECT_NE(message.find("does not match host name"), std::string::npos) << message;
}

TEST(PostgresClient, a_stop_request_ends_a_statement_on_the_server_too) {
  std::stop_source stop;
  Client client(address(), stop.get_token());
  const int pid = client.pid();
  const auto before = base::system_clock().elapsed();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  EXPECT_EQ(kind_of([&] { client.execute("SELECT pg_sleep(30)"); }), ErrorKind::cancelled);
  EXPECT_LT(base::system_clock().elapsed() - before, std::chrono::seconds(2));
  EXPECT_TRUE(client.broken());
  Client other(address(), {});
  for (int look = 0; look < 100; ++look) {
    if (other.query(fmt::format("SELECT FROM pg_stat_activity WHERE pid = {} AND state = 'active'", pid)).empty())
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  FAIL() << "the statement still runs";
}

TEST(PostgresClient, copies_in_and_out_more_than_a_buffer_holds) {
  Client client(address(), {});
  client.execute("CREATE TEMPORARY TABLE big (t text)");
  client.begin_copy_in("COPY pg_temp.big FROM STDIN");
  const std::string line(999'999, 'x');
  for (int i = 0; i < 20; ++i) client.put(line + "\n");
  EXPECT_EQ(client.end_copy_in(), 20U);
  std::size_t bytes = 0;
  client.copy_out("COPY pg_temp.big TO STDOUT", [&](base::ByteView message) { bytes += message.size(); });
  EXPECT_EQ(bytes, 20'000'000U);
}

TEST(PostgresClient, an_end_in_mid_copy_breaks_it) {
  Client victim(address(), {});
  Client killer(address(), {});
  victim.execute("CREATE TEMPORARY TABLE big (t text)");
  victim.begin_copy_in("COPY pg_temp.big FROM STDIN");
  killer.query(fmt::format("SELECT pg_terminate_backend({}, 5000)", victim.pid()));
  EXPECT_EQ(kind_of([&] {
              for (int i = 0; i < 100; ++i) victim.put(std::string(1'000'000, 'x') + "\n");
              victim.end_copy_in();
            }),
            ErrorKind::unavailable);
  EXPECT_TRUE(victim.broken());
}

TEST(PostgresClient, quotes_names) {
  EXPECT_EQ(datahub::postgres::qualified("a\"b", "C d"), "\"a\"\"b\".\"C d\"");
}

}  // namespace

}  // namespace holdfast::test
