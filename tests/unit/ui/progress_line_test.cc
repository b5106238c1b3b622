#include "ui/progress_line.h"

#include <gtest/gtest.h>

#include "ui/text.h"

namespace {

using holdfast::base::Progress;
using holdfast::ui::Pace;
using holdfast::ui::progress_bar;
using holdfast::ui::progress_text;
using holdfast::ui::share_done;
using std::chrono::milliseconds;
using std::chrono::seconds;

Progress reading(std::uint64_t rows, std::uint64_t bytes) {
  Progress out;
  out.phase = "reading catalog";
  out.rows = rows;
  out.rows_total = 1000;
  out.bytes = bytes;
  return out;
}

TEST(Pace, takes_the_rate_of_the_last_seconds) {
  Pace pace;
  pace.add(reading(0, 0), seconds(0));
  EXPECT_FALSE(pace.bytes_per_second()) << "one look is no rate";
  pace.add(reading(100, 1000), seconds(1));
  EXPECT_DOUBLE_EQ(*pace.bytes_per_second(), 1000);
  for (int i = 2; i <= 30; ++i) pace.add(reading(100, 1000), seconds(i));
  EXPECT_DOUBLE_EQ(*pace.bytes_per_second(), 0) << "a reader that stalls must be seen to stall";
}

TEST(Pace, tells_the_time_left_by_rows) {
  Pace pace;
  pace.add(reading(0, 0), seconds(0));
  pace.add(reading(250, 1), seconds(5));
  EXPECT_EQ(*pace.left(reading(250, 1)), seconds(15));
}

TEST(Pace, starts_anew_with_a_phase) {
  Pace pace;
  pace.add(reading(0, 0), seconds(0));
  pace.add(reading(500, 5000), seconds(1));
  Progress other = reading(1, 10);
  other.phase = "loading";
  pace.add(other, seconds(2));
  EXPECT_FALSE(pace.bytes_per_second());
}

TEST(Pace, keeps_few_samples_however_often_events_come) {
  Pace pace;
  for (int i = 0; i <= 10000; ++i)
    pace.add(reading(static_cast<std::uint64_t>(i) / 10, static_cast<std::uint64_t>(i)), milliseconds(i));
  EXPECT_NEAR(*pace.bytes_per_second(), 1000, 20);
}

TEST(ProgressLine, knows_no_share_where_the_estimate_was_exceeded) {
  EXPECT_DOUBLE_EQ(*share_done(reading(250, 0)), 0.25);
  EXPECT_FALSE(share_done(reading(1001, 0)));
  EXPECT_FALSE(share_done(Progress{}));
}

TEST(ProgressLine, says_in_a_log_what_there_is_to_say) {
  Pace pace;
  pace.add(reading(0, 0), seconds(0));
  pace.add(reading(500, 5 << 20), seconds(5));
  EXPECT_EQ(progress_text(reading(500, 5 << 20), pace), "500 of 1,000 rows, 5.0 MiB, 1.0 MiB/s, 5 s left");
}

TEST(ProgressLine, fits_every_width) {
  Pace pace;
  pace.add(reading(0, 0), seconds(0));
  pace.add(reading(500, 5 << 20), seconds(5));
  for (unsigned columns = 1; columns <= 200; ++columns)
    EXPECT_LE(holdfast::ui::display_width(progress_bar(reading(500, 5 << 20), pace, columns)), columns);
}

TEST(ProgressLine, draws_a_bar_where_there_is_room) {
  Pace pace;
  pace.add(reading(500, 0), seconds(0));
  EXPECT_EQ(progress_bar(reading(500, 0), pace, 80),
            "reading catalog  [===============>              ]  50 %  500 of 1,000 rows");
  EXPECT_EQ(progress_bar(reading(500, 0), pace, 45), "reading catalog  50 %  500 of 1,000 rows");
}

}  // namespace
