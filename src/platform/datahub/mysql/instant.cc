#include "platform/datahub/mysql/instant.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "platform/datahub/mysql/one_server.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr unsigned k_lock_wait_seconds = 2;
constexpr unsigned k_lock_tries = 3;
constexpr base::Duration k_between_tries = std::chrono::seconds(1);
constexpr unsigned k_readers_max = 64;

void start_snapshot(Client& client) {
  client.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  client.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

// The position needs a privilege of its own (BINLOG MONITOR, REPLICATION CLIENT), which the backup does not.
std::optional<BinlogPosition> read_position(Client& client, std::vector<std::string>& notes) {
  try {
    return parse_binlog_status(client.query_named(binlog_status_statement(client.version())));
  } catch (const ServerError& error) {
    if (error.kind() != ErrorKind::auth) throw;
    const std::string_view privilege = client.version().is_mariadb() ? "BINLOG MONITOR" : "REPLICATION CLIENT";
    notes.push_back(fmt::format("the binary log position is not recorded: {} is not granted", privilege));
    return std::nullopt;
  }
}

// MariaDB tells every session the position of its own snapshot, exactly and without a privilege.
std::optional<BinlogPosition> snapshot_position(Client& client) {
  if (!client.version().is_mariadb()) return std::nullopt;
  Named row;
  for (const TextRow& status : client.query("SHOW STATUS LIKE 'binlog_snapshot_%'"))
    row.emplace_back(status[0] == "Binlog_snapshot_file" ? "File" : "Position", status[1].value_or(""));
  return parse_binlog_status({row});
}

enum class Lock { held, denied, busy };

Lock try_lock(Client& client, const std::string& table) {
  try {
    client.execute(fmt::format("LOCK TABLES {} READ", quote_name(table)));
    return Lock::held;
  } catch (const ServerError& error) {
    if (error.code() == ER_LOCK_WAIT_TIMEOUT) return Lock::busy;
    if (error.kind() == ErrorKind::auth) return Lock::denied;
    throw;
  }
}

Lock lock_table(Client& client, const std::string& table, const base::Clock& clock, const std::stop_token& stop) {
  client.execute(fmt::format("SET SESSION lock_wait_timeout = {}", k_lock_wait_seconds));
  for (unsigned tried = 1;; ++tried) {
    const Lock result = try_lock(client, table);
    if (result != Lock::busy || tried == k_lock_tries) return result;
    if (!clock.sleep(k_between_tries, stop)) throw Error(ErrorKind::cancelled, "taking the instant was cancelled");
  }
}

std::string server_time(Client& client) {
  // The statement's own time is fixed when it starts, so this is the instant of the lock, not of the answer.
  return client.value("SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%d %H:%i:%s.%f')").value_or("");
}

void one_reader(CommonInstant& out, std::string why) {
  out.notes.push_back(std::move(why));
  out.common = false;
  out.readers.resize(1);
  // By the reader itself, which may be the only one on its server.  Read before the snapshot: whatever the log holds
  // behind this position may or may not be in it, nothing before is missing.
  out.position = read_position(*out.readers[0], out.notes);
  start_snapshot(*out.readers[0]);
  if (auto exact = snapshot_position(*out.readers[0])) out.position = std::move(exact);
  out.taken = server_time(*out.readers[0]);
}

}  // namespace

CommonInstant take_instant(Endpoint& endpoint, const std::string& table, unsigned readers, const base::Clock& clock,
                           std::stop_token stop) {
  CommonInstant out;
  // Connections are made before the lock is asked for: a handshake takes longer than everything under the lock.
  for (unsigned i = 0; i < std::clamp(readers, 1U, k_readers_max); ++i)
    out.readers.push_back(std::make_unique<Client>(endpoint, stop));
  Client control(endpoint, stop);
  const ServerMark mark(control);
  const Lock lock = lock_table(control, table, clock, stop);
  if (lock == Lock::denied) {
    one_reader(out, "one reader: LOCK TABLES is not granted, so several cannot see the same instant");
    return out;
  }
  if (lock == Lock::busy) {
    one_reader(out, fmt::format("one reader: a transaction held the table for longer than {} tries of {} s",
                                k_lock_tries, k_lock_wait_seconds));
    return out;
  }
  for (const auto& reader : out.readers) start_snapshot(*reader);
  out.position = read_position(control, out.notes);
  out.taken = server_time(control);
  control.execute("UNLOCK TABLES");
  // The lock says nothing of what happens on another server.  Looked at inside the snapshots, where no proxy moves a
  // session, and after the lock, which it would only lengthen.
  const bool one_server =
      std::all_of(out.readers.begin(), out.readers.end(), [&](const auto& reader) { return mark.seen_by(*reader); });
  if (one_server) return out;
  out.notes.clear();
  one_reader(out,
             "one reader: the connections lead to different servers, which have no common instant; name one server in "
             "sql.url to read with more");
  return out;
}

}  // namespace holdfast::platform::datahub::mysql
