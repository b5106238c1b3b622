#include "platform/datahub/mysql/replacement.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "platform/datahub/mysql/leftovers.h"
#include "platform/datahub/mysql/loader.h"
#include "platform/datahub/mysql/ranges.h"
#include "platform/datahub/mysql/reader.h"
#include "platform/datahub/mysql/swap.h"
#include "platform/datahub/mysql/watch.h"
#include "platform/datahub/sql/attributes.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

// Measured on 400,000 rows: table and two indexes take 1.9 times the rows' own bytes.
constexpr double k_space_factor = 2.2;
// Where an index is begun and where it is done, ALTER TABLE waits for the reads under way, and new ones wait for it.
constexpr const char* k_wait_for_one_another = "SET SESSION lock_wait_timeout = 86400";

std::optional<std::uint64_t> to_number(const Text& text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

void expect_space(Client& client, const SqlAddress& address, const std::string& live, std::uint64_t bytes_expected) {
  const auto free = free_space(client, address, live);
  const auto needed = static_cast<std::uint64_t>(static_cast<double>(bytes_expected) * k_space_factor);
  if (!free || *free >= needed) return;
  throw Error(
      ErrorKind::refused,
      fmt::format("the server has {} MiB free, and the restored table needs about {} MiB", *free >> 20, needed >> 20),
      "Make room on the server's disk; the live table stays until the swap, so both must fit.");
}

// The lock that keeps two replacements of one table apart; it goes with its session.
// Names of such locks are limited to 64 characters.
std::string name_lock(const std::string& database, const std::string& table) {
  return fmt::format("CONCAT('holdfast.', MD5({}))", quote_text(database + "." + table));
}

void take_name_lock(Client& client, const std::string& database, const std::string& table) {
  const Text got = client.value(fmt::format("SELECT GET_LOCK({}, 0)", name_lock(database, table)));
  if (got == "1") return;
  throw Error(ErrorKind::busy, fmt::format("another restore into table '{}' is running", table),
              "Wait until it has ended, then run the same command again.");
}

class MysqlReplacement : public Replacement {
public:
  MysqlReplacement(Endpoint& endpoint, ReplaceOptions options, const base::Clock& clock, std::stop_token stop)
      : endpoint_(endpoint), options_(std::move(options)), clock_(clock), stop_(stop), control_(endpoint, stop) {}

  ~MysqlReplacement() override {
    if (marked_ && !swapped_) drop_shadow();
    release_name_lock();
  }

  void begin(const model::Collection& collection, std::uint64_t bytes_expected) {
    live_name_ = target_table(control_, endpoint_.address).value_or(new_table_name());
    take_name_lock(control_, endpoint_.address.database, live_name_);
    for (const std::string& name : leftover_tables(control_, live_name_))
      control_.execute("DROP TABLE " + quote_name(name));
    if (table_exists(control_, live_name_)) inspect_live(collection);
    expect_space(control_, endpoint_.address, live_name_, bytes_expected);
    run_ = free_run_tables(control_, live_name_, clock_.now());
    create_shadow(collection);
  }

  void load(const std::function<const base::RowView*()>& pull, std::stop_token stop) override {
    Loader(endpoint_, shadow_, stop).load(pull);
  }

  void build_indexes(std::stop_token stop) override {
    Client client(endpoint_, stop);
    client.execute(k_wait_for_one_another);
    std::string clauses;
    for (const std::string& clause : index_clauses_)
      clauses += fmt::format("{} ADD {}", clauses.empty() ? "" : ",", clause);
    // All in one statement: the rows are read once.
    if (!clauses.empty()) client.execute(fmt::format("ALTER TABLE {}{}", quote_name(run_.shadow), clauses));
    // The first queries after the swap would otherwise be planned for an empty table.
    client.query(fmt::format("ANALYZE NO_WRITE_TO_BINLOG TABLE {}", quote_name(run_.shadow)));
  }

  std::size_t read_back_parts(unsigned wanted) override {
    Client client(endpoint_, stop_);
    shadow_.shape.estimated_rows =
        to_number(
            client.value(fmt::format("SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                                     "AND TABLE_NAME = {}",
                                     quote_text(run_.shadow))))
            .value_or(0);
    read_back_ranges_ = plan_ranges(client, shadow_, wanted);
    return read_back_ranges_.size();
  }

  void read_back(std::size_t part, RowSink& sink, std::stop_token stop) override {
    Client client(endpoint_, stop);
    client.execute(k_wait_for_one_another);
    read_rows(client, shadow_, read_back_ranges_.at(part), sink, {.look = [](std::uint64_t) {}, .stop = stop});
  }

  std::string swap() override {
    const SwapPlan plan{.live = live_name_, .run = run_, .table = live_ ? &*live_ : nullptr, .expected = expected_};
    base::in_context([&] { return fmt::format("swapping table '{}'", live_name_); },
                     [&] { swap_tables(endpoint_, plan, clock_, stop_); });
    swapped_ = true;
    drop_mark();
    if (!live_) return "";
    if (!options_.drop_previous) return run_.previous;
    control_.execute("DROP TABLE " + quote_name(run_.previous));
    return "";
  }

private:
  void inspect_live(const model::Collection& collection) {
    live_ = read_table(control_, endpoint_.address, live_name_);
    if (!live_->foreign_keys.empty())
      throw Error(ErrorKind::refused,
                  fmt::format("table '{}' has foreign keys ({}), which a swap would break", live_name_,
                              fmt::join(live_->foreign_keys, ", ")),
                  "Drop them, or restore a part with --select, which changes rows in place.");
    project(*live_, collection);
    expected_ = options_.allow_writers ? fingerprint(control_, *live_)
                                       : watch_writers(control_, endpoint_, *live_, clock_, stop_);
  }

  // Where there is no table yet, rows of the first table's shape go where a DataHub of their age looks for them.
  std::string new_table_name() const {
    if (!endpoint_.address.table.empty()) return endpoint_.address.table;
    const auto source = shape_of_attributes(options_.attributes);
    return source && source->table == "metadata_aspect" ? source->table : "metadata_aspect_v2";
  }

  // The live table's own definition where there is one, so that everything about it stays; else the snapshot's; else
  // DataHub's.
  std::string definition(const model::Collection& collection) const {
    if (live_) return live_->shape.ddl;
    const auto source = shape_of_attributes(options_.attributes);
    if (!source || source->engine == "postgresql") return conventional_ddl(collection, live_name_);
    return adapt_ddl(source->ddl, parse_version(source->server_version), control_.version());
  }

  void create_shadow(const model::Collection& collection) {
    CreateTable parts = split_create_table(definition(collection), run_.shadow);
    index_clauses_ = std::move(parts.index_clauses);
    make_mark(control_, run_);
    marked_ = true;
    control_.execute(parts.without_indexes);
    shadow_ = project(read_table(control_, endpoint_.address, run_.shadow), collection);
  }

  // The lock goes with the session, but the server notices a closed one only some moments later.
  void release_name_lock() noexcept {
    try {
      control_.execute("DO RELEASE_LOCK(" + name_lock(endpoint_.address.database, live_name_) + ")");
    } catch (const Error&) {
      // Then the session is gone, and the lock with it.
    }
  }

  // The control session may be the one that broke, or be stopped: a fresh one has no stop.
  void drop_shadow() noexcept {
    try {
      Client client(endpoint_, {});
      client.execute("DROP TABLE IF EXISTS " + quote_name(run_.shadow));
      client.execute("DROP TABLE IF EXISTS " + quote_name(run_.mark));
    } catch (const Error&) {
      // The next run finds it by the mark.
    }
  }

  void drop_mark() noexcept {
    try {
      control_.execute("DROP TABLE " + quote_name(run_.mark));
    } catch (const Error&) {
      // The swap is done all the same, and the next run drops it.
    }
  }

  Endpoint& endpoint_;
  ReplaceOptions options_;
  const base::Clock& clock_;
  std::stop_token stop_;
  Client control_;  // holds the name lock
  std::string live_name_;
  RunTables run_;
  std::optional<MysqlTable> live_;
  Fingerprint expected_;
  MysqlTable shadow_;
  std::vector<std::string> index_clauses_;
  std::vector<base::KeyRange> read_back_ranges_;
  bool marked_ = false;
  bool swapped_ = false;
};

// A data folder on this machine, and the server's own: its table file is there.
std::optional<std::uint64_t> local_free_space(Client& client, const SqlAddress& address, const std::string& table) {
  if (address.socket.empty() && address.effective_tls() != Tls::off) return std::nullopt;
  const std::string folder = client.value("SELECT @@datadir").value_or("");
  const std::string file = fmt::format("{}/{}/{}.ibd", folder, address.database, table);
  struct statvfs facts {};
  if (folder.empty() || access(file.c_str(), F_OK) != 0 || statvfs(folder.c_str(), &facts) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
}

}  // namespace

std::optional<std::uint64_t> free_space(Client& client, const SqlAddress& address, const std::string& table) {
  try {
    const auto rows = client.query(
        "SELECT Available * 1024 FROM information_schema.DISKS WHERE @@datadir LIKE CONCAT(Path, '%') "
        "ORDER BY LENGTH(Path) DESC LIMIT 1");
    if (!rows.empty()) return to_number(rows[0][0]);
  } catch (const ServerError&) {
    // The plugin is not there, or not for us.
  }
  return local_free_space(client, address, table);
}

std::unique_ptr<Replacement> begin_replacement(Endpoint& endpoint, const ReplaceRequest& request,
                                               const base::Clock& clock, std::stop_token stop) {
  auto out = std::make_unique<MysqlReplacement>(endpoint, request.options, clock, stop);
  out->begin(request.collection, request.bytes_expected);
  return out;
}

}  // namespace holdfast::platform::datahub::mysql
