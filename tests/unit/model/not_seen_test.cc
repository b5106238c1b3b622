#include "model/not_seen.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

TEST(NotSeen, is_read_as_it_was_written) {
  const std::vector<NotSeen> all{{.kind = "dbfs-files", .paths = {"/a \"b\"", "/tmp/**"}, .reason = "left out"},
                                 {.kind = "secret-scopes", .columns = {"values"}, .reason = "none are given"}};
  const std::vector<NotSeen> got = not_seen_of(R"({"me":"anna","not_seen":)" + to_json(all) + "}");
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].kind, "dbfs-files");
  EXPECT_EQ(got[0].paths, all[0].paths);
  EXPECT_EQ(got[0].reason, "left out");
  EXPECT_EQ(got[1].columns, all[1].columns);
}

TEST(NotSeen, is_nothing_where_attributes_do_not_say_it) {
  for (const char* attributes : {"", "{}", "[]", R"({"not_seen":"x"})", R"({"not_seen":["x",1]})"})
    EXPECT_TRUE(not_seen_of(attributes).empty()) << attributes;
}

TEST(NotSeen, is_what_matches_and_what_lies_below) {
  const std::vector<NotSeen> all{{.kind = "dbfs-files", .paths = {"/big", "/tmp/*.bin", "/logs/**"}}};
  for (const char* out : {"/big", "/big/deep/x", "/tmp/y.bin", "/tmp/y.bin/z", "/logs/a/b"})
    EXPECT_TRUE(leaves_out(all, "dbfs-files", out)) << out;
  for (const char* in : {"/bigger", "/tmp/y", "/tmp/a/y.bin", "/x/big"})
    EXPECT_FALSE(leaves_out(all, "dbfs-files", in)) << in;
  EXPECT_FALSE(leaves_out(all, "files", "/big"));
  EXPECT_TRUE(leaves_out(all, "dbfs-files", std::nullopt));
  EXPECT_FALSE(leaves_out(all, "files", std::nullopt));
}

}  // namespace
}  // namespace holdfast::model
