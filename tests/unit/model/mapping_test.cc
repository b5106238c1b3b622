#include "model/mapping.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

const Mapping k_mapping{
    .names = {{"users", {{"anna@old.test", "anna@new.test"}}}},
    .paths = {{"workspace", {{"/Team", "/Archive/Team"}, {"/Team/etl", "/Etl"}, {"/Raw/", "/Cooked/"}}}},
    .storage = {{"abfss://lake@east", "abfss://lake@west"}, {"abfss://lake@east.raw", "abfss://raw@west"}},
};

TEST(Mapping, maps_names_of_the_kind_only) {
  EXPECT_EQ(k_mapping.name("users", "anna@old.test"), "anna@new.test");
  EXPECT_EQ(k_mapping.name("users", "bob@old.test"), "bob@old.test");
  EXPECT_EQ(k_mapping.name("groups", "anna@old.test"), "anna@old.test");
}

TEST(Mapping, takes_the_longest_prefix_of_a_path_that_ends_at_a_name) {
  EXPECT_EQ(k_mapping.path("workspace", "/Team/x"), "/Archive/Team/x");
  EXPECT_EQ(k_mapping.path("workspace", "/Team/etl/x"), "/Etl/x");
  EXPECT_EQ(k_mapping.path("workspace", "/Team"), "/Archive/Team");
  EXPECT_EQ(k_mapping.path("workspace", "/Teams/x"), "/Teams/x");
  EXPECT_EQ(k_mapping.path("workspace", "/Raw/x"), "/Cooked/x");
  EXPECT_EQ(k_mapping.path("dbfs", "/Team/x"), "/Team/x");
}

TEST(Mapping, maps_every_storage_url_of_a_text) {
  EXPECT_EQ(k_mapping.storage_text("a abfss://lake@east.dfs.test/x, abfss://lake@east/y"),
            "a abfss://lake@west.dfs.test/x, abfss://lake@west/y");
  EXPECT_EQ(k_mapping.storage_text("abfss://lake@east.raw.test"), "abfss://raw@west.test");
  EXPECT_EQ(k_mapping.storage_text("abfss://lake@east2/x abfss://lake@eastern"),
            "abfss://lake@east2/x abfss://lake@eastern");
  EXPECT_EQ(k_mapping.storage_text(""), "");
}

}  // namespace
}  // namespace holdfast::model
