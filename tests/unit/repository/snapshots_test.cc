#include "crypto/hash.h"
#include "repository/names.h"
#include "repository/object.h"
#include "repository/repository.h"
#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

using base::ErrorKind;
using test::error_of;
using test::RepositoryWorld;

// Makes the plain digest fit again: what somebody does who can write to the store.
base::Bytes with_digest(base::Bytes object) {
  object.resize(object.size() - k_digest_bytes);
  close_object(object);
  return object;
}

TEST(Snapshots, keep_all_that_was_committed) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto rows = test::some_rows(50);
  const Snapshot made = world.backup(*repository, rows);
  const Snapshot read = world.open()->snapshot(made.id);
  EXPECT_EQ(read.id, made.id);
  EXPECT_EQ(read.connector, "catalog");
  EXPECT_EQ(read.platform, "datahub");
  EXPECT_EQ(read.host, "test-host");
  EXPECT_EQ(read.program, "holdfast test");
  EXPECT_EQ(read.taken, made.taken);
  EXPECT_EQ(read.committed, world.clock.now());
  EXPECT_EQ(read.attributes, made.attributes);
  EXPECT_EQ(read.index_runs, made.index_runs);
  EXPECT_EQ(read.bytes_added_raw, made.bytes_added_raw);
  EXPECT_EQ(read.bytes_added_stored, made.bytes_added_stored);
  EXPECT_EQ(read.counts.added, rows.size());
  EXPECT_EQ(read.trees.at(0).content, made.trees.at(0).content);
  EXPECT_FALSE(read.partial());
}

TEST(Snapshots, latest_is_the_tip_of_the_connector_and_not_the_newest_by_the_clock) {
  RepositoryWorld world;
  const auto repository = world.open();
  const Snapshot first = world.backup(*repository, test::some_rows(10));
  world.clock.advance(-std::chrono::hours(30));
  const Snapshot second = world.backup(*repository, test::some_rows(11), first);
  const Snapshot other = world.backup(*repository, test::some_rows(5), std::nullopt, "other");
  EXPECT_EQ(repository->latest("catalog")->id, second.id);
  EXPECT_EQ(repository->latest("other")->id, other.id);
  EXPECT_EQ(repository->latest()->id, other.id);
  EXPECT_FALSE(repository->latest("unheard of"));
  const auto all = repository->snapshots();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].id, first.id);
  EXPECT_EQ(all[1].id, second.id);
}

// A host that began late has low numbers: what it saw last is the newest all the same.
TEST(Snapshots, of_unrelated_writers_are_ordered_by_the_instant_that_they_show) {
  RepositoryWorld world;
  const auto repository = world.open();
  Snapshot ours = world.backup(*repository, test::some_rows(10));
  ours = world.backup(*repository, test::some_rows(11), ours);
  const auto host = WriteOnlyRepository::open(*world.backend, world.environment(), repository->make_writer("host"));
  const auto take = [&](base::Instant taken) {
    Snapshot theirs;
    theirs.connector = "catalog";
    theirs.taken = taken;
    return host->begin_session(std::nullopt)->commit(std::move(theirs)).id;
  };
  const SnapshotId early = take(ours.taken - std::chrono::seconds(1));
  EXPECT_EQ(repository->latest("catalog")->id, ours.id);
  const SnapshotId late = take(ours.taken + std::chrono::seconds(1));
  ASSERT_LE(late.sequence, ours.id.sequence);
  EXPECT_EQ(repository->latest("catalog")->id, late);
  const auto all = repository->snapshots();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[1].id, early);
  EXPECT_EQ(all[2].id, ours.id);
  EXPECT_EQ(all[3].id, late);
}

TEST(Snapshots, forgotten_ones_are_marked_and_come_back) {
  RepositoryWorld world;
  const auto repository = world.open();
  const Snapshot first = world.backup(*repository, test::some_rows(10));
  const Snapshot second = world.backup(*repository, test::some_rows(11), first);
  repository->forget(second.id, "too many");
  repository->forget(second.id, "said twice");
  EXPECT_EQ(repository->latest()->id, first.id);
  EXPECT_TRUE(world.open()->snapshot(second.id).forgotten);
  EXPECT_TRUE(repository->snapshots()[1].forgotten);
  EXPECT_EQ(RepositoryWorld::read(*repository, repository->snapshot(second.id)), test::some_rows(11));
  repository->undelete(second.id);
  EXPECT_FALSE(repository->snapshot(second.id).forgotten);
  EXPECT_EQ(repository->latest()->id, second.id);
  EXPECT_EQ(error_of([&] { repository->forget({first.id.writer, 99}, ""); }), ErrorKind::not_found);
}

TEST(Snapshots, a_forget_record_that_nobody_signed_does_not_count) {
  RepositoryWorld world;
  const auto repository = world.open();
  const Snapshot first = world.backup(*repository, test::some_rows(10));
  const Snapshot second = world.backup(*repository, test::some_rows(11), first);
  repository->forget(first.id, "mine");
  const base::Bytes record = world.backend->get_all(ForgetName{first.id, 1, Mark::forget}.name());
  world.backend->put(ForgetName{second.id, 1, Mark::forget}.name(), record);
  const auto again = world.open();
  EXPECT_EQ(again->latest()->id, second.id);
  EXPECT_EQ(again->warnings().size(), 1u);
}

TEST(Snapshots, one_that_no_writer_signed_is_refused) {
  RepositoryWorld world;
  const auto repository = world.open();
  const Snapshot made = world.backup(*repository, test::some_rows(10));
  base::Bytes object = world.backend->get_all(snapshot_name(made.id));
  object[object.size() - k_digest_bytes - 1] ^= 1;  // the signature
  test::replace(*world.backend, snapshot_name(made.id), with_digest(object));
  EXPECT_EQ(error_of([&] { world.open()->snapshot(made.id); }), ErrorKind::corruption);
  object = world.backend->get_all(snapshot_name(made.id));
  object[k_header_bytes - k_salt_bytes - 9] = 7;  // another writer, who does not exist
  test::replace(*world.backend, snapshot_name(made.id), with_digest(object));
  std::vector<std::string> damaged;
  EXPECT_TRUE(world.open()->snapshots(&damaged).empty());
  EXPECT_EQ(damaged.size(), 1u);
}

TEST(Snapshots, swapped_ones_are_refused) {
  RepositoryWorld world;
  const auto repository = world.open();
  const Snapshot first = world.backup(*repository, test::some_rows(10));
  const Snapshot second = world.backup(*repository, test::some_rows(11), first);
  const base::Bytes a = world.backend->get_all(snapshot_name(first.id));
  const base::Bytes b = world.backend->get_all(snapshot_name(second.id));
  test::replace(*world.backend, snapshot_name(first.id), b);
  test::replace(*world.backend, snapshot_name(second.id), a);
  EXPECT_EQ(error_of([&] { world.open()->snapshot(first.id); }), ErrorKind::corruption);
  EXPECT_EQ(error_of([&] { world.open()->snapshot(second.id); }), ErrorKind::corruption);
}

TEST(Snapshots, swapped_sessions_are_found_by_check) {
  RepositoryWorld world;
  const auto repository = world.open();
  const Snapshot first = world.backup(*repository, test::some_rows(10));
  const Snapshot second = world.backup(*repository, test::some_rows(11), first);
  const base::Bytes a = world.backend->get_all(session_name(first.id));
  test::replace(*world.backend, session_name(second.id), a);
  const CheckReport report = world.open()->check({});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].object, session_name(second.id));
  EXPECT_EQ(report.findings[0].snapshots, std::vector<std::string>{second.id.short_id()});
}

TEST(Snapshots, a_store_that_steps_back_is_reported) {
  RepositoryWorld world;
  const Snapshot first = world.backup(*world.open(), test::some_rows(10));
  const auto before = test::objects_of(*world.backend);
  const Snapshot second = world.backup(*world.open(), test::some_rows(11), first);
  EXPECT_TRUE(world.open()->warnings().empty());
  world.backend = test::backend_with(before);
  const auto rolled_back = world.open();
  EXPECT_EQ(rolled_back->latest()->id, first.id);
  ASSERT_EQ(rolled_back->warnings().size(), 1u);
  EXPECT_NE(rolled_back->warnings()[0].find(second.id.name()), std::string::npos);
  // The number that was seen is never given to another snapshot.
  EXPECT_GT(world.backup(*rolled_back, test::some_rows(12), first).id.sequence, second.id.sequence);
}

TEST(Snapshots, a_lost_index_is_rebuilt_from_packs_with_a_warning) {
  RepositoryWorld world;
  const auto rows = test::some_rows(80);
  const Snapshot made = world.backup(*world.open(), rows);
  for (const std::string& run : made.index_runs) world.backend->remove(run);
  const auto repository = world.open();
  EXPECT_EQ(RepositoryWorld::read(*repository, *repository->latest()), rows);
  EXPECT_EQ(repository->warnings().size(), 2u);
  const CheckReport report = repository->check({});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].object, made.index_runs[0]);
}

// The promise of repository.md, section 5: counted cold, in get calls.
TEST(Snapshots, one_row_of_the_newest_of_a_thousand_costs_at_most_eight_reads) {
  const std::size_t snapshots = std::getenv("HOLDFAST_DEEP") != nullptr ? 1000 : 200;
  RepositoryWorld world;
  test::Model rows = test::some_rows(400);
  {
    const auto repository = world.open();
    std::optional<Snapshot> parent;
    for (std::size_t i = 0; i < snapshots; ++i) {
      rows[test::numbered_key(i * 37 % 400)] = test::some_values(100'000 + i, 3);
      parent = world.backup(*repository, rows, parent);
    }
  }
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  for (const std::size_t number : {0u, 123u, 399u}) {
    const auto repository = world.open(*counted);
    const std::uint64_t before = counts.gets;
    const Snapshot latest = *repository->latest("catalog");
    const auto row =
        find(repository->blocks(), repository->boundary_key(), latest.trees[0], test::numbered_key(number));
    ASSERT_TRUE(row);
    EXPECT_EQ(row->columns, rows.at(test::numbered_key(number)));
    EXPECT_LE(counts.gets - before, 8u);
  }
}

}  // namespace
}  // namespace holdfast::repository
