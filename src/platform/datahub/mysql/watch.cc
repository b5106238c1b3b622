#include "platform/datahub/mysql/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>

#include "base/error.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr base::Duration k_between_looks = std::chrono::seconds(5);

struct Session {
  std::uint64_t id = 0;
  std::string who;  // user@host
};

// What is cheap to see of a table and changes when it is written to.
struct Look {
  std::vector<Session> sessions;
  Text updated;  // by the server's clock, in seconds
  Text newest_row;
};

std::uint64_t to_number(const Text& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// Without the PROCESS privilege only sessions of the same user are shown; GMS mostly is the same user.
std::vector<Session> other_sessions(Client& client, const Endpoint& endpoint) {
  const std::set<std::uint64_t> ours = endpoint.sessions.ids();
  std::vector<Session> out;
  for (const Named& row : client.query_named("SHOW PROCESSLIST")) {
    const std::uint64_t id = to_number(find(row, "Id"));
    if (find(row, "db") != endpoint.address.database || ours.contains(id)) continue;
    out.push_back(
        {.id = id, .who = fmt::format("{}@{}", find(row, "User").value_or("?"), find(row, "Host").value_or("?"))});
  }
  return out;
}

Look look_at(Client& client, const Endpoint& endpoint, const MysqlTable& table) {
  Look out;
  out.sessions = other_sessions(client, endpoint);
  out.updated =
      client.value(fmt::format("SELECT UPDATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
                               "TABLE_NAME = {}",
                               quote_text(table.shape.table)));
  out.newest_row = client.value(fmt::format("SELECT MAX(`createdon`) FROM {}", quote_name(table.shape.table)));
  return out;
}

// Sessions that were there both times; one that only passed by, or that is just being closed, is nobody.
std::string who_stayed(const Look& first, const Look& second) {
  std::string out;
  for (const Session& session : second.sessions) {
    const bool stayed = std::any_of(first.sessions.begin(), first.sessions.end(),
                                    [&](const Session& before) { return before.id == session.id; });
    if (stayed) out += fmt::format("{}{} (session {})", out.empty() ? "" : ", ", session.who, session.id);
  }
  return out;
}

void refuse_writers(const MysqlTable& table, const Look& first, const Look& second) {
  constexpr const char* k_hint =
      "Stop DataHub's GMS and whatever else writes, or allow writers: what they write would be lost.";
  if (second.updated != first.updated)
    throw Error(ErrorKind::refused,
                fmt::format("table '{}' is being written to: it changed at {} between two looks", table.shape.table,
                            second.updated.value_or("an unknown time")),
                k_hint);
  if (second.newest_row != first.newest_row)
    throw Error(ErrorKind::refused,
                fmt::format("table '{}' is being written to: its newest row was {}, then {}", table.shape.table,
                            first.newest_row.value_or("none"), second.newest_row.value_or("none")),
                k_hint);
  const std::string who = who_stayed(first, second);
  if (!who.empty())
    throw Error(ErrorKind::refused,
                fmt::format("somebody else is connected to database '{}': {}", table.shape.database, who), k_hint);
}

// The values themselves are not concatenated: above max_allowed_packet that is NULL, in silence.
std::string sum_of(const ColumnPlan& column) {
  const std::string value = column.exact_float ? quote_name(column.name) + " + 0e0" : quote_name(column.name);
  return fmt::format("IFNULL(CRC32({}), '-')", value);
}

}  // namespace

Fingerprint fingerprint(Client& client, const MysqlTable& table) {
  std::string columns;
  for (const auto* list : {&table.key, &table.columns})
    for (const ColumnPlan& column : *list) columns += (columns.empty() ? "" : ", ':', ") + sum_of(column);
  const auto rows = client.query(
      fmt::format("SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(MD5(CONCAT({})), 16), 16, 10) AS UNSIGNED)) FROM {}",
                  columns, quote_name(table.shape.table)));
  if (rows.empty()) throw Error(ErrorKind::internal, "the server counts no rows");
  return {.rows = to_number(rows[0][0]), .hash = to_number(rows[0][1])};
}

Fingerprint watch_writers(Client& client, const Endpoint& endpoint, const MysqlTable& table, const base::Clock& clock,
                          std::stop_token stop) {
  const base::Duration begin = clock.elapsed();
  const Look first = look_at(client, endpoint, table);
  const Fingerprint out = fingerprint(client, table);
  if (out.rows == 0 && first.sessions.empty()) return out;
  const base::Duration passed = clock.elapsed() - begin;
  if (passed < k_between_looks && !clock.sleep(k_between_looks - passed, stop))
    throw Error(ErrorKind::cancelled, "watching for writers was cancelled");
  refuse_writers(table, first, look_at(client, endpoint, table));
  return out;
}

}  // namespace holdfast::platform::datahub::mysql
