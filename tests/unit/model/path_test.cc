#include "model/path.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

TEST(Path, escapes_what_would_be_taken_for_the_next_part) {
  EXPECT_EQ(to_path_part("corpUserInfo"), "corpUserInfo");
  EXPECT_EQ(to_path_part("a/b%c"), "a%2Fb%25c");
  EXPECT_EQ(to_path_part(""), "");
}

TEST(Path, part_and_text_lead_to_each_other) {
  for (const char* text : {"", "/", "%", "%2F", "%252F", "a//b", "100 %", "ü/🐘", "%2"})
    EXPECT_EQ(from_path_part(to_path_part(text)), text);
}

TEST(Path, leaves_a_percent_sign_alone_that_begins_no_escape) {
  EXPECT_EQ(from_path_part("100%"), "100%");
  EXPECT_EQ(from_path_part("%41%2"), "%41%2");
  EXPECT_EQ(from_path_part("a%2fb"), "a/b");
}

}  // namespace
}  // namespace holdfast::model
