#include "repository/repository.h"

#include "repository/config.h"
#include "repository/names.h"
#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

using base::ErrorKind;
using test::error_of;
using test::first_key;
using test::fresh_repository;
using test::RepositoryWorld;

TEST(Repository, refuses_to_be_made_twice_at_one_place) {
  RepositoryWorld world;
  EXPECT_EQ(error_of([&] { Repository::init(*world.backend, world.environment(), first_key(), {}); }),
            ErrorKind::conflict);
}

TEST(Repository, tells_that_there_is_none) {
  RepositoryWorld world;
  const auto empty = storage::make_memory_backend();
  EXPECT_EQ(error_of([&] { Repository::open(*empty, world.environment(), first_key()); }), ErrorKind::no_repository);
}

TEST(Repository, opens_with_its_passphrase_and_no_other) {
  RepositoryWorld world;
  const MasterKey master = Repository::unlock(*world.backend, first_key());
  EXPECT_EQ(master.secret.reveal(), fresh_repository().master.secret.reveal());
  EXPECT_EQ(error_of([&] { Repository::unlock(*world.backend, {base::Secret("another passphrase")}); }),
            ErrorKind::wrong_key);
  EXPECT_EQ(base::exit_code(ErrorKind::wrong_key), 12);
  EXPECT_EQ(error_of([&] {
              Repository::open(*world.backend, world.environment(), MasterKey{base::Secret(std::string(32, 'x')), ""});
            }),
            ErrorKind::wrong_key);
}

TEST(Repository, a_key_that_was_added_opens_it_and_one_that_was_removed_does_not) {
  RepositoryWorld world;
  const auto repository = world.open();
  const KeyMaterial second{base::Secret("the second, from a file")};
  world.clock.advance(std::chrono::hours(1));
  const SlotInfo added = repository->add_key(second, "file", "laptop", {});
  const auto slots = repository->key_slots();
  ASSERT_EQ(slots.size(), 2u);
  EXPECT_EQ(slots[0].id, added.id) << "newest first";
  EXPECT_EQ(slots[0].label, "laptop");
  EXPECT_EQ(slots[0].kind, "file");
  EXPECT_FALSE(slots[0].current);
  EXPECT_TRUE(slots[1].current);
  EXPECT_EQ(Repository::unlock(*world.backend, second).slot_id, added.id);
  repository->remove_key(slots[1].id);
  EXPECT_EQ(error_of([&] { Repository::unlock(*world.backend, first_key()); }), ErrorKind::wrong_key);
  EXPECT_EQ(error_of([&] { repository->remove_key(added.id); }), ErrorKind::refused) << "the last one stays";
  EXPECT_EQ(error_of([&] { repository->remove_key("0123456789abcdef"); }), ErrorKind::not_found);
  EXPECT_EQ(error_of([&] { repository->add_key(second, "tattoo", "", {}); }), ErrorKind::usage);
}

TEST(Repository, keeps_a_key_when_two_processes_remove_the_last_two) {
  RepositoryWorld world;
  const std::string first = world.open()->key_slots().front().id;
  const SlotInfo added = world.open()->add_key({base::Secret("second")}, "file", "", {});
  bool other_ran = false;
  storage::FaultPlan plan;
  plan.before = [&](storage::Call call, const std::string&) {
    if (call != storage::Call::remove || std::exchange(other_ran, true)) return;
    world.open()->remove_key(added.id);
  };
  const auto slow = storage::make_fault_backend(*world.backend, plan, nullptr);
  EXPECT_EQ(error_of([&] { world.open(*slow)->remove_key(first); }), ErrorKind::conflict);
  ASSERT_EQ(world.open()->key_slots().size(), 1u);
  EXPECT_EQ(Repository::unlock(*world.backend, first_key()).secret.reveal(), fresh_repository().master.secret.reveal());
}

TEST(Repository, refuses_another_repository_at_a_place_that_it_knows) {
  RepositoryWorld world;
  world.open();
  const auto foreign = storage::make_memory_backend();
  test::SeededRandom random(99);
  const Environment environment{&world.clock, &random, nullptr, "host", "test"};
  const auto theirs = Repository::init(*foreign, environment, first_key(), {});
  const MasterKey master = Repository::unlock(*foreign, first_key());
  EXPECT_EQ(error_of([&] { Repository::open(*foreign, world.environment(), master); }), ErrorKind::refused);
  EXPECT_NE(theirs->id(), world.open()->id());
}

TEST(Repository, shares_no_snapshot_id_with_another_repository) {
  const auto first_snapshot = [](std::uint64_t seed) {
    test::SeededRandom random(seed);
    test::ManualClock clock(test::k_start);
    const Environment environment{&clock, &random, nullptr, "host", "test"};
    const auto backend = storage::make_memory_backend();
    const MasterKey master{base::Secret(std::string(32, 'm')), ""};
    backend->put(k_config_name, make_config(master.secret, 1024, 8192, {}, random).config.stored);
    const auto repository = Repository::open(*backend, environment, master);
    return repository->begin_session(std::nullopt)->commit({}).id;
  };
  const SnapshotId one = first_snapshot(1);
  const SnapshotId two = first_snapshot(2);
  EXPECT_EQ(one.sequence, two.sequence);
  EXPECT_NE(one.short_id(), two.short_id());
}

// A config with a flag that this program does not know, made with the keys that a later program would have.
std::unique_ptr<storage::Backend> with_features(const Features& features, MasterKey& master) {
  test::SeededRandom random(5);
  master.secret = base::Secret(std::string(32, 'm'));
  auto out = storage::make_memory_backend();
  out->put(k_config_name, make_config(master.secret, 1024, 8192, features, random).config.stored);
  return out;
}

TEST(Repository, refuses_only_what_needs_a_feature_that_it_does_not_know) {
  RepositoryWorld world;
  MasterKey master;
  const Environment environment{&world.clock, &world.random, nullptr, "host", "test"};
  const auto read = with_features({{"erasure-code"}, {}, {}}, master);
  EXPECT_EQ(error_of([&] { Repository::open(*read, environment, master); }), ErrorKind::unsupported);
  const auto write = with_features({{}, {"erasure-code"}, {"holds"}}, master);
  const auto repository = Repository::open(*write, environment, master);
  EXPECT_TRUE(repository->snapshots().empty());
  EXPECT_EQ(error_of([&] { repository->begin_session(std::nullopt); }), ErrorKind::unsupported);
  EXPECT_EQ(error_of([&] { repository->make_writer("host"); }), ErrorKind::unsupported);
  const auto prune = with_features({{}, {}, {"holds"}}, master);
  EXPECT_FALSE(error_of([&] { Repository::open(*prune, environment, master)->begin_session(std::nullopt); }));
}

TEST(Repository, refuses_a_newer_format_clearly) {
  RepositoryWorld world;
  base::Bytes config = world.backend->get_all(k_config_name);
  config[8] = 2;
  test::replace(*world.backend, std::string(k_config_name), config);
  EXPECT_EQ(error_of([&] { world.open(); }), ErrorKind::unsupported);
}

TEST(Repository, leaves_nothing_readable_in_the_store) {
  RepositoryWorld world;
  const auto repository = world.open();
  test::Model rows = test::some_rows(20);
  rows["urn:li:corpuser:needle"] = {"a needle in the haystack", "needle", "needle"};
  world.backup(*repository, rows, std::nullopt, "needle-connector");
  for (const auto& [name, bytes] : test::objects_of(*world.backend)) {
    EXPECT_EQ(bytes.find("needle"), base::Bytes::npos) << name;
    EXPECT_EQ(bytes.find("test-host"), base::Bytes::npos) << name;
  }
}

TEST(Repository, overwrites_nothing) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto first = world.backup(*repository, test::some_rows(40));
  const auto before = test::objects_of(*world.backend);
  const auto second = world.backup(*repository, test::some_rows(45, 8), first);
  repository->forget(first.id, "old");
  repository->undelete(first.id);
  const auto now = test::objects_of(*world.backend);
  for (const auto& [name, bytes] : before) {
    const auto found = now.find(name);
    ASSERT_NE(found, now.end()) << name;
    EXPECT_EQ(found->second, bytes) << name;
  }
}

TEST(Repository, counts_what_it_holds) {
  RepositoryWorld world;
  const auto repository = world.open();
  const auto first = world.backup(*repository, test::some_rows(100));
  const auto second = world.backup(*repository, test::some_rows(100, 8), first);
  const RepositoryStats stats = repository->stats();
  std::uint64_t stored = 0;
  for (const auto& [name, bytes] : test::objects_of(*world.backend)) stored += bytes.size();
  EXPECT_EQ(stats.stored_bytes, stored);
  EXPECT_EQ(stats.snapshots, 2u);
  EXPECT_GT(stats.packs, 1u);
  EXPECT_EQ(stats.plain_bytes, first.bytes_added_raw + second.bytes_added_raw);
}

// Who only reads is told what is not noticed by that; who writes has the disk to mend first.
TEST(Repository, is_read_and_not_written_where_what_was_seen_cannot_be_kept) {
  RepositoryWorld world;
  const Snapshot first = world.backup(*world.open(), {});
  world.state = storage::make_memory_backend();
  (void)world.open();  // which pins it
  const auto whole = std::move(world.state);
  const auto before = [](storage::Call call, const std::string& name) {
    if (call == storage::Call::put && name.find("/seen/") != std::string::npos)
      throw base::Error(ErrorKind::io, "no space is left");
  };
  world.state = storage::make_fault_backend(*whole, {.before = before, .after = {}}, nullptr);
  const auto repository = world.open();
  EXPECT_EQ(repository->latest("catalog")->id, first.id);
  ASSERT_EQ(repository->warnings().size(), 1U);
  EXPECT_NE(repository->warnings()[0].find("no space is left"), std::string::npos) << repository->warnings()[0];
  EXPECT_EQ(error_of([&] { (void)repository->begin_session(std::nullopt); }), ErrorKind::io);
  EXPECT_EQ(error_of([&] { repository->forget(first.id, "test"); }), ErrorKind::io);
  EXPECT_EQ(repository->snapshots().size(), 1U);
}

}  // namespace
}  // namespace holdfast::repository
