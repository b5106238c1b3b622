#include "platform/datahub/mysql/diagnosis.h"

#include <fmt/format.h>

#include "base/error.h"
#include "platform/datahub/mysql/leftovers.h"
#include "platform/datahub/mysql/replacement.h"
#include "platform/datahub/mysql/shape.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;
using Level = Diagnosis::Level;

// Measured: one million rows of 700 bytes took 2.1 s of one core.
constexpr std::uint64_t k_fingerprint_rows_per_second = 480'000;

std::string size_text(std::uint64_t bytes) {
  if (bytes >= std::uint64_t{1} << 30) return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

void say(std::vector<Diagnosis>& out, Level level, std::string subject, std::string text, std::string advice = "") {
  out.push_back({.level = level, .subject = std::move(subject), .text = std::move(text), .advice = std::move(advice)});
}

// What a role allows is not in the lines; the server is asked when it matters.
std::string unless_by_a_role(const Grants& grants) {
  return grants.roles().empty() ? "" : fmt::format(" (unless by a role: {})", fmt::join(grants.roles(), ", "));
}

void diagnose_version(std::vector<Diagnosis>& out, const ServerVersion& version) {
  const std::string text = fmt::format("{} {}", version.is_mariadb() ? "MariaDB" : "MySQL", version.text);
  const bool old = version.is_mariadb() ? !version.at_least(10, 2) : !version.at_least(5, 7);
  if (old)
    say(out, Level::warning, "server", text,
        "This version is older than what Holdfast was written for; try a restore before you rely on it.");
  else
    say(out, Level::ok, "server", text);
}

void diagnose_order(std::vector<Diagnosis>& out, const MysqlTable& table) {
  const std::string& collation = table.shape.key_collation;
  if (table.collation.byte_order)
    say(out, Level::ok, "collation",
        fmt::format("{}: the primary key is in byte order; every reader checks it", collation));
  else
    say(out, Level::warning, "collation",
        fmt::format("{} is not in byte order: the server sorts for every backup, each reader over the whole table",
                    collation),
        "Convert urn and aspect to utf8mb4_bin, as DataHub's own set-up has it since 2021.");
  if (table.collation.folds)
    say(out, Level::warning, "keys", fmt::format("{} takes URNs that differ in case for one row", collation),
        "DataHub loses writes on such a table; convert it to utf8mb4_bin.");
}

void diagnose_table(std::vector<Diagnosis>& out, const MysqlTable& table) {
  const TableShape& shape = table.shape;
  say(out, Level::ok, "table",
      fmt::format("{}.{}, about {} rows, {}; createdon is {}; {} indexes", shape.database, shape.table,
                  shape.estimated_rows, size_text(shape.estimated_bytes), shape.createdon_type, shape.indexes.size()));
  if (table.storage_engine == "InnoDB")
    say(out, Level::ok, "storage engine", "InnoDB");
  else
    say(out, Level::problem, "storage engine", table.storage_engine + " cannot show one consistent instant",
        "Convert the table with ALTER TABLE … ENGINE=InnoDB.");
  if (!table.foreign_keys.empty())
    say(out, Level::warning, "restore", "foreign keys hang on the table, so it cannot be swapped as a whole",
        "Drop the foreign keys, or restore parts with --select.");
  diagnose_order(out, table);
}

void diagnose_replica(std::vector<Diagnosis>& out, Client& client) {
  try {
    const auto status = parse_replica_status(client.query_named(replica_status_statement(client.version())));
    if (!status)
      say(out, Level::note, "replica", "this server is not a replica",
          "Back up from a replica where there is one: the open instant keeps old row versions alive on the server it "
          "is read from.");
    else if (!status->running)
      say(out, Level::warning, "replica", fmt::format("replica of {}, but replication does not run", status->source),
          "Start replication, or the backup will hold old data.");
    else
      say(out, Level::ok, "replica",
          fmt::format("replica of {}, {} behind", status->source,
                      status->lag_s ? fmt::format("{} s", *status->lag_s) : "an unknown time"));
  } catch (const ServerError&) {
    say(out, Level::note, "replica", "whether this is a replica cannot be asked",
        fmt::format("Grant {} so that the lag of a replica is recorded.",
                    client.version().is_mariadb() ? "REPLICA MONITOR" : "REPLICATION CLIENT"));
  }
}

void diagnose_restore(std::vector<Diagnosis>& out, Client& client, const Endpoint& endpoint, const std::string& table) {
  for (const std::string& name : leftover_tables(client, table))
    say(out, Level::note, "leftover",
        fmt::format("table '{}' was left by a restore that was killed, unless one is under way", name),
        "The next restore drops it; it can be dropped by hand as well.");
  if (const auto free = free_space(client, endpoint.address, table))
    say(out, Level::ok, "free space", size_text(*free) + " where the server keeps its data");
  else
    say(out, Level::note, "free space",
        "cannot be known from here: a restore in place needs about 2.2 times the rows' own bytes",
        "Check it on the server before a restore, or install MariaDB's DISKS plugin.");
}

// The swap compares the table's fingerprint under its lock.
void diagnose_swap(std::vector<Diagnosis>& out, const TableShape& shape) {
  const std::uint64_t seconds = shape.estimated_rows / k_fingerprint_rows_per_second;
  say(out, Level::ok, "swap",
      fmt::format("a restore of the whole table keeps writers waiting for {} at its end",
                  seconds == 0 ? "less than a second" : fmt::format("about {} s", seconds)));
}

void diagnose_tls(std::vector<Diagnosis>& out, const Endpoint& endpoint) {
  switch (endpoint.address.effective_tls()) {
    case Tls::verify:
      say(out, Level::ok, "connection", endpoint.address.display() + ", TLS, certificate checked");
      return;
    case Tls::require:
      say(out, Level::warning, "connection", endpoint.address.display() + ", TLS, certificate not checked",
          "Use tls=verify, with ca=FILE where the authority is your own.");
      return;
    case Tls::off:
      say(out, Level::ok, "connection", endpoint.address.display() + ", not encrypted");
      return;
  }
}

void diagnose_no_table(std::vector<Diagnosis>& out, const SqlAddress& address) {
  out.push_back({.level = Level::problem,
                 .subject = "table",
                 .text = fmt::format("database {} has no aspect table", address.database),
                 .advice = "Name database and table of DataHub's store in sql.url; for a restore into an empty "
                           "database this is as it should be.",
                 .hinders = Diagnosis::Hinders::backup});
}

void diagnose_access(std::vector<Diagnosis>& out, Client& client, const std::string& database,
                     const std::string& table) {
  std::vector<std::string> lines;
  for (const TextRow& row : client.query("SHOW GRANTS")) lines.push_back(row[0].value_or(""));
  const Grants grants(lines);
  for (Diagnosis& line : diagnose_grants(grants, database, table)) out.push_back(std::move(line));
  const BinaryLog log = client.value("SELECT @@GLOBAL.log_bin") == "1" ? BinaryLog::on : BinaryLog::off;
  out.push_back(diagnose_binary_log(grants, client.version(), log));
}

void diagnose_server(std::vector<Diagnosis>& out, Endpoint& endpoint) {
  Client client(endpoint, {});
  diagnose_tls(out, endpoint);
  diagnose_version(out, client.version());
  const auto found = target_table(client, endpoint.address);
  const std::string name =
      found.value_or(endpoint.address.table.empty() ? "metadata_aspect_v2" : endpoint.address.table);
  diagnose_access(out, client, endpoint.address.database, name);
  if (!found) {
    diagnose_no_table(out, endpoint.address);
  } else {
    const MysqlTable table = read_table(client, endpoint.address, name);
    diagnose_table(out, table);
    diagnose_swap(out, table.shape);
  }
  diagnose_replica(out, client);
  diagnose_restore(out, client, endpoint, name);
  for (const KnownTable& table : left_out_tables(table_names(client), name))
    say(out, Level::note, "left out", fmt::format("{}: {}", table.name, table.reason));
}

}  // namespace

std::vector<Diagnosis> diagnose_grants(const Grants& grants, const std::string& database, const std::string& table) {
  std::vector<Diagnosis> out;
  const std::string roles = unless_by_a_role(grants);
  const Level missing = grants.roles().empty() ? Level::problem : Level::warning;
  if (grants.on_table("SELECT", database, table))
    say(out, Level::ok, "reading", fmt::format("SELECT on {}.{} is granted", database, table));
  else
    say(out, missing, "reading", fmt::format("SELECT on {}.{} is not granted{}", database, table, roles),
        fmt::format("GRANT SELECT ON {}.* to this user.", database));
  if (grants.on_database("LOCK TABLES", database))
    say(out, Level::ok, "consistent snapshot", "possible with several readers: LOCK TABLES is granted");
  else
    say(out, Level::warning, "consistent snapshot",
        fmt::format("only with one reader: LOCK TABLES on {} is not granted{}", database, roles),
        fmt::format("GRANT LOCK TABLES ON {}.* to this user; it is held for milliseconds.", database));
  std::string lacking;
  for (const char* privilege : {"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX"})
    if (!grants.on_database(privilege, database))
      lacking += fmt::format("{}{}", lacking.empty() ? "" : ", ", privilege);
  if (lacking.empty())
    say(out, Level::ok, "restoring", "this user may restore");
  else
    say(out, Level::note, "restoring", fmt::format("this user may not restore: {} not granted{}", lacking, roles),
        "A backup needs none of these; use another user for restores.");
  return out;
}

Diagnosis diagnose_binary_log(const Grants& grants, const ServerVersion& version, BinaryLog log) {
  Diagnosis out{.level = Level::ok, .subject = "binary log position", .text = "can be recorded", .advice = ""};
  if (log == BinaryLog::off) {
    out.level = Level::note;
    out.text = "there is none to record: the server keeps no binary log";
    return out;
  }
  const char* privilege = version.is_mariadb() ? "BINLOG MONITOR" : "REPLICATION CLIENT";
  if (grants.global(privilege) || grants.global("REPLICATION CLIENT") || grants.global("SUPER")) return out;
  out.level = Level::note;
  out.text = "will not be recorded" + unless_by_a_role(grants);
  out.advice = fmt::format("GRANT {} ON *.* to this user.", privilege);
  return out;
}

std::vector<Diagnosis> diagnose(Endpoint& endpoint) {
  std::vector<Diagnosis> out;
  try {
    diagnose_server(out, endpoint);
  } catch (const Error& error) {
    const std::string subject =
        error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::auth ? "connection" : "table";
    say(out, Level::problem, subject, error.message(), error.hint());
  }
  return out;
}

std::vector<LeftOut> left_out(Endpoint& endpoint) {
  Client client(endpoint, {});
  std::vector<LeftOut> out;
  const std::string name = target_table(client, endpoint.address).value_or("");
  for (const KnownTable& table : left_out_tables(table_names(client), name)) out.push_back({table.name, table.reason});
  return out;
}

}  // namespace holdfast::platform::datahub::mysql
