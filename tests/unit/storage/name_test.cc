#include "storage/name.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::storage {
namespace {

TEST(Name, is_made_of_parts_that_mean_nothing_to_a_file_system) {
  for (const char* name : {"config", "packs/aa/bb", "a.b", "a..b", "0", "-", "_", "a/b.c-d_e", "a."})
    EXPECT_TRUE(is_name(name)) << name;
  for (const char* name :
       {"", "/", "/a", "a/", "a//b", ".", "..", ".a", "a/.b", "a/..", "../a", "A", "a b", "~1", "a\n"})
    EXPECT_FALSE(is_name(name)) << name;
}

TEST(CheckName, says_which_name_and_what_is_allowed) {
  EXPECT_NO_THROW(check_name("a"));
  try {
    check_name("../etc");
    FAIL() << "nothing was thrown";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::usage);
    EXPECT_NE(error.message().find("../etc"), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST(CheckPrefix, may_be_empty_or_end_anywhere) {
  for (const char* prefix : {"", "a", "a/", "a/b", "a/b-"}) EXPECT_NO_THROW(check_prefix(prefix)) << prefix;
  for (const char* prefix : {"/", "..", "a/..", "a//", "A"}) EXPECT_THROW(check_prefix(prefix), base::Error) << prefix;
}

}  // namespace
}  // namespace holdfast::storage
