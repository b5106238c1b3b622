#include "platform/datahub/postgres/diagnosis.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <utility>

#include "base/error.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/free_space.h"
#include "platform/datahub/postgres/replacement.h"
#include "platform/datahub/postgres/shape.h"
#include "platform/datahub/postgres/watch.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using Level = Diagnosis::Level;

constexpr int k_oldest_tried = 120000;

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t k_mib = 1024 * 1024;
  return bytes < 10 * k_mib ? fmt::format("{} KiB", (bytes + 1023) / 1024) : fmt::format("{} MiB", bytes / k_mib);
}

class Doctor {
public:
  explicit Doctor(const SqlAddress& address) : address_(address) {}

  std::vector<Diagnosis> run() {
    if (!step("connection", [&] { connect(); })) return std::move(out_);
    step("table", [&] { find(); });
    step("consistent snapshot", [&] { look_at_snapshot(); });
    step("replica", [&] { look_at_replica(); });
    if (parts_) {
      step("reading", [&] { look_at_reading(); });
      step("shape", [&] { look_at_shape(); });
      step("restoring", [&] { look_at_restoring(); });
    }
    step("vacuum", [&] { look_at_vacuum(); });
    step("left out", [&] { look_at_rest(); });
    return std::move(out_);
  }

private:
  // What throws is a finding of its own; the steps after it still run.
  bool step(const std::string& subject, const std::function<void()>& work) {
    try {
      work();
      return true;
    } catch (const Error& error) {
      say(Level::problem, subject, error.message(), error.hint());
      if (client_ && client_->broken()) client_.reset(new Client(address_, {}));
      return false;
    }
  }

  void say(Level level, std::string subject, std::string text, std::string advice = {}) {
    out_.push_back(
        {.level = level, .subject = std::move(subject), .text = std::move(text), .advice = std::move(advice)});
  }

  void connect() {
    client_ = std::make_unique<Client>(address_, std::stop_token{});
    const Rows rows = client_->query(
        "SELECT current_user, s.ssl, s.version FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_stat_ssl s ON s.pid = "
        "pg_catalog.pg_backend_pid()");
    say(Level::ok, "connection",
        fmt::format("{} as '{}', {}", address_.display(), rows.text(0, 0),
                    rows.flag(0, 1) ? rows.text(0, 2) : std::string("without TLS")));
    const bool tried = client_->version() >= k_oldest_tried;
    say(tried ? Level::ok : Level::warning, "version", "PostgreSQL " + client_->setting("server_version"),
        tried ? "" : "Holdfast knows PostgreSQL 12 and later.");
    if (client_->setting("server_encoding") != "UTF8")
      say(Level::warning, "encoding", fmt::format("the database is in {}", client_->setting("server_encoding")),
          "Rows that are not UTF-8 stop a backup and are named; DataHub expects a database in UTF8.");
  }

  void find() {
    const auto table = find_table(*client_, address_);
    if (!table) {
      say(Level::problem, "table", fmt::format("schema {} has no aspect table", address_.schema),
          "Name database, schema and table of DataHub's store in sql.url; for a restore into an empty database this is "
          "as it should be.");
      out_.back().hinders = Diagnosis::Hinders::backup;
      return;
    }
    parts_ = std::make_unique<TableParts>(read_parts(*client_, address_.schema, *table));
  }

  void look_at_snapshot() {
    client_->execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    const bool exported =
        step("consistent snapshot", [&] { client_->query("SELECT pg_catalog.pg_export_snapshot()"); });
    client_->execute("ROLLBACK");
    if (exported)
      say(Level::ok, "consistent snapshot", "possible over any number of readers: pg_export_snapshot() works");
  }

  void look_at_replica() {
    if (client_->query("SELECT pg_catalog.pg_is_in_recovery()").flag(0, 0)) {
      const std::string lag =
          client_
              ->query("SELECT coalesce(date_trunc('second', now() - pg_last_xact_replay_timestamp())::text, 'unknown')")
              .text(0, 0);
      const bool feedback = client_->setting("hot_standby_feedback") == "on";
      say(feedback ? Level::ok : Level::note, "replica",
          fmt::format("a standby, last transaction replayed {} ago", lag),
          feedback ? "" : "Set hot_standby_feedback = on, so that the primary's vacuum does not end a long backup.");
      return;
    }
    say(Level::note, "replica", "a primary", "Back up from a standby where there is one: its load is then nobody's.");
  }

  void look_at_reading() {
    const std::string name = qualified(parts_->schema, parts_->table);
    const Rows rows = client_->query("SELECT has_table_privilege($1, 'SELECT'), has_schema_privilege($2, 'USAGE')",
                                     {name, parts_->schema});
    const bool may = rows.flag(0, 0) && rows.flag(0, 1);
    say(may ? Level::ok : Level::problem, "reading",
        may ? "SELECT is granted" : fmt::format("SELECT on {} is not granted", name),
        may ? ""
            : fmt::format("Run: GRANT USAGE ON SCHEMA {} TO …; GRANT SELECT ON {} TO … for the user of sql.url.",
                          quote_name(parts_->schema), name));
    if (may && parts_->row_security)
      client_->execute(fmt::format("SELECT FROM {} LIMIT 0", name));  // an error where rows are hidden
  }

  void look_at_shape() {
    const TableShape shape = make_shape(*client_, address_, *parts_);
    say(Level::ok, "shape",
        fmt::format("{}.{}, {} columns, {} indexes, createdon is {}", shape.schema, shape.table, parts_->columns.size(),
                    shape.indexes.size(), shape.createdon_type));
    say(Level::ok, "size", fmt::format("some {} rows, {}", shape.estimated_rows, size_text(shape.estimated_bytes)));
    if (shape.key_order_is_bytes)
      say(Level::ok, "collation", fmt::format("{}: byte order, the primary key serves it", shape.key_collation));
    else
      say(Level::note, "collation",
          fmt::format("{} is not byte order: the server sorts every backup", shape.key_collation),
          "DataHub compares URNs byte by byte; a database made with LC_COLLATE 'C' is backed up faster.");
  }

  void look_at_restoring() {
    const std::string name = qualified(parts_->schema, parts_->table);
    const Rows rows = client_->query(
        "SELECT has_schema_privilege($1, 'CREATE'), pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class c WHERE "
        "c.oid = $2::regclass",
        {parts_->schema, name});
    const bool may = rows.flag(0, 0) && rows.flag(0, 1);
    say(may ? Level::ok : Level::note, "restoring",
        may ? "CREATE on the schema and ownership of the table are there" : "this user may not replace the table",
        may ? ""
            : "A restore of the whole table needs CREATE on the schema and the role that owns the table; a backup "
              "needs neither.");
    for (const std::string& obstacle : parts_->obstacles)
      say(Level::warning, "restoring", fmt::format("a swap of the table would lose: {}", obstacle),
          "Drop it before a whole restore and make it again afterwards.");
    const auto space = free_space(*client_, address_);
    say(space ? Level::ok : Level::note, "free space",
        space ? fmt::format("{} on the server's disk", size_text(*space))
              : std::string("not known: PostgreSQL tells nobody over the network"),
        space ? ""
              : "A restore needs room for a second copy of the table, its indexes and their write-ahead log; look at "
                "the server's disk before.");
    for (const std::string& session : sessions_on(*client_, parts_->schema, parts_->table))
      say(Level::note, "somebody on the table", session, "A restore is refused while GMS writes.");
  }

  void look_at_vacuum() {
    const Rows rows = client_->query(
        "SELECT pid, coalesce(usename, ''), date_trunc('second', now() - xact_start)::text, state FROM "
        "pg_catalog.pg_stat_activity"
        " WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() AND backend_xmin IS NOT "
        "NULL"
        " AND xact_start < now() - interval '10 minutes' ORDER BY xact_start LIMIT 3");
    for (std::size_t i = 0; i < rows.size(); ++i)
      say(Level::warning, "vacuum",
          fmt::format("pid {} of '{}' holds a transaction open for {} ({})", rows.text(i, 0), rows.text(i, 1),
                      rows.text(i, 2), rows.text(i, 3)),
          "Dead rows cannot be removed meanwhile; end it if nobody needs it.");
    say(Level::note, "vacuum", "a backup holds one transaction open while it reads: dead rows pile up behind it",
        "Bound it with max_snapshot_age where the database is busy.");
  }

  void look_at_rest() {
    for (const KnownTable& table : left_out_tables(list_tables(*client_, address_.schema), parts_ ? parts_->table : ""))
      say(Level::note, "left out", fmt::format("{}: {}", table.name, table.reason));
    const Leftovers leftovers = find_leftovers(*client_, address_.schema);
    for (const std::string& name : leftovers.shadows)
      say(Level::warning, "leftover",
          fmt::format("{} was left behind by a restore that was killed, unless one is under way", name),
          "The next restore drops it.");
    for (const std::string& name : leftovers.kept)
      say(Level::note, "leftover", fmt::format("{} is the table from before a restore", name),
          "Drop it when you no longer need it.");
  }

  const SqlAddress& address_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<TableParts> parts_;
  std::vector<Diagnosis> out_;
};

}  // namespace

std::vector<Diagnosis> diagnose(const SqlAddress& address) {
  return Doctor(address).run();
}

}  // namespace holdfast::platform::datahub::postgres
