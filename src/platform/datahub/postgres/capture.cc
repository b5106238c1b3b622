#include "platform/datahub/postgres/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/reader.h"
#include "platform/datahub/postgres/shape.h"
#include "platform/datahub/sql/attributes.h"
#include "platform/datahub/sql/budget.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr const char* k_begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
// Waiting for it makes nobody wait but those who want the table for themselves.
constexpr unsigned k_lock_seconds = 10;
// Where the server sorts: per reader, beyond it the server spills to its own disk.
constexpr const char* k_sort_memory = "SET work_mem = '64MB'";

std::vector<LeftOut> left_out_of(Client& client, const SqlAddress& address, const std::string& table) {
  std::vector<LeftOut> out;
  for (const KnownTable& known : left_out_tables(list_tables(client, address.schema), table))
    out.push_back({known.name, known.reason});
  return out;
}

std::string require_table(Client& client, const SqlAddress& address) {
  if (const auto table = find_table(client, address)) return *table;
  const std::string wanted = address.table.empty() ? "metadata_aspect_v2 nor metadata_aspect" : address.table;
  std::string found;
  for (const std::string& name : list_tables(client, address.schema)) found += (found.empty() ? "" : ", ") + name;
  throw Error(ErrorKind::not_found,
              fmt::format("{} has no table {} in schema {}; found: {}", address.display(), wanted, address.schema,
                          found.empty() ? "none" : found),
              "Name database, schema and table of DataHub's store in sql.url.");
}

// The table's size on disk is compressed where rows are long, and counts what was deleted: the bytes of an average row
// are taken from a sample of its pages.  0 when the sample is empty.
std::uint64_t sample_row_bytes(Client& client, const ReadTarget& target, std::uint64_t rows) {
  constexpr unsigned k_rows_wanted = 4000;
  std::string bytes;
  for (const ReadColumn& column : target.columns)
    bytes += fmt::format("{}coalesce(octet_length({}::text), 0)", bytes.empty() ? "" : " + ", quote_name(column.name));
  const double percent = rows == 0 ? 100 : std::min(100.0, 100.0 * k_rows_wanted / static_cast<double>(rows));
  const Rows answer = client.query(fmt::format(
      "SELECT coalesce(avg({}), 0)::bigint FROM (SELECT * FROM {}.{} TABLESAMPLE SYSTEM ({:.6f}) LIMIT {}) AS sample",
      bytes, quote_name(target.schema), quote_name(target.table), percent, 2 * k_rows_wanted));
  return static_cast<std::uint64_t>(answer.number(0, 0));
}

class PostgresCapture : public Capture {
public:
  PostgresCapture(const SqlAddress& address, const CaptureOptions& options, const base::Clock& clock,
                  std::stop_token stop)
      : address_(address),
        stop_(std::move(stop)),
        main_(std::make_unique<Client>(address, stop_)),
        budget_(clock, options.limit_read),
        age_(clock, options.max_snapshot_age) {
    const std::string table = require_table(*main_, address_);
    name_ = qualified(address_.schema, table);
    // What is no plain table cannot be locked, and is refused by name here.
    if (main_->query("SELECT relkind FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)", {name_})
            .text(0, 0) != "r")
      read_parts(*main_, address_.schema, table);
    take_instant();
    const TableParts parts = read_parts(*main_, address_.schema, table);
    facts_.shape = make_shape(*main_, address_, parts);
    parts_json_ = parts_to_json(parts);
    target_ = read_target(parts, facts_.shape.collection);
    if (const std::uint64_t row_bytes = sample_row_bytes(*main_, target_, facts_.shape.estimated_rows))
      facts_.shape.estimated_bytes = facts_.shape.estimated_rows * row_bytes;
    estimates_ = {{facts_.shape.collection, facts_.shape.estimated_rows, facts_.shape.estimated_bytes}};
    open_readers(std::max(1U, options.readers));
    describe(parts);
  }

  base::Instant taken() const override { return taken_; }
  const std::vector<CollectionEstimate>& collections() const override { return estimates_; }
  std::vector<std::string> notes() const override { return facts_.notes; }
  unsigned readers() const override { return facts_.readers; }

  std::string attributes() const override {
    nlohmann::ordered_json out = nlohmann::ordered_json::parse(facts_to_json(facts_));
    out["postgres"] = nlohmann::ordered_json::parse(parts_json_);
    return out.dump();
  }

  std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned wanted) override {
    check_collection(collection);
    // Where the server sorts, every range is a scan of the whole table: no more of them than read at once.
    if (!target_.key_order_is_bytes) wanted = std::min(wanted, facts_.readers);
    const std::lock_guard lock(main_mutex_);
    main_->set_stop(stop_);
    return sample_ranges(*main_, target_, std::max(1U, wanted));
  }

  void read(const model::Collection& collection, const base::KeyRange& range, RowSink& sink,
            std::stop_token stop) override {
    check_collection(collection);
    const ReadLimits limits{&budget_, &age_, stop};
    base::in_context([&] { return fmt::format("reading {} of {}", facts_.shape.table, address_.display()); },
                     [&] {
                       if (snapshot_.empty()) {
                         const std::lock_guard lock(main_mutex_);
                         read_range(*main_, target_, range, limits, sink);
                         return;
                       }
                       std::unique_ptr<Client> reader = take_reader(stop);
                       read_range(*reader, target_, range, limits, sink);
                       // Not reached by a reader that failed: its transaction is lost, and with it the instant.
                       const std::lock_guard lock(idle_mutex_);
                       idle_.push_back(std::move(reader));
                     });
  }

private:
  void check_collection(const model::Collection& collection) const {
    if (collection.name != facts_.shape.collection.name)
      throw Error(ErrorKind::usage, fmt::format("{} keeps no collection {}", address_.display(), collection.name));
  }

  void take_instant() {
    // The position comes before the instant: what commits between the two is behind it, and whoever follows the log
    // from there meets it once more instead of never.
    const std::string position = main_
                                     ->query(
                                         "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE "
                                         "pg_current_wal_lsn() END::text")
                                     .text(0, 0);
    begin_locked(*main_);
    // The first query fixes the instant; the clock is read in the same breath.
    const Rows rows = main_->query(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, pg_is_in_recovery(),"
        " (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()))::numeric(20,3)::text,"
        " pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()");
    taken_ = base::Instant(base::Duration(rows.number(0, 0)));
    facts_.taken = base::to_rfc3339(taken_);
    if (!position.empty()) facts_.position.emplace_back("lsn", position);
    if (!rows.flag(0, 1)) return;
    const std::string lag = rows.flag(0, 3) ? "none known: everything received is replayed" : rows.text(0, 2) + " s";
    facts_.replica = {{"kind", "standby"}, {"lag", lag}};
  }

  // TRUNCATE and an ALTER that rewrites do not keep the old rows for older snapshots: one that was taken before their
  // end would see none.  The lock makes whoever is at it finish first, and keeps them out until the session ends.  It
  // meets no writer, is allowed on a standby, and fixes no snapshot.
  void begin_locked(Client& client) {
    client.execute(k_begin);
    try {
      client.execute(fmt::format(
          "SET LOCAL lock_timeout = '{}s'; LOCK TABLE ONLY {} IN ACCESS SHARE MODE; SET LOCAL lock_timeout = 0",
          k_lock_seconds, name_));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::busy) throw;
      throw Error(
          ErrorKind::busy, fmt::format("table {} is locked by somebody else for more than {} s", name_, k_lock_seconds),
          "Something empties, alters or reloads the table (TRUNCATE, ALTER TABLE, VACUUM FULL); run the same command "
          "again when it has ended.");
    }
  }

  void open_readers(unsigned wanted) {
    facts_.readers = 1;
    if (wanted == 1) return;
    try {
      snapshot_ = main_->query("SELECT pg_catalog.pg_export_snapshot()").text(0, 0);
      while (idle_.size() < wanted) idle_.push_back(open_reader(stop_));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      facts_.notes.push_back(
          fmt::format("{} of {} readers: {}", std::max<std::size_t>(1, idle_.size()), wanted, error.message()));
      if (idle_.empty()) abandon_export();
    }
    facts_.readers = std::max(1U, static_cast<unsigned>(idle_.size()));
  }

  // The main session reads then.  A refused export has ended its transaction: it takes an instant anew.
  void abandon_export() {
    snapshot_.clear();
    main_->execute("ROLLBACK");
    facts_.position.clear();
    facts_.replica.clear();
    take_instant();
    if (!target_.key_order_is_bytes) main_->execute(k_sort_memory);
  }

  std::unique_ptr<Client> open_reader(std::stop_token stop) {
    auto reader = std::make_unique<Client>(address_, std::move(stop));
    if (!target_.key_order_is_bytes) reader->execute(k_sort_memory);
    begin_locked(*reader);
    join_snapshot(*reader);
    return reader;
  }

  void join_snapshot(Client& reader) const {
    try {
      reader.execute("SET TRANSACTION SNAPSHOT " + reader.literal(snapshot_));
    } catch (const Error& error) {
      // Servers say it in different states; a connection that is lost says so itself.
      if (error.kind() != ErrorKind::refused && error.kind() != ErrorKind::internal) throw;
      throw Error(ErrorKind::unavailable,
                  fmt::format("a further connection does not find the instant of the first, as when a balancer leads "
                              "to different servers: {}",
                              error.message()),
                  "Name one server in sql.url, not an address that leads to several.");
    }
  }

  std::unique_ptr<Client> take_reader(std::stop_token stop) {
    {
      const std::lock_guard lock(idle_mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Client> reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
    }
    return open_reader(std::move(stop));
  }

  void describe(const TableParts& parts) {
    facts_.left_out = left_out_of(*main_, address_, parts.table);
    if (!facts_.replica.empty())
      facts_.notes.push_back("read from a standby; its lag: " + facts_.replica.back().second);
    for (const ColumnPart& column : parts.columns)
      if (!column.generated.empty())
        facts_.notes.push_back(fmt::format("column {} is computed by the server and not captured", column.name));
    if (!target_.key_order_is_bytes)
      facts_.notes.push_back(
          fmt::format("collation {} is not byte order: the server sorts", facts_.shape.key_collation));
  }

  const SqlAddress address_;
  const std::stop_token stop_;
  std::string name_;              // of the table, qualified and quoted
  std::unique_ptr<Client> main_;  // holds the instant open
  std::mutex main_mutex_;
  std::string snapshot_;  // empty: the main session reads, alone
  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<Client>> idle_;
  ReadBudget budget_;
  SnapshotAge age_;
  CaptureFacts facts_;
  std::string parts_json_;
  ReadTarget target_;
  base::Instant taken_;
  std::vector<CollectionEstimate> estimates_;
};

}  // namespace

std::unique_ptr<Capture> open_capture(const SqlAddress& address, const CaptureOptions& options,
                                      const base::Clock& clock, std::stop_token stop) {
  return base::in_context([&] { return "opening one instant of " + address.display(); },
                          [&] { return std::make_unique<PostgresCapture>(address, options, clock, std::move(stop)); });
}

std::vector<LeftOut> list_left_out(const SqlAddress& address, std::stop_token stop) {
  Client client(address, std::move(stop));
  const auto table = find_table(client, address);
  return left_out_of(client, address, table.value_or(std::string()));
}

}  // namespace holdfast::platform::datahub::postgres
