#include "repository/index_run.h"

#include <algorithm>

#include "crypto/aead.h"
#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

struct RunWorld {
  RunWorld() : random(8), backend(storage::make_memory_backend()) {
    NewConfig made = make_config(base::Secret(std::string(32, 'k')), 1024, 8192, {}, random);
    config = std::move(made.config);
    signer = {config.first_writer, made.ring.writer_secret};
    keys.emplace(*backend, config, std::move(made.ring));
  }
  RunContent some(std::size_t count) {
    RunContent out;
    for (int i = 0; i < 3; ++i) {
      PackRef pack{random.bytes(16), {config.first_writer, 4},       0,
                   random.bytes(32), base::Secret(random.bytes(32)), 8192};
      out.packs.push_back(std::move(pack));
    }
    for (std::size_t i = 0; i < count; ++i) {
      IndexEntry entry;
      random.fill(entry.block.id.bytes);
      entry.block.number = static_cast<std::uint32_t>(i);
      entry.block.offset = static_cast<std::uint32_t>(172 + i);
      entry.block.stored = 100;
      entry.block.plain = 300;
      entry.pack = static_cast<std::uint32_t>(i % 3);
      out.entries.push_back(entry);
    }
    std::vector<RunContent> runs;
    runs.push_back(std::move(out));
    return merge_runs(std::move(runs));
  }
  RunName put(const RunContent& content) {
    const RunName name{{config.first_writer, next++}, 0};
    const SessionKey session = make_session_key(config.identity, name.session, random);
    backend->put(name.name(), encode_run(content, name.number, config.identity, session, signer, random));
    return name;
  }
  test::SeededRandom random;
  std::unique_ptr<storage::Backend> backend;
  Config config;
  Signer signer;
  std::optional<Keychain> keys;
  std::uint64_t next = 1;
};

TEST(IndexRun, finds_every_entry_and_no_other_whatever_its_size) {
  RunWorld world;
  for (const std::size_t count : {1u, 2u, 1723u, 1724u, 1725u, 20'000u}) {
    const RunContent content = world.some(count);
    const RunName name = world.put(content);
    const auto run = IndexRun::open(*world.backend, *world.keys, name);
    EXPECT_EQ(run->entries(), count);
    for (std::size_t i = 0; i < count; i += 1 + count / 200) {
      const auto place = run->find(content.entries[i].block.id);
      ASSERT_TRUE(place);
      EXPECT_EQ(place->block, content.entries[i].block);
      EXPECT_EQ(place->pack->id, content.packs[content.entries[i].pack].id);
    }
    BlockId other;
    world.random.fill(other.bytes);
    EXPECT_FALSE(run->find(other));
    EXPECT_FALSE(run->find(BlockId{}));
    run->verify();
  }
}

TEST(IndexRun, a_small_one_costs_one_read_and_a_large_one_two_for_the_first_entry) {
  RunWorld world;
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  const RunContent small = world.some(5000);
  const RunName small_name = world.put(small);
  IndexRun::open(*counted, *world.keys, small_name)->find(small.entries[77].block.id);
  EXPECT_EQ(counts.gets, 1u);
  const RunContent large = world.some(40'000);
  const RunName large_name = world.put(large);
  const std::uint64_t bytes_before = counts.bytes_read;
  EXPECT_TRUE(IndexRun::open(*counted, *world.keys, large_name)->find(large.entries[39'000].block.id));
  EXPECT_EQ(counts.gets, 3u);
  EXPECT_LE(counts.bytes_read - bytes_before, k_run_first_read + k_run_page_bytes);
}

TEST(IndexRun, refuses_damage_and_other_names) {
  RunWorld world;
  const RunContent content = world.some(20'000);
  const RunName name = world.put(content);
  const base::Bytes object = world.backend->get_all(name.name());
  world.backend->put(RunName{{world.config.first_writer, 99}, 0}.name(), object);
  EXPECT_EQ(test::error_of([&] {
              IndexRun::open(*world.backend, *world.keys, {{world.config.first_writer, 99}, 0});
            }),
            base::ErrorKind::corruption);
  for (const std::size_t at : {30u, 100u, 173u, 200u, 400u}) {
    base::Bytes damaged = object;
    damaged[at] ^= 4;
    test::replace(*world.backend, name.name(), damaged);
    EXPECT_EQ(test::error_of([&] { IndexRun::open(*world.backend, *world.keys, name); }), base::ErrorKind::corruption)
        << at;
  }
  base::Bytes damaged = object;
  damaged[object.size() - 1000] ^= 4;  // the last page
  test::replace(*world.backend, name.name(), damaged);
  const auto run = IndexRun::open(*world.backend, *world.keys, name);
  EXPECT_TRUE(run->find(content.entries.front().block.id));
  EXPECT_EQ(test::error_of([&] { run->find(content.entries.back().block.id); }), base::ErrorKind::corruption);
  EXPECT_EQ(test::error_of([&] { run->verify(); }), base::ErrorKind::corruption);
}

// A store that swaps the two runs of one session, the merged one and its own, must not go unnoticed.
TEST(IndexRun, takes_no_run_of_a_session_for_another_one) {
  RunWorld world;
  const RunName name{{world.config.first_writer, 7}, 0};
  const SessionKey session = make_session_key(world.config.identity, name.session, world.random);
  const RunName other{name.session, 1};
  world.backend->put(
      other.name(), encode_run(world.some(3), name.number, world.config.identity, session, world.signer, world.random));
  EXPECT_EQ(test::error_of([&] { IndexRun::open(*world.backend, *world.keys, other); }), base::ErrorKind::corruption);
}

// What a later program might write: everything in order, but an entry names a dictionary.
TEST(IndexRun, refuses_a_dictionary_rather_than_ignore_it) {
  RunWorld world;
  const RunContent content = world.some(1);
  const RunName name{{world.config.first_writer, 7}, 0};
  const SessionKey session = make_session_key(world.config.identity, name.session, world.random);
  base::Bytes object = encode_run(content, name.number, world.config.identity, session, world.signer, world.random);
  const Header header = decode_header(object, ObjectKind::index, name.name());
  const base::Secret key = object_key(session.key, header);
  const base::Bytes bound = associated_data(world.config.identity, header, "page");
  const std::size_t page_at = object.size() - k_digest_bytes - crypto::k_tag_bytes - k_run_entry_bytes;
  auto page = crypto::open(key, 1, bound, object.substr(page_at, k_run_entry_bytes + crypto::k_tag_bytes));
  ASSERT_TRUE(page);
  page->back() = 1;
  object.resize(page_at);
  crypto::seal(key, 1, bound, *page, object);
  close_object(object);
  world.backend->put(name.name(), object);
  EXPECT_EQ(test::error_of([&] { IndexRun::open(*world.backend, *world.keys, name); }), base::ErrorKind::unsupported);
}

// Two small old runs may be merged after a large newer one was written: which run is the newest says nothing.
TEST(MergeRuns, of_two_places_of_a_block_the_one_stored_later_wins_in_whichever_order_runs_come) {
  RunWorld world;
  const auto run_of_session = [&](std::uint64_t sequence) {
    RunContent out;
    out.packs.push_back({world.random.bytes(16),
                         {world.config.first_writer, sequence},
                         0,
                         world.random.bytes(32),
                         base::Secret(world.random.bytes(32)),
                         8192});
    out.entries.push_back({PackEntry{BlockId{}, BlockKind::rows, 0, 172, 100, 300}, 0});
    return out;
  };
  const RunContent damaged = run_of_session(1);
  const RunContent repaired = run_of_session(0x105);
  for (const auto& runs : {std::vector{damaged, repaired}, std::vector{repaired, damaged}}) {
    const RunContent merged = merge_runs(runs);
    ASSERT_EQ(merged.entries.size(), 1u);
    EXPECT_EQ(merged.packs.at(merged.entries[0].pack).id, repaired.packs[0].id);
  }
}

// Ids of different trust domains do not coincide; an entry that says so is no reason to lose the repository's own.
TEST(MergeRuns, a_block_of_the_repositorys_own_domain_gives_way_to_none_of_another) {
  RunWorld world;
  const auto run_of = [&](std::uint32_t writer, std::uint32_t domain, std::uint64_t sequence) {
    RunContent out;
    out.packs.push_back({world.random.bytes(16),
                         {writer, sequence},
                         domain,
                         world.random.bytes(32),
                         base::Secret(world.random.bytes(32)),
                         8192});
    out.entries.push_back({PackEntry{BlockId{}, BlockKind::rows, 0, 172, 100, 300}, 0});
    return out;
  };
  const RunContent own = run_of(world.config.first_writer, k_root_domain, 1);
  const RunContent foreign = run_of(7, 7, 99);
  for (const auto& runs : {std::vector{own, foreign}, std::vector{foreign, own}}) {
    const RunContent merged = merge_runs(runs);
    EXPECT_EQ(merged.packs.at(merged.entries.at(0).pack).id, own.packs[0].id);
  }
}

TEST(MergeRuns, keeps_each_block_once_and_drops_packs_that_nothing_names) {
  RunWorld world;
  RunContent a = world.some(100);
  RunContent b = a;
  b.entries.resize(10);
  b.packs.push_back({world.random.bytes(16),
                     {world.config.first_writer, 9},
                     0,
                     world.random.bytes(32),
                     base::Secret(world.random.bytes(32)),
                     1});
  std::vector<RunContent> runs;
  runs.push_back(a);
  runs.push_back(b);
  const RunContent merged = merge_runs(std::move(runs));
  EXPECT_EQ(merged.entries.size(), 100u);
  EXPECT_EQ(merged.packs.size(), 3u);
  EXPECT_TRUE(std::is_sorted(merged.entries.begin(), merged.entries.end(),
                             [](const auto& x, const auto& y) { return x.block.id.view() < y.block.id.view(); }));
}

}  // namespace
}  // namespace holdfast::repository
