// The simulated disk itself: a disk that loses too little would let every test above it pass.
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "support/power_cut.h"

namespace holdfast::test {
namespace {

using storage::FileHandle;
using storage::FileKind;
using storage::FileStatus;
using storage::FileSystem;

FileHandle create(FileSystem& files, const std::string& path, std::string_view bytes) {
  FileHandle handle = -1;
  EXPECT_EQ(files.create(path, handle), 0);
  EXPECT_EQ(files.write(handle, bytes), 0);
  return handle;
}

// What may be found at the path after the cut: its bytes, or "absent".
std::set<std::string> found(const PowerCutDisk& disk, const std::string& path) {
  std::set<std::string> out;
  disk.for_each_survivor(1000, [&](PowerCutDisk& after) {
    base::Bytes bytes;
    out.insert(after.file_system().read(path, 0, std::nullopt, bytes) == 0 ? bytes : "absent");
  });
  return out;
}

using Found = std::set<std::string>;

TEST(PowerCutDisk, loses_nothing_when_all_is_synced) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  const FileHandle handle = create(files, "/disk/a", "bytes");
  files.sync_file(handle);
  files.sync_folder("/disk");
  files.sync_folder("/");
  EXPECT_EQ(disk.variants(), 1u);
  EXPECT_EQ(found(disk, "/disk/a"), Found{"bytes"});
}

TEST(PowerCutDisk, may_drop_keep_or_tear_bytes_that_are_not_synced) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  create(files, "/disk/a", "1234");
  files.sync_folder("/disk");
  const Found all = found(disk, "/disk/a");
  EXPECT_TRUE(all.contains(""));
  EXPECT_TRUE(all.contains("1234"));
  EXPECT_TRUE(all.contains("123"));
  EXPECT_TRUE(all.contains(std::string(4, '\0')));
  EXPECT_FALSE(all.contains("absent"));
}

TEST(PowerCutDisk, never_touches_the_synced_start_of_a_file) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  const FileHandle handle = create(files, "/disk/a", "safe");
  files.sync_file(handle);
  files.sync_folder("/disk");
  files.write(handle, "more");
  for (const std::string& bytes : found(disk, "/disk/a")) EXPECT_EQ(bytes.substr(0, 4), "safe");
  EXPECT_GT(found(disk, "/disk/a").size(), 3u);
}

TEST(PowerCutDisk, may_drop_or_keep_each_name_on_its_own) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  files.sync_file(create(files, "/disk/a", "A"));
  files.link("/disk/a", "/disk/b");
  std::set<std::pair<int, int>> seen;
  disk.for_each_survivor(1000, [&](PowerCutDisk& after) {
    FileStatus status;
    seen.emplace(after.file_system().stat("/disk/a", status), after.file_system().stat("/disk/b", status));
  });
  EXPECT_EQ(seen, (std::set<std::pair<int, int>>{{0, 0}, {0, ENOENT}, {ENOENT, 0}, {ENOENT, ENOENT}}));
}

TEST(PowerCutDisk, may_bring_back_a_removed_name_until_the_folder_is_synced) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  files.sync_file(create(files, "/disk/a", "A"));
  files.sync_folder("/disk");
  files.unlink("/disk/a");
  EXPECT_EQ(found(disk, "/disk/a"), (Found{"A", "absent"}));
  files.sync_folder("/disk");
  EXPECT_EQ(found(disk, "/disk/a"), Found{"absent"});
}

TEST(PowerCutDisk, may_keep_a_name_that_came_and_went_between_two_syncs) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  files.sync_file(create(files, "/disk/a", "A"));
  files.unlink("/disk/a");
  EXPECT_EQ(found(disk, "/disk/a"), (Found{"A", "absent"}));
}

TEST(PowerCutDisk, loses_what_is_below_a_folder_whose_name_is_lost) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  files.make_folder("/disk/f");
  files.sync_file(create(files, "/disk/f/a", "A"));
  files.sync_folder("/disk/f");
  EXPECT_EQ(found(disk, "/disk/f/a"), (Found{"A", "absent"}));
  files.sync_folder("/disk");
  EXPECT_EQ(found(disk, "/disk/f/a"), Found{"A"});
}

TEST(PowerCutDisk, stops_at_the_call_it_was_told_and_stays_dead) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  disk.cut_after(2);
  const FileHandle handle = create(files, "/disk/a", "A");
  EXPECT_FALSE(disk.is_cut());
  EXPECT_THROW(files.sync_file(handle), PowerLost);
  EXPECT_TRUE(disk.is_cut());
  FileStatus status;
  EXPECT_THROW(files.stat("/disk", status), PowerLost);
  EXPECT_THROW(files.make_folder("/disk/b"), PowerLost);
  EXPECT_EQ(disk.calls(), 3u);
}

TEST(PowerCutDisk, may_or_may_not_have_made_the_call_in_which_it_died) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  files.sync_file(create(files, "/disk/a", "A"));
  disk.cut_after(0);
  EXPECT_THROW(files.link("/disk/a", "/disk/b"), PowerLost);
  EXPECT_EQ(found(disk, "/disk/b"), (Found{"A", "absent"}));
}

TEST(PowerCutDisk, counts_its_variants_and_shows_each_once) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  for (const char* name : {"/disk/a", "/disk/b", "/disk/c"}) files.sync_file(create(files, name, name));
  EXPECT_EQ(disk.variants(), 8u);
  std::set<std::set<std::string>> seen;
  for (std::uint64_t variant = 0; variant < 8; ++variant) {
    std::set<std::string> names;
    disk.survivors(variant).file_system().list("/disk", [&](const std::string& name) { names.insert(name); });
    seen.insert(names);
    if (variant == 0 || variant == 7) {
      EXPECT_EQ(names.size(), variant == 0 ? 0u : 3u);
    }
  }
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_EQ(disk.survivors(0).variants(), 1u);
}

TEST(PowerCutDisk, draws_by_seed_where_there_are_too_many) {
  const auto sample = [](std::uint64_t seed) {
    PowerCutDisk disk(seed);
    for (int i = 0; i < 100; ++i) create(disk.file_system(), "/disk/" + std::to_string(i), "x");
    EXPECT_EQ(disk.variants(), UINT64_MAX);
    std::vector<std::size_t> counts;
    disk.for_each_survivor(20, [&](PowerCutDisk& after) {
      std::size_t names = 0;
      after.file_system().list("/disk", [&](const std::string&) { ++names; });
      counts.push_back(names);
    });
    EXPECT_EQ(counts.size(), 20u);
    EXPECT_EQ(counts.front(), 0u);
    EXPECT_EQ(counts[1], 100u);
    return counts;
  };
  EXPECT_EQ(sample(1), sample(1));
  EXPECT_NE(sample(1), sample(2));
}

TEST(PowerCutDisk, has_no_room_beyond_what_was_left) {
  PowerCutDisk disk;
  FileSystem& files = disk.file_system();
  disk.leave_room(3);
  FileHandle handle = -1;
  files.create("/disk/a", handle);
  EXPECT_EQ(files.write(handle, "12"), 0);
  EXPECT_EQ(files.write(handle, "34"), ENOSPC);
  FileStatus status;
  files.stat("/disk/a", status);
  EXPECT_EQ(status.size, 3u);
}

}  // namespace
}  // namespace holdfast::test
