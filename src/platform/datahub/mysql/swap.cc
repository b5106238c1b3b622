#include "platform/datahub/mysql/swap.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <chrono>
#include <exception>
#include <functional>
#include <thread>

#include "base/error.h"
#include "platform/datahub/mysql/one_server.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr unsigned k_lock_wait_seconds = 2;
constexpr unsigned k_lock_tries = 3;
constexpr base::Duration k_between_tries = std::chrono::seconds(1);
constexpr unsigned k_rename_wait_seconds = 10;  // it only waits for the locker, which is about to let go
constexpr unsigned k_queue_looks = 500;         // of 10 ms each

struct Trigger {
  std::string name;
  std::string sql_mode;
  std::string statement;
};

std::vector<Trigger> read_triggers(Client& client, const std::string& table) {
  std::vector<Trigger> out;
  for (const TextRow& row : client.query(fmt::format(
           "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND "
           "EVENT_OBJECT_TABLE = {} ORDER BY EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER",
           quote_text(table)))) {
    const std::string name = row[0].value_or("");
    const auto rows = client.query_named("SHOW CREATE TRIGGER " + quote_name(name));
    if (rows.empty()) continue;
    out.push_back({.name = name,
                   .sql_mode = find(rows[0], "sql_mode").value_or(""),
                   .statement = find(rows[0], "SQL Original Statement").value_or("")});
  }
  return out;
}

// A statement that waits on another thread until it is let through.
class Waiting {
public:
  Waiting(Client& client, std::function<void(Client&)> work)
      : client_(client), thread_([this, work = std::move(work)] {
          try {
            work(client_);
          } catch (...) {
            failure_ = std::current_exception();
          }
        }) {}

  void join() {
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
  }

private:
  Client& client_;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: it uses the others
};

// True once the other session waits for a metadata lock.  The server sleeps for us: what is waited for is the server's
// doing, which no clock of ours measures.
bool queued(Client& locker, std::uint64_t id) {
  for (unsigned i = 0; i < k_queue_looks; ++i) {
    for (const Named& row : locker.query_named("SHOW PROCESSLIST")) {
      const bool waits = find(row, "State").value_or("").find("metadata lock") != std::string::npos;
      if (find(row, "Id") == std::to_string(id) && waits) return true;
    }
    locker.query("SELECT SLEEP(0.01)");
  }
  return false;
}

void lock_both(Client& locker, const SwapPlan& plan, const base::Clock& clock, const std::stop_token& stop) {
  locker.execute(fmt::format("SET SESSION lock_wait_timeout = {}", k_lock_wait_seconds));
  for (unsigned tried = 1;; ++tried) {
    try {
      locker.execute(
          fmt::format("LOCK TABLES {} WRITE, {} WRITE", quote_name(plan.live), quote_name(plan.run.previous)));
      return;
    } catch (const ServerError& error) {
      if (error.code() != ER_LOCK_WAIT_TIMEOUT) throw;
    }
    if (tried == k_lock_tries)
      throw Error(ErrorKind::busy,
                  fmt::format("table '{}' could not be locked for the swap in {} tries of {} s", plan.live,
                              k_lock_tries, k_lock_wait_seconds),
                  "Some transaction holds the table; end it and run the same command again. Nothing was changed.");
    if (!clock.sleep(k_between_tries, stop)) throw Error(ErrorKind::cancelled, "the swap was cancelled");
  }
}

void check_untouched(Client& locker, const SwapPlan& plan) {
  const Fingerprint now = fingerprint(locker, *plan.table);
  if (now == plan.expected) return;
  throw Error(ErrorKind::refused,
              fmt::format("table '{}' was written to since the restore began: it had {} rows, and has {}{}", plan.live,
                          plan.expected.rows, now.rows, now.rows == plan.expected.rows ? " with other contents" : ""),
              "Stop what writes to it and run the same command again. The live table was not changed.");
}

void move_triggers(Client& mover, const SwapPlan& plan, const std::vector<Trigger>& triggers) {
  mover.execute(fmt::format("LOCK TABLES {} WRITE, {} WRITE", quote_name(plan.live), quote_name(plan.run.previous)));
  for (const Trigger& trigger : triggers) {
    mover.execute("DROP TRIGGER " + quote_name(trigger.name));
    mover.execute("SET SESSION sql_mode = " + quote_text(trigger.sql_mode));
    try {
      mover.execute(trigger.statement);
    } catch (Error& error) {
      error.set_hint(fmt::format("The new table is live and lacks the trigger {}; create it by hand: {}", trigger.name,
                                 trigger.statement));
      throw;
    }
  }
  mover.execute("UNLOCK TABLES");
}

void drop_lock(Client& locker) noexcept {
  try {
    locker.execute("UNLOCK TABLES");
  } catch (const Error&) {
    // A session that is lost holds no lock either.
  }
}

void give_up(Endpoint& endpoint, Client& locker, const SwapPlan& plan) noexcept {
  drop_lock(locker);
  try {
    Client client(endpoint, {});
    drop_placeholder(client, plan.run);
  } catch (const Error&) {
    // One that stays is found by its comment and dropped by the next run.
  }
}

void expect_queued(Client& locker, const Client& other, const SwapPlan& plan) {
  if (queued(locker, other.id())) return;
  throw Error(ErrorKind::busy, fmt::format("the swap of table '{}' did not reach the server's queue", plan.live),
              "Run the same command again; nothing was changed.");
}

// What is locked on one server may be renamed on another.
void expect_one_server(const ServerMark& mark, Client& other, const SwapPlan& plan) {
  if (mark.seen_by(other)) return;
  throw Error(ErrorKind::refused,
              fmt::format("the connections for the swap of table '{}' lead to different servers", plan.live),
              "Name one server in sql.url, not an address that leads to several; the live table was not changed.");
}

// The locker holds both locks.  Until the placeholder is gone, whatever fails makes the RENAME fail as well.
void swap_under_lock(Endpoint& endpoint, Client& locker, const SwapPlan& plan, const std::vector<Trigger>& triggers) {
  const std::string sql = fmt::format("RENAME TABLE {0} TO {1}, {2} TO {0}", quote_name(plan.live),
                                      quote_name(plan.run.previous), quote_name(plan.run.shadow));
  Client renamer(endpoint, {});
  Client mover(endpoint, {});
  const ServerMark mark(locker);
  expect_one_server(mark, renamer, plan);
  expect_one_server(mark, mover, plan);
  renamer.execute(fmt::format("SET SESSION lock_wait_timeout = {}", k_rename_wait_seconds));
  mover.execute(fmt::format("SET SESSION lock_wait_timeout = {}", k_rename_wait_seconds));
  Waiting rename(renamer, [&](Client& client) { client.execute(sql); });
  std::optional<Waiting> move;
  try {
    expect_queued(locker, renamer, plan);
    if (!triggers.empty()) {
      move.emplace(mover, [&](Client& client) { move_triggers(client, plan, triggers); });
      expect_queued(locker, mover, plan);
    }
    locker.execute("DROP TABLE " + quote_name(plan.run.previous));
  } catch (...) {
    drop_lock(locker);  // before the waiting threads are joined, who wait for just this
    throw;
  }
  drop_lock(locker);
  rename.join();
  if (move)
    base::in_context([] { return "moving the triggers to the new table, after the swap"; }, [&] { move->join(); });
}

// No live table: the name is taken in one step, or somebody else has made a table meanwhile.
void take_free_name(Client& client, const SwapPlan& plan) {
  try {
    client.execute(fmt::format("RENAME TABLE {} TO {}", quote_name(plan.run.shadow), quote_name(plan.live)));
  } catch (const ServerError& error) {
    if (error.code() != ER_TABLE_EXISTS_ERROR) throw;
    throw Error(ErrorKind::refused, fmt::format("table '{}' was created since the restore began", plan.live),
                "Find out who made it, then run the same command again; it was not changed.");
  }
}

}  // namespace

void swap_tables(Endpoint& endpoint, const SwapPlan& plan, const base::Clock& clock, std::stop_token stop) {
  Client locker(endpoint, stop);
  if (plan.table == nullptr) {
    take_free_name(locker, plan);
    return;
  }
  const std::vector<Trigger> triggers = read_triggers(locker, plan.live);
  make_placeholder(locker, plan.run);
  try {
    lock_both(locker, plan, clock, stop);
    check_untouched(locker, plan);
    swap_under_lock(endpoint, locker, plan, triggers);
  } catch (...) {
    give_up(endpoint, locker, plan);
    throw;
  }
}

}  // namespace holdfast::platform::datahub::mysql
