#include "net/retry_notices.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fakes.h"

namespace holdfast::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class Warnings : public base::Events {
public:
  void progress(const base::Progress&) override {}
  void note(std::string_view) override {}
  void detail(std::string_view) override {}
  void warning(std::string_view text) override { lines.emplace_back(text); }
  void summary(std::string_view, const std::vector<base::Fact>&) override {}
  void error(const base::Error&) override {}
  std::vector<std::string> lines;
};

Retry retry(base::Duration failing, base::Duration wait) {
  return {.problem = "GET https://w.test/x: Connection refused",
          .attempt = 3,
          .failing = failing,
          .wait = wait,
          .patience = minutes(10)};
}

TEST(RetryNotices, SayWhatIsWrongWhenItIsTriedAgainAndWhereThatEnds) {
  test::ManualClock clock{base::Instant{}};
  Warnings warnings;
  RetryNotices notices(warnings, clock);
  notices(retry(seconds(3), std::chrono::milliseconds(7200)));
  ASSERT_EQ(warnings.lines.size(), 1U);
  EXPECT_EQ(warnings.lines[0],
            "GET https://w.test/x: Connection refused; trying again in 8 s (attempt 3 failed; gives up after 10 min)");
}

TEST(RetryNotices, AreSilentAboutAShortPause) {
  test::ManualClock clock{base::Instant{}};
  Warnings warnings;
  RetryNotices notices(warnings, clock);
  notices(retry(std::chrono::milliseconds(500), seconds(1)));
  EXPECT_TRUE(warnings.lines.empty());
  notices(retry(seconds(1), seconds(1)));
  EXPECT_EQ(warnings.lines.size(), 1U);
}

TEST(RetryNotices, AreALineEveryTenSecondsHoweverManyWait) {
  test::ManualClock clock{base::Instant{}};
  Warnings warnings;
  RetryNotices notices(warnings, clock);
  for (int second = 0; second < 30; ++second) {
    for (int call = 0; call < 20; ++call) notices(retry(seconds(5), seconds(5)));
    clock.advance(seconds(1));
  }
  EXPECT_EQ(warnings.lines.size(), 3U);
}

}  // namespace
}  // namespace holdfast::net
