#include "base/error.h"

#include <gtest/gtest.h>

#include <new>
#include <set>
#include <stdexcept>

namespace holdfast::base {
namespace {

TEST(Error, shows_the_outermost_frame_first_and_the_hint_last) {
  Error error(ErrorKind::io, "cannot write pack 7", "Free some space.");
  error.add_frame("writing pack 7");
  error.add_frame("backing up catalog");
  EXPECT_EQ(error.describe(),
            "cannot write pack 7\n  while backing up catalog\n  while writing pack 7\nhint: Free some space.");
  EXPECT_STREQ(error.what(), "cannot write pack 7");
}

TEST(Error, asks_for_a_report_of_our_own_defects_only) {
  EXPECT_NE(Error(ErrorKind::internal, "m").describe().find("defect"), std::string::npos);
  EXPECT_EQ(Error(ErrorKind::usage, "m").describe(), "m");
}

TEST(Error, has_the_documented_exit_codes) {
  EXPECT_EQ(exit_code(ErrorKind::io), 1);
  EXPECT_EQ(exit_code(ErrorKind::not_found), 1);
  EXPECT_EQ(exit_code(ErrorKind::internal), 1);
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::config), 2);
  EXPECT_EQ(exit_code(ErrorKind::refused), 5);
  EXPECT_EQ(exit_code(ErrorKind::no_repository), 10);
  EXPECT_EQ(exit_code(ErrorKind::busy), 11);
  EXPECT_EQ(exit_code(ErrorKind::wrong_key), 12);
  EXPECT_EQ(exit_code(ErrorKind::corruption), 13);
  EXPECT_EQ(exit_code(ErrorKind::auth), 14);
  EXPECT_EQ(exit_code(ErrorKind::cancelled), 130);
}

TEST(Error, names_every_kind_differently) {
  std::set<std::string_view> names;
  const int last = static_cast<int>(ErrorKind::internal);
  for (int kind = 0; kind <= last; ++kind) names.insert(to_string(static_cast<ErrorKind>(kind)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last) + 1);
}

TEST(InContext, adds_a_frame_to_what_passes_and_returns_the_value) {
  EXPECT_EQ(in_context([] { return std::string("adding"); }, [] { return 4; }), 4);
  try {
    in_context([] { return std::string("outer"); },
               [] { in_context([] { return std::string("inner"); }, []() { throw Error(ErrorKind::busy, "m"); }); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.frames(), (std::vector<std::string>{"inner", "outer"}));
    EXPECT_EQ(error.kind(), ErrorKind::busy);
  }
}

template <class Thrown>
Error caught(Thrown thrown) {
  try {
    throw thrown;
  } catch (...) {
    return current_error();
  }
}

TEST(CurrentError, keeps_ours_and_classifies_the_others) {
  EXPECT_EQ(caught(Error(ErrorKind::auth, "no")).kind(), ErrorKind::auth);
  EXPECT_EQ(caught(std::bad_alloc()).kind(), ErrorKind::io);
  EXPECT_EQ(caught(std::runtime_error("odd")).kind(), ErrorKind::internal);
  EXPECT_EQ(caught(std::runtime_error("odd")).message(), "odd");
  EXPECT_EQ(caught(7).kind(), ErrorKind::internal);
}

}  // namespace
}  // namespace holdfast::base
