#include "platform/datahub/mysql/capture.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "platform/datahub/mysql/instant.h"
#include "platform/datahub/mysql/ranges.h"
#include "platform/datahub/mysql/reader.h"
#include "platform/datahub/sql/attributes.h"
#include "platform/datahub/sql/budget.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

// Hands out sessions; one that broke has lost its snapshot and is not replaced.
class ReaderPool {
public:
  explicit ReaderPool(std::vector<std::unique_ptr<Client>> clients) : free_(std::move(clients)), alive_(free_.size()) {}

  std::unique_ptr<Client> take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const bool ready = changed_.wait(lock, stop, [&] { return !free_.empty() || alive_ == 0; });
    if (!ready) throw Error(ErrorKind::cancelled, "reading was cancelled");
    if (free_.empty())
      throw Error(ErrorKind::unavailable, "all connections that held the instant were lost",
                  "Look into the server's error log, then run the same command again.");
    std::unique_ptr<Client> client = std::move(free_.back());
    free_.pop_back();
    return client;
  }

  void give_back(std::unique_ptr<Client> client) {
    const std::lock_guard lock(mutex_);
    if (client->broken())
      --alive_;
    else
      free_.push_back(std::move(client));
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<Client>> free_;
  std::size_t alive_;
};

class Borrowed {
public:
  Borrowed(ReaderPool& pool, const std::stop_token& stop) : pool_(pool), client_(pool.take(stop)) {}
  ~Borrowed() { pool_.give_back(std::move(client_)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Client& operator*() const { return *client_; }
  Client* operator->() const { return client_.get(); }

private:
  ReaderPool& pool_;
  std::unique_ptr<Client> client_;
};

class MysqlCapture : public Capture {
public:
  MysqlCapture(MysqlTable table, CommonInstant instant, CaptureFacts facts, const CaptureOptions& options,
               const base::Clock& clock)
      : table_(std::move(table)),
        facts_(std::move(facts)),
        taken_(base::Duration(instant_micros(instant.taken).value_or(0))),
        readers_(static_cast<unsigned>(instant.readers.size())),
        budget_(clock, options.limit_read),
        age_(clock, options.max_snapshot_age),
        pool_(std::move(instant.readers)) {
    facts_.shape = table_.shape;
    facts_.taken = base::to_rfc3339(taken_);
    facts_.readers = readers_;
    collections_.push_back({.collection = table_.shape.collection,
                            .rows = table_.shape.estimated_rows,
                            .bytes = table_.shape.estimated_bytes});
  }

  base::Instant taken() const override { return taken_; }
  const std::vector<CollectionEstimate>& collections() const override { return collections_; }
  std::string attributes() const override { return facts_to_json(facts_); }
  std::vector<std::string> notes() const override { return facts_.notes; }
  unsigned readers() const override { return readers_; }

  std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned wanted) override {
    expect_ours(collection);
    const Borrowed client(pool_, {});
    // Sorting reads the whole table for every range: more of them than readers would only repeat that.
    if (order_of(table_) == Order::sort) wanted = std::min(wanted, readers_);
    return plan_ranges(*client, table_, wanted);
  }

  void read(const model::Collection& collection, const base::KeyRange& range, RowSink& sink,
            std::stop_token stop) override {
    expect_ours(collection);
    age_.check();
    const Borrowed client(pool_, stop);
    read_rows(*client, table_, range, sink, {.look = [&](std::uint64_t bytes) { look(bytes, stop); }, .stop = stop});
  }

private:
  void expect_ours(const model::Collection& collection) const {
    if (collection.name != table_.shape.collection.name)
      throw Error(ErrorKind::internal, "there is no collection '" + collection.name + "' in the SQL store");
  }

  void look(std::uint64_t bytes, const std::stop_token& stop) {
    age_.check();
    if (!budget_.spend(bytes, stop)) throw Error(ErrorKind::cancelled, "reading was cancelled");
  }

  MysqlTable table_;
  CaptureFacts facts_;
  base::Instant taken_;
  unsigned readers_;
  std::vector<CollectionEstimate> collections_;
  ReadBudget budget_;
  SnapshotAge age_;
  ReaderPool pool_;
};

void record_replica(Client& client, CaptureFacts& facts) {
  try {
    const auto status = parse_replica_status(client.query_named(replica_status_statement(client.version())));
    if (!status) return;
    facts.replica.emplace_back("source", status->source);
    facts.replica.emplace_back("lag_seconds", status->lag_s ? std::to_string(*status->lag_s) : "unknown");
    facts.replica.emplace_back("running", status->running ? "yes" : "no");
    if (!status->running)
      facts.notes.push_back("the server is a replica whose replication does not run: its data may be old");
  } catch (const ServerError& error) {
    // Whoever may not ask still may back up.
    if (error.kind() != ErrorKind::auth) throw;
  }
}

void expect_transactional(const MysqlTable& table) {
  if (table.storage_engine == "InnoDB") return;
  throw Error(ErrorKind::unsupported,
              fmt::format("table '{}' is kept by the storage engine {}", table.shape.table, table.storage_engine),
              "Only InnoDB can show one consistent instant; convert the table with ALTER TABLE … ENGINE=InnoDB.");
}

// InnoDB's figure for the size of a table counts half-empty pages, up to twice what the rows hold.  What an average row
// really takes is seen where the larger entity types begin.
std::uint64_t sample_row_bytes(Client& client, const MysqlTable& table) {
  constexpr std::string_view k_places[] = {"", "urn:li:d", "urn:li:dataset:(urn:li:dataPlatform:k",
                                           "urn:li:dataset:(urn:li:dataPlatform:s", "urn:li:t"};
  constexpr unsigned k_rows_per_place = 400;
  std::string bytes;
  const auto count_in = [&](std::string_view name) {
    bytes += fmt::format("{}COALESCE(OCTET_LENGTH({}), 0)", bytes.empty() ? "" : " + ", quote_name(name));
  };
  for (const model::KeyPart& part : table.shape.collection.key) count_in(part.name);
  for (const model::Column& column : table.shape.collection.columns) count_in(column.name);
  std::string sample;
  for (const std::string_view place : k_places)
    sample += fmt::format("{}(SELECT {} AS bytes FROM {} WHERE urn >= {} ORDER BY urn, aspect, version LIMIT {})",
                          sample.empty() ? "" : " UNION ALL ", bytes, quote_name(table.shape.table), quote_text(place),
                          k_rows_per_place);
  const Text average = client.value(fmt::format("SELECT CAST(AVG(bytes) AS UNSIGNED) FROM ({}) AS sample", sample));
  return average ? std::stoull(*average) : 0;
}

}  // namespace

std::unique_ptr<Capture> open_capture(Endpoint& endpoint, const CaptureOptions& options, const base::Clock& clock,
                                      std::stop_token stop) {
  Client control(endpoint, stop);
  const std::string name = find_aspect_table(control, endpoint.address);
  MysqlTable table = read_table(control, endpoint.address, name);
  expect_transactional(table);
  CaptureFacts facts;
  for (const KnownTable& known : left_out_tables(table_names(control), name))
    facts.left_out.push_back({known.name, known.reason});
  record_replica(control, facts);
  if (const std::uint64_t row_bytes = sample_row_bytes(control, table))
    table.shape.estimated_bytes = table.shape.estimated_rows * row_bytes;
  CommonInstant instant = take_instant(endpoint, name, options.readers, clock, stop);
  facts.common_instant = instant.common;
  facts.notes.insert(facts.notes.end(), instant.notes.begin(), instant.notes.end());
  if (instant.position) {
    facts.position = {{"file", instant.position->file}, {"position", std::to_string(instant.position->position)}};
    if (!instant.position->gtids.empty()) facts.position.emplace_back("gtids", instant.position->gtids);
  }
  if (order_of(table) == Order::sort)
    facts.notes.push_back(
        fmt::format("the server sorts: the collation {} is not in byte order", table.shape.key_collation));
  return std::make_unique<MysqlCapture>(std::move(table), std::move(instant), std::move(facts), options, clock);
}

}  // namespace holdfast::platform::datahub::mysql
