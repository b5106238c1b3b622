#include "base/file_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"

namespace holdfast::base {
namespace {

using Mode = FileLock::Mode;

class FileLocking : public testing::Test {
protected:
  FileLocking() {
    std::string folder = (std::filesystem::temp_directory_path() / "holdfast-lock-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    path_ = folder_ + "/one";
  }
  ~FileLocking() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST_F(FileLocking, excludes_all_others_for_as_long_as_it_is_kept) {
  {
    const auto held = FileLock::try_lock(path_, Mode::exclusive);
    ASSERT_TRUE(held.has_value());
    EXPECT_FALSE(FileLock::try_lock(path_, Mode::exclusive).has_value());
    EXPECT_FALSE(FileLock::try_lock(path_, Mode::shared).has_value());
    EXPECT_EQ(FileLock::holder(path_), ::getpid());
  }
  EXPECT_TRUE(FileLock::try_lock(path_, Mode::exclusive).has_value());
}

TEST_F(FileLocking, is_shared_by_those_who_only_share) {
  const auto one = FileLock::try_lock(path_, Mode::shared);
  EXPECT_TRUE(FileLock::try_lock(path_, Mode::shared).has_value());
  EXPECT_FALSE(FileLock::try_lock(path_, Mode::exclusive).has_value());
}

TEST_F(FileLocking, ends_with_a_process_that_is_killed) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = FileLock::try_lock(path_, Mode::exclusive);
    const char said = held ? 'y' : 'n';
    if (::write(ready[1], &said, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  EXPECT_EQ(said, 'y');
  EXPECT_FALSE(FileLock::try_lock(path_, Mode::shared).has_value());
  EXPECT_EQ(FileLock::holder(path_), child);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(FileLock::try_lock(path_, Mode::exclusive).has_value());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(FileLocking, names_a_file_that_cannot_be_made) {
  try {
    (void)FileLock::try_lock(folder_ + "/none/one", Mode::shared);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_NE(error.message().find("/none/one"), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace holdfast::base
