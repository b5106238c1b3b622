#include "model/json_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/json.h"
#include "support/errors.h"

namespace holdfast::model {
namespace {

using Id = JsonText::Id;

const std::string k_odd =
    R"({ "big": 100000000000000000000000, "huge":1e400 ,"money": 1.10, "a":1, "a" : 2, "nested": {"x":[ 1 , 2,3 ]}, "o": {} })";

TEST(JsonText, prints_what_was_not_edited_as_it_was) {
  EXPECT_EQ(JsonText(k_odd).print(), k_odd);
  JsonText json(k_odd);
  json.replace(json.member(0, "o"), "null");
  EXPECT_EQ(json.print(), k_odd.substr(0, k_odd.size() - 4) + "null }");
}

TEST(JsonText, reads_white_space_around_the_document) {
  JsonText json(" [1]\n");
  EXPECT_EQ(json.raw(JsonText::k_root), "[1]");
}

TEST(JsonText, removes_first_middle_last_and_all) {
  const auto without = [](std::vector<const char*> names) {
    JsonText json(R"({"a":1, "b":2, "c":3})");
    for (const char* name : names) json.remove(json.member(0, name));
    return json.print();
  };
  EXPECT_EQ(without({"a"}), R"({ "b":2, "c":3})");
  EXPECT_EQ(without({"b"}), R"({"a":1, "c":3})");
  EXPECT_EQ(without({"c"}), R"({"a":1, "b":2})");
  EXPECT_EQ(without({"a", "b", "c"}), "{}");
}

TEST(JsonText, adds_members_to_empty_and_filled_objects) {
  JsonText json(R"({"a":{},"b":{"c":1}})");
  json.add_member(json.member(0, "a"), "x", "1e400");
  json.add_member(json.member(0, "b"), "d \"q\"", "[]");
  EXPECT_EQ(json.print(), R"({"a":{"x":1e400},"b":{"c":1,"d \"q\"":[]}})");
}

TEST(JsonText, adds_beside_what_is_removed) {
  JsonText json(R"({"a":{"c":1}})");
  const Id a = json.member(0, "a");
  json.remove(json.member(a, "c"));
  json.add_member(a, "d", "2");
  EXPECT_EQ(json.print(), R"({"a":{"d":2}})");
}

TEST(JsonText, finds_the_last_of_several_members_of_one_name) {
  JsonText json(k_odd);
  EXPECT_EQ(json.raw(json.member(0, "a")), "2");
  EXPECT_EQ(json.member(0, "none"), JsonText::k_none);
}

TEST(JsonText, resolves_escapes_of_names_and_strings) {
  JsonText json(R"({"n\u00e4me\n":"\ud83d\ude00 \"x\" \/ \u0041"})");
  const Id id = json.first(0);
  EXPECT_EQ(json.name(id), "näme\n");
  EXPECT_EQ(json.string(id), "😀 \"x\" / A");
}

TEST(JsonText, writes_half_a_surrogate_back_as_it_came) {
  JsonText json(R"(["\ud83d"])");
  EXPECT_EQ(json_quoted(json.string(json.first(0))), R"("\ud83d")");
}

TEST(JsonText, says_where_a_value_is) {
  JsonText json(R"({"a":[{"b c":1}]})");
  EXPECT_EQ(json.where(static_cast<Id>(json.size() - 1)), R"(a[0]["b c"])");
  EXPECT_EQ(json.where(0), "");
}

TEST(JsonText, refuses_what_is_no_json) {
  for (const char* text :
       {"",      "{",        "[1,]",    "{\"a\":1,}",  "{a:1}", "01",      "1.", "1e", "+1",       "nul",
        "[1 2]", "\"\x01\"", "\"\\x\"", "\"\\u12g4\"", "[1]]",  "{\"a\"}", "\"", "-",  "{\"a\":}", "[,1]"})
    EXPECT_EQ(test::error_of([&] { JsonText json(text); }), base::ErrorKind::corruption) << text;
}

TEST(JsonText, refuses_what_nests_without_end) {
  const std::string deep(JsonText::k_depth_max, '[');
  EXPECT_EQ(test::error_of([&] { JsonText(deep + std::string(deep.size(), ']')); }), std::nullopt);
  EXPECT_EQ(test::error_of([&] { JsonText("[" + deep + std::string(deep.size() + 1, ']')); }),
            base::ErrorKind::corruption);
}

// Random documents from the JSON library, in random layout: every text that it writes is read, and reads the same.
TEST(JsonText, agrees_with_the_library_about_random_documents) {
  rc::check([](const std::map<std::string, std::vector<std::string>>& words, int indent) {
    nlohmann::json made = nlohmann::json::object();
    for (const auto& [name, items] : words)
      made[nlohmann::json(name).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)] = items;
    const std::string text = made.dump(indent % 4, ' ', true, nlohmann::json::error_handler_t::replace);
    JsonText json(text);
    RC_ASSERT(json.print() == text);
    const nlohmann::json again = nlohmann::json::parse(text);
    for (Id child = json.first(0); child != JsonText::k_none; child = json.next(child)) {
      const auto& items = again.at(std::string(json.name(child)));
      std::size_t index = 0;
      for (Id item = json.first(child); item != JsonText::k_none; item = json.next(item))
        RC_ASSERT(json.string(item) == items.at(index++).get<std::string>());
      RC_ASSERT(index == items.size());
    }
  });
}

}  // namespace
}  // namespace holdfast::model
