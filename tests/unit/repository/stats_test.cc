#include "repository/names.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

using test::RepositoryWorld;

TEST(RepositoryStats, of_a_fresh_repository_are_those_of_its_objects) {
  RepositoryWorld world;
  const RepositoryStats stats = world.open()->stats();
  EXPECT_EQ(stats.snapshots, 0u);
  EXPECT_EQ(stats.packs, 0u);
  EXPECT_EQ(stats.blocks, 0u);
  EXPECT_GT(stats.stored_bytes, 0u) << "config and slot";
}

// Each backup writes an index run; from the fourth on they are merged, and the old ones stay in the store.
TEST(RepositoryStats, count_no_block_twice_though_runs_were_merged) {
  RepositoryWorld world;
  const auto repository = world.open();
  test::Model rows = test::some_rows(300);
  std::optional<Snapshot> parent;
  std::uint64_t raw = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    rows[test::numbered_key(i * 30)] = test::some_values(50'000 + i, 3);
    parent = world.backup(*repository, rows, parent);
    raw += parent->bytes_added_raw;
  }
  std::uint64_t stored = 0;
  std::uint64_t packs = 0;
  for (const auto& [name, bytes] : test::objects_of(*world.backend)) {
    stored += bytes.size();
    packs += parse_pack_name(name) ? 1 : 0;
  }
  const RepositoryStats stats = world.open()->stats();
  EXPECT_EQ(stats.snapshots, 8u);
  EXPECT_EQ(stats.packs, packs);
  EXPECT_EQ(stats.stored_bytes, stored);
  EXPECT_EQ(stats.plain_bytes, raw) << "what was added, each block once";
}

TEST(RepositoryStats, do_not_count_what_is_no_object_of_ours_as_a_snapshot) {
  RepositoryWorld world;
  world.backup(*world.open(), test::some_rows(5));
  world.backend->put("snapshots/notes.txt", "mine");
  EXPECT_EQ(world.open()->stats().snapshots, 1u);
}

}  // namespace
}  // namespace holdfast::repository
