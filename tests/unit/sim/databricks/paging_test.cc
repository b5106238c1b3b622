#include "sim/databricks/paging.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/time.h"
#include "sim/databricks/api_error.h"
#include "support/fakes.h"

namespace holdfast::sim::databricks {
namespace {

struct PagingTest : testing::Test {
  test::ManualClock clock{*base::parse_instant("2026-11-20T10:00:00Z")};
  World world{{}, clock};
  std::vector<std::string> items = {"a", "b", "c", "d", "e"};

  Page page(const std::string& token, std::size_t size, PageFault fault = PageFault::none) {
    HttpRequest request;
    request.query = {{"page_token", token}, {"page_size", std::to_string(size)}};
    const Call call({world, request, {}, {}, fault});
    return page_by_token(call, items.size(), [&](std::size_t i) { return items[i]; }, {});
  }
  // Everything, page by page.
  std::string walk(std::size_t size, PageFault first) {
    std::string seen;
    auto fault = first;
    std::string token;
    do {
      const auto next = page(token, size, fault);
      for (auto i = next.begin; i < next.end; ++i) seen += items[i];
      token = next.next_token;
      fault = PageFault::none;
    } while (!token.empty());
    return seen;
  }
};

TEST_F(PagingTest, GivesEverythingOnce) {
  for (std::size_t size = 1; size <= 6; ++size) EXPECT_EQ(walk(size, PageFault::none), "abcde");
}

TEST_F(PagingTest, GoesOnBehindEmptyAndShortPages) {
  EXPECT_EQ(walk(3, PageFault::empty), "abcde");
  EXPECT_EQ(walk(3, PageFault::shorter), "abcde");
  EXPECT_EQ(page("", 4, PageFault::shorter).end, 2U);
  EXPECT_EQ(page("", 4, PageFault::empty).end, 0U);
}

TEST_F(PagingTest, SkipsNothingWhenOthersAddAndDelete) {
  const auto first = page("", 2);
  items = {"0", "a", "b", "c", "d", "e"};
  EXPECT_EQ(items[page(first.next_token, 2).begin], "c");
  items = {"b", "c", "d", "e"};
  EXPECT_EQ(items[page(first.next_token, 2).begin], "c");
}

TEST_F(PagingTest, RefusesTokensAndSizesThatAreNone) {
  EXPECT_THROW(page("not base64!", 2), ApiError);
  EXPECT_THROW(page("YWJj", 2), ApiError);
  EXPECT_THROW(page("", 101), ApiError);
}

}  // namespace
}  // namespace holdfast::sim::databricks
