#include "storage/local/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "support/fakes.h"

namespace holdfast::storage {
namespace {

class RealFileSystem : public testing::Test {
protected:
  int write_file(const std::string& path, base::ByteView bytes) {
    FileHandle handle = -1;
    if (const int error = files.create(path, handle); error != 0) return error;
    EXPECT_EQ(files.write(handle, bytes), 0);
    EXPECT_EQ(files.sync_file(handle), 0);
    return files.close(handle);
  }

  static unsigned mode_of(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0);
    return found.st_mode & 0777u;
  }

  FileSystem& files = real_file_system();
  test::TempFolder temp;
  const std::string a = temp.path() + "/a";
  const std::string b = temp.path() + "/b";
};

TEST_F(RealFileSystem, writes_files_for_their_owner_only) {
  EXPECT_EQ(write_file(a, "bytes"), 0);
  EXPECT_EQ(mode_of(a), 0600u);
  EXPECT_EQ(files.make_folder(b), 0);
  EXPECT_EQ(mode_of(b), 0700u);
}

TEST_F(RealFileSystem, says_when_a_path_is_taken) {
  EXPECT_EQ(write_file(a, ""), 0);
  EXPECT_EQ(write_file(a, ""), EEXIST);
  EXPECT_EQ(files.make_folder(a), EEXIST);
  EXPECT_EQ(write_file(b, ""), 0);
  EXPECT_EQ(files.link(a, b), EEXIST);
}

TEST_F(RealFileSystem, links_unlinks_and_looks) {
  EXPECT_EQ(write_file(a, "bytes"), 0);
  EXPECT_EQ(files.link(a, b), 0);
  EXPECT_EQ(files.unlink(a), 0);
  EXPECT_EQ(files.unlink(a), ENOENT);
  FileStatus status;
  EXPECT_EQ(files.stat(a, status), ENOENT);
  EXPECT_EQ(files.stat(b, status), 0);
  EXPECT_EQ(status.size, 5u);
  EXPECT_EQ(status.kind, FileKind::file);
  EXPECT_EQ(files.stat(temp.path(), status), 0);
  EXPECT_EQ(status.kind, FileKind::folder);
}

TEST_F(RealFileSystem, reads_no_more_than_there_is) {
  EXPECT_EQ(write_file(a, "0123456789"), 0);
  base::Bytes out;
  EXPECT_EQ(files.read(a, 4, UINT64_MAX, out), 0);
  EXPECT_EQ(out, "456789");
  EXPECT_EQ(files.read(a, UINT64_MAX, 1, out), 0);
  EXPECT_EQ(out, "");
  EXPECT_EQ(files.read(temp.path(), 0, 1, out), EISDIR);
  EXPECT_EQ(files.read(b, 0, 1, out), ENOENT);
}

TEST_F(RealFileSystem, does_not_wait_for_the_other_end_of_a_pipe) {
  ASSERT_EQ(::mkfifo(a.c_str(), 0600), 0);
  base::Bytes out;
  EXPECT_EQ(files.read(a, 0, 1, out), EISDIR);
}

TEST_F(RealFileSystem, lists_and_syncs_folders_only) {
  EXPECT_EQ(write_file(a, ""), 0);
  EXPECT_EQ(files.make_folder(b), 0);
  std::set<std::string> names;
  EXPECT_EQ(files.list(temp.path(), [&](const std::string& name) { names.insert(name); }), 0);
  EXPECT_EQ(names, (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(files.list(a, [](const std::string&) {}), ENOTDIR);
  EXPECT_EQ(files.sync_folder(temp.path()), 0);
  EXPECT_EQ(files.sync_folder(a), ENOTDIR);
  EXPECT_EQ(files.sync_folder(temp.path() + "/gone"), ENOENT);
}

TEST_F(RealFileSystem, answers_with_the_errno_of_a_call_that_fails) {
  EXPECT_EQ(files.write(-1, "x"), EBADF);
  EXPECT_EQ(files.sync_file(-1), EBADF);
  EXPECT_EQ(files.close(-1), EBADF);
}

}  // namespace
}  // namespace holdfast::storage
