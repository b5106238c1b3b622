// What the tests of a whole restore into PostgreSQL share.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/task_group.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/shape.h"
#include "postgres_table.h"

// Of its own, so that helpers of the same name for the other server are other functions to the linker.
namespace holdfast::test {
inline namespace on_postgres {

namespace postgres = datahub::postgres;

// Does not wait, but runs what a test wants to happen meanwhile.
class EventfulClock : public ManualClock {
public:
  EventfulClock() : ManualClock(base::Instant(std::chrono::hours(24 * 365 * 50))) {}
  bool sleep(base::Duration duration, std::stop_token stop) const override {
    if (on_sleep) on_sleep();
    ++sleeps;
    return ManualClock::sleep(duration, stop);
  }
  std::function<void()> on_sleep;
  mutable std::atomic<int> sleeps = 0;
};

struct Taken {
  model::Collection collection;
  std::string attributes;
  std::vector<base::Row> rows;
};

class PostgresRestore : public ::testing::Test {
protected:
  PostgresServer& server_ = shared_postgres();
  const std::string source_ = fresh_database(server_);
  const std::string target_ = fresh_database(server_);
  EventfulClock clock_;

  void make(const std::string& database, unsigned rows, const std::string& collate = "") {
    server_.execute(current_table(collate), database);
    server_.execute(generated_rows(rows), database);
  }

  Taken take(const std::string& database) {
    const auto capture = open_store(server_, database, clock_)->capture({}, {});
    return {capture->collections()[0].collection, capture->attributes(), read_all(*capture)};
  }

  std::unique_ptr<platform::Replacement> begin(const Taken& taken, platform::ReplaceOptions options = {},
                                               std::uint64_t bytes = 1000) {
    options.snapshot = "20261121-test";
    options.attributes = taken.attributes;
    return open_store(server_, target_, clock_)->replace(taken.collection, options, bytes, {});
  }

  std::string tables() {
    return server_.query(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
        target_);
  }
  std::string content() {
    return server_.query("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM metadata_aspect_v2 t", target_);
  }
};

// In shares, by several threads, as the engine does.
inline void load_all(platform::Replacement& replacement, const std::vector<base::Row>& rows, std::size_t shares = 3) {
  base::TaskGroup group({});
  for (std::size_t share = 0; share < shares; ++share)
    group.spawn([&, share](std::stop_token stop) {
      std::size_t at = rows.size() * share / shares;
      const std::size_t end = rows.size() * (share + 1) / shares;
      std::vector<base::ColumnView> columns;
      base::RowView view;
      replacement.load(
          [&]() -> const base::RowView* {
            if (at == end) return nullptr;
            view = base::to_view(rows[at++], columns);
            return &view;
          },
          stop);
    });
  group.wait();
}

inline std::vector<base::Row> read_back(platform::Replacement& replacement) {
  KeepingSink sink;
  const std::size_t parts = replacement.read_back_parts(4);
  for (std::size_t part = 0; part < parts; ++part) replacement.read_back(part, sink, {});
  std::sort(sink.rows.begin(), sink.rows.end(), [](const base::Row& a, const base::Row& b) { return a.key < b.key; });
  return std::move(sink.rows);
}

inline std::string replace_all(platform::Replacement& replacement, const std::vector<base::Row>& rows) {
  load_all(replacement, rows);
  replacement.build_indexes({});
  EXPECT_EQ(read_back(replacement), rows);
  return replacement.swap();
}

inline std::string parts_of(PostgresServer& server, const std::string& database) {
  postgres::Client client(datahub::parse_sql_url(server.url(database), {}), {});
  return nlohmann::json::parse(postgres::parts_to_json(postgres::read_parts(client, "public", "metadata_aspect_v2")))
      .dump(1);
}

}  // namespace on_postgres
}  // namespace holdfast::test
