// A restore whose process dies by SIGKILL at each of its statements that changes or locks anything, before the
// statement leaves or right after it, with the answer never read.
#include <dlfcn.h>
#include <mysql.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>

#include "platform/datahub/mysql/capture.h"
#include "platform/datahub/mysql/replacement.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

enum class Moment { unsent, unanswered };

struct Fate {
  std::atomic<int> statements_left = 0;  // 0: this process lives
  Moment moment = Moment::unsent;
};

Fate& fate() {
  static Fate the;
  return the;
}

// What only reads or sets the session leaves nothing behind: dying there is dying at the next one that does.
bool leaves_traces(std::string_view sql) {
  constexpr std::array<std::string_view, 4> k_traceless{"SELECT", "SHOW", "SET", "DO"};
  return std::none_of(k_traceless.begin(), k_traceless.end(), [&](auto word) { return sql.starts_with(word); });
}

}  // namespace

}  // namespace holdfast::test

// Every statement of the connector passes here: the program's own definition comes before the library's.
int mysql_real_query(MYSQL* mysql, const char* sql, unsigned long size) {
  static const auto library =
      reinterpret_cast<int (*)(MYSQL*, const char*, unsigned long)>(dlsym(RTLD_NEXT, "mysql_real_query"));
  holdfast::test::Fate& fate = holdfast::test::fate();
  if (fate.statements_left > 0 && holdfast::test::leaves_traces({sql, size}) && --fate.statements_left == 0) {
    if (fate.moment == holdfast::test::Moment::unanswered) mysql_send_query(mysql, sql, size);
    ::kill(::getpid(), SIGKILL);
  }
  return library(mysql, sql, size);
}

namespace holdfast::test {

namespace {

using platform::datahub::mysql::begin_replacement;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::open_capture;
using namespace std::chrono_literals;

enum class Before { a_table, nothing };

class MysqlCrash : public testing::TestWithParam<std::tuple<Moment, Before>> {
protected:
  MysqlCrash() : source_db(fresh_database(server)) {
    server.execute(k_current_table, source_db);
    fill(server, source_db, 5);
    // More than one INSERT.
    server.execute("UPDATE metadata_aspect_v2 SET metadata = REPEAT('m', 1100000) WHERE urn LIKE '%2'", source_db);
    Endpoint source{.address = address(server, source_db), .sessions = {}};
    const auto capture =
        open_capture(source, {.readers = 1, .limit_read = 0, .max_snapshot_age = {}}, base::system_clock(), {});
    collection = capture->collections()[0].collection;
    attributes = capture->attributes();
    rows = read_all(*capture);
    wanted = content(source_db);
  }

  void make_target() {
    target_db = fresh_database(server);
    if (std::get<Before>(GetParam()) == Before::nothing) return;
    server.execute(k_legacy_table, target_db);
    fill(server, target_db, 3);
  }

  void restore() {
    Endpoint target{.address = address(server, target_db), .sessions = {}};
    HookClock clock;
    const auto replacement = begin_replacement(
        target,
        {collection,
         {.writers = 1, .drop_previous = true, .allow_writers = true, .snapshot = {}, .attributes = attributes},
         1000},
        clock, {});
    Feed feed(rows);
    replacement->load(feed.pull(), {});
    replacement->build_indexes({});
    replacement->swap();
  }

  // False when the restore had fewer statements and came to its end.
  bool dies_at(int statement) {
    const pid_t child = fork();
    if (child == 0) {
      fate().moment = std::get<Moment>(GetParam());
      fate().statements_left = statement;
      try {
        restore();
      } catch (const std::exception&) {
        _exit(2);
      }
      _exit(0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
    EXPECT_EQ(status, 0) << "the restore failed before it was killed";
    return false;
  }

  // What the dead process has sent may still be running.
  void wait_for_its_sessions() {
    for (int i = 0; i < 3000; ++i) {
      if (server.query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '" + target_db + "'") == "0\n")
        return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "the sessions of the dead process never end";
  }

  std::string tables() { return server.query("SHOW TABLES", target_db); }
  std::string content(const std::string& database) {
    if (server.query("SHOW TABLES LIKE 'metadata\\_aspect\\_v2'", database).empty()) return "no table";
    return server.query(
        "SELECT urn, aspect, version, MD5(metadata), createdon FROM metadata_aspect_v2 ORDER BY 1, 2, 3", database);
  }
  std::string definition() {
    return content(target_db) == "no table" ? "" : server.query("SHOW CREATE TABLE metadata_aspect_v2", target_db);
  }

  MariadbServer& server = shared_mariadb();
  std::string source_db;
  std::string target_db;
  model::Collection collection;
  std::string attributes;
  std::vector<base::Row> rows;
  std::string wanted;
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(MysqlCrash, MysqlCrash,
                         testing::Combine(testing::Values(Moment::unsent, Moment::unanswered),
                                          testing::Values(Before::a_table, Before::nothing)));

TEST_P(MysqlCrash, leaves_all_or_nothing_at_every_statement_and_the_next_run_cleans_up) {
  int deaths = 0;
  int swapped = 0;
  for (bool died = true; died; ++deaths) {
    ASSERT_LT(deaths, 100);
    make_target();
    const std::string before = content(target_db);
    const std::string shape = definition();
    died = dies_at(deaths + 1);
    if (!died) break;
    wait_for_its_sessions();
    const std::string after = content(target_db);
    ASSERT_TRUE(after == before || after == wanted) << deaths << ": " << after;
    if (after == wanted) ++swapped;
    if (!shape.empty()) {
      ASSERT_EQ(definition(), shape) << deaths;
    }
    restore();
    ASSERT_EQ(content(target_db), wanted) << deaths;
    ASSERT_EQ(tables().find("_holdfast_new_"), std::string::npos) << deaths << "\n" << tables();
    ASSERT_EQ(tables().find("_holdfast_run_"), std::string::npos) << deaths << "\n" << tables();
    if (after != wanted) {
      ASSERT_EQ(tables().find("_holdfast_old_"), std::string::npos) << "a placeholder stayed\n" << tables();
    }
    server.execute("DROP DATABASE " + target_db);
  }
  EXPECT_EQ(content(target_db), wanted) << "nobody killed this one";
  EXPECT_GE(deaths, 7) << "the statements were not seen";
  EXPECT_GT(swapped, 0);
  EXPECT_LT(swapped, deaths);
}

}  // namespace holdfast::test
