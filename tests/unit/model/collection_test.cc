#include "model/collection.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "base/key.h"

namespace holdfast::model {
namespace {

Collection aspects() {
  return {.name = "aspect",
          .key = {{"urn", KeyPartType::text}, {"aspect", KeyPartType::text}, {"version", KeyPartType::integer}},
          .columns = {{"metadata", "longtext", ColumnContent::json, false},
                      {"createdon", "timestamp(6)", ColumnContent::instant, false}}};
}

base::Bytes key(std::string_view urn, std::string_view aspect, std::int64_t version) {
  base::Bytes out;
  base::append_text(out, urn);
  base::append_text(out, aspect);
  base::append_int(out, version);
  return out;
}

TEST(Collection, survives_its_json_form) {
  EXPECT_EQ(collection_from_json(to_json(aspects())), aspects());
}

TEST(Collection, survives_its_json_form_with_paths_and_fields) {
  const Collection notebooks{
      .name = "notebooks",
      .key = {{"path", KeyPartType::path}},
      .columns = {{"body", "json", ColumnContent::json, false}, {"content", "bytes", ColumnContent::bytes, true}},
      .fields = {{.word = "id", .in = "body", .path = "object_id"}, {.word = "creator", .in = "path"}}};
  EXPECT_EQ(collection_from_json(to_json(notebooks)), notebooks);
}

TEST(Collection, of_a_schema_without_fields_has_none_and_an_unknown_part_is_text) {
  const Collection read =
      collection_from_json(R"({"name":"x","key":[{"name":"k","type":"uuid"}],"columns":[],"later":true})");
  EXPECT_TRUE(read.fields.empty());
  EXPECT_EQ(read.key, (std::vector<KeyPart>{{"k", KeyPartType::text}}));
  EXPECT_EQ(to_json(aspects()).find("fields"), std::string::npos) << "schemas stay as they were";
}

TEST(Collection, refuses_json_that_is_none) {
  EXPECT_THROW(collection_from_json(R"({"name":"x","key":[],"columns":[],"fields":[{"word":"id"}]})"), base::Error);

  EXPECT_THROW(collection_from_json("{"), base::Error);
  EXPECT_THROW(collection_from_json(R"({"name":"x"})"), base::Error);
}

TEST(Collection, refuses_a_schema_that_nests_without_end) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_THROW(collection_from_json("{\"name\":" + deep + "}"), base::Error);
}

TEST(Collection, reads_a_path_from_its_right_end_so_that_urns_may_hold_slashes) {
  const std::string urn = "urn:li:dataset:(urn:li:dataPlatform:s3,bucket/folder/7,PROD)";
  EXPECT_EQ(path_to_key(aspects(), urn + "/status/3"), key(urn, "status", 3));
  EXPECT_EQ(path_to_key(aspects(), urn + "/status"), key(urn, "status", 0));
  EXPECT_EQ(key_to_path(aspects(), key(urn, "status", 3)), urn + "/status/3");
}

TEST(Collection, tells_a_slash_in_an_aspect_from_one_in_the_urn) {
  EXPECT_EQ(key_to_path(aspects(), key("a/b", "c/d%", 0)), "a/b/c%2Fd%25/0");
  EXPECT_NE(key_to_path(aspects(), key("a/b", "c", 0)), key_to_path(aspects(), key("a", "b/c", 0)));
  EXPECT_EQ(path_to_key(aspects(), "urn:li:dataFlow:(airflow,a%2Fb,PROD)/status"),
            key("urn:li:dataFlow:(airflow,a%2Fb,PROD)", "status", 0))
      << "a URN is written as it is";
}

TEST(Collection, refuses_a_path_without_all_its_text_parts) {
  EXPECT_THROW(path_to_key(aspects(), "urn:li:tag:x"), base::Error);
  EXPECT_THROW(path_to_key(aspects(), ""), base::Error);
}

TEST(Collection, path_and_key_lead_to_each_other) {
  for (const std::int64_t version : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-5}, INT64_MAX})
    for (const char* urn : {"urn:li:tag:ü", "a/b/7", "/", "a/", "%2F", ""})
      for (const char* aspect : {"tagKey", "a/b", "/", "100%", "%2F", "7", ""})
        EXPECT_EQ(path_to_key(aspects(), key_to_path(aspects(), key(urn, aspect, version))), key(urn, aspect, version));
}

TEST(Collection, writes_paths_behind_its_name_as_they_are) {
  const Collection notebooks{.name = "notebooks", .key = {{"path", KeyPartType::path}}, .columns = {}};
  base::Bytes path;
  base::append_text(path, "/Users/anna/etl");
  EXPECT_EQ(key_to_path(notebooks, path), "Users/anna/etl");
  EXPECT_EQ(path_to_key(notebooks, "Users/anna/etl"), path);
  EXPECT_EQ(path_to_key(notebooks, "/Users/anna/etl"), path);
}

// What people and programs call things: slashes, line ends, NUL, emoji, spaces at the end, nothing, very much.
rc::Gen<std::string> hostile_name() {
  const auto piece = rc::gen::element<std::string>("/", "%", "%2F", ".", "..", "./", " ", "\n", "\t", "\x1b[2J", "🐘",
                                                   "e\u0301", "7", "-1", "*", "**", "?", ",", ":", "(", "\\", "\"", "a",
                                                   std::string(1, '\0'), "\xff", "urn:li:tag:x");
  const auto joined = rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const auto& pieces) {
    std::string out;
    for (const std::string& one : pieces) out += one;
    return out;
  });
  const auto large = rc::gen::map(rc::gen::pair(joined, rc::gen::element('x', '/', ' ')),
                                  [](const auto& both) { return both.first + std::string(4096, both.second); });
  return rc::gen::weightedOneOf<std::string>({{8, joined}, {1, large}});
}

RC_GTEST_PROP(Collection, any_key_of_any_collection_and_its_path_lead_to_each_other, ()) {
  Collection collection{.name = "kind", .key = {}, .columns = {}};
  collection.key.push_back({"name", *rc::gen::element(KeyPartType::text, KeyPartType::path)});
  base::Bytes key;
  base::append_text(key, *hostile_name());
  const auto further = *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>());
  for (std::size_t i = 0; i < std::min<std::size_t>(further.size(), 3); ++i) {
    if (further[i]) {
      collection.key.push_back({"number", KeyPartType::integer});
      base::append_int(key, *rc::gen::arbitrary<std::int64_t>());
    } else {
      collection.key.push_back({"id", KeyPartType::text});
      // An id is never empty: a path that ends with a slash would be one whose last part was forgotten.
      base::append_text(key, *rc::gen::nonEmpty(hostile_name()));
    }
  }
  RC_ASSERT(path_to_key(collection, key_to_path(collection, key)) == key);
}

}  // namespace
}  // namespace holdfast::model
