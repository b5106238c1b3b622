#include "cli/resolve.h"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

TEST(ObjectPath, is_told_from_a_urn) {
  const auto both = parse_object_path("primary:/jobs/nightly:/load");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->connector, "primary");
  EXPECT_EQ(both->path, "/jobs/nightly:/load");
  const auto any = parse_object_path("/notebooks/Users/a:/b");
  ASSERT_TRUE(any);
  EXPECT_EQ(any->connector, "");
  EXPECT_EQ(any->path, "/notebooks/Users/a:/b");
  for (const char* printed : {"jobs/x:y/17", "primary:jobs/x:y/17"}) {
    const auto path = parse_object_path(printed);
    ASSERT_TRUE(path) << printed;
    EXPECT_EQ(path->path, "/jobs/x:y/17");
  }
  EXPECT_EQ(parse_object_path("primary:jobs/x")->connector, "primary");
  EXPECT_EQ(parse_object_path("aspect/urn:li:tag:x")->path, "/aspect/urn:li:tag:x");
  for (const char* urn : {"urn:li:tag:x", "urn:li/x", "urn:li:dataset:(urn:li:dataPlatform:s3,s3:/bucket/a,PROD)", "",
                          "jobs", "latest:x"})
    EXPECT_FALSE(parse_object_path(urn)) << urn;
}

}  // namespace
}  // namespace holdfast::cli
