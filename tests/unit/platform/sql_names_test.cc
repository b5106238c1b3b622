#include <gtest/gtest.h>

#include <chrono>

#include "platform/datahub/sql/names.h"

namespace holdfast::test {

namespace {

using platform::datahub::k_shadow_mark;
using platform::datahub::marked_prefix;
using platform::datahub::name_stamp;

}  // namespace

TEST(Names, stamp_is_the_second_in_utc_and_of_fixed_size) {
  const auto instant = base::parse_instant("2026-11-20T10:00:01.234567Z").value();
  EXPECT_EQ(name_stamp(instant), "20261120_100001");
  EXPECT_EQ(name_stamp(std::chrono::floor<std::chrono::seconds>(instant)), "20261120_100001");
}

TEST(Names, prefix_keeps_the_table_where_there_is_room) {
  EXPECT_EQ(marked_prefix("metadata_aspect_v2", k_shadow_mark, 64), "metadata_aspect_v2_holdfast_new_");
  const std::string table(64, 't');
  EXPECT_EQ(marked_prefix(table, k_shadow_mark, 64).size() + name_stamp(base::Instant{}).size(), 64U);
}

TEST(Names, prefix_never_cuts_a_character) {
  // Four bytes each: 64 - 14 - 15 = 35 bytes are left, eight whole characters.
  std::string table;
  for (int i = 0; i < 12; ++i) table += "\xf0\x9f\x90\x98";
  EXPECT_EQ(marked_prefix(table, k_shadow_mark, 64), table.substr(0, 32) + "_holdfast_new_");
}

}  // namespace holdfast::test
