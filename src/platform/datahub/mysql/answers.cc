#include "platform/datahub/mysql/answers.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::ErrorKind;

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

unsigned take_number(std::string_view& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty() && text.front() == '.') text.remove_prefix(1);
  return value;
}

std::optional<std::uint64_t> to_number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

std::optional<std::string> first_of(const Named& row, std::string_view new_name, std::string_view old_name) {
  auto found = find(row, new_name);
  return found ? found : find(row, old_name);
}

// SQL LIKE with % and _, a backslash escapes: what database names in grants are.  Only the last % is ever gone back to,
// so that many of them cost no more than the product of both lengths.
bool like(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in_text = 0;
  std::optional<std::pair<std::size_t, std::size_t>> last;  // behind the last %, and where what it stands for ends
  while (in_text < text.size() || at < pattern.size()) {
    if (at < pattern.size() && pattern[at] == '%') {
      last = {++at, in_text};
      continue;
    }
    const bool escaped = at + 1 < pattern.size() && pattern[at] == '\\';
    const std::size_t wanted = escaped ? at + 1 : at;
    const bool fits = in_text < text.size() && wanted < pattern.size() &&
                      ((!escaped && pattern[at] == '_') || pattern[wanted] == text[in_text]);
    if (fits) {
      at = wanted + 1;
      ++in_text;
      continue;
    }
    if (!last || last->second >= text.size()) return false;
    at = last->first;
    in_text = ++last->second;
  }
  return true;
}

// "SELECT, INSERT (a, b), LOCK TABLES" cut at the commas outside of parentheses; column privileges are not the table's.
std::vector<std::string> privilege_list(std::string_view text) {
  std::vector<std::string> out;
  int depth = 0;
  std::string word;
  const auto finish = [&] {
    const std::string_view trimmed = trim(word);
    if (!trimmed.empty() && trimmed.back() != ')') out.emplace_back(trimmed);
    word.clear();
  };
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0)
      finish();
    else
      word += base::upper(c);
  }
  finish();
  return out;
}

// A name in backticks, or a plain one, up to '.' or ' '.
std::string take_name(std::string_view& text) {
  std::string out;
  if (!text.empty() && text.front() == '`') {
    text.remove_prefix(1);
    while (!text.empty()) {
      const char c = text.front();
      text.remove_prefix(1);
      if (c != '`') {
        out += c;
      } else if (!text.empty() && text.front() == '`') {
        out += '`';
        text.remove_prefix(1);
      } else {
        break;
      }
    }
    return out;
  }
  while (!text.empty() && text.front() != '.' && text.front() != ' ') {
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

bool ServerVersion::at_least(unsigned a, unsigned b, unsigned c) const noexcept {
  if (major != a) return major > a;
  if (minor != b) return minor > b;
  return patch >= c;
}

ServerVersion parse_version(std::string_view text) {
  ServerVersion out;
  out.text = std::string(text);
  if (text.find("MariaDB") != std::string_view::npos) {
    out.flavour = Flavour::mariadb;
    // Replication from old versions made MariaDB say 5.5.5- before its own number.
    if (text.starts_with("5.5.5-")) text.remove_prefix(6);
  }
  out.major = take_number(text);
  out.minor = take_number(text);
  out.patch = take_number(text);
  return out;
}

std::string_view binlog_status_statement(const ServerVersion& version) noexcept {
  // SHOW MASTER STATUS is gone from MySQL 8.4; its successor came with 8.2.
  if (!version.is_mariadb() && version.at_least(8, 2)) return "SHOW BINARY LOG STATUS";
  return "SHOW MASTER STATUS";
}

std::string_view replica_status_statement(const ServerVersion& version) noexcept {
  if (version.is_mariadb()) return "SHOW ALL SLAVES STATUS";
  return version.at_least(8, 0, 22) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

std::optional<std::string> find(const Named& row, std::string_view name) {
  for (const auto& [column, value] : row)
    if (column == name) return value;
  return std::nullopt;
}

std::optional<BinlogPosition> parse_binlog_status(const std::vector<Named>& rows) {
  if (rows.empty()) return std::nullopt;
  BinlogPosition out;
  out.file = find(rows[0], "File").value_or("");
  out.position = to_number(find(rows[0], "Position")).value_or(0);
  out.gtids = find(rows[0], "Executed_Gtid_Set").value_or("");
  std::erase(out.gtids, '\n');  // MySQL breaks long sets into lines
  if (out.file.empty()) return std::nullopt;
  return out;
}

std::optional<ReplicaStatus> parse_replica_status(const std::vector<Named>& rows) {
  if (rows.empty()) return std::nullopt;
  const Named& row = rows[0];
  ReplicaStatus out;
  out.source = first_of(row, "Source_Host", "Master_Host").value_or("") + ":" +
               first_of(row, "Source_Port", "Master_Port").value_or("");
  out.lag_s = to_number(first_of(row, "Seconds_Behind_Source", "Seconds_Behind_Master"));
  out.running = first_of(row, "Replica_SQL_Running", "Slave_SQL_Running") == "Yes" &&
                first_of(row, "Replica_IO_Running", "Slave_IO_Running") == "Yes";
  return out;
}

Grants::Grants(const std::vector<std::string>& lines) {
  for (std::string_view line : lines) {
    const bool revoke = line.starts_with("REVOKE ");
    if (!revoke && !line.starts_with("GRANT ")) continue;
    std::string_view rest = line.substr(revoke ? 7 : 6);
    const std::size_t on = rest.find(" ON ");
    if (on == std::string_view::npos) {  // GRANT `role`@`%` TO …
      roles_.emplace_back(rest.substr(0, rest.find(" TO ")));
      continue;
    }
    Line parsed{.privileges = privilege_list(rest.substr(0, on)), .database = {}, .table = {}};
    rest.remove_prefix(on + 4);
    if (rest.starts_with("TABLE ")) rest.remove_prefix(6);
    if (starts_with_any(rest, {"PROCEDURE ", "FUNCTION ", "PACKAGE "})) continue;
    parsed.database = take_name(rest);
    if (rest.starts_with(".")) rest.remove_prefix(1);
    parsed.table = take_name(rest);
    (revoke ? revokes_ : grants_).push_back(std::move(parsed));
  }
}

bool Grants::holds(const std::vector<Line>& lines, std::string_view privilege, std::string_view database,
                   std::string_view table) const {
  return std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
    const bool database_matches = line.database == "*" || (!database.empty() && like(line.database, database));
    const bool table_matches = line.table == "*" || (!table.empty() && line.table == table);
    if (!database_matches || !table_matches) return false;
    return std::any_of(line.privileges.begin(), line.privileges.end(), [&](const std::string& granted) {
      return granted == privilege || granted == "ALL PRIVILEGES" || granted == "ALL";
    });
  });
}

bool Grants::on_table(std::string_view privilege, std::string_view database, std::string_view table) const {
  std::vector<Line> exact;
  for (const Line& line : grants_)
    if (line.table != "*") exact.push_back(line);
  // A partial revoke takes away from what is granted globally, not from a grant on the table itself.
  if (holds(exact, privilege, database, table)) return true;
  return on_database(privilege, database);
}

bool Grants::on_database(std::string_view privilege, std::string_view database) const {
  std::vector<Line> local;
  for (const Line& line : grants_)
    if (line.table == "*" && line.database != "*") local.push_back(line);
  if (holds(local, privilege, database, "")) return true;
  return global(privilege) && !holds(revokes_, privilege, database, "");
}

bool Grants::global(std::string_view privilege) const {
  return holds(grants_, privilege, "", "");
}

CollationFacts collation_facts(std::string_view collation) {
  const std::string name = base::lower(collation);
  if (name == "binary") return {.byte_order = true, .pads = false, .folds = false};
  const bool bin = name.ends_with("_bin");
  const bool nopad = name.find("_nopad_") != std::string::npos || name.find("_0900_") != std::string::npos ||
                     name.find("uca1400_nopad") != std::string::npos;
  // Of the character sets only these sort by the bytes of their UTF-8 form: a latin1 é is one byte, below every é in
  // UTF-8.
  const bool utf8 = starts_with_any(name, {"utf8mb4_", "utf8mb3_", "utf8_", "ascii_"});
  return {.byte_order = bin && utf8, .pads = !nopad, .folds = !bin};
}

ErrorKind error_kind(unsigned code) noexcept {
  switch (code) {
    case ER_DBACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case 1698:  // access denied without a password (unix_socket)
    case 3118:  // MySQL: the account is locked
    case 1862:  // the password has expired
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
      return ErrorKind::auth;
    case ER_BAD_DB_ERROR:
    case ER_NO_SUCH_TABLE:
    case ER_BAD_TABLE_ERROR:
      return ErrorKind::not_found;
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
      return ErrorKind::io;
    case ER_DUP_ENTRY:
    case ER_TABLE_EXISTS_ERROR:
      return ErrorKind::conflict;
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
      return ErrorKind::busy;
    case ER_PARSE_ERROR:
      return ErrorKind::unsupported;
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_MALFORMED_PACKET:
    case CR_ERR_NET_READ:
    case CR_SSL_CONNECTION_ERROR:
    case ER_CON_COUNT_ERROR:
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_QUERY_INTERRUPTED:
    case ER_USER_LIMIT_REACHED:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::io;
  }
}

std::string_view error_hint(unsigned code) noexcept {
  switch (code) {
    case ER_ACCESS_DENIED_ERROR:
      return "Check the user in sql.url and sql.password.";
    case ER_DBACCESS_DENIED_ERROR:
      return "Grant the user SELECT and LOCK TABLES on the database.";
    case ER_TABLEACCESS_DENIED_ERROR:
      return "Grant the user what the statement needs; holdfast doctor lists what is missing.";
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
      return "Somebody else holds a lock on these rows; try again when they are done.";
    case ER_BAD_DB_ERROR:
      return "Check the database name in sql.url.";
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
      return "Make room on the server's disk and run the same command again.";
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
      return "Check host and port in sql.url, and that the server runs and can be reached.";
    case CR_SSL_CONNECTION_ERROR:
      return "Check the server's certificate; the option ca names the authority that signed it.";
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
      return "Look into the server's error log; run the same command again when it is back.";
    case ER_CON_COUNT_ERROR:
    case ER_USER_LIMIT_REACHED:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return "Lower the number of readers, or raise the server's connection limit.";
    default:
      return "";
  }
}

}  // namespace holdfast::platform::datahub::mysql
