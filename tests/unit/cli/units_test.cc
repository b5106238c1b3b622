#include "cli/units.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace {

using namespace holdfast::cli;
using holdfast::base::Error;

TEST(Units, reads_sizes_of_1024) {
  EXPECT_EQ(parse_bytes("0", "x"), 0u);
  EXPECT_EQ(parse_bytes("4096", "x"), 4096u);
  EXPECT_EQ(parse_bytes("64MiB", "x"), 64u << 20);
  EXPECT_EQ(parse_bytes("64M", "x"), 64u << 20);
  EXPECT_EQ(parse_bytes("1.5 GiB", "x"), std::uint64_t{3} << 29);
  EXPECT_EQ(parse_bytes("2kB", "x"), 2048u);
}

TEST(Units, refuses_what_is_no_size_and_names_the_flag) {
  for (const char* text : {"", "x", "-1", "1Q", "5 apples", "1e99", "nan", "99999999999T"}) {
    try {
      parse_bytes(text, "--limit-read");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), holdfast::base::ErrorKind::usage);
      EXPECT_NE(error.message().find("--limit-read"), std::string::npos) << text;
    }
  }
}

TEST(Units, reads_times) {
  using namespace std::chrono;
  EXPECT_EQ(parse_duration("90s", "x"), seconds(90));
  EXPECT_EQ(parse_duration("1.5h", "x"), minutes(90));
  EXPECT_EQ(parse_duration("400d", "x"), hours(9600));
  EXPECT_EQ(parse_duration("250ms", "x"), milliseconds(250));
  for (const char* text : {"", "90", "s", "-1s", "1 week", "1e30d"})
    EXPECT_THROW(parse_duration(text, "x"), Error) << text;
}

TEST(Units, reads_shares_above_nothing_and_up_to_all) {
  EXPECT_DOUBLE_EQ(parse_percent("5%", "x"), 0.05);
  EXPECT_DOUBLE_EQ(parse_percent("100", "x"), 1);
  EXPECT_DOUBLE_EQ(parse_percent("0.5%", "x"), 0.005);
  for (const char* text : {"0", "101%", "-5%", "half", ""}) EXPECT_THROW(parse_percent(text, "x"), Error) << text;
}

TEST(Units, counts_from_one_to_the_most) {
  EXPECT_EQ(parse_count("1", "x", 64), 1u);
  EXPECT_EQ(parse_count("64", "x", 64), 64u);
  for (const char* text : {"0", "65", "-1", "4x", "", "4.0"}) EXPECT_THROW(parse_count(text, "x", 64), Error) << text;
}

}  // namespace
