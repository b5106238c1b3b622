#include "platform/databricks/quartz.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sim/databricks/quartz.h"

namespace holdfast::platform::databricks {
namespace {

base::Instant at(const std::string& text) {
  return base::parse_instant(text).value();
}

std::vector<std::string> due(const std::string& expression, const std::string& zone, const std::string& from,
                             const std::string& until) {
  std::vector<std::string> out;
  for (const base::Instant one : Quartz(expression, zone).due({at(from), at(until)}, 100'000))
    out.push_back(base::to_rfc3339(one));
  return out;
}

using Texts = std::vector<std::string>;

TEST(Quartz, is_due_after_the_beginning_and_up_to_the_end) {
  EXPECT_EQ(due("0 0/10 * * * ?", "UTC", "2026-11-22T02:00:00Z", "2026-11-22T02:20:00Z"),
            (Texts{"2026-11-22T02:10:00Z", "2026-11-22T02:20:00Z"}));
  EXPECT_EQ(due("0 0/10 * * * ?", "UTC", "2026-11-22T01:59:59.999Z", "2026-11-22T02:09:59.999Z"),
            (Texts{"2026-11-22T02:00:00Z"}));
  EXPECT_EQ(due("0 0/10 * * * ?", "UTC", "2026-11-22T02:01:00Z", "2026-11-22T02:09:00Z"), Texts{});
}

TEST(Quartz, goes_by_the_wall_clock_of_its_zone) {
  EXPECT_EQ(due("0 30 2 * * ?", "Europe/Berlin", "2026-07-01", "2026-07-02"), (Texts{"2026-07-01T00:30:00Z"}));
  EXPECT_EQ(due("0 30 2 * * ?", "Europe/Berlin", "2026-12-01", "2026-12-02"), (Texts{"2026-12-01T01:30:00Z"}));
  EXPECT_EQ(due("0 0 9 * * ?", "Pacific/Kiritimati", "2026-01-01", "2026-01-02"), (Texts{"2026-01-01T19:00:00Z"}));
}

TEST(Quartz, takes_an_hour_that_comes_twice_the_first_time) {
  EXPECT_EQ(due("0 30 * * * ?", "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"),
            (Texts{"2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"}));
}

TEST(Quartz, is_late_by_the_hour_that_the_clock_leaps_over) {
  EXPECT_EQ(due("0 30 2 * * ?", "Europe/Berlin", "2026-03-29", "2026-03-30"), (Texts{"2026-03-29T01:30:00Z"}));
  EXPECT_EQ(due("0 0 * * * ?", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T03:00:00Z"),
            (Texts{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T03:00:00Z"}))
      << "two hours of the wall clock are one instant";
}

TEST(Quartz, knows_every_way_to_name_days) {
  const auto days = [](const std::string& of_month, const std::string& month, const std::string& of_week) {
    std::string out;
    for (const std::string& one :
         due(fmt::format("0 0 12 {} {} {}", of_month, month, of_week), "UTC", "2026-01-01", "2027-01-01"))
      out += one.substr(5, 5) + ' ';
    return out;
  };
  EXPECT_EQ(days("L", "2,4", "?"), "02-28 04-30 ");
  EXPECT_EQ(days("L-2", "2,4", "?"), "02-26 04-28 ");
  EXPECT_EQ(days("LW", "1,5", "?"), "01-30 05-29 ") << "the 31st is a Saturday, a Sunday";
  EXPECT_EQ(days("1W", "2,8", "?"), "02-02 08-03 ") << "it never leaves the month";
  EXPECT_EQ(days("15W", "2,8", "?"), "02-16 08-14 ");
  EXPECT_EQ(days("?", "JAN", "6#3"), "01-16 ");
  EXPECT_EQ(days("?", "jan", "fri#5"), "01-30 ");
  EXPECT_EQ(days("?", "FEB", "FRI#5"), "");
  EXPECT_EQ(days("?", "JAN", "MONL"), "01-26 ");
  EXPECT_EQ(days("?", "FEB", "L"), "02-07 02-14 02-21 02-28 ");
  EXPECT_EQ(days("?", "FEB", "FRI-MON"),
            "02-01 02-02 02-06 02-07 02-08 02-09 02-13 02-14 02-15 02-16 02-20 02-21 "
            "02-22 02-23 02-27 02-28 ");
  EXPECT_EQ(days("28-2", "2", "?"), "02-01 02-02 02-28 ");
  EXPECT_EQ(days("10/9", "DEC-JAN", "?"), "01-10 01-19 01-28 12-10 12-19 12-28 ");
}

TEST(Quartz, keeps_to_its_years) {
  EXPECT_EQ(due("0 0 0 1 1 ? 2027-2028", "UTC", "2026-01-01", "2030-01-01"),
            (Texts{"2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"}));
}

TEST(Quartz, guesses_nothing) {
  for (const char* expression : {"",
                                 "0 0 2 * *",
                                 "0 0 2 * * ? 2026 1",
                                 "0 0 2 * * *",
                                 "0 0 2 ? * ?",
                                 "0 0 2 1 * MON",
                                 "0 0 24 * * ?",
                                 "0 60 * * * ?",
                                 "0 0/0 * * * ?",
                                 "0 0/61 * * * ?",
                                 "0 0 2 32 * ?",
                                 "0 0 2 0 * ?",
                                 "0 0 2 31W * ?",
                                 "0 0 2 1W,15W * ?",
                                 "0 0 2 L,15 * ?",
                                 "0 0 2 ? * 6#6",
                                 "0 0 2 ? * 8",
                                 "0 0 2 ? * 2#1,3#1",
                                 "0 0 2 ? * XYZ",
                                 "0 0 2 * 13 ?",
                                 "0 0 2 * * ? 2028-2027",
                                 "0 0 2 * * ? 2100",
                                 "0 -5 2 * * ?",
                                 "0 5- 2 * * ?",
                                 "0 , 2 * * ?",
                                 "0 0 2 C * ?",
                                 "0 0 2 L-30 * ?",
                                 "@daily",
                                 "0 0 2 ? * MON/x"}) {
    EXPECT_THROW((void)Quartz(expression, "UTC"), base::Error) << expression;
  }
  for (const char* zone : {"", "PST", "Europe", "Nowhere/Town", "../etc/passwd"})
    EXPECT_THROW((void)due("0 0 2 * * ?", zone, "2026-01-01", "2026-01-02"), base::Error) << zone;
}

TEST(Quartz, counts_no_further_than_it_is_told) {
  const Quartz every_second("* * * * * ?", "UTC");
  const Stretch hour{at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00Z")};
  EXPECT_EQ(every_second.due(hour, 3600).size(), 3600U);
  EXPECT_THROW((void)every_second.due(hour, 3599), base::Error);
}

// The stand-in fires by an implementation of its own.
TEST(Quartz, is_due_when_the_stand_in_fires) {
  const Stretch year{at("2026-01-01"), at("2027-01-02")};
  std::size_t compared = 0;
  for (const char* zone_name : {"UTC", "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Asia/Kolkata"}) {
    const auto zone = sim::databricks::Zone::load(zone_name);
    ASSERT_TRUE(zone) << zone_name;
    for (const char* expression :
         {"0 0 2 * * ?", "0 30 2 * * ?", "0 15 1 ? * SUN", "0 0/20 * * * ?", "0 5,35 0-4 * * ?", "30 59 23 L * ?",
          "0 0 3 15W * ?", "0 45 1 ? * 1L", "0 10 2 ? * MON#1", "0 0 22-2 ? * SAT-SUN", "0 0 0/6 1/7 3,10 ?",
          "*/30 0 2 ? 3-4 1"}) {
      const auto theirs = sim::databricks::Quartz::parse(expression);
      ASSERT_TRUE(theirs) << expression;
      std::vector<base::Instant> wanted;
      for (auto next = theirs->next(year.from, *zone); next && *next <= year.until; next = theirs->next(*next, *zone))
        wanted.push_back(*next);
      EXPECT_EQ(Quartz(expression, zone_name).due(year, 100'000), wanted) << expression << " in " << zone_name;
      compared += wanted.size();
    }
  }
  EXPECT_GT(compared, 100'000U);
}

}  // namespace
}  // namespace holdfast::platform::databricks
