#include "bench/aspects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace holdfast::bench {
namespace {

constexpr std::uint64_t k_rows = 20'000;

TEST(Catalogue, has_rows_in_strictly_ascending_key_order) {
  for (const std::uint64_t rows : {1ULL, 7ULL, 500ULL, 20'000ULL}) {
    const Catalogue catalogue(rows, 3);
    std::string previous;
    for (std::uint64_t i = 0; i < rows; ++i) {
      const base::Row row = to_row(catalogue.make(i));
      ASSERT_LT(previous, row.key) << "row " << i << " of " << rows;
      previous = row.key;
    }
  }
}

TEST(Catalogue, makes_the_same_row_whoever_asks) {
  const Catalogue one(k_rows, 3);
  const Catalogue other(k_rows, 3);
  const Catalogue another_seed(k_rows, 4);
  EXPECT_EQ(one.make(4711), other.make(4711));
  EXPECT_NE(one.make(4711), another_seed.make(4711));
}

TEST(Catalogue, ingests_every_row_once_and_not_in_key_order) {
  for (const std::uint64_t rows : {1ULL, 64ULL, 129ULL, 20'000ULL}) {
    const Catalogue catalogue(rows, 3);
    std::vector<std::uint64_t> places;
    for (std::uint64_t i = 0; i < rows; ++i) places.push_back(catalogue.ingested(i));
    if (rows > 1000) {
      EXPECT_FALSE(std::is_sorted(places.begin(), places.end()));
    }
    std::sort(places.begin(), places.end());
    for (std::uint64_t i = 0; i < rows; ++i) ASSERT_EQ(places[i], i);
  }
}

TEST(Catalogue, has_the_sizes_of_real_catalogues) {
  const Catalogue catalogue(k_rows, 1);
  std::vector<std::size_t> sizes;
  std::size_t beyond_ascii = 0;
  std::size_t history = 0;
  std::size_t without_systemmetadata = 0;
  for (std::uint64_t i = 0; i < k_rows; ++i) {
    const Aspect aspect = catalogue.make(i);
    sizes.push_back(aspect.metadata.size());
    // 0xf0 begins a character of four bytes.
    beyond_ascii += aspect.metadata.find('\xf0') != std::string::npos ? 1 : 0;
    history += aspect.version > 0 ? 1 : 0;
    without_systemmetadata += aspect.systemmetadata ? 0 : 1;
    if (aspect.systemmetadata) {
      EXPECT_GT(aspect.systemmetadata->size(), 200U);
      EXPECT_LT(aspect.systemmetadata->size(), 500U);
    }
  }
  std::sort(sizes.begin(), sizes.end());
  EXPECT_GT(sizes[k_rows / 2], 100U);
  EXPECT_LT(sizes[k_rows / 2], 300U);
  EXPECT_GT(sizes[k_rows * 99 / 100], 3'000U);
  EXPECT_GT(sizes.back(), 30'000U);
  EXPECT_GT(beyond_ascii, k_rows / 1000);
  EXPECT_GT(history, k_rows / 10);
  EXPECT_GT(without_systemmetadata, 0U);
}

TEST(Catalogue, changes_exactly_the_rows_that_it_says_it_touches) {
  const Catalogue before(k_rows, 1);
  const Catalogue after = before.with({.kind = Change::Kind::content, .fraction = 0.01, .seed = 9});
  std::uint64_t touched = 0;
  for (std::uint64_t i = 0; i < k_rows; ++i) {
    ASSERT_EQ(before.make(i) != after.make(i), after.touched(i, 0)) << i;
    touched += after.touched(i, 0) ? 1 : 0;
  }
  EXPECT_GT(touched, k_rows / 200);
  EXPECT_LT(touched, k_rows / 50);
}

TEST(Catalogue, reingests_systemmetadata_and_nothing_else) {
  const Catalogue before(k_rows, 1);
  const Catalogue after = before.with({.kind = Change::Kind::reingest, .fraction = 0.3, .seed = 9});
  std::uint64_t touched = 0;
  for (std::uint64_t i = 0; i < k_rows; ++i) {
    Aspect was = before.make(i);
    const Aspect is = after.make(i);
    ASSERT_EQ(was.systemmetadata != is.systemmetadata, after.touched(i, 0)) << i;
    was.systemmetadata = is.systemmetadata;
    ASSERT_EQ(was, is);
    touched += after.touched(i, 0) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(touched), 0.3 * k_rows, 0.02 * k_rows);
}

TEST(Catalogue, clusters_changes_when_told) {
  const Catalogue after = Catalogue(k_rows, 1).with({.fraction = 0.1, .seed = 2, .spread = Change::Spread::clustered});
  std::uint64_t borders = 0;
  for (std::uint64_t i = 1; i < k_rows; ++i) borders += after.touched(i, 0) != after.touched(i - 1, 0) ? 1 : 0;
  EXPECT_GT(borders, 0U);
  EXPECT_LE(borders, 2 * (k_rows / 512 + 1));
}

TEST(Aspect, shows_createdon_with_all_six_digits) {
  Aspect aspect;
  aspect.createdon_us = 1'700'000'000'000'001;
  EXPECT_EQ(createdon_text(aspect), "2023-11-14 22:13:20.000001");
}

}  // namespace
}  // namespace holdfast::bench
