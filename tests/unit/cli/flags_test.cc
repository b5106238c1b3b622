#include "cli/flags.h"

#include <gtest/gtest.h>

namespace {

using namespace holdfast::cli;

TEST(Flag, has_a_twin_in_the_environment) {
  Flag flag;
  flag.name = "--max-snapshot-age";
  EXPECT_EQ(flag.environment(), "HOLDFAST_MAX_SNAPSHOT_AGE");
  flag.name = "CONNECTOR";
  EXPECT_EQ(flag.environment(), "");
}

TEST(FlagTable, hands_values_to_their_variables) {
  std::optional<unsigned> readers;
  std::vector<std::string> select;
  FlagTable table;
  table.count("--readers", readers, 64, "");
  table.texts("--select", "GLOB", select, "");
  ASSERT_EQ(table.all().size(), 2u);
  table.all()[0].take({"3"});
  table.all()[1].take({"a", "b"});
  EXPECT_EQ(readers, 3u);
  EXPECT_EQ(select, (std::vector<std::string>{"a", "b"}));
}

}  // namespace
