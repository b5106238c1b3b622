#include <thread>

#include "repository/names.h"
#include "repository/pack.h"
#include "repository/repository.h"
#include "repository/session_impl.h"
#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

using test::error_of;
using test::RepositoryWorld;

std::size_t count(storage::Backend& backend, std::string_view prefix) {
  std::size_t out = 0;
  backend.list(prefix, [&](const storage::ObjectInfo&) { ++out; });
  return out;
}

TEST(Session, gives_back_what_was_put_before_and_after_it_is_durable) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto session = repository->begin_session(std::nullopt);
  std::map<std::string, BlockId> ids;
  for (int i = 0; i < 40; ++i) {
    const std::string plain = world.random.bytes(700) + std::to_string(i);
    ids[plain] = session->put(BlockKind::rows, plain);
    EXPECT_EQ(session->blocks().get(ids[plain]), plain);
  }
  for (const auto& [plain, id] : ids) EXPECT_EQ(session->blocks().get(id), plain);
  session->commit({});
  EXPECT_GT(count(*world.backend, k_packs_prefix), 3u) << "packs of 8 KiB hold eleven such blocks";
  for (const auto& [plain, id] : ids) EXPECT_EQ(repository->blocks().get(id), plain);
  const auto again = world.open();
  const Snapshot latest = *again->latest();
  for (const auto& [plain, id] : ids) EXPECT_EQ(again->blocks().get(id), plain);
}

TEST(Session, stores_equal_blocks_once_within_itself_and_against_its_parent) {
  RepositoryWorld world;
  const auto repository = world.open();
  auto first = repository->begin_session(std::nullopt);
  const BlockId id = first->put(BlockKind::rows, "the same bytes");
  EXPECT_EQ(first->put(BlockKind::rows, "the same bytes"), id);
  EXPECT_EQ(first->bytes_added_raw(), 14u);
  const Snapshot parent = first->commit({});
  auto second = repository->begin_session(parent.id);
  EXPECT_EQ(second->put(BlockKind::rows, "the same bytes"), id);
  EXPECT_EQ(second->bytes_added_raw(), 0u);
  EXPECT_EQ(second->commit({}).index_runs, parent.index_runs);
  EXPECT_EQ(count(*world.backend, k_packs_prefix), 1u);
}

void flip_byte(storage::Backend& backend, const std::string& name, std::size_t at) {
  base::Bytes bytes = backend.get_all(name);
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  test::replace(backend, name, bytes);
}

std::string only_name(storage::Backend& backend, std::string_view prefix) {
  std::vector<std::string> names;
  backend.list(prefix, [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
  EXPECT_EQ(names.size(), 1u);
  return names.at(0);
}

TEST(Session, stores_a_block_again_that_is_damaged_in_its_parent) {
  RepositoryWorld world;
  const std::string plain = world.random.bytes(700);
  SnapshotId parent;
  BlockId id;
  {
    const auto repository = world.open();
    const auto session = repository->begin_session(std::nullopt);
    id = session->put(BlockKind::rows, plain);
    parent = session->commit({}).id;
  }
  flip_byte(*world.backend, only_name(*world.backend, k_packs_prefix), k_pack_begin + 100);
  {
    const auto repository = world.open();
    const auto session = repository->begin_session(parent);
    EXPECT_EQ(session->put(BlockKind::rows, plain), id);
    EXPECT_EQ(session->bytes_added_raw(), plain.size());
    parent = session->commit({}).id;
    EXPECT_FALSE(repository->warnings().empty());
  }
  // Through merges of index runs too it is the whole copy that counts.
  for (int i = 0; i < 8; ++i) {
    const auto repository = world.open();
    const auto session = repository->begin_session(parent);
    session->put(BlockKind::rows, world.random.bytes(50));
    parent = session->commit({}).id;
    const auto again = world.open();
    again->snapshot(parent);
    EXPECT_EQ(again->blocks().get(id), plain);
  }
}

TEST(Session, goes_on_where_a_page_of_its_parents_index_is_damaged) {
  RepositoryWorld world;
  constexpr std::size_t k_blocks =
      k_run_first_read / k_run_entry_bytes + 1000;  // more than one read of the index shows
  std::vector<std::string> plains;
  SnapshotId parent;
  {
    const auto repository = world.open();
    const auto session = repository->begin_session(std::nullopt);
    for (std::size_t i = 0; i < k_blocks; ++i) {
      plains.push_back(std::to_string(i));
      session->put(BlockKind::rows, plains.back());
    }
    parent = session->commit({}).id;
  }
  const std::string run = only_name(*world.backend, k_index_prefix);
  flip_byte(*world.backend, run, world.backend->stat(run)->size - 100);
  const auto repository = world.open();
  std::vector<BlockId> ids;
  for (int i = 0; i < 5; ++i) {  // often enough for its run to be merged
    const auto session = repository->begin_session(parent);
    session->put(BlockKind::rows, world.random.bytes(20));
    if (i == 0)
      for (const std::string& plain : plains) ids.push_back(session->put(BlockKind::rows, plain));
    parent = session->commit({}).id;
  }
  const auto again = world.open();
  again->snapshot(parent);
  for (std::size_t i = 0; i < ids.size(); i += 500) EXPECT_EQ(again->blocks().get(ids[i]), plains[i]);
}

TEST(Session, tells_kinds_of_blocks_apart) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto session = repository->begin_session(std::nullopt);
  EXPECT_NE(session->put(BlockKind::rows, "bytes"), session->put(BlockKind::node, "bytes"));
}

TEST(Session, uploads_in_full_when_the_parent_was_forgotten_meanwhile) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto rows = test::some_rows(50);
  const Snapshot parent = world.backup(*repository, rows);
  repository->forget(parent.id, "test");
  const auto session = repository->begin_session(parent.id);
  EXPECT_FALSE(session->parent());
  const Snapshot child = world.backup(*repository, rows, parent);
  EXPECT_FALSE(child.parent);
  EXPECT_EQ(child.counts.added, rows.size());
  EXPECT_GT(child.bytes_added_raw, 0u);
  EXPECT_EQ(RepositoryWorld::read(*repository, child), rows);
}

TEST(Session, builds_on_a_parent_whose_forget_record_nobody_signed) {
  RepositoryWorld world;
  const auto repository = world.open();
  const Snapshot parent = world.backup(*repository, test::some_rows(50));
  world.backend->put(ForgetName{parent.id, 0xffffffffu, Mark::forget}.name(), "");
  EXPECT_EQ(repository->begin_session(parent.id)->parent(), parent.id);
  EXPECT_EQ(repository->warnings().size(), 1u);
  repository->forget(parent.id, "test");
  EXPECT_EQ(repository->begin_session(parent.id)->parent(), std::nullopt);
  repository->undelete(parent.id);
  EXPECT_EQ(repository->begin_session(parent.id)->parent(), parent.id);
}

TEST(Session, takes_the_next_number_when_another_process_was_faster) {
  RepositoryWorld world;
  const auto one = world.open();
  const auto two = world.open();
  const auto a = one->begin_session(std::nullopt);
  const auto b = two->begin_session(std::nullopt);
  EXPECT_EQ(a->id().sequence, 1u);
  EXPECT_EQ(b->id().sequence, 2u);
  const auto rows = test::some_rows(60);
  const Snapshot first = a->commit({});
  const Snapshot second = b->commit({});
  EXPECT_EQ(world.open()->snapshots().size(), 2u);
}

TEST(Session, two_backups_at_once_into_one_repository_both_succeed) {
  RepositoryWorld world;
  const auto rows = test::some_rows(300);
  const auto parent = world.backup(*world.open(), rows);
  auto other = rows;
  other.erase(other.begin());
  auto work = [&](const test::Model& model, std::uint64_t seed) {
    test::SeededRandom random(seed);
    const Environment environment{&world.clock, &random, nullptr, "host", "test"};
    const auto repository = Repository::open(*world.backend, environment, test::fresh_repository().master);
    const auto session = repository->begin_session(parent.id);
    TreeUpdate update(session->blocks(), *session, repository->boundary_key(), "aspect", "{}", test::k_small_shape,
                      parent.trees[0], parent.taken);
    auto range = update.begin({});
    std::vector<base::ColumnView> columns;
    for (const auto& [key, values] : model) {
      columns.assign(values.begin(), values.end());
      range.add({key, columns});
    }
    range.complete();
    Snapshot snapshot;
    snapshot.connector = "catalog";
    snapshot.trees.push_back(update.finish());
    session->commit(std::move(snapshot));
  };
  std::thread one([&] { work(test::some_rows(300, 9), 21); });
  std::thread two([&] { work(other, 22); });
  one.join();
  two.join();
  const auto repository = world.open();
  std::vector<std::string> damaged;
  const auto all = repository->snapshots(&damaged);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(damaged.empty());
  std::set<test::Model> read;
  for (const Snapshot& snapshot : all) read.insert(RepositoryWorld::read(*repository, snapshot));
  EXPECT_EQ(read, (std::set<test::Model>{rows, other, test::some_rows(300, 9)}));
  EXPECT_TRUE(repository->check({CheckLevel::data, 1.0, {}, {}}).findings.empty());
}

TEST(Session, many_threads_put_into_one_session) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto session = repository->begin_session(std::nullopt);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 60; ++i) {
        const std::string plain(500 + static_cast<std::size_t>(i), static_cast<char>('a' + (i + t) % 20));
        const BlockId id = session->put(BlockKind::rows, plain);
        EXPECT_EQ(session->blocks().get(id), plain);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  session->commit({});
  EXPECT_TRUE(world.open()->check({CheckLevel::data, 1.0, {}, {}}).findings.empty());
}

TEST(Session, refuses_a_block_larger_than_blocks_may_be) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto session = repository->begin_session(std::nullopt);
  EXPECT_EQ(error_of([&] { session->put(BlockKind::rows, std::string(k_block_bytes_max + 1, 'x')); }),
            base::ErrorKind::internal);
}

TEST(Session, is_committed_once) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto session = repository->begin_session(std::nullopt);
  session->commit({});
  EXPECT_EQ(error_of([&] { session->commit({}); }), base::ErrorKind::internal);
  EXPECT_EQ(error_of([&] { session->put(BlockKind::rows, "late"); }), base::ErrorKind::internal);
}

TEST(Session, an_upload_that_fails_stops_the_session_and_names_the_cause) {
  RepositoryWorld world;
  const auto full = storage::make_fault_backend(*world.backend,
                                                {[](storage::Call call, const std::string& name) {
                                                   if (call == storage::Call::put && name.starts_with("packs/"))
                                                     throw base::Error(base::ErrorKind::io, "the disk is full");
                                                 },
                                                 {}},
                                                nullptr);
  const auto repository = world.open(*full);
  const auto session = repository->begin_session(std::nullopt);
  std::optional<base::ErrorKind> kind;
  for (int i = 0; i < 200 && !kind; ++i) {
    kind = error_of([&] { session->put(BlockKind::rows, world.random.bytes(900)); });
  }
  EXPECT_EQ(kind, base::ErrorKind::io);
  EXPECT_TRUE(error_of([&] { session->commit({}); }));
  EXPECT_EQ(count(*world.backend, k_snapshots_prefix), 0u);
}

TEST(Session, a_commit_whose_answer_was_lost_is_a_commit) {
  RepositoryWorld world;
  const auto lossy =
      storage::make_fault_backend(*world.backend,
                                  {{},
                                   [](storage::Call call, const std::string& name) {
                                     if (call == storage::Call::put && name.starts_with("snapshots/"))
                                       throw base::Error(base::ErrorKind::unavailable, "connection lost");
                                   }},
                                  nullptr);
  const auto repository = world.open(*lossy);
  const auto rows = test::some_rows(30);
  const Snapshot made = world.backup(*repository, rows);
  EXPECT_EQ(RepositoryWorld::read(*repository, *world.open()->latest()), rows);
  EXPECT_EQ(world.open()->latest()->id, made.id);
}

TEST(Session, a_commit_that_the_disk_refused_to_make_durable_is_none) {
  RepositoryWorld world;
  const auto failing =
      storage::make_fault_backend(*world.backend,
                                  {{},
                                   [](storage::Call call, const std::string& name) {
                                     if (call == storage::Call::put && name.starts_with("snapshots/"))
                                       throw base::Error(base::ErrorKind::io, "the folder cannot be synced");
                                   }},
                                  nullptr);
  const auto repository = world.open(*failing);
  const auto session = repository->begin_session(std::nullopt);
  EXPECT_EQ(error_of([&] { session->commit({}); }), base::ErrorKind::io);
}

TEST(Session, meets_a_conflict_when_its_snapshot_name_was_taken_to_end_it) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto session = repository->begin_session(std::nullopt);
  world.backend->put(snapshot_name(session->id()), "aborted");
  EXPECT_EQ(error_of([&] { session->commit({}); }), base::ErrorKind::conflict);
}

TEST(Session, keeps_at_most_three_runs_and_reads_all_blocks_through_them) {
  RepositoryWorld world;
  const auto repository = world.open();
  std::vector<std::pair<BlockId, std::string>> blocks;
  std::optional<SnapshotId> parent;
  for (int i = 0; i < 25; ++i) {
    const auto session = repository->begin_session(parent);
    for (int j = 0; j < (i == 0 ? 40 : 2); ++j) {
      const std::string plain = world.random.bytes(60);
      blocks.emplace_back(session->put(BlockKind::rows, plain), plain);
    }
    const Snapshot made = session->commit({});
    EXPECT_LE(made.index_runs.size(), k_runs_max);
    parent = made.id;
  }
  const auto again = world.open();
  again->snapshot(*parent);
  for (const auto& [id, plain] : blocks) EXPECT_EQ(again->blocks().get(id), plain);
  EXPECT_TRUE(again->warnings().empty());
}

TEST(RunsToMerge, keeps_three_runs_and_rewrites_an_entry_seldom) {
  std::vector<std::uint64_t> sizes;
  std::uint64_t written = 0;
  const std::uint64_t commits = 1000;
  for (std::uint64_t i = 0; i < commits; ++i) {
    sizes.push_back(i == 0 ? 100'000 : 10);
    std::sort(sizes.begin(), sizes.end());
    const std::size_t merged = runs_to_merge(sizes);
    ASSERT_NE(merged, 1u);
    std::uint64_t together = 0;
    for (std::size_t k = 0; k < merged; ++k) together += sizes[k];
    written += merged == 0 ? 10 : together;
    if (merged > 0) {
      sizes.erase(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(merged));
      sizes.push_back(together);
    }
    ASSERT_LE(sizes.size(), k_runs_max);
  }
  EXPECT_LT(written, 100'000 + 45 * 10 * commits);
}

}  // namespace
}  // namespace holdfast::repository
