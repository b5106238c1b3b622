// Restoring a part into a table whose collation takes two keys of ours for one, or whose columns hold less than ours.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "engine/backup.h"
#include "engine/compare.h"
#include "engine/restore.h"
#include "storage/memory/memory_backend.h"
#include "support/datahub.h"
#include "support/engine_world.h"
#include "support/servers.h"

namespace holdfast::test {
namespace {

using base::Error;
using base::ErrorKind;

std::string mysql_table(std::string_view collation, std::string_view instant) {
  return fmt::format(
      "CREATE TABLE metadata_aspect_v2 (urn varchar(250) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT "
      "NULL, metadata longtext NOT NULL, systemmetadata longtext, createdon {} NOT NULL, createdby varchar(255) NOT "
      "NULL, createdfor varchar(255), PRIMARY KEY (urn, aspect, version)) CHARACTER SET utf8mb4 COLLATE {}",
      instant, collation);
}

std::string postgres_table(std::string_view collation, std::string_view instant) {
  return fmt::format(
      "CREATE COLLATION public.folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
      "CREATE TABLE metadata_aspect_v2 (urn varchar(500) COLLATE {0} NOT NULL, aspect varchar(200) COLLATE {0} NOT "
      "NULL, version bigint NOT NULL, metadata text NOT NULL, systemmetadata text, createdon {1} without time zone NOT "
      "NULL, createdby varchar(255) NOT NULL, createdfor varchar(255), PRIMARY KEY (urn, aspect, version))",
      collation, instant);
}

struct Place {
  std::string name;
  std::function<std::string()> make;  // an empty table; returns its URL
  // Two keys that are one to its collation, the one first that comes first in byte order.
  std::string first;
  std::string second;
};

std::string on_mariadb(const std::string& table) {
  const std::string database = fresh_database(shared_mariadb());
  shared_mariadb().execute(table, database);
  return shared_mariadb().url(database);
}

std::string on_postgres(const std::string& table) {
  const std::string database = fresh_database(shared_postgres());
  shared_postgres().execute(table, database);
  return shared_postgres().url(database);
}

class PartialRestore : public testing::TestWithParam<Place> {
protected:
  explicit PartialRestore(const std::string& url) : connector(open_datahub(url, world.clock)) {}
  PartialRestore() : PartialRestore(GetParam().make()) {}

  static base::Row row(const std::string& name, std::string_view metadata = "{}") {
    return aspect_row("urn:li:tag:" + name, "status", metadata);
  }
  RowMap rows() {
    RowMap out;
    class Sink : public platform::RowSink {
    public:
      explicit Sink(RowMap& rows) : rows_(rows) {}
      void row(const base::RowView& row) override { rows_.emplace(base::Bytes(row.key), base::to_row(row)); }

    private:
      RowMap& rows_;
    } sink(out);
    const auto capture = connector->capture({}, {});
    capture->read(capture->collections().at(0).collection, {}, sink, {});
    return out;
  }
  void write(const std::vector<platform::RowChange>& changes) {
    const auto collection = connector->capture({}, {})->collections().at(0).collection;
    for (const platform::RowResult result : connector->writer(collection)->apply(changes))
      ASSERT_EQ(result, platform::RowResult::done);
  }
  void put(const base::Row& row) { write({{.key = row.key, .before = {}, .after = row}}); }
  void remove(const base::Row& row) { write({{.key = row.key, .before = row, .after = {}}}); }

  repository::Snapshot backed_up(platform::Connector& from) {
    return engine::backup(*world.repository, from, "source", EngineWorld::small(), world.events, world.clock, {})
        .snapshot;
  }
  model::Plan planned(const repository::Snapshot& snapshot, bool removes, const std::string& select = "urn:li:tag:*") {
    engine::PlanOptions options;
    options.target_name = "catalog";
    options.selection = model::Selection({select});
    options.removes = removes;
    return engine::make_plan(*world.repository, snapshot, *connector, options, world.events, world.clock, world.random,
                             {});
  }
  std::string refusal(const repository::Snapshot& snapshot, bool removes, const std::string& select = "urn:li:tag:*") {
    try {
      planned(snapshot, removes, select);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::refused) << error.message();
      return error.message();
    }
    ADD_FAILURE() << "a plan was made that cannot be applied";
    return {};
  }
  engine::ApplyResult applied(const model::Plan& plan, const repository::Snapshot& snapshot) {
    const model::Collection collection = model::collection_from_json(snapshot.trees.front().schema);
    return engine::apply_plan(plan, *connector, collection, *journal, world.events, world.clock, {});
  }

  EngineWorld world;
  std::unique_ptr<platform::Connector> connector;
  std::unique_ptr<storage::Backend> journal = storage::make_memory_backend();
};

std::string name_of(const testing::TestParamInfo<Place>& info) {
  return info.param.name;
}

class FoldingTarget : public PartialRestore {};

INSTANTIATE_TEST_SUITE_P(
    Places, FoldingTarget,
    testing::Values(Place{"mariadb_case", [] { return on_mariadb(mysql_table("utf8mb4_general_ci", "datetime(6)")); },
                          "Foo", "foo"},
                    Place{"mariadb_blanks", [] { return on_mariadb(mysql_table("utf8mb4_bin", "datetime(6)")); }, "foo",
                          "foo "},
                    Place{"postgresql_case", [] { return on_postgres(postgres_table("public.folding", "timestamp")); },
                          "Foo", "foo"}),
    name_of);

TEST_P(FoldingTarget, gets_the_row_back_for_the_one_that_goes) {
  for (const auto& [wanted, other] :
       {std::pair(GetParam().first, GetParam().second), std::pair(GetParam().second, GetParam().first)}) {
    put(row(wanted));
    const repository::Snapshot snapshot = backed_up(*connector);
    remove(row(wanted));
    put(row(other));
    const model::Plan plan = planned(snapshot, true);
    for (const bool again : {false, true}) {
      const engine::ApplyResult result = applied(plan, snapshot);
      EXPECT_TRUE(result.conflicts.empty());
      EXPECT_EQ(result.already, again ? 2U : 0U);
      EXPECT_EQ(rows(), world.rows_of(snapshot)) << wanted;
    }
    EXPECT_TRUE(planned(snapshot, true).steps.empty());
    remove(row(wanted));
  }
}

TEST_P(FoldingTarget, gets_it_back_when_hundreds_of_rows_stand_between_the_two) {
  std::vector<platform::RowChange> changes;
  const auto change = [&](const base::Row& row) { changes.push_back({.key = row.key, .before = {}, .after = row}); };
  for (int version = 0; version < 1101; ++version)
    change(aspect_row("urn:li:tag:" + GetParam().first, "status", "{}", version));
  write(changes);
  const repository::Snapshot snapshot = backed_up(*connector);
  for (platform::RowChange& each : changes) std::swap(each.before, each.after);
  write(changes);
  put(row(GetParam().second));
  const engine::ApplyResult result = applied(planned(snapshot, true), snapshot);
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(result.created, 1101U);
  EXPECT_EQ(result.removed, 1U);
  EXPECT_EQ(rows(), world.rows_of(snapshot));
}

TEST_P(FoldingTarget, is_refused_a_plan_whose_row_would_meet_one_that_stays) {
  put(row(GetParam().first));
  const repository::Snapshot snapshot = backed_up(*connector);
  remove(row(GetParam().first));
  put(row(GetParam().second));
  const RowMap before = rows();
  const std::string message = refusal(snapshot, false);
  EXPECT_NE(message.find("urn:li:tag:" + GetParam().first + "/status/0"), std::string::npos) << message;
  EXPECT_NE(message.find("urn:li:tag:" + GetParam().second + "/status/0"), std::string::npos) << message;
  // Removing is no help where the selection does not hold the row that stands in the way.
  refusal(snapshot, true, "urn:li:tag:" + GetParam().first);
  EXPECT_EQ(rows(), before);
}

TEST_P(FoldingTarget, is_refused_a_plan_of_two_rows_that_it_cannot_tell_apart) {
  FakeConnector source(world.clock);
  source.put(row(GetParam().first));
  source.put(row(GetParam().second));
  const repository::Snapshot snapshot = backed_up(source);
  const std::string message = refusal(snapshot, false);
  EXPECT_NE(message.find("'urn:li:tag:" + GetParam().first + "'"), std::string::npos) << message;
  EXPECT_NE(message.find("'urn:li:tag:" + GetParam().second + "'"), std::string::npos) << message;
  EXPECT_TRUE(rows().empty());
}

TEST_P(FoldingTarget, keeps_the_row_that_stands_in_the_way_when_it_changed_after_the_plan) {
  put(row(GetParam().first));
  const repository::Snapshot snapshot = backed_up(*connector);
  remove(row(GetParam().first));
  put(row(GetParam().second));
  const model::Plan plan = planned(snapshot, true);
  const base::Row changed = row(GetParam().second, "{\"theirs\":1}");
  write({{.key = changed.key, .before = row(GetParam().second), .after = changed}});
  EXPECT_EQ(applied(plan, snapshot).conflicts.size(), 2U);
  EXPECT_EQ(rows(), (RowMap{{changed.key, changed}}));
}

class CoarseTarget : public PartialRestore {};

INSTANTIATE_TEST_SUITE_P(
    Places, CoarseTarget,
    testing::Values(Place{"mariadb", [] { return on_mariadb(mysql_table("utf8mb4_bin", "datetime(3)")); }, {}, {}},
                    Place{"postgresql", [] { return on_postgres(postgres_table("\"C\"", "timestamp(3)")); }, {}, {}}),
    name_of);

TEST_P(CoarseTarget, is_refused_a_plan_whose_instants_it_would_round) {
  FakeConnector source(world.clock);
  base::Row exact = row("fits");
  exact.columns[2] = "2026-01-02 03:04:05.678000";
  base::Row fine = row("fine");
  fine.columns[2] = "2026-01-02 03:04:05.678901";
  source.put(exact);
  source.put(fine);
  base::Row there = fine;
  there.columns[2] = "2026-01-02 03:04:05.679000";
  put(there);
  const repository::Snapshot snapshot = backed_up(source);
  const std::string message = refusal(snapshot, false);
  EXPECT_NE(message.find("urn:li:tag:fine"), std::string::npos) << message;
  EXPECT_NE(message.find("digits of a second"), std::string::npos) << message;
  EXPECT_EQ(rows(), (RowMap{{there.key, there}}));
  EXPECT_EQ(applied(planned(snapshot, false, "*fits"), snapshot).created, 1U);
  EXPECT_EQ(rows().at(exact.key), exact);
}

}  // namespace
}  // namespace holdfast::test
