#include "model/hidden_values.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

std::string hidden(const std::string& text, const std::vector<std::string>& sensitive = {}) {
  return HiddenValues().hide(text, JsonPaths(sensitive));
}

TEST(HiddenValues, hide_what_is_declared_and_all_below_it_and_keep_the_rest_to_the_letter) {
  EXPECT_EQ(hidden(R"({ "spark_conf": {"a":"x","b":{"c":[1, true]}}, "n":1.10 })", {"**.spark_conf"}),
            R"({ "spark_conf": {"a":"<hidden 1>","b":{"c":["<hidden 2>", true]}}, "n":1.10 })");
}

TEST(HiddenValues, hide_what_a_name_calls_secret) {
  for (const char* name : {"fs.azure.account.key.lake", "clientSecret", "ACCESS_TOKEN", "db_password", "credentials"}) {
    const std::string text = std::string(R"({"deep":[{")") + name + R"(":"v"}]})";
    EXPECT_EQ(hidden(text).find("\"v\""), std::string::npos) << hidden(text);
  }
  EXPECT_EQ(hidden(R"({"path":"v","size":7})"), R"({"path":"v","size":7})");
}

TEST(HiddenValues, hide_the_value_beside_a_label_that_sounds_secret) {
  EXPECT_EQ(hidden(R"([{"key":"api_token","value":"v"},{"key":"team","value":"core"}])"),
            R"([{"key":"api_token","value":"<hidden 1>"},{"key":"team","value":"core"}])");
}

TEST(HiddenValues, look_into_documents_that_lie_in_strings) {
  EXPECT_EQ(hidden(R"({"definition":"{\"spark_conf.a\":{\"value\":\"v\"},\"node\":1}"})", {R"(["spark_conf.*"])"}),
            R"({"definition":"{\"spark_conf.a\":{\"value\":\"<hidden 1>\"},\"node\":1}"})");
  EXPECT_EQ(hidden(R"({"text":"{not a document"})"), R"({"text":"{not a document"})");
}

TEST(HiddenValues, give_equal_values_equal_numbers_and_others_other_ones) {
  HiddenValues values;
  const JsonPaths none;
  const std::string first = values.hide(R"({"token":"a"})", none);
  EXPECT_EQ(values.hide(R"({"token":"a"})", none), first);
  EXPECT_NE(values.hide(R"({"token":"b"})", none), first);
  EXPECT_NE(values.hide(R"({"token":1})", none), values.hide(R"({"token":"1"})", none));
}

}  // namespace
}  // namespace holdfast::model
