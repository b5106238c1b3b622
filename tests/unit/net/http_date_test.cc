#include "net/http_date.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "support/scripted_http.h"

namespace holdfast::net {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const base::Instant k_now = *base::parse_instant("2026-11-21T12:00:00Z");

std::string read(std::string_view text) {
  const auto instant = parse_http_date(text, k_now);
  return instant ? base::to_rfc3339(*instant) : "none";
}

TEST(HttpDate, IsReadInAllThreeForms) {
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:37 GMT"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(read("Sunday, 06-Nov-94 08:49:37 GMT"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(read("Sun Nov  6 08:49:37 1994"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(read("Sat Nov 26 08:49:37 1994"), "1994-11-26T08:49:37Z");
}

TEST(HttpDate, TakesTwoDigitsForTheYearWithinFiftyYears) {
  EXPECT_EQ(read("Sunday, 06-Nov-76 00:00:00 GMT"), "2076-11-06T00:00:00Z");
  EXPECT_EQ(read("Sunday, 06-Nov-77 00:00:00 GMT"), "1977-11-06T00:00:00Z");
}

TEST(HttpDate, IsNothingElse) {
  for (const char* text :
       {"", "120", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z", "Sun Nov  6 08:49:37 94"})
    EXPECT_EQ(read(text), "none") << text;
}

std::optional<base::Duration> asked(std::vector<Header> headers) {
  return retry_after(test::reply(429, {}, std::move(headers)), k_now);
}

TEST(RetryAfter, IsReadAsSeconds) {
  EXPECT_EQ(asked({{"retry-after", "7"}}), seconds(7));
  EXPECT_EQ(asked({{"retry-after", " 0007 "}}), seconds(7));
  EXPECT_EQ(asked({{"retry-after", "0"}}), seconds(0));
}

TEST(RetryAfter, IsReadAsADateAgainstTheServersOwnClock) {
  EXPECT_EQ(asked({{"retry-after", "Sat, 21 Nov 2026 12:00:30 GMT"}}), seconds(30));
  // The server's clock is an hour ahead of ours.
  EXPECT_EQ(asked({{"date", "Sat, 21 Nov 2026 13:00:00 GMT"}, {"retry-after", "Sat, 21 Nov 2026 13:00:05 GMT"}}),
            seconds(5));
  EXPECT_EQ(asked({{"date", "nonsense"}, {"retry-after", "Sat, 21 Nov 2026 12:00:05 GMT"}}), seconds(5));
}

TEST(RetryAfter, IsNeverNegativeNorLongerThanADay) {
  EXPECT_EQ(asked({{"retry-after", "Sat, 21 Nov 2026 11:00:00 GMT"}}), seconds(0));
  EXPECT_EQ(asked({{"retry-after", "86401"}}), hours(24));
  EXPECT_EQ(asked({{"retry-after", "99999999999999999999999999"}}), hours(24));
  EXPECT_EQ(asked({{"retry-after", "Sat, 21 Nov 2099 11:00:00 GMT"}}), hours(24));
}

TEST(RetryAfter, IsAbsentWhenItMakesNoSense) {
  EXPECT_EQ(asked({}), std::nullopt);
  for (const char* text : {"", "  ", "-1", "1.5", "soon", "1 s"})
    EXPECT_EQ(asked({{"retry-after", text}}), std::nullopt) << text;
}

}  // namespace
}  // namespace holdfast::net
