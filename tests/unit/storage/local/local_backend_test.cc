#include "storage/local/local_backend.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.h"
#include "support/fakes.h"
#include "support/power_cut.h"

namespace holdfast::storage {
namespace {

namespace fs = std::filesystem;
using test::PowerCutDisk;

std::set<std::string> names(Backend& backend) {
  std::set<std::string> out;
  backend.list("", [&](const ObjectInfo& object) { out.insert(object.name); });
  return out;
}

// The names in a folder, temporary ones included.
std::set<std::string> entries(FileSystem& files, const std::string& folder) {
  std::set<std::string> out;
  files.list(folder, [&](const std::string& name) { out.insert(name); });
  return out;
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(LocalBackend, makes_nothing_until_the_first_put) {
  const test::TempFolder temp;
  const std::string folder = temp.path() + "/a/b";
  const auto backend = open_local_backend(folder);
  EXPECT_EQ(names(*backend), std::set<std::string>());
  EXPECT_EQ(backend->stat("config"), std::nullopt);
  EXPECT_FALSE(fs::exists(temp.path() + "/a"));
  EXPECT_TRUE(backend->put("config", "x"));
  EXPECT_TRUE(fs::exists(folder + "/config"));
}

TEST(LocalBackend, keeps_objects_from_other_users) {
  const test::TempFolder temp;
  const auto backend = open_local_backend(temp.path() + "/r");
  backend->put("packs/a", "x");
  const auto mode = [&](const char* name) { return fs::status(temp.path() + name).permissions(); };
  EXPECT_EQ(mode("/r"), fs::perms::owner_all);
  EXPECT_EQ(mode("/r/packs"), fs::perms::owner_all);
  EXPECT_EQ(mode("/r/packs/a"), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(LocalBackend, leaves_only_the_object_behind) {
  const test::TempFolder temp;
  const auto backend = open_local_backend(temp.path());
  backend->put("a", "x");
  backend->put("a", "y");
  EXPECT_EQ(entries(real_file_system(), temp.path()), (std::set<std::string>{"a"}));
  EXPECT_EQ(fs::hard_link_count(temp.path() + "/a"), 1u);
}

TEST(LocalBackend, does_not_see_what_is_no_object) {
  const test::TempFolder temp;
  const auto backend = open_local_backend(temp.path());
  backend->put("packs/a", "x");
  write_file(temp.path() + "/packs/~12-1", "left by a crash");
  write_file(temp.path() + "/.hidden", "x");
  write_file(temp.path() + "/README.TXT", "x");
  fs::create_directory(temp.path() + "/lost+found");
  ASSERT_EQ(::mkfifo((temp.path() + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(names(*backend), (std::set<std::string>{"packs/a"}));
  EXPECT_EQ(backend->stat("pipe"), std::nullopt);
  EXPECT_THROW(backend->get_all("pipe"), base::Error);
}

TEST(LocalBackend, steps_over_a_temporary_name_that_is_taken) {
  const test::TempFolder temp;
  const std::string taken = temp.path() + "/~" + std::to_string(::getpid()) + "-1";
  write_file(taken, "of a process with our number, before a reboot");
  const auto backend = open_local_backend(temp.path());
  EXPECT_TRUE(backend->put("a", "x"));
  EXPECT_EQ(backend->get_all("a"), "x");
  EXPECT_TRUE(fs::exists(taken));
}

TEST(LocalBackend, stays_where_it_was_opened_when_the_working_folder_moves) {
  const test::TempFolder temp;
  const fs::path before = fs::current_path();
  fs::current_path(temp.path());
  const auto backend = open_local_backend("r");
  fs::current_path(before);
  EXPECT_TRUE(backend->put("a", "x"));
  EXPECT_TRUE(fs::exists(temp.path() + "/r/a"));
  EXPECT_EQ(backend->properties().location, "file://" + fs::canonical(temp.path()).string() + "/r");
}

TEST(LocalBackend, takes_a_folder_with_slashes_at_its_end) {
  const test::TempFolder temp;
  EXPECT_TRUE(open_local_backend(temp.path() + "/r//")->put("a/b", "x"));
  EXPECT_EQ(open_local_backend(temp.path() + "/./r")->get_all("a/b"), "x");
}

TEST(LocalBackend, refuses_a_name_that_is_a_folder_already) {
  const test::TempFolder temp;
  const auto backend = open_local_backend(temp.path());
  backend->put("a/b", "x");
  EXPECT_THROW(backend->put("a", "y"), base::Error);
  EXPECT_THROW(backend->put("a/b/c", "y"), base::Error);
  EXPECT_EQ(entries(real_file_system(), temp.path()), (std::set<std::string>{"a"}));
}

TEST(LocalBackend, says_why_it_cannot_write_and_what_to_do) {
  const test::TempFolder temp;
  write_file(temp.path() + "/file", "no folder");
  try {
    open_local_backend(temp.path() + "/file/r")->put("a", "x");
    FAIL() << "nothing was thrown";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::io);
    EXPECT_NE(error.message().find(temp.path() + "/file/r"), std::string::npos) << error.message();
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST(LocalBackend, refuses_a_folder_without_a_name) {
  EXPECT_THROW(open_local_backend("", real_file_system()), base::Error);
}

TEST(LocalBackend, leaves_nothing_behind_when_the_disk_is_full_at_any_byte) {
  const std::string bytes(300, 'b');
  for (std::uint64_t room = 0; room < bytes.size(); room += 13) {
    PowerCutDisk disk;
    const auto backend = open_local_backend(PowerCutDisk::folder(), disk.file_system());
    backend->put("packs/old", "old");
    disk.leave_room(room);
    try {
      backend->put("packs/new", bytes);
      FAIL() << "nothing was thrown with room for " << room;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::io);
      EXPECT_NE(error.message().find("packs/new"), std::string::npos) << error.message();
      EXPECT_NE(error.hint().find("Free some space"), std::string::npos) << error.hint();
    }
    EXPECT_EQ(entries(disk.file_system(), PowerCutDisk::folder() + "/packs"), (std::set<std::string>{"old"}));
    EXPECT_EQ(backend->get_all("packs/old"), "old");
  }
}

// The machine's file system, on which one call after the other may fail.
class Failing : public FileSystem {
public:
  explicit Failing(FileSystem& inner) : inner_(inner) {}
  int create_error = 0, write_error = 0, sync_file_error = 0, close_error = 0, link_error = 0, make_folder_error = 0,
      sync_folder_error = 0;
  int unlink_error = 0, stat_error = 0, read_error = 0, list_error = 0;

  int create(const std::string& path, FileHandle& handle) override {
    return create_error != 0 ? create_error : inner_.create(path, handle);
  }
  int write(FileHandle handle, base::ByteView bytes) override {
    return write_error != 0 ? write_error : inner_.write(handle, bytes);
  }
  int sync_file(FileHandle handle) override {
    return sync_file_error != 0 ? sync_file_error : inner_.sync_file(handle);
  }
  int close(FileHandle handle) override {
    const int error = inner_.close(handle);
    return close_error != 0 ? close_error : error;
  }
  int link(const std::string& from, const std::string& to) override {
    return link_error != 0 ? link_error : inner_.link(from, to);
  }
  int unlink(const std::string& path) override { return unlink_error != 0 ? unlink_error : inner_.unlink(path); }
  int make_folder(const std::string& path) override {
    return make_folder_error != 0 ? make_folder_error : inner_.make_folder(path);
  }
  int sync_folder(const std::string& path) override {
    return sync_folder_error != 0 ? sync_folder_error : inner_.sync_folder(path);
  }
  int stat(const std::string& path, FileStatus& status) override {
    return stat_error != 0 ? stat_error : inner_.stat(path, status);
  }
  int read(const std::string& path, std::uint64_t offset, std::optional<std::uint64_t> length,
           base::Bytes& out) override {
    return read_error != 0 ? read_error : inner_.read(path, offset, length, out);
  }
  int list(const std::string& path, const std::function<void(const std::string& name)>& visit) override {
    return list_error != 0 ? list_error : inner_.list(path, visit);
  }

private:
  FileSystem& inner_;
};

class LocalBackendOnABadDisk : public testing::Test {
protected:
  template <class Call>
  static void expect_io_error(Call&& call) {
    try {
      call();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::io) << error.message();
      EXPECT_FALSE(error.hint().empty());
    }
  }

  // A put while `fault` is EIO throws; afterwards nothing of it is on the disk, and the next one works.
  void expect_nothing_left(int Failing::*fault) {
    files.*fault = EIO;
    expect_io_error([&] { backend->put("packs/new", "new"); });
    files.*fault = 0;
    EXPECT_EQ(entries(disk.file_system(), PowerCutDisk::folder() + "/packs"), (std::set<std::string>{"old"}));
    EXPECT_TRUE(backend->put("packs/new", "new"));
  }

  void SetUp() override { backend->put("packs/old", "old"); }

  PowerCutDisk disk;
  Failing files{disk.file_system()};
  std::unique_ptr<Backend> backend = open_local_backend(PowerCutDisk::folder(), files);
};

TEST_F(LocalBackendOnABadDisk, leaves_nothing_when_create_fails) {
  expect_nothing_left(&Failing::create_error);
}
TEST_F(LocalBackendOnABadDisk, leaves_nothing_when_write_fails) {
  expect_nothing_left(&Failing::write_error);
}
TEST_F(LocalBackendOnABadDisk, leaves_nothing_when_fsync_fails) {
  expect_nothing_left(&Failing::sync_file_error);
}
TEST_F(LocalBackendOnABadDisk, leaves_nothing_when_close_fails) {
  expect_nothing_left(&Failing::close_error);
}
TEST_F(LocalBackendOnABadDisk, leaves_nothing_when_link_fails) {
  expect_nothing_left(&Failing::link_error);
}

TEST_F(LocalBackendOnABadDisk, does_not_report_success_when_the_folder_cannot_be_synced) {
  files.sync_folder_error = EIO;
  expect_io_error([&] { backend->put("packs/new", "new"); });
  expect_io_error([&] { backend->put("other/new", "new"); });
  expect_io_error([&] { backend->remove("packs/old"); });
  files.sync_folder_error = 0;
  // What exists under the name of a put that threw is whole.
  EXPECT_EQ(backend->get_all("packs/new"), "new");
}

TEST_F(LocalBackendOnABadDisk, reports_every_other_call_that_fails) {
  files.make_folder_error = EIO;
  expect_io_error([&] { backend->put("other/new", "new"); });
  files.make_folder_error = 0;
  files.stat_error = EIO;
  expect_io_error([&] { backend->stat("packs/old"); });
  expect_io_error([&] { names(*backend); });
  files.stat_error = 0;
  files.read_error = EIO;
  expect_io_error([&] { backend->get_all("packs/old"); });
  files.list_error = EIO;
  expect_io_error([&] { names(*backend); });
  files.unlink_error = EIO;
  expect_io_error([&] { backend->remove("packs/old"); });
}

TEST_F(LocalBackendOnABadDisk, works_below_a_folder_that_it_may_not_open) {
  const auto second = open_local_backend(PowerCutDisk::folder(), files);
  files.sync_folder_error = EACCES;
  // The sync of the folder above is forgiven, that of the repository's own folder is not.
  expect_io_error([&] { second->put("new", "new"); });
  files.sync_folder_error = 0;
  EXPECT_FALSE(second->put("new", "new"));
}

}  // namespace
}  // namespace holdfast::storage
