#include "model/path.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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

TEST(Path, of_a_path_is_what_stands_behind_its_first_slash) {
  EXPECT_EQ(to_path_below("/Users/anna/etl"), "Users/anna/etl");
  EXPECT_EQ(to_path_below("/"), "");
  EXPECT_EQ(to_path_below("etl"), "./etl");
  EXPECT_EQ(to_path_below("//etl"), "//etl");
  EXPECT_EQ(to_path_below("/./etl"), "/./etl");
  EXPECT_EQ(from_path_below("Users/anna"), "/Users/anna");
  EXPECT_EQ(from_path_below("/Users/anna"), "/Users/anna") << "one slash too many does not matter";
}

RC_GTEST_PROP(Path, of_any_path_leads_back_to_it, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element<char>('/', '.', 'a', '%', '\0', '\n'));
  RC_ASSERT(from_path_below(to_path_below(text)) == text);
}

}  // namespace
}  // namespace holdfast::model
