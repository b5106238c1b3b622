#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace holdfast::base {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
namespace chrono = std::chrono;

constexpr Instant k_morning = sys_days(chrono::year(2026) / 11 / 20) + 10h;

TEST(Rfc3339, leaves_out_a_fraction_of_zero) {
  EXPECT_EQ(to_rfc3339(k_morning), "2026-11-20T10:00:00Z");
  EXPECT_EQ(to_rfc3339(k_morning + 1us), "2026-11-20T10:00:00.000001Z");
  EXPECT_EQ(to_rfc3339(k_morning + 123456us), "2026-11-20T10:00:00.123456Z");
}

TEST(Rfc3339, counts_backwards_before_1970) {
  EXPECT_EQ(to_rfc3339(Instant(-1us)), "1969-12-31T23:59:59.999999Z");
}

RC_GTEST_PROP(ParseInstant, reads_what_was_written, ()) {
  // Years 0000 to 9999, which is what four digits can say.
  const auto us = *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'800'000'000);
  const Instant instant{Duration(us)};
  RC_ASSERT(parse_instant(to_rfc3339(instant)) == instant);
}

TEST(ParseInstant, takes_less_than_everything) {
  EXPECT_EQ(parse_instant("2026-11-20T10"), std::nullopt);
  EXPECT_EQ(parse_instant("2026-11-20"), k_morning - 10h);
  EXPECT_EQ(parse_instant("2026-11-20T10:00"), k_morning);
  EXPECT_EQ(parse_instant("2026-11-20T10:00Z"), k_morning);
  EXPECT_EQ(parse_instant("2026-11-20T10:00:00.5"), k_morning + 500ms);
  EXPECT_EQ(parse_instant("2026-11-20T10:00:00.000001Z"), k_morning + 1us);
}

TEST(ParseInstant, takes_the_zone_off) {
  EXPECT_EQ(parse_instant("2026-11-20T12:00+02:00"), k_morning);
  EXPECT_EQ(parse_instant("2026-11-20T04:30:00-05:30"), k_morning);
  EXPECT_EQ(parse_instant("2026-11-20+01:00"), k_morning - 11h);
}

TEST(ParseInstant, refuses_what_is_no_instant) {
  for (const char* text : {"",
                           "2026",
                           "2026-11",
                           "2026-13-01",
                           "2026-02-29",
                           "2026-00-10",
                           "2026-11-31",
                           "2026-11-20T24:00",
                           "2026-11-20T10:60",
                           "2026-11-20T10:00:60",
                           "2026-11-20T10:00:00.",
                           "2026-11-20T10:00:00.1234567",
                           "2026-11-20T10:00ZZ",
                           "2026-11-20 10:00",
                           "2026-11-20T10:00+2",
                           "2026-11-20T10:00+24:00",
                           "20261120",
                           " 2026-11-20",
                           "2026-11-20 ",
                           "+026-11-20",
                           "2026-1-20",
                           "latest"})
    EXPECT_EQ(parse_instant(text), std::nullopt) << text;
  EXPECT_NE(parse_instant("2028-02-29"), std::nullopt);
}

TEST(ToShort, shows_what_a_reader_needs) {
  EXPECT_EQ(to_short(0us), "0 us");
  EXPECT_EQ(to_short(999us), "999 us");
  EXPECT_EQ(to_short(1500us), "2 ms");
  EXPECT_EQ(to_short(1200ms), "1.2 s");
  EXPECT_EQ(to_short(3min + 4s), "3 min 4 s");
  EXPECT_EQ(to_short(2h + 5min + 59s), "2 h 5 min");
  EXPECT_EQ(to_short(-1200ms), "-1.2 s");
  EXPECT_EQ(to_short(Duration::min()).front(), '-');
}

TEST(ToShort, never_rounds_up_to_a_full_next_unit) {
  EXPECT_EQ(to_short(999'499us), "999 ms");
  EXPECT_EQ(to_short(999'500us), "1.0 s");
  EXPECT_EQ(to_short(59'949ms), "59.9 s");
  EXPECT_EQ(to_short(59'950ms), "1 min 0 s");
  EXPECT_EQ(to_short(3599s + 600ms), "1 h 0 min");
}

}  // namespace
}  // namespace holdfast::base
