#include "model/json_depth.h"

#include <gtest/gtest.h>

namespace {

using holdfast::model::nests_deeper_than;

TEST(JsonDepth, counts_arrays_and_objects_within_each_other) {
  EXPECT_FALSE(nests_deeper_than(R"({"a":[{"b":1}]})", 3));
  EXPECT_TRUE(nests_deeper_than(R"({"a":[{"b":1}]})", 2));
  EXPECT_FALSE(nests_deeper_than("[[],[],[],{}]", 2)) << "beside each other is not deep";
}

TEST(JsonDepth, passes_over_texts_and_what_is_escaped_in_them) {
  EXPECT_FALSE(nests_deeper_than(R"(["[[[[{{{{", "\"[[[", "\\"])", 1));
  EXPECT_TRUE(nests_deeper_than(R"(["\\", [1]])", 1)) << "the text ends behind an escaped backslash";
}

}  // namespace
