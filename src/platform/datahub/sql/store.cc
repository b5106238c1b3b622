#include "platform/datahub/sql/store.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"

namespace holdfast::platform::datahub {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::uint16_t k_mysql_port = 3306;
constexpr std::uint16_t k_postgres_port = 5432;

[[noreturn]] void bad_url(std::string problem, std::string hint) {
  throw Error(ErrorKind::config, "sql.url " + std::move(problem), std::move(hint));
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) bad_url("has a '%' without two hexadecimal digits", "Write a literal '%' as %25.");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view k_plain = "-._~";
  std::string out;
  for (const char c : text) {
    if (base::is_letter_or_digit(c) || k_plain.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Splits off what stands before `mark`; all of it when there is none.
std::string_view take_until(std::string_view& rest, char mark, bool& found) {
  const std::size_t at = rest.find(mark);
  found = at != std::string_view::npos;
  const std::string_view head = rest.substr(0, at);
  rest = found ? rest.substr(at + 1) : std::string_view{};
  return head;
}

void parse_user(std::string_view user, SqlAddress& address) {
  if (user.find(':') != std::string_view::npos)
    bad_url("holds a password", "Take it out of the URL and set sql.password with env, file or command.");
  address.user = percent_decode(user);
}

void parse_host(std::string_view text, SqlAddress& address) {
  std::string_view port;
  if (text.starts_with('[')) {  // IPv6
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) bad_url("has a '[' without a ']'", "Write an IPv6 host as [::1].");
    address.host = std::string(text.substr(1, end - 1));
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    address.host = percent_decode(text.substr(0, colon));
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (port.empty()) return;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size() || address.port == 0)
    bad_url(fmt::format("has the port '{}'", port), "A port is a number from 1 to 65535.");
}

Tls parse_tls(std::string_view value) {
  if (value == "off") return Tls::off;
  if (value == "require") return Tls::require;
  if (value == "verify") return Tls::verify;
  bad_url(fmt::format("has tls={}", value), "Use tls=off, tls=require or tls=verify.");
}

void parse_option(std::string_view name, std::string value, SqlAddress& address) {
  if (name == "table") {
    address.table = std::move(value);
  } else if (name == "schema" && address.engine == SqlAddress::Engine::postgres) {
    address.schema = std::move(value);
  } else if (name == "socket") {
    address.socket = std::move(value);
  } else if (name == "tls") {
    address.tls = parse_tls(value);
  } else if (name == "ca") {
    address.ca_file = std::move(value);
  } else if (name == "password") {
    bad_url("holds a password", "Take it out of the URL and set sql.password with env, file or command.");
  } else {
    bad_url(fmt::format("has the unknown option '{}'", name),
            "The options are table, schema (PostgreSQL), socket, tls and ca.");
  }
}

void parse_options(std::string_view query, SqlAddress& address) {
  while (!query.empty()) {
    bool found = false;
    std::string_view value = take_until(query, '&', found);
    const std::string_view name = take_until(value, '=', found);
    if (!found) bad_url(fmt::format("has the option '{}' without a value", name), "Write options as name=value.");
    parse_option(name, percent_decode(value), address);
  }
}

SqlAddress::Engine parse_engine(std::string_view scheme) {
  if (scheme == "mysql" || scheme == "mariadb") return SqlAddress::Engine::mysql;
  if (scheme == "postgres" || scheme == "postgresql") return SqlAddress::Engine::postgres;
  bad_url(fmt::format("starts with '{}'", scheme), "Use mysql://, mariadb://, postgres:// or postgresql://.");
}

bool is_loopback(const std::string& host) {
  if (host.empty() || host == "localhost" || host == "::1") return true;
  // Only a literal address: 127.0.0.1.example.com is somebody else's name.
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace

std::string SqlAddress::display() const {
  const bool mysql = engine == Engine::mysql;
  std::string out = mysql ? "mysql://" : "postgresql://";
  if (!user.empty()) out += percent_encode(user) + "@";
  if (socket.empty()) {
    out += host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
    out += fmt::format(":{}", port);
  }
  out += "/" + percent_encode(database);
  std::string options;
  if (!socket.empty()) options += "&socket=" + socket;
  if (!mysql && schema != "public") options += "&schema=" + percent_encode(schema);
  if (!table.empty()) options += "&table=" + percent_encode(table);
  if (!options.empty()) options[0] = '?';
  return out + options;
}

Tls SqlAddress::effective_tls() const {
  if (tls) return *tls;
  return !socket.empty() || is_loopback(host) ? Tls::off : Tls::verify;
}

SqlAddress parse_sql_url(std::string_view url, base::Secret password) {
  SqlAddress address;
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos)
    bad_url("is not a URL", "Write it as mysql://user@host:3306/database or postgresql://user@host:5432/database.");
  address.engine = parse_engine(url.substr(0, colon));
  std::string_view rest = url.substr(colon + 3);
  bool found = false;
  std::string_view place = take_until(rest, '?', found);
  parse_options(rest, address);
  const std::string_view authority = take_until(place, '/', found);
  address.database = percent_decode(place);
  if (address.database.empty())
    bad_url("names no database", "Write the database after the host: mysql://user@host/datahub.");
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) parse_user(authority.substr(0, at), address);
  parse_host(at == std::string_view::npos ? authority : authority.substr(at + 1), address);
  if (address.host.empty() && address.socket.empty())
    bad_url("names no host", "Name a host, or a unix socket by the option socket=/path.");
  if (address.port == 0) address.port = address.engine == SqlAddress::Engine::mysql ? k_mysql_port : k_postgres_port;
  address.password = std::move(password);
  return address;
}

}  // namespace holdfast::platform::datahub
