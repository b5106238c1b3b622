#include "cli/secrets.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "support/fakes.h"

namespace {

using namespace holdfast::cli;
using holdfast::base::Error;
using holdfast::base::ErrorKind;
using Form = SecretSource::Form;

std::string revealed(const SecretSource& source) {
  return std::string(read_secret(source, "a test").reveal());
}

ErrorKind failure_of(const SecretSource& source) {
  try {
    read_secret(source, "a test");
  } catch (const Error& error) {
    EXPECT_EQ(error.frames().front(), "reading a test");
    return error.kind();
  }
  return ErrorKind::internal;
}

TEST(SecretSource, reads_a_variable) {
  ::setenv("HOLDFAST_TEST_SECRET", "s3cret", 1);
  EXPECT_EQ(revealed({Form::env, "HOLDFAST_TEST_SECRET"}), "s3cret");
  ::setenv("HOLDFAST_TEST_SECRET", "", 1);
  EXPECT_EQ(failure_of({Form::env, "HOLDFAST_TEST_SECRET"}), ErrorKind::config) << "set to nothing is not set";
  ::unsetenv("HOLDFAST_TEST_SECRET");
  EXPECT_EQ(failure_of({Form::env, "HOLDFAST_TEST_SECRET"}), ErrorKind::config);
}

TEST(SecretSource, reads_a_file_and_drops_one_line_end) {
  holdfast::test::TempFolder folder;
  const std::string path = folder.path() + "/key";
  std::ofstream(path) << "two words\n";
  EXPECT_EQ(revealed({Form::file, path}), "two words");
  std::ofstream(path) << "ends with two\n\n";
  EXPECT_EQ(revealed({Form::file, path}), "ends with two\n");
  std::ofstream(path) << "windows\r\n";
  EXPECT_EQ(revealed({Form::file, path}), "windows");
  std::ofstream(path) << "\n";
  EXPECT_EQ(failure_of({Form::file, path}), ErrorKind::config) << "an empty key is none";
  EXPECT_EQ(failure_of({Form::file, folder.path() + "/absent"}), ErrorKind::config);
}

TEST(SecretSource, refuses_a_file_that_can_be_no_key) {
  holdfast::test::TempFolder folder;
  const std::string path = folder.path() + "/huge";
  std::ofstream(path) << std::string(70 * 1024, 'x');
  EXPECT_EQ(failure_of({Form::file, path}), ErrorKind::config);
}

TEST(SecretSource, reads_what_a_command_prints) {
  EXPECT_EQ(revealed({Form::command, "printf 'from %s\\n' command"}), "from command");
  EXPECT_EQ(failure_of({Form::command, "echo wrong; exit 3"}), ErrorKind::config)
      << "a command that fails gives no key";
  EXPECT_EQ(failure_of({Form::command, "true"}), ErrorKind::config);
}

TEST(SecretSource, asks_nobody_where_there_is_no_terminal) {
  if (can_prompt()) GTEST_SKIP() << "this test was started on a terminal";
  EXPECT_THROW(prompt_secret("passphrase", Confirm::once, {}), Error);
}

}  // namespace
