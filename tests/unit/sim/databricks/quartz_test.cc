#include "sim/databricks/quartz.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::sim::databricks {
namespace {

std::string next(const char* expression, const char* after, const char* zone = "UTC") {
  const auto quartz = Quartz::parse(expression);
  const auto loaded = Zone::load(zone);
  if (!quartz || !loaded) return "not understood";
  const auto found = quartz->next(*base::parse_instant(after), *loaded);
  return found ? base::to_rfc3339(*found) : "never";
}

TEST(Quartz, FindsTheNextTimeAfterOne) {
  EXPECT_EQ(next("0 15 2 * * ?", "2026-11-20T10:00:00Z"), "2026-11-21T02:15:00Z");
  EXPECT_EQ(next("0 15 2 * * ?", "2026-11-20T02:14:59Z"), "2026-11-20T02:15:00Z");
  EXPECT_EQ(next("0 15 2 * * ?", "2026-11-20T02:15:00Z"), "2026-11-21T02:15:00Z");
  EXPECT_EQ(next("0 0/30 * * * ?", "2026-11-20T10:29:59Z"), "2026-11-20T10:30:00Z");
  EXPECT_EQ(next("10,40 * * * * ?", "2026-11-20T10:00:10Z"), "2026-11-20T10:00:40Z");
}

TEST(Quartz, KnowsDaysOfWeekAndMonth) {
  EXPECT_EQ(next("0 0 5 ? * MON-FRI", "2026-11-20T10:00:00Z"), "2026-11-23T05:00:00Z");  // a Friday
  EXPECT_EQ(next("0 0 5 ? * 2", "2026-11-20T10:00:00Z"), "2026-11-23T05:00:00Z");
  EXPECT_EQ(next("0 0 0 L * ?", "2026-02-01T00:00:00Z"), "2026-02-28T00:00:00Z");
  EXPECT_EQ(next("0 0 0 15W * ?", "2026-08-01T00:00:00Z"), "2026-08-14T00:00:00Z");  // the 15th is a Saturday
  EXPECT_EQ(next("0 0 0 ? * 6L", "2026-11-01T00:00:00Z"), "2026-11-27T00:00:00Z");
  EXPECT_EQ(next("0 0 0 ? * MON#1", "2026-11-20T00:00:00Z"), "2026-12-07T00:00:00Z");
  EXPECT_EQ(next("0 0 0 29 2 ?", "2026-11-20T00:00:00Z"), "2028-02-29T00:00:00Z");
  EXPECT_EQ(next("0 0 0 1 1 ? 2025", "2026-11-20T00:00:00Z"), "never");
}

TEST(Quartz, FollowsTheClockOfItsZone) {
  EXPECT_EQ(next("0 15 2 * * ?", "2026-11-20T10:00:00Z", "Europe/Berlin"), "2026-11-21T01:15:00Z");
  EXPECT_EQ(next("0 15 2 * * ?", "2026-07-20T10:00:00Z", "Europe/Berlin"), "2026-07-21T00:15:00Z");
  // The hour that comes twice fires once, the one that is leapt over once, too.
  EXPECT_EQ(next("0 30 2 * * ?", "2026-10-24T12:00:00Z", "Europe/Berlin"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(next("0 30 2 * * ?", "2026-10-25T00:30:00Z", "Europe/Berlin"), "2026-10-26T01:30:00Z");
  EXPECT_EQ(next("0 30 2 * * ?", "2026-03-28T12:00:00Z", "Europe/Berlin"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(next("0 30 2 * * ?", "2026-03-29T01:30:00Z", "Europe/Berlin"), "2026-03-30T00:30:00Z");
}

TEST(Quartz, RefusesWhatIsNone) {
  for (const char* text : {"", "0 0 5 * *", "0 0 5 * * *", "0 0 5 ? * ?", "60 0 5 * * ?", "0 0 24 * * ?", "0 0 5 ? * 8",
                           "0 0 5 32 * ?", "0 0 5 ? * MON#6", "a b c d e f", "0 0/0 * * * ?", "0 ? * * * ?"}) {
    EXPECT_FALSE(Quartz::parse(text)) << text;
  }
}

TEST(Zone, RefusesNamesThatAreNone) {
  for (const char* name : {"", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe"}) {
    EXPECT_FALSE(Zone::load(name)) << name;
  }
}

}  // namespace
}  // namespace holdfast::sim::databricks
