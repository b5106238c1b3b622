#include "sim/databricks/router.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace holdfast::sim::databricks {
namespace {

Reply nothing(Call&) {
  return {};
}

TEST(Patterns, TakeSegmentsAndTheRest) {
  NamedValues found;
  EXPECT_TRUE(matches_pattern("/a/{x}/b", "/a/1%2F2/b", found));
  EXPECT_EQ(found, (NamedValues{{"x", "1/2"}}));
  EXPECT_TRUE(matches_pattern("/f/{path…}", "/f/a/b%20c", found));
  EXPECT_EQ(found, (NamedValues{{"path", "a/b c"}}));
  EXPECT_FALSE(matches_pattern("/a/{x}", "/a/", found));
  EXPECT_FALSE(matches_pattern("/a/{x}", "/a/1/2", found));
  EXPECT_FALSE(matches_pattern("/a/{x}/b", "/a/1", found));
}

TEST(Router, PrefersWhatStandsLiterally) {
  Router router;
  router.add({"GET", "/api/{x}", nothing, {}, "any"});
  router.add({"GET", "/api/me", nothing, {}, "one"});
  EXPECT_EQ(router.find("GET", "/api/me").route->doc, "one");
  EXPECT_EQ(router.find("GET", "/api/you").route->doc, "any");
  EXPECT_EQ(router.find("POST", "/api/me").route, nullptr);
}

TEST(Router, RefusesTheSameRowTwice) {
  Router router;
  router.add({"GET", "/a", nothing, {}, ""});
  EXPECT_THROW(router.add({"GET", "/a", nothing, {}, ""}), std::logic_error);
}

TEST(Router, AddsGroupsThatBeginAlike) {
  Router router;
  const RouteGroup add(router, "/api/2.0/repos", "some");
  add("GET", "", nothing, "all");
  add("GET", "/{id}", nothing, "one");
  EXPECT_EQ(router.find("GET", "/api/2.0/repos/7").route->doc, "one");
  EXPECT_EQ(router.find("GET", "/api/2.0/repos").route->family, "some");
}

TEST(Router, AddsVersions) {
  Router router;
  router.add_versions({"2.0", "2.1"}, {"GET", "/api/{v}/jobs/get", nothing, {}, ""});
  EXPECT_NE(router.find("GET", "/api/2.1/jobs/get").route, nullptr);
  EXPECT_EQ(router.find("GET", "/api/2.2/jobs/get").route, nullptr);
}

}  // namespace
}  // namespace holdfast::sim::databricks
