#include "model/plan_file.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/json.h"
#include "support/errors.h"

namespace holdfast::model {
namespace {

using base::ErrorKind;
using json = nlohmann::ordered_json;

TEST(PlanFile, keeps_every_byte_of_a_text) {
  const std::string binary("a\xff\0b", 4);
  EXPECT_EQ(text_to_json("ä"), json("ä"));
  EXPECT_TRUE(text_to_json(binary).is_object());
  EXPECT_EQ(text_from_json(json::parse(text_to_json(binary).dump())), binary);
  EXPECT_EQ(optional_text_from_json(optional_text_to_json(std::nullopt)), std::nullopt);
  EXPECT_EQ(optional_text_from_json(optional_text_to_json("")), "");
}

TEST(PlanFile, has_one_step_a_line) {
  const json head{{"id", "p"}};
  const auto step = [](std::size_t index) { return json{{"step", index}}; };
  EXPECT_EQ(plan_text(head, 0, step), "{\n  \"id\": \"p\",\n  \"steps\": []\n}\n");
  EXPECT_EQ(plan_text(head, 2, step),
            "{\n  \"id\": \"p\",\n  \"steps\": [\n    {\"step\":0},\n    {\"step\":1}\n  ]\n}\n");
}

TEST(PlanFile, is_refused_with_the_reason) {
  const auto nothing = [](const json&) {};
  const auto said = [&](std::string_view text) {
    const base::Error problem = test::thrown_by([&] { read_plan(text, nothing); });
    EXPECT_EQ(problem.kind(), ErrorKind::config);
    EXPECT_EQ(problem.hint(), k_plan_hint);
    EXPECT_EQ(problem.message().find("json.exception"), std::string::npos) << problem.message();
    return problem.message();
  };
  EXPECT_EQ(said(""), "the file is empty, and no plan");
  EXPECT_EQ(said(" \n"), "the file is empty, and no plan");
  EXPECT_EQ(said("[]"), "the file holds no plan");
  EXPECT_EQ(said("7"), "the file holds no plan");
  EXPECT_EQ(said("hello"), "the file holds no plan: byte 1 is not as in JSON");
  const std::string whole = plan_text(json{{"id", "p"}, {"text", "a\\\"b"}}, 2, [](std::size_t i) {
    return json{{"step", i}};
  });
  for (std::size_t length = 1; length + 1 < whole.size(); ++length)
    EXPECT_EQ(said(std::string_view(whole).substr(0, length)), "the plan is cut off: its end is missing") << length;
  EXPECT_EQ(said(std::string(50, '[') + std::string(50, ']')),
            "the plan cannot be read: it nests deeper than any that we write");
  const base::Error missing = test::thrown_by([] { read_plan("{}", [](const json& in) { (void)in.at("steps"); }); });
  EXPECT_EQ(missing.kind(), ErrorKind::config);
  EXPECT_EQ(missing.hint(), k_plan_hint);
  EXPECT_EQ(missing.message(), "the plan cannot be read: a field is missing, or holds what it cannot");
  const base::Error unknown = test::thrown_by([] { refuse_unknown_fields(json{{"a", 1}}, {"b"}, "the plan"); });
  EXPECT_STREQ(unknown.what(), "the plan has the unknown field 'a'");
}

}  // namespace
}  // namespace holdfast::model
