// What the MySQL tests share: aspect tables of every shape on the shared server, rows in them, rows read back.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/row.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/sql/store.h"
#include "platform/datahub/sql/text.h"
#include "support/servers.h"

// Inline, so that helpers of the same name for another engine are other functions.
namespace holdfast::test {
inline namespace mysql_fixture {

inline constexpr const char* k_current_table =
    "CREATE TABLE metadata_aspect_v2 (urn varchar(500) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT "
    "NULL, "
    "metadata longtext NOT NULL, systemmetadata longtext, createdon timestamp(6) NOT NULL DEFAULT '2000-01-01', "
    "createdby varchar(255) NOT NULL, createdfor varchar(255), PRIMARY KEY (urn, aspect, version), "
    "KEY timeIndex (createdon), KEY idx_version_urn_aspect (version, urn, aspect)) "
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
inline constexpr const char* k_legacy_table =
    "CREATE TABLE metadata_aspect_v2 (urn varchar(500) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT "
    "NULL, "
    "metadata longtext NOT NULL, systemmetadata longtext, createdon datetime(6) NOT NULL, createdby varchar(255) NOT "
    "NULL, "
    "createdfor varchar(255), CONSTRAINT pk_metadata_aspect_v2 PRIMARY KEY (urn, aspect, version), KEY urnIndex (urn), "
    "KEY aspectIndex (aspect), KEY versionIndex (version)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
inline constexpr const char* k_first_table =
    "CREATE TABLE metadata_aspect (urn varchar(500) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT NULL, "
    "metadata longtext NOT NULL, createdon datetime(6) NOT NULL, createdby varchar(255) NOT NULL, createdfor "
    "varchar(255), "
    "PRIMARY KEY (urn, aspect, version)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

// Rows urn:li:dataset:0001 … with an aspect or two each.
inline void fill(MariadbServer& server, const std::string& database, unsigned rows,
                 const std::string& table = "metadata_aspect_v2") {
  server.execute(fmt::format("INSERT INTO {} (urn, aspect, version, metadata, createdon, createdby) "
                             "SELECT CONCAT('urn:li:dataset:', LPAD(seq, 7, '0')), 'status', 0, "
                             "CONCAT('{{\"removed\":false,\"n\":', seq, '}}'), '2026-01-02 03:04:05.678901', "
                             "'urn:li:corpuser:datahub' FROM seq_1_to_{}",
                             table, rows),
                 database);
}

class Collect : public platform::RowSink {
public:
  void row(const base::RowView& row) override { rows.push_back(base::to_row(row)); }
  std::vector<base::Row> rows;
};

inline platform::datahub::SqlAddress address(MariadbServer& server, const std::string& database,
                                             const std::string& options = "") {
  return platform::datahub::parse_sql_url(server.url(database) + options, base::Secret{});
}

// Every row of the first collection, range after range.
inline std::vector<base::Row> read_all(platform::Capture& capture, unsigned ranges = 3) {
  const auto& collection = capture.collections().at(0).collection;
  Collect sink;
  for (const base::KeyRange& range : capture.ranges(collection, ranges)) capture.read(collection, range, sink, {});
  return sink.rows;
}

// Real time, but sleeping is a moment in which the test can do something.
class HookClock : public base::Clock {
public:
  base::Instant now() const override { return base::system_clock().now(); }
  base::Duration elapsed() const override { return base::system_clock().elapsed(); }
  bool sleep(base::Duration duration, std::stop_token stop) const override {
    if (on_sleep) on_sleep(duration);
    return !stop.stop_requested();
  }
  std::function<void(base::Duration)> on_sleep;
};

// A pull over rows that are held in memory.
class Feed {
public:
  explicit Feed(const std::vector<base::Row>& rows) : rows_(rows) {}
  std::function<const base::RowView*()> pull() {
    return [this]() -> const base::RowView* {
      if (next_ == rows_.size()) return nullptr;
      view_ = base::to_view(rows_[next_++], columns_);
      return &view_;
    };
  }

private:
  const std::vector<base::Row>& rows_;
  std::size_t next_ = 0;
  std::vector<base::ColumnView> columns_;
  base::RowView view_;
};

template <class Work>
base::Error error_of(Work&& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return base::Error(base::ErrorKind::internal, "no error was thrown");
}

}  // namespace mysql_fixture
}  // namespace holdfast::test
