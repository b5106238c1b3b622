// The whole machine dies: the process by SIGKILL at every storage call, the power at every changing call of the disk.
// What was committed stays whole, what was not is as if it had never begun, and the next run works.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "engine/restore.h"
#include "storage/decorators/fault_backend.h"
#include "storage/local/local_backend.h"
#include "support/engine_world.h"
#include "support/power_cut.h"

namespace holdfast::engine {
namespace {

using test::EngineWorld;
using test::PowerCutDisk;
using test::RowMap;

bool deep() {
  return std::getenv("HOLDFAST_DEEP") != nullptr;
}

const RowMap& old_rows() {
  static const RowMap rows = test::some_rows(120, 4);
  return rows;
}

const RowMap& new_rows() {
  static const RowMap rows = [] {
    RowMap out = old_rows();
    std::mt19937_64 random(5);
    test::mutate(out, 40, random);
    return out;
  }();
  return rows;
}

// A repository with one snapshot of old_rows().
const std::map<std::string, base::Bytes>& one_backup() {
  static const std::map<std::string, base::Bytes> objects = [] {
    EngineWorld world(71);
    world.connector.set_rows(old_rows());
    world.backup();
    std::map<std::string, base::Bytes> out;
    world.backend->list("", [&](const storage::ObjectInfo& info) { out.emplace(info.name, ""); });
    for (auto& [name, bytes] : out) bytes = world.backend->get_all(name);
    return out;
  }();
  return objects;
}

void fill(storage::Backend& backend) {
  for (const auto& [name, bytes] : one_backup()) ASSERT_TRUE(backend.put(name, bytes));
}

PowerCutDisk filled_disk(std::uint64_t seed) {
  PowerCutDisk disk(seed);
  fill(*storage::open_local_backend(PowerCutDisk::folder(), disk.file_system()));
  return disk.after_kill();
}

BackupOptions with_readers(unsigned readers) {
  BackupOptions options;
  options.capture.readers = readers;
  return options;
}

void back_up_new_rows(EngineWorld& world, storage::Backend& backend, unsigned readers) {
  world.connector.set_rows(new_rows());
  const auto repository = world.open(backend);
  backup(*repository, world.connector, "catalog", with_readers(readers), base::silent_events(), world.clock, {});
}

// What must hold whenever a backup of new_rows() on top of old_rows() died.  Returns whether its snapshot is there.
bool expect_sound(storage::Backend& backend, std::uint64_t seed) {
  EngineWorld world(seed);  // another process draws other numbers
  const auto repository = world.open(backend);
  std::vector<std::string> damaged;
  const auto snapshots = repository->snapshots(&damaged);
  EXPECT_TRUE(damaged.empty());
  EXPECT_GE(snapshots.size(), 1U);
  EXPECT_LE(snapshots.size(), 2U);
  if (snapshots.empty()) return false;
  EXPECT_EQ(world.rows_of(*repository, snapshots[0]), old_rows());
  const bool committed = snapshots.size() == 2;
  if (committed) {
    EXPECT_EQ(world.rows_of(*repository, snapshots[1]), new_rows());
  }
  back_up_new_rows(world, backend, 2);
  const auto after = world.open(backend);
  EXPECT_EQ(world.rows_of(*after, *after->latest("catalog")), new_rows());
  const repository::CheckReport report = after->check({repository::CheckLevel::data, 1.0, {}, {}});
  for (const repository::Finding& finding : report.findings) ADD_FAILURE() << finding.object << ": " << finding.problem;
  return committed;
}

// Runs a backup in a process of its own that kills itself ahead of its k-th storage call.  Returns whether it was
// killed.
bool backup_killed_at(const std::string& folder, std::uint64_t k) {
  const pid_t child = fork();
  if (child == 0) {
    std::uint64_t calls = 0;
    std::mutex mutex;
    storage::FaultPlan plan;
    plan.before = [&](storage::Call, const std::string&) {
      const std::lock_guard lock(mutex);
      if (++calls == k) ::kill(::getpid(), SIGKILL);
    };
    const auto local = storage::open_local_backend(folder);
    const auto mortal = storage::make_fault_backend(*local, plan, nullptr);
    EngineWorld world(900 + k);
    back_up_new_rows(world, *mortal, 2);
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  return false;
}

TEST(KilledBackup, at_every_storage_call_leaves_the_repository_sound) {
  (void)one_backup();  // made here, so that the children find it
  bool killed = true;
  std::uint64_t committed_at = 0;
  for (std::uint64_t k = 1; killed; ++k) {
    ASSERT_LT(k, 300U) << "a small backup takes few calls";
    SCOPED_TRACE(fmt::format("killed ahead of call {}", k));
    const test::TempFolder folder;
    const auto backend = storage::open_local_backend(folder.path());
    fill(*backend);
    killed = backup_killed_at(folder.path(), k);
    const bool committed = expect_sound(*backend, 5000 + k);
    if (committed && committed_at == 0) committed_at = k;
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(committed_at, 5U);
}

// Four readers and the packs' uploader share the disk, so every seed meets another order of calls.
TEST(PowerCut, in_a_backup_of_four_workers_leaves_the_repository_sound) {
  const std::uint64_t seeds = deep() ? 200 : 24;
  std::uint64_t cuts = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    PowerCutDisk disk = filled_disk(seed);
    disk.cut_after(seed % 24);
    try {
      EngineWorld world(3000 + seed);
      const auto backend = storage::open_local_backend(PowerCutDisk::folder(), disk.file_system());
      back_up_new_rows(world, *backend, 4);
    } catch (const test::PowerLost&) {
      ++cuts;
    } catch (const base::Error& error) {
      EXPECT_TRUE(disk.is_cut()) << error.describe();
      ++cuts;
    }
    disk.for_each_survivor(4, [&](PowerCutDisk& after) {
      expect_sound(*storage::open_local_backend(PowerCutDisk::folder(), after.file_system()), 7000 + seed);
    });
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(cuts, seeds / 2);
}

// One worker and one schedule: every k.
TEST(PowerCut, at_every_call_of_a_backup_leaves_the_repository_sound) {
  bool cut = true;
  for (std::uint64_t k = 0; cut; ++k) {
    ASSERT_LT(k, 300U);
    SCOPED_TRACE(fmt::format("cut after {} calls", k));
    PowerCutDisk disk = filled_disk(k);
    disk.cut_after(k);
    try {
      EngineWorld world(4000);
      const auto backend = storage::open_local_backend(PowerCutDisk::folder(), disk.file_system());
      back_up_new_rows(world, *backend, 1);
    } catch (const test::PowerLost&) {
    } catch (const base::Error& error) {
      EXPECT_TRUE(disk.is_cut()) << error.describe();
    }
    cut = disk.is_cut();
    disk.for_each_survivor(deep() ? 40 : 4, [&](PowerCutDisk& after) {
      const bool committed =
          expect_sound(*storage::open_local_backend(PowerCutDisk::folder(), after.file_system()), 7100 + k);
      if (!cut) {
        EXPECT_TRUE(committed);
      }
    });
    ASSERT_FALSE(HasFailure());
  }
}

model::Plan plan_of(const RowMap& before, const RowMap& after) {
  model::Plan plan;
  plan.id = "fedcba9876543210";
  plan.target = "catalog";
  const auto step = [&](const base::Bytes& key, model::Action action) -> model::Step& {
    plan.steps.push_back({.collection = "aspect",
                          .path = model::key_to_path(test::aspect_collection(), key),
                          .action = action,
                          .reason = "it differs",
                          .fields = {},
                          .key = key,
                          .before = {},
                          .after = {}});
    return plan.steps.back();
  };
  for (const auto& [key, row] : before) {
    const auto found = after.find(key);
    if (found != after.end() && found->second == row) continue;
    model::Step& made = step(key, found == after.end() ? model::Action::remove : model::Action::update);
    made.before = row;
    if (found != after.end()) made.after = found->second;
  }
  for (const auto& [key, row] : after) {
    if (!before.contains(key)) step(key, model::Action::create).after = row;
  }
  return plan;
}

TEST(PowerCut, at_every_call_of_a_restore_s_journal_is_resumed_to_the_same_end) {
  const model::Plan plan = plan_of(new_rows(), old_rows());
  ASSERT_GT(plan.steps.size(), 20U);
  bool cut = true;
  for (std::uint64_t k = 0; cut; ++k) {
    ASSERT_LT(k, 200U);
    SCOPED_TRACE(fmt::format("cut after {} calls", k));
    test::ManualClock clock(base::Instant{});
    PowerCutDisk disk(k);
    disk.cut_after(k);
    test::FakeConnector target(clock);
    target.set_rows(new_rows());
    const auto apply = [&](PowerCutDisk& on) {
      const auto journal = storage::open_local_backend(PowerCutDisk::folder(), on.file_system());
      return apply_plan(plan, target, test::aspect_collection(), *journal, base::silent_events(), clock, {});
    };
    try {
      apply(disk);
    } catch (const test::PowerLost&) {
    }
    cut = disk.is_cut();
    const RowMap when_cut = target.rows();
    disk.for_each_survivor(deep() ? 40 : 6, [&](PowerCutDisk& after) {
      target.set_rows(when_cut);
      const ApplyResult result = apply(after);
      EXPECT_TRUE(result.conflicts.empty());
      EXPECT_EQ(target.rows(), old_rows());
    });
    ASSERT_FALSE(HasFailure());
  }
}

TEST(PowerCut, at_every_call_of_a_key_change_leaves_the_keys_that_were_there) {
  const PowerCutDisk before = filled_disk(1);
  std::string first_slot;
  bool cut = true;
  for (std::uint64_t k = 0; cut; ++k) {
    ASSERT_LT(k, 40U);
    SCOPED_TRACE(fmt::format("cut after {} calls", k));
    PowerCutDisk disk = before.after_kill();
    disk.cut_after(k);
    EngineWorld world(600 + k);
    try {
      const auto backend = storage::open_local_backend(PowerCutDisk::folder(), disk.file_system());
      const auto repository = world.open(*backend);
      if (first_slot.empty()) first_slot = repository->key_slots().at(0).id;
      const repository::SlotInfo added = repository->add_key({base::Secret("second")}, "file", "", {});
      repository->remove_key(added.id);
    } catch (const test::PowerLost&) {
    }
    cut = disk.is_cut();
    disk.for_each_survivor(deep() ? 20 : 6, [&](PowerCutDisk& after) {
      const auto backend = storage::open_local_backend(PowerCutDisk::folder(), after.file_system());
      const auto slots = world.open(*backend)->key_slots();
      EXPECT_TRUE(std::any_of(slots.begin(), slots.end(), [&](const auto& slot) { return slot.id == first_slot; }));
      EXPECT_LE(slots.size(), 2U);
      EXPECT_EQ(backend->get_all("keys/" + first_slot), one_backup().at("keys/" + first_slot));
    });
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace holdfast::engine
