// What the PostgreSQL tests share: DataHub's table, rows for it, sinks that keep what they are given.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/row.h"
#include "platform/datahub/sql/store.h"
#include "platform/datahub/sql/text.h"
#include "support/fakes.h"
#include "support/servers.h"

// Of its own, so that helpers of the same name for the other server are other functions to the linker.
namespace holdfast::test {
inline namespace on_postgres {

namespace datahub = platform::datahub;

// DataHub's set-up for PostgreSQL, as its reference gives it.
inline std::string current_table(const std::string& collate = "", const std::string& name = "metadata_aspect_v2") {
  return fmt::format(
      "CREATE TABLE {0} (urn varchar(500) {1} NOT NULL, aspect varchar(200) {1} NOT NULL, version bigint NOT NULL,"
      " metadata text NOT NULL, systemmetadata text, createdon timestamp without time zone NOT NULL,"
      " createdby varchar(255) NOT NULL, createdfor varchar(255), CONSTRAINT pk_{0} PRIMARY KEY (urn, aspect, "
      "version));"
      "CREATE INDEX timeindex ON {0} (createdon);"
      "CREATE INDEX idx_v0_urn_aspect ON {0} (urn, aspect) WHERE version = 0;"
      "CREATE INDEX schemaversionindex ON {0} (((systemmetadata::jsonb ->> 'schemaVersion')));",
      name, collate.empty() ? "" : "COLLATE " + collate);
}

inline std::string generated_rows(unsigned count) {
  return fmt::format(
      "INSERT INTO metadata_aspect_v2 SELECT 'urn:li:dataset:(urn:li:dataPlatform:x,t' || md5(i::text) || ',PROD)', "
      "'ownership',"
      " i % 3, '{{\"n\":' || i || '}}', CASE WHEN i % 5 > 0 THEN '{{\"schemaVersion\":1}}' END,"
      " timestamp '2026-01-02 03:04:05.000006' + i * interval '1 second', 'urn:li:corpuser:a', NULL FROM "
      "generate_series(1, {}) i",
      count);
}

class KeepingSink : public platform::RowSink {
public:
  void row(const base::RowView& row) override { rows.push_back(base::to_row(row)); }
  std::vector<base::Row> rows;
};

inline std::unique_ptr<datahub::SqlStore> open_store(PostgresServer& server, const std::string& database,
                                                     const base::Clock& clock, const std::string& options = "") {
  return datahub::make_postgres_store(datahub::parse_sql_url(server.url(database) + options, {}), clock);
}

inline std::vector<base::Row> read_all(platform::Capture& capture, unsigned wanted = 4) {
  KeepingSink sink;
  const model::Collection& collection = capture.collections().at(0).collection;
  for (const base::KeyRange& range : capture.ranges(collection, wanted)) capture.read(collection, range, sink, {});
  return std::move(sink.rows);
}

inline base::ErrorKind kind_of(const std::function<void()>& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const base::Error& error) {
    if (message) *message = error.describe();
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return base::ErrorKind::internal;
}

}  // namespace on_postgres
}  // namespace holdfast::test
