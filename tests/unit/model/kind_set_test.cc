#include "model/kind_set.h"

#include <gtest/gtest.h>

#include "support/fake_workspace.h"

namespace holdfast::model {
namespace {

const KindSet& kinds() {
  return test::workspace_kind_set();
}
std::string mapped(const std::string& kind, const std::string& name, const Mapping& mapping) {
  return kinds().mapped_name(*kinds().find(kind), name, mapping);
}

TEST(KindSet, maps_what_a_name_begins_with_by_the_rules_of_what_it_lies_in) {
  Mapping mapping;
  mapping.names["catalogs"]["prod"] = "prod_dr";
  EXPECT_EQ(mapped("catalogs", "prod", mapping), "prod_dr");
  EXPECT_EQ(mapped("schemas", "prod.sales", mapping), "prod_dr.sales");
  EXPECT_EQ(mapped("volumes", "prod.sales.raw", mapping), "prod_dr.sales.raw");
  EXPECT_EQ(mapped("schemas", "production.sales", mapping), "production.sales");
  EXPECT_EQ(mapped("volumes", "test.prod.raw", mapping), "test.prod.raw");
}

TEST(KindSet, takes_the_rule_of_the_name_itself_before_those_of_its_parts) {
  Mapping mapping;
  mapping.names["catalogs"]["prod"] = "prod_dr";
  mapping.names["schemas"]["prod.sales"] = "shared.retail";
  mapping.names["volumes"]["prod.sales.raw"] = "x.y.z";
  EXPECT_EQ(mapped("schemas", "prod.sales", mapping), "shared.retail");
  EXPECT_EQ(mapped("volumes", "prod.sales.clean", mapping), "shared.retail.clean");
  EXPECT_EQ(mapped("volumes", "prod.sales.raw", mapping), "x.y.z");
}

TEST(KindSet, tells_what_a_name_lies_in) {
  const auto volume = kinds().container(*kinds().find("volumes"), "prod.sales.raw");
  ASSERT_TRUE(volume);
  EXPECT_EQ(kinds().at(volume->kind).label(), "schemas");
  EXPECT_EQ(volume->name, "prod.sales");
  EXPECT_FALSE(kinds().container(*kinds().find("catalogs"), "prod"));
  EXPECT_FALSE(kinds().container(*kinds().find("schemas"), "sales"));
  EXPECT_FALSE(kinds().container(*kinds().find("jobs"), "a.b"));
}

}  // namespace
}  // namespace holdfast::model
