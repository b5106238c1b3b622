#include "engine/reference.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using base::ErrorKind;
using repository::Snapshot;
using test::EngineWorld;

std::pair<std::string, std::string> parsed(std::string_view text) {
  const Reference reference = parse_reference(text);
  return {reference.snapshot, reference.path};
}

ErrorKind kind_of(repository::Repository& repository, std::string_view name, std::string_view connector = {}) {
  try {
    resolve(repository, name, connector);
  } catch (const base::Error& error) {
    EXPECT_FALSE(error.hint().empty()) << name;
    return error.kind();
  }
  ADD_FAILURE() << name << " was resolved";
  return ErrorKind::internal;
}

TEST(Reference, splits_the_path_at_the_first_colon) {
  EXPECT_EQ(parsed("latest"), (std::pair<std::string, std::string>("latest", "")));
  EXPECT_EQ(parsed("latest:aspect/urn:li:tag:x/status"),
            (std::pair<std::string, std::string>("latest", "aspect/urn:li:tag:x/status")));
  EXPECT_EQ(parsed("catalog/latest~2:aspect"), (std::pair<std::string, std::string>("catalog/latest~2", "aspect")));
  EXPECT_EQ(parsed("7f3c:aspect/a@b"), (std::pair<std::string, std::string>("7f3c", "aspect/a@b")));
}

TEST(Reference, knows_the_colons_of_an_instant_from_the_one_before_the_path) {
  EXPECT_EQ(parsed("@2026-11-20T10:00Z"), (std::pair<std::string, std::string>("@2026-11-20T10:00Z", "")));
  EXPECT_EQ(parsed("@2026-11-20T10:00Z:aspect/urn:li:x"),
            (std::pair<std::string, std::string>("@2026-11-20T10:00Z", "aspect/urn:li:x")));
  EXPECT_EQ(parsed("@2026-11-20T10:00:30:aspect"),
            (std::pair<std::string, std::string>("@2026-11-20T10:00:30", "aspect")));
  EXPECT_EQ(parsed("catalog/@2026-11-20:aspect"),
            (std::pair<std::string, std::string>("catalog/@2026-11-20", "aspect")));
  EXPECT_EQ(parsed("@2026-11-20T10:00+01:00:aspect"),
            (std::pair<std::string, std::string>("@2026-11-20T10:00+01:00", "aspect")));
}

class Resolve : public testing::Test {
protected:
  Resolve() {
    for (int i = 0; i < 4; ++i) made.push_back(world.backup().snapshot);
    other = backup(*world.repository, world.connector, "other", EngineWorld::small(), world.events, world.clock, {})
                .snapshot;
  }
  EngineWorld world;
  std::vector<Snapshot> made;  // a minute apart
  Snapshot other;
};

TEST_F(Resolve, latest_is_the_tip_and_tilde_steps_back) {
  EXPECT_EQ(resolve(*world.repository, "catalog/latest").id, made[3].id);
  EXPECT_EQ(resolve(*world.repository, "latest", "catalog").id, made[3].id);
  EXPECT_EQ(resolve(*world.repository, "catalog/latest~0").id, made[3].id);
  EXPECT_EQ(resolve(*world.repository, "catalog/latest~").id, made[2].id);
  EXPECT_EQ(resolve(*world.repository, "catalog/latest~3").id, made[0].id);
  EXPECT_EQ(resolve(*world.repository, "latest").id, other.id);
  EXPECT_EQ(kind_of(*world.repository, "catalog/latest~4"), ErrorKind::not_found);
  EXPECT_EQ(kind_of(*world.repository, "nobody/latest"), ErrorKind::not_found);
  EXPECT_EQ(kind_of(*world.repository, "latest~x"), ErrorKind::usage);
}

TEST_F(Resolve, steps_over_forgotten_ones_which_only_their_prefix_finds) {
  world.repository->forget(made[2].id, "test");
  EXPECT_EQ(resolve(*world.repository, "catalog/latest~1").id, made[1].id);
  EXPECT_EQ(resolve(*world.repository, made[2].id.short_id()).id, made[2].id);
  world.repository->forget(made[3].id, "test");
  EXPECT_EQ(resolve(*world.repository, "catalog/latest").id, made[1].id);
}

TEST_F(Resolve, an_instant_is_the_newest_at_or_before_it) {
  const auto at = [&](base::Instant instant) { return "catalog/@" + base::to_rfc3339(instant); };
  EXPECT_EQ(resolve(*world.repository, at(made[1].taken)).id, made[1].id);
  EXPECT_EQ(resolve(*world.repository, at(made[1].taken + std::chrono::seconds(59))).id, made[1].id);
  EXPECT_EQ(resolve(*world.repository, at(made[3].taken + std::chrono::hours(9))).id, made[3].id);
  EXPECT_EQ(kind_of(*world.repository, at(made[0].taken - std::chrono::seconds(1))), ErrorKind::not_found);
  EXPECT_EQ(kind_of(*world.repository, "@yesterday"), ErrorKind::usage);
}

TEST_F(Resolve, takes_short_ids_names_and_prefixes_of_one) {
  for (const Snapshot& snapshot : made) {
    EXPECT_EQ(resolve(*world.repository, snapshot.id.short_id()).id, snapshot.id);
    EXPECT_EQ(resolve(*world.repository, snapshot.id.name()).id, snapshot.id);
  }
  // All names begin with the same writer.
  EXPECT_EQ(kind_of(*world.repository, made[0].id.name().substr(0, 8)), ErrorKind::usage);
  EXPECT_EQ(kind_of(*world.repository, "zzzz"), ErrorKind::not_found);
  EXPECT_EQ(kind_of(*world.repository, ""), ErrorKind::usage);
}

TEST_F(Resolve, suggests_the_connector_that_was_meant) {
  try {
    resolve(*world.repository, "catalgo/latest");
    ADD_FAILURE() << "it was resolved";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "there is no snapshot of connector 'catalgo' yet");
    EXPECT_EQ(error.hint(), "Did you mean \"catalog\"?");
  }
}

TEST_F(Resolve, lists_snapshots_of_one_connector_without_forgotten_ones) {
  world.repository->forget(made[2].id, "test");
  EXPECT_EQ(snapshots_of(*world.repository, "catalog").size(), 3U);
  EXPECT_EQ(snapshots_of(*world.repository, "catalog", Forgotten::include).size(), 4U);
  EXPECT_EQ(snapshots_of(*world.repository, "").size(), 4U);
  EXPECT_TRUE(snapshots_of(*world.repository, "nobody").empty());
}

TEST(ResolveNothing, says_that_there_is_no_snapshot_yet) {
  EngineWorld world;
  EXPECT_EQ(kind_of(*world.repository, "latest"), ErrorKind::not_found);
  EXPECT_EQ(kind_of(*world.repository, "@2026-11-20"), ErrorKind::not_found);
  EXPECT_EQ(kind_of(*world.repository, "abcd"), ErrorKind::not_found);
}

}  // namespace
}  // namespace holdfast::engine
