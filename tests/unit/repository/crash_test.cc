// Whatever call of a backup, a forget or a new key is the last one: the repository opens, old snapshots are whole, the
// next backup works.
#include <set>

#include "repository/names.h"
#include "repository/repository.h"
#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"
#include "storage/local/local_backend.h"
#include "support/power_cut.h"

namespace holdfast::repository {
namespace {

using test::RepositoryWorld;

const test::Model& old_rows() {
  static const test::Model rows = test::some_rows(60);
  return rows;
}
const test::Model& new_rows() {
  static const test::Model rows = test::some_rows(70, 9);
  return rows;
}

// A repository with one snapshot, as objects.
const test::Objects& one_backup() {
  static const test::Objects objects = [] {
    RepositoryWorld world(31);
    world.backup(*world.open(), old_rows());
    return test::objects_of(*world.backend);
  }();
  return objects;
}

// What must hold after any crash; `world` has another seed than the one that crashed.
void expect_sound(RepositoryWorld& world, storage::Backend& backend) {
  const auto repository = world.open(backend);
  std::vector<std::string> damaged;
  const auto snapshots = repository->snapshots(&damaged);
  EXPECT_TRUE(damaged.empty());
  ASSERT_GE(snapshots.size(), 1u);
  ASSERT_LE(snapshots.size(), 2u);
  EXPECT_EQ(RepositoryWorld::read(*repository, snapshots[0]), old_rows());
  if (snapshots.size() == 2) {
    EXPECT_EQ(RepositoryWorld::read(*repository, snapshots[1]), new_rows());
  }
  const auto parent = repository->latest();
  const Snapshot next = world.backup(*repository, new_rows(), parent);
  EXPECT_EQ(RepositoryWorld::read(*repository, *world.open(backend)->latest()), new_rows());
  const CheckReport report = world.open(backend)->check({CheckLevel::data, 1.0, {}, {}});
  for (const Finding& finding : report.findings) ADD_FAILURE() << finding.object << ": " << finding.problem;
}

// Runs `work` on a backend that dies at its k-th call, before or after it, for every k.
enum class Die { before, after };
void at_every_call(Die die, const std::function<void(Repository&, RepositoryWorld&)>& work) {
  for (std::uint64_t k = 1;; ++k) {
    const auto store = test::backend_with(one_backup());
    std::uint64_t calls = 0;
    bool died = false;
    const auto count = [&](storage::Call, const std::string&) {
      if (!died && ++calls < k) return;
      died = true;
      throw base::Error(base::ErrorKind::unavailable, "killed");
    };
    storage::FaultPlan plan;
    (die == Die::before ? plan.before : plan.after) = count;
    const auto mortal = storage::make_fault_backend(*store, plan, nullptr);
    {
      RepositoryWorld doomed(1000 + k);
      try {
        const auto repository = doomed.open(*mortal);
        work(*repository, doomed);
      } catch (const base::Error&) {
        EXPECT_TRUE(died) << "k = " << k;
      }
    }
    RepositoryWorld after(5000 + k);
    expect_sound(after, *store);
    if (::testing::Test::HasFailure()) FAIL() << "k = " << k;
    if (!died) {
      EXPECT_GT(k, 5u);
      return;
    }
  }
}

void backup_forget_and_add(Repository& repository, RepositoryWorld& world) {
  const auto parent = repository.latest();
  const Snapshot made = world.backup(repository, new_rows(), parent);
  repository.forget(parent->id, "superseded");
  repository.undelete(parent->id);
}

TEST(Crash, before_any_call_leaves_the_repository_sound) {
  at_every_call(Die::before, backup_forget_and_add);
}
TEST(Crash, after_any_call_leaves_the_repository_sound) {
  at_every_call(Die::after, backup_forget_and_add);
}

TEST(Crash, of_a_key_change_leaves_every_key_that_was_there) {
  for (const Die die : {Die::before, Die::after}) {
    const auto store = test::backend_with(one_backup());
    const auto fail = [](storage::Call call, const std::string& name) {
      if (call == storage::Call::put && name.starts_with("keys/")) throw base::Error(base::ErrorKind::io, "killed");
    };
    storage::FaultPlan plan;
    (die == Die::before ? plan.before : plan.after) = fail;
    const auto mortal = storage::make_fault_backend(*store, plan, nullptr);
    RepositoryWorld world(77);
    EXPECT_EQ(test::error_of([&] { world.open(*mortal)->add_key({base::Secret("second")}, "file", "", {}); }),
              base::ErrorKind::io);
    EXPECT_EQ(Repository::unlock(*store, test::first_key()).secret.reveal(),
              test::fresh_repository().master.secret.reveal());
    EXPECT_EQ(world.open(*store)->key_slots().size(), die == Die::before ? 1u : 2u);
  }
}

TEST(Crash, of_init_leaves_a_place_where_init_works) {
  bool finished = false;
  for (std::uint64_t k = 1; !finished; ++k) {
    const auto store = storage::make_memory_backend();
    std::uint64_t calls = 0;
    const auto mortal = storage::make_fault_backend(*store,
                                                    {[&](storage::Call, const std::string&) {
                                                       if (++calls >= k)
                                                         throw base::Error(base::ErrorKind::io, "killed");
                                                     },
                                                     {}},
                                                    nullptr);
    RepositoryWorld world(88 + k);
    const bool died =
        test::error_of([&] { Repository::init(*mortal, world.environment(), test::first_key(), {}); }).has_value();
    finished = store->stat(k_config_name).has_value();
    if (finished) continue;
    ASSERT_TRUE(died) << "k = " << k;
    Repository::init(*store, world.environment(), {base::Secret("the new passphrase")}, {});
    // What the dead run left opens nothing.
    EXPECT_EQ(test::error_of([&] { Repository::unlock(*store, test::first_key()); }), base::ErrorKind::wrong_key);
  }
}

// The local backend on a disk that loses power after the k-th changing call.
TEST(Crash, of_the_power_leaves_the_repository_sound) {
  const bool deep = std::getenv("HOLDFAST_DEEP") != nullptr;
  test::PowerCutDisk before(3);
  {
    const auto backend = storage::open_local_backend(test::PowerCutDisk::folder(), before.file_system());
    for (const auto& [name, bytes] : one_backup()) backend->put(name, bytes);
  }
  bool cut = true;
  for (std::uint64_t k = 0; cut; k += deep ? 1 : 3) {
    test::PowerCutDisk disk = before.survivors(before.variants() - 1);
    disk.cut_after(k);
    {
      RepositoryWorld doomed(2000 + k);
      const auto backend = storage::open_local_backend(test::PowerCutDisk::folder(), disk.file_system());
      try {
        const auto repository = doomed.open(*backend);
        const auto parent = repository->latest();
        doomed.backup(*repository, new_rows(), parent);
      } catch (const test::PowerLost&) {
        EXPECT_TRUE(disk.is_cut());
      } catch (const base::Error&) {
        EXPECT_TRUE(disk.is_cut()) << "k = " << k;
      }
    }
    cut = disk.is_cut();
    std::uint64_t seed = 9000 + 100 * k;
    disk.for_each_survivor(deep ? 40 : 4, [&](test::PowerCutDisk& found) {
      const auto backend = storage::open_local_backend(test::PowerCutDisk::folder(), found.file_system());
      RepositoryWorld after(++seed);
      expect_sound(after, *backend);
    });
    if (::testing::Test::HasFailure()) FAIL() << "k = " << k;
  }
}

// Two snapshots as objects.
const test::Objects& two_backups() {
  static const test::Objects objects = [] {
    RepositoryWorld world(32);
    const auto repository = world.open();
    world.backup(*repository, new_rows(), world.backup(*repository, old_rows()));
    return test::objects_of(*world.backend);
  }();
  return objects;
}

// Which of the two is forgotten after each of these calls; a cut may take the last one back, and no other.
const std::vector<std::vector<bool>> k_marks{{false, false}, {true, false}, {false, false}, {false, true}};
void mark(Repository& repository, std::size_t call) {
  const auto snapshots = repository.snapshots();
  if (call == 1) return repository.forget(snapshots.at(0).id, "too old");
  if (call == 2) return repository.undelete(snapshots.at(0).id);
  repository.forget(snapshots.at(1).id, "a mistake");
}

// `done` calls had returned when the power went.
void expect_marked(storage::Backend& backend, std::uint64_t seed, std::size_t done) {
  RepositoryWorld after(seed);
  for (const auto& [name, bytes] : two_backups()) EXPECT_EQ(backend.get_all(name), bytes) << name;
  const auto repository = after.open(backend);
  std::vector<std::string> damaged;
  const auto snapshots = repository->snapshots(&damaged);
  EXPECT_TRUE(damaged.empty());
  ASSERT_EQ(snapshots.size(), 2u);
  EXPECT_EQ(RepositoryWorld::read(*repository, snapshots[0]), old_rows());
  EXPECT_EQ(RepositoryWorld::read(*repository, snapshots[1]), new_rows());
  const std::vector<bool> found{snapshots[0].forgotten, snapshots[1].forgotten};
  const bool next = done + 1 < k_marks.size() && found == k_marks[done + 1];
  EXPECT_TRUE(found == k_marks[done] || next) << found[0] << found[1] << " after " << done << " calls";
  for (const Finding& finding : repository->check({CheckLevel::data, 1.0, {}, {}}).findings)
    ADD_FAILURE() << finding.object << ": " << finding.problem;
  for (const Snapshot& snapshot : snapshots) {
    repository->undelete(snapshot.id);
    repository->forget(snapshot.id, "again");
    EXPECT_TRUE(repository->snapshot(snapshot.id).forgotten);
  }
}

TEST(Crash, of_the_power_at_every_call_of_forget_and_undelete_leaves_each_snapshot_forgotten_or_there) {
  const bool deep = std::getenv("HOLDFAST_DEEP") != nullptr;
  test::PowerCutDisk before(4);
  {
    const auto backend = storage::open_local_backend(test::PowerCutDisk::folder(), before.file_system());
    for (const auto& [name, bytes] : two_backups()) backend->put(name, bytes);
  }
  std::set<std::size_t> cut_in;
  bool cut = true;
  for (std::uint64_t k = 0; cut; ++k) {
    ASSERT_LT(k, 100u);
    test::PowerCutDisk disk = before.after_kill();
    disk.cut_after(k);
    std::size_t done = 0;
    try {
      RepositoryWorld doomed(6000 + k);
      const auto backend = storage::open_local_backend(test::PowerCutDisk::folder(), disk.file_system());
      const auto repository = doomed.open(*backend);
      for (; done + 1 < k_marks.size(); ++done) mark(*repository, done + 1);
    } catch (const test::PowerLost&) {
      cut_in.insert(done);
    } catch (const base::Error& error) {
      EXPECT_TRUE(disk.is_cut()) << error.describe();
      cut_in.insert(done);
    }
    cut = disk.is_cut();
    SCOPED_TRACE("cut after " + std::to_string(k) + " calls");
    std::uint64_t seed = 20'000 + 100 * k;
    disk.for_each_survivor(deep ? 40 : 6, [&](test::PowerCutDisk& found) {
      const auto backend = storage::open_local_backend(test::PowerCutDisk::folder(), found.file_system());
      expect_marked(*backend, ++seed, done);
    });
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_EQ(cut_in, (std::set<std::size_t>{0, 1, 2})) << "each of the calls was cut";
}

}  // namespace
}  // namespace holdfast::repository
