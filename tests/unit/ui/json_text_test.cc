#include "ui/json_text.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using holdfast::ui::indent_json;
using holdfast::ui::json_quote;

TEST(JsonText, quotes_what_json_cannot_hold_as_it_is) {
  EXPECT_EQ(json_quote("a\"b\n"), R"("a\"b\n")");
  EXPECT_EQ(nlohmann::json::parse(json_quote("x\xff")).get<std::string>(), "x\xef\xbf\xbd");
}

TEST(JsonText, lays_out_a_document_and_keeps_its_spelling) {
  EXPECT_EQ(indent_json(R"({"b":1.10,"a":[1E2,-9223372036854775809],"s":"{,:\"}","e":{},"l":[ ]})"),
            "{\n"
            "  \"b\": 1.10,\n"
            "  \"a\": [\n"
            "    1E2,\n"
            "    -9223372036854775809\n"
            "  ],\n"
            "  \"s\": \"{,:\\\"}\",\n"
            "  \"e\": {},\n"
            "  \"l\": []\n"
            "}");
}

TEST(JsonText, lays_out_a_deep_document_in_bounded_space) {
  const std::size_t depth = 50'000;
  const std::string document = std::string(depth, '[') + "1" + std::string(depth, ']');
  const std::string laid_out = indent_json(document);
  EXPECT_LT(laid_out.size(), document.size() + 50'000);
  std::string packed = laid_out;
  std::erase_if(packed, [](char c) { return c == ' ' || c == '\n'; });
  EXPECT_EQ(packed, document);
}

TEST(JsonText, survives_text_that_is_not_json) {
  EXPECT_EQ(indent_json("}}"), "\n}\n}");
  EXPECT_EQ(indent_json("\"open \\"), "\"open \\");
  EXPECT_EQ(indent_json(""), "");
}

}  // namespace
