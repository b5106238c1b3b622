#include <gtest/gtest.h>

#include "base/error.h"
#include "platform/datahub/sql/store.h"

namespace holdfast::test {

using namespace platform::datahub;
using Engine = SqlAddress::Engine;

namespace {

SqlAddress parse(std::string_view url) {
  return parse_sql_url(url, base::Secret("pw"));
}

std::string problem(std::string_view url) {
  try {
    parse(url);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::config);
    EXPECT_FALSE(error.hint().empty());
    return error.message();
  }
  ADD_FAILURE() << url << " was taken";
  return "";
}

}  // namespace

TEST(SqlUrl, is_taken_apart) {
  const SqlAddress address =
      parse("mysql://data%40hub@db.example:3307/data%2Fhub?table=aspects&tls=require&ca=/etc/ca.pem");
  EXPECT_EQ(address.engine, Engine::mysql);
  EXPECT_EQ(address.user, "data@hub");
  EXPECT_EQ(address.host, "db.example");
  EXPECT_EQ(address.port, 3307);
  EXPECT_EQ(address.database, "data/hub");
  EXPECT_EQ(address.table, "aspects");
  EXPECT_EQ(address.tls, Tls::require);
  EXPECT_EQ(address.ca_file, "/etc/ca.pem");
  EXPECT_EQ(address.password.reveal(), "pw");
  EXPECT_EQ(address.display(), "mysql://data%40hub@db.example:3307/data%2Fhub?table=aspects");
}

TEST(SqlUrl, knows_the_four_schemes_and_their_ports) {
  EXPECT_EQ(parse("mariadb://h/d").engine, Engine::mysql);
  EXPECT_EQ(parse("mariadb://h/d").port, 3306);
  EXPECT_EQ(parse("postgres://h/d").engine, Engine::postgres);
  EXPECT_EQ(parse("postgresql://h/d").port, 5432);
  EXPECT_EQ(parse("postgresql://h/d").schema, "public");
  EXPECT_EQ(parse("postgresql://u@h/d?schema=hub").display(), "postgresql://u@h:5432/d?schema=hub");
}

TEST(SqlUrl, takes_ipv6_and_sockets) {
  const SqlAddress six = parse("postgresql://u@[::1]:5433/d");
  EXPECT_EQ(six.host, "::1");
  EXPECT_EQ(six.port, 5433);
  EXPECT_EQ(six.display(), "postgresql://u@[::1]:5433/d");
  const SqlAddress socket = parse("mysql://u@/d?socket=/run/mysqld/mysqld.sock");
  EXPECT_EQ(socket.socket, "/run/mysqld/mysqld.sock");
  EXPECT_EQ(socket.effective_tls(), Tls::off);
}

TEST(SqlUrl, checks_certificates_unless_the_host_is_loopback) {
  EXPECT_EQ(parse("mysql://db.example/d").effective_tls(), Tls::verify);
  EXPECT_EQ(parse("mysql://10.0.0.1/d").effective_tls(), Tls::verify);
  EXPECT_EQ(parse("mysql://127.0.0.1/d").effective_tls(), Tls::off);
  EXPECT_EQ(parse("mysql://localhost/d").effective_tls(), Tls::off);
  EXPECT_EQ(parse("mysql://[::1]/d").effective_tls(), Tls::off);
  EXPECT_EQ(parse("mysql://localhost/d?tls=verify").effective_tls(), Tls::verify);
  EXPECT_EQ(parse("mysql://127.0.0.1.evil.example/d").effective_tls(), Tls::verify);
}

TEST(SqlUrl, never_holds_a_password) {
  EXPECT_NE(problem("mysql://u:secret@h/d").find("password"), std::string::npos);
  EXPECT_EQ(problem("mysql://u:secret@h/d").find("secret"), std::string::npos);
  EXPECT_NE(problem("mysql://u@h/d?password=secret").find("password"), std::string::npos);
}

TEST(SqlUrl, says_what_is_wrong) {
  EXPECT_NE(problem("db.example/d").find("not a URL"), std::string::npos);
  EXPECT_NE(problem("oracle://h/d").find("'oracle'"), std::string::npos);
  EXPECT_NE(problem("mysql://h").find("no database"), std::string::npos);
  EXPECT_NE(problem("mysql:///d").find("no host"), std::string::npos);
  EXPECT_NE(problem("mysql://h:99999/d").find("port '99999'"), std::string::npos);
  EXPECT_NE(problem("mysql://h:0/d").find("port"), std::string::npos);
  EXPECT_NE(problem("mysql://h/d?tabel=x").find("'tabel'"), std::string::npos);
  EXPECT_NE(problem("mysql://h/d?schema=x").find("'schema'"), std::string::npos);
  EXPECT_NE(problem("mysql://h/d?tls=maybe").find("tls=maybe"), std::string::npos);
  EXPECT_NE(problem("mysql://h/d%2").find("%"), std::string::npos);
}

}  // namespace holdfast::test
