#include "model/collection.h"

#include <gtest/gtest.h>

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

TEST(Collection, refuses_json_that_is_none) {
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

}  // namespace
}  // namespace holdfast::model
