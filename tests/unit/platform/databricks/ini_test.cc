#include "platform/databricks/ini.h"

#include <gtest/gtest.h>

#include "support/errors.h"

namespace holdfast::test {
namespace {

using platform::databricks::IniFile;
using platform::databricks::IniSection;
using platform::databricks::parse_ini;

std::string value(const IniFile& file, std::string_view section, std::string_view key) {
  const IniSection* found = file.find(section);
  if (found == nullptr) return "no section";
  const auto* entry = found->find(key);
  return entry == nullptr ? "no key" : entry->value;
}

std::string message_of(const std::string& text) {
  const base::Error error = thrown_by([&] { parse_ini(text, "cfg"); });
  EXPECT_EQ(error.kind(), base::ErrorKind::config);
  EXPECT_FALSE(error.hint().empty());
  return error.message();
}

TEST(Ini, reads_profiles_keys_and_where_they_stand) {
  const IniFile file =
      parse_ini("# mine\n[DEFAULT]\nhost = https://a.test\n\n[ two words ]\nHost=https://b.test\n", "cfg");
  ASSERT_EQ(file.sections.size(), 2U);
  EXPECT_EQ(value(file, "DEFAULT", "host"), "https://a.test");
  EXPECT_EQ(value(file, "two words", "host"), "https://b.test");
  EXPECT_EQ(file.sections[1].line, 5U);
  EXPECT_EQ(file.sections[1].entries[0].line, 6U);
}

TEST(Ini, ends_a_value_at_a_comment_mark_only_behind_a_blank) {
  const IniFile file = parse_ini(
      "[p]\ntoken = dapi#12;34\nhost = https://a.test  # the old one\nnote = x\t; y\nempty = # nothing\n", "cfg");
  EXPECT_EQ(value(file, "p", "token"), "dapi#12;34");
  EXPECT_EQ(value(file, "p", "host"), "https://a.test");
  EXPECT_EQ(value(file, "p", "note"), "x");
  EXPECT_EQ(value(file, "p", "empty"), "");
}

TEST(Ini, takes_both_separators_both_line_ends_quotes_and_a_byte_order_mark) {
  const IniFile file = parse_ini("\xef\xbb\xbf[p]\r\nhost: https://a.test\r\ntoken = \"dapi 1\"\r\nlast = 'x'", "cfg");
  EXPECT_EQ(value(file, "p", "host"), "https://a.test");
  EXPECT_EQ(value(file, "p", "token"), "dapi 1");
  EXPECT_EQ(value(file, "p", "last"), "x");
}

TEST(Ini, names_the_line_of_what_is_wrong_and_shows_no_value) {
  EXPECT_EQ(message_of("[p]\ndapi0123456789\n"), "cfg:2: neither [PROFILE] nor KEY = VALUE nor a comment");
  EXPECT_EQ(message_of("token = x\n"), "cfg:1: 'token' stands before the first profile");
  EXPECT_EQ(message_of("\n[p\n"), "cfg:2: a profile's name that is not closed by ']'");
  EXPECT_EQ(message_of("[]\n"), "cfg:1: a profile without a name");
  EXPECT_EQ(message_of("[p] token = x\n"), "cfg:1: something stands behind the ']' of a profile's name");
  EXPECT_EQ(message_of("[p]\n= x\n"), "cfg:2: a value without a key");
  EXPECT_EQ(message_of(std::string("[p]\na = \0", 9)), "cfg:2: a NUL byte");
}

TEST(Ini, refuses_what_could_mean_either_of_two_things) {
  EXPECT_EQ(message_of("[p]\n[q]\n[p]\n"), "cfg:3: profile 'p' stands here again, and first on line 1");
  EXPECT_EQ(message_of("[p]\ntoken = a\nTOKEN = b\n"),
            "cfg:3: profile 'p' sets 'token' here again, and first on line 2");
}

TEST(Ini, bounds_what_it_takes) {
  std::string profiles;
  for (int i = 0; i <= 1000; ++i) profiles += "[p" + std::to_string(i) + "]\n";
  EXPECT_EQ(message_of(profiles), "cfg:1001: more than 1000 profiles");
  std::string keys = "[p]\n";
  for (int i = 0; i <= 100; ++i) keys += "k" + std::to_string(i) + " = 1\n";
  EXPECT_EQ(message_of(keys), "cfg:102: profile 'p' has more than 100 keys");
  EXPECT_EQ(message_of(std::string((1U << 20U) + 1, ' ')), "cfg:1: the file is larger than 1 MiB");
}

}  // namespace
}  // namespace holdfast::test
