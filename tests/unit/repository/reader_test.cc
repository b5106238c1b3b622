#include "repository/reader.h"

#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

using base::ErrorKind;
using test::error_of;
using test::RepositoryWorld;

struct ReaderWorld : RepositoryWorld {
  Snapshot made = backup(*open(), test::some_rows(200));
  Config config = decode_config(backend->get_all(k_config_name));
  Keychain keys{*backend, config, open_ring(config, test::fresh_repository().master.secret)};
  Compressor compressor;
  Warnings warnings;

  std::unique_ptr<BlockReader> reader(storage::Backend& from) {
    return std::make_unique<BlockReader>(ReaderContext{from, keys, compressor, warnings});
  }
  const BlockId& block() const { return made.trees.at(0).layers.at(0).top.at(0).id; }
  std::string pack_of_block() {
    const auto found = reader(*backend);
    found->use_runs(made.index_runs);
    return found->places(block(), Search::first).at(0).pack->name();
  }
};

TEST(BlockReader, finds_a_block_through_the_runs_it_was_told_of_and_reads_no_other) {
  ReaderWorld world;
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  const auto reader = world.reader(*counted);
  reader->use_runs(world.made.index_runs);
  EXPECT_FALSE(reader->get(world.block()).empty());
  EXPECT_EQ(counts.lists, 0u);
  EXPECT_EQ(counts.gets, 2u) << "the run and the block";
}

TEST(BlockReader, looks_into_all_runs_when_it_was_told_of_none) {
  ReaderWorld world;
  const auto reader = world.reader(*world.backend);
  EXPECT_FALSE(reader->get(world.block()).empty());
  EXPECT_TRUE(world.warnings.lines().empty());
}

TEST(BlockReader, reads_the_directories_of_packs_when_every_run_is_lost_and_says_so) {
  ReaderWorld world;
  const base::Bytes plain = world.reader(*world.backend)->get(world.block());
  for (const std::string& run : world.made.index_runs) world.backend->remove(run);
  const auto reader = world.reader(*world.backend);
  reader->use_runs(world.made.index_runs);
  EXPECT_EQ(reader->get(world.block()), plain);
  EXPECT_GE(world.warnings.lines().size(), 2u) << "the lost run, and the slow way";
}

TEST(BlockReader, names_a_block_that_is_nowhere) {
  ReaderWorld world;
  BlockId unheard_of;
  unheard_of.bytes.fill('x');
  try {
    world.reader(*world.backend)->get(unheard_of);
    FAIL() << "it was found";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corruption);
    EXPECT_NE(error.message().find(base::to_hex(unheard_of.view())), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST(BlockReader, does_not_call_a_store_that_fails_a_damaged_block) {
  ReaderWorld world;
  bool down = false;
  storage::FaultPlan plan;
  plan.before = [&](storage::Call, const std::string& name) {
    if (down && name.starts_with(k_packs_prefix)) throw base::Error(ErrorKind::unavailable, "down");
  };
  const auto failing = storage::make_fault_backend(*world.backend, plan, nullptr);
  const auto reader = world.reader(*failing);
  down = true;
  EXPECT_EQ(error_of([&] { reader->get(world.block()); }), ErrorKind::unavailable);
  down = false;
  EXPECT_FALSE(reader->get(world.block()).empty()) << "and it reads once the store is back";
}

TEST(BlockReader, opens_only_from_the_runs_and_the_domain_that_are_asked_for) {
  ReaderWorld world;
  const auto reader = world.reader(*world.backend);
  EXPECT_TRUE(reader->opens_from(world.made.index_runs, world.block(), k_root_domain));
  EXPECT_FALSE(reader->opens_from(world.made.index_runs, world.block(), k_root_domain + 1));
  EXPECT_FALSE(reader->opens_from({}, world.block(), k_root_domain));
  const std::string pack = world.pack_of_block();
  test::replace(*world.backend, pack, base::ByteView(world.backend->get_all(pack)).substr(0, 200));
  EXPECT_FALSE(reader->opens_from(world.made.index_runs, world.block(), k_root_domain));
  EXPECT_FALSE(world.warnings.lines().empty());
}

TEST(PackDirectory, of_a_pack_that_was_cut_is_refused_by_its_name) {
  ReaderWorld world;
  const std::string name = world.pack_of_block();
  const base::Bytes whole = world.backend->get_all(name);
  const base::Bytes id = *parse_pack_name(name);
  const PackDirectory directory = read_pack_directory(*world.backend, world.keys, id, whole.size());
  EXPECT_FALSE(directory.entries.empty());
  EXPECT_EQ(directory.pack.name(), name);
  for (const std::size_t size : {std::size_t{0}, k_pack_begin, k_pack_begin + 80, whole.size() / 2, whole.size() - 1}) {
    test::replace(*world.backend, name, base::ByteView(whole).substr(0, size));
    try {
      read_pack_directory(*world.backend, world.keys, id, size);
      ADD_FAILURE() << size;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::corruption);
      EXPECT_NE(error.message().find(name), std::string::npos) << error.message();
    }
  }
}

TEST(RunCatalogue, tells_once_of_a_run_that_cannot_be_used) {
  ReaderWorld world;
  const auto reader = world.reader(*world.backend);
  EXPECT_TRUE(reader->catalogue().open(world.made.index_runs.at(0)));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(reader->catalogue().open("index/gone"));
    EXPECT_FALSE(reader->catalogue().open(RunName{{9, 9}, 9}.name()));
  }
  EXPECT_EQ(world.warnings.lines().size(), 2u);
}

}  // namespace
}  // namespace holdfast::repository
