#include "platform/datahub/postgres/replacement.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/task_group.h"
#include "platform/datahub/postgres/conventions.h"
#include "platform/datahub/postgres/copy_encoder.h"
#include "platform/datahub/postgres/free_space.h"
#include "platform/datahub/postgres/reader.h"
#include "platform/datahub/postgres/shape.h"
#include "platform/datahub/postgres/statements.h"
#include "platform/datahub/postgres/swap.h"
#include "platform/datahub/sql/names.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view k_shadow_comment = "holdfast: being loaded from snapshot ";
constexpr std::string_view k_kept_comment = "kept by holdfast: ";
constexpr auto k_between_looks = std::chrono::seconds(5);
constexpr std::size_t k_send_bytes = 256 * 1024;
constexpr std::size_t k_name_max = 63;       // of PostgreSQL
constexpr std::size_t k_marked_max = 56;     // what is left takes "_2" and the suffixes of index names
constexpr int k_reads_page_ranges = 140000;  // first version of PostgreSQL that does
// Of the server, per session that builds an index.
constexpr const char* k_index_memory = "SET maintenance_work_mem = '256MB'";

class PostgresReplacement : public Replacement {
public:
  PostgresReplacement(const SqlAddress& address, ReplaceRequest request, const base::Clock& clock, std::stop_token stop)
      : address_(address),
        request_(std::move(request)),
        clock_(clock),
        stop_(std::move(stop)),
        session_(std::make_unique<Client>(address, stop_)),
        main_(*session_) {
    const std::string table =
        find_table(main_, address_).value_or(address_.table.empty() ? "metadata_aspect_v2" : address_.table);
    hold_alone(table);
    drop_leftovers(table);
    plan(table);
    check_free_space(main_, address_, request_.bytes_expected);
    make_shadow();
  }

  ~PostgresReplacement() override {
    if (swapped_) return;
    clients_.clear();
    try {
      // Of a session of its own: the main one may be what failed.
      Client client(address_, {});
      client.execute("SET lock_timeout = '2s'; DROP TABLE IF EXISTS " + qualified(shadow_.schema, shadow_.table));
    } catch (const Error&) {
      // The next restore drops it; until then doctor names it.
    }
  }

  void load(const std::function<const base::RowView*()>& pull, std::stop_token stop) override {
    base::in_context([&] { return "loading " + shadow_.table; },
                     [&] {
                       std::unique_ptr<Client> client = take_client(stop);
                       const CopyEncoder encoder(shadow_, request_.collection);
                       base::Bytes buffer;
                       client->begin_copy_in(encoder.statement());
                       encoder.start(buffer);
                       while (const base::RowView* row = pull()) {
                         encoder.append(buffer, *row);
                         if (buffer.size() < k_send_bytes) continue;
                         client->put(buffer);
                         buffer.clear();
                       }
                       encoder.finish(buffer);
                       client->put(buffer);
                       client->end_copy_in();
                       give_back(std::move(client));
                     });
  }

  void build_indexes(std::stop_token stop) override {
    const std::vector<std::size_t> order = build_order();
    std::atomic<std::size_t> next = 0;
    base::TaskGroup group(stop);
    const std::size_t workers =
        std::min<std::size_t>(std::max(1U, request_.options.writers), plan_.wanted.indexes.size());
    for (std::size_t i = 0; i < workers; ++i)
      group.spawn([&](std::stop_token token) {
        std::unique_ptr<Client> client = take_client(token);
        client->execute(k_index_memory);
        for (std::size_t k = next++; k < order.size(); k = next++) build_index(*client, order[k]);
        give_back(std::move(client));
      });
    group.wait();
    main_.set_stop(stop);
    attach_constraints();
    main_.execute("ANALYZE " + qualified(shadow_.schema, shadow_.table));
  }

  std::size_t read_back_parts(unsigned wanted) override {
    std::unique_ptr<Client> client = take_client(stop_);
    const unsigned writers = std::max(1U, request_.options.writers);
    // Older servers go through the whole table for each part.
    if (client->version() < k_reads_page_ranges) wanted = std::min(wanted, writers);
    page_ranges_ = cut_pages(*client, read_target(shadow_, request_.collection), std::max(1U, wanted));
    give_back(std::move(client));
    return page_ranges_.size();
  }

  // As the rows lie, which needs no index and is the fastest way; a set has no order.
  void read_back(std::size_t part, RowSink& sink, std::stop_token stop) override {
    std::unique_ptr<Client> client = take_client(stop);
    read_pages(*client, read_target(shadow_, request_.collection), page_ranges_.at(part), sink, stop);
    give_back(std::move(client));
  }

  std::string swap() override {
    clients_.clear();
    main_.set_stop(stop_);
    base::in_context([&] { return fmt::format("swapping {} in for {}", shadow_.table, plan_.wanted.table); },
                     [&] { swap_tables(main_, plan_, clock_, stop_); });
    swapped_ = true;
    session_.reset();
    return plan_.live && !plan_.drop_previous ? plan_.previous : std::string();
  }

private:
  // Held by the session until it ends, however it ends; so a shadow that is there is nobody's.  The server may take a
  // moment to notice that a killed run is gone.
  void hold_alone(const std::string& table) {
    const std::string key = fmt::format("holdfast restore {}", qualified(address_.schema, table));
    main_.execute("SET lock_timeout = '1s'");
    try {
      main_.query("SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended($1, 0))", {key});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::busy) throw;
      throw Error(ErrorKind::busy, fmt::format("another restore into {} is under way", address_.display()),
                  "Wait until it has ended; end its session in pg_stat_activity if nobody runs it.");
    }
    main_.execute("SET lock_timeout = 0");
  }

  void drop_leftovers(const std::string& table) {
    const std::string prefix = marked_prefix(table, k_shadow_mark, k_marked_max);
    for (const std::string& name : find_leftovers(main_, address_.schema).shadows)
      if (name.starts_with(prefix)) main_.execute("DROP TABLE " + qualified(address_.schema, name));
  }

  void plan(const std::string& table) {
    const std::string name = qualified(address_.schema, table);
    if (main_.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", {name}).flag(0, 0)) {
      plan_.live = read_parts(main_, address_.schema, table);
      refuse_obstacles(*plan_.live);
      refuse_writers(name, *plan_.live);
    }
    const TableParts wanted = parts_of_snapshot(request_.options.attributes, address_.schema, table)
                                  .value_or(conventional_parts(address_.schema, table, request_.collection));
    plan_.wanted = plan_.live ? parts_with_columns(*plan_.live, wanted, request_.collection) : wanted;
    const std::string now = name_stamp(clock_.now());
    shadow_ = plan_.wanted;
    shadow_.table = plan_.shadow = free_name(marked_prefix(table, k_shadow_mark, k_marked_max) + now);
    plan_.previous = free_name(marked_prefix(table, k_previous_mark, k_marked_max) + now);
    for (std::size_t i = 0; i < plan_.wanted.indexes.size(); ++i)
      plan_.shadow_indexes.push_back(fmt::format("{}_i{}", plan_.shadow, i + 1));
    plan_.drop_previous = request_.options.drop_previous;
    plan_.snapshot = request_.options.snapshot;
  }

  std::string free_name(const std::string& name) {
    std::string out = name;
    for (int count = 2;
         main_.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", {qualified(address_.schema, out)}).flag(0, 0);
         ++count)
      out = fmt::format("{}_{}", name, count);
    if (out.size() > k_name_max - 4) throw Error(ErrorKind::internal, "a table name got too long: " + out);
    return out;
  }

  void refuse_obstacles(const TableParts& live) {
    if (live.obstacles.empty()) return;
    std::string all;
    for (const std::string& obstacle : live.obstacles) all += (all.empty() ? "" : "; ") + obstacle;
    throw Error(ErrorKind::refused, fmt::format("a swap of {}.{} would lose: {}", live.schema, live.table, all),
                "Drop it and make it again afterwards, or restore with --select, which writes into the live table.");
  }

  void refuse_writers(const std::string& name, const TableParts& live) {
    const Fingerprint before = take_fingerprint(main_, name);
    plan_.before = before;
    if (request_.options.allow_writers) return;
    const std::string hint =
        "Stop DataHub's GMS and consumers, or tell holdfast to go on although somebody is on the table; "
        "a write before the swap stops it all the same.";
    const std::vector<std::string> sessions = sessions_on(main_, address_.schema, live.table);
    if (!sessions.empty()) {
      std::string all;
      for (const std::string& session : sessions) all += (all.empty() ? "" : "; ") + session;
      throw Error(ErrorKind::refused, fmt::format("somebody is on {}: {}", name, all), hint);
    }
    // An empty table has nothing that a writer could lose, and the swap's own check still holds.
    if (before.rows == "0") return;
    if (!clock_.sleep(k_between_looks, stop_)) throw Error(ErrorKind::cancelled, "stopped before anything was written");
    if (take_fingerprint(main_, name) == before) return;
    throw Error(ErrorKind::refused, fmt::format("{} was written to within five seconds: a GMS is still writing", name),
                hint);
  }

  void make_shadow() {
    main_.execute(create_table(shadow_));
    main_.execute(fmt::format("COMMENT ON TABLE {} IS {}", qualified(shadow_.schema, shadow_.table),
                              quote_text(std::string(k_shadow_comment) + plan_.snapshot)));
    for (const std::string& statement : column_statements(shadow_)) main_.execute(statement);
    if (const auto statement = vacuum_statement(shadow_, Vacuum::never)) main_.execute(*statement);
  }

  // Indexes of all rows first: a long one that starts last would run alone.
  std::vector<std::size_t> build_order() const {
    std::vector<std::size_t> out(plan_.wanted.indexes.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::stable_partition(out.begin(), out.end(), [&](std::size_t number) {
      return plan_.wanted.indexes[number].tail.find(" WHERE (") == std::string::npos;
    });
    return out;
  }

  void build_index(Client& client, std::size_t number) {
    const IndexPart& index = plan_.wanted.indexes[number];
    client.execute(fmt::format("CREATE {}INDEX {} ON {} {}", index.unique ? "UNIQUE " : "",
                               quote_name(plan_.shadow_indexes[number]), qualified(shadow_.schema, shadow_.table),
                               index.tail));
  }

  void attach_constraints() {
    const std::string alter = fmt::format("ALTER TABLE {} ADD CONSTRAINT ", qualified(shadow_.schema, shadow_.table));
    for (std::size_t i = 0; i < plan_.wanted.indexes.size(); ++i) {
      const IndexPart& index = plan_.wanted.indexes[i];
      if (!index.constraint) continue;
      const std::string name = quote_name(plan_.shadow_indexes[i]);
      main_.execute(fmt::format("{}{} {} USING INDEX {} {}", alter, name, index.primary ? "PRIMARY KEY" : "UNIQUE",
                                name, index.constraint_tail));
    }
    for (const ConstraintPart& constraint : plan_.wanted.constraints)
      if (constraint.kind == "f")
        main_.execute(fmt::format("{}{} {}", alter, quote_name(constraint.name), constraint.definition));
  }

  std::unique_ptr<Client> take_client(const std::stop_token& stop) {
    {
      const std::lock_guard lock(clients_mutex_);
      if (!clients_.empty()) {
        std::unique_ptr<Client> client = std::move(clients_.back());
        clients_.pop_back();
        client->set_stop(stop);
        return client;
      }
    }
    return std::make_unique<Client>(address_, stop);
  }

  void give_back(std::unique_ptr<Client> client) {
    const std::lock_guard lock(clients_mutex_);
    clients_.push_back(std::move(client));
  }

  const SqlAddress address_;
  const ReplaceRequest request_;
  const base::Clock& clock_;
  const std::stop_token stop_;
  std::unique_ptr<Client> session_;  // holds the advisory lock; goes when the swap is done
  Client& main_;                     // the same: makes the shadow, swaps
  SwapPlan plan_;
  TableParts shadow_;
  std::vector<PageRange> page_ranges_;  // to read back
  bool swapped_ = false;
  std::mutex clients_mutex_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace

std::unique_ptr<Replacement> open_replacement(const SqlAddress& address, ReplaceRequest request,
                                              const base::Clock& clock, std::stop_token stop) {
  return base::in_context(
      [&] { return "preparing a restore into " + address.display(); },
      [&] { return std::make_unique<PostgresReplacement>(address, std::move(request), clock, std::move(stop)); });
}

Leftovers find_leftovers(Client& client, const std::string& schema) {
  const Rows rows = client.query(
      "SELECT c.relname, d.description FROM pg_catalog.pg_class c JOIN pg_catalog.pg_description d ON d.objoid = c.oid"
      " AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0"
      " WHERE c.relkind = 'r' AND c.relname LIKE '%\\_holdfast\\_%' AND c.relnamespace = "
      "pg_catalog.to_regnamespace($1) ORDER BY 1",
      {quote_name(schema)});
  Leftovers out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.text(i, 1).starts_with(k_shadow_comment)) out.shadows.push_back(rows.text(i, 0));
    if (rows.text(i, 1).starts_with(k_kept_comment)) out.kept.push_back(rows.text(i, 0));
  }
  return out;
}

}  // namespace holdfast::platform::datahub::postgres
