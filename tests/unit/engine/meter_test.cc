#include "engine/meter.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

TEST(PlainSize, counts_the_key_and_every_column_that_is_not_null) {
  const base::Row row{"key", {"four", std::nullopt, ""}};
  EXPECT_EQ(plain_size(row), 7u);
  const std::vector<base::ColumnView> columns{"four", std::nullopt, ""};
  EXPECT_EQ(plain_size(base::RowView{"key", columns}), 7u);
}

TEST(Meter, tells_the_sums_of_all_workers) {
  test::RecordedEvents events;
  Meter meter(events, "reading", 4000, 8000, 4);
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i)
      workers.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) meter.add(1, 2);
      });
  }
  EXPECT_EQ(meter.rows(), 4000u);
  EXPECT_EQ(meter.bytes(), 8000u);
  meter.add(0, 0);
  const base::Progress last = events.last_progress();
  EXPECT_EQ(last.phase, "reading");
  EXPECT_EQ(last.rows, 4000u);
  EXPECT_EQ(last.rows_total, 4000u);
  EXPECT_EQ(last.bytes, 8000u);
  EXPECT_EQ(last.bytes_total, 8000u);
  EXPECT_EQ(last.workers, 4u);
}

TEST(Tally, reports_in_steps_and_what_is_left_when_it_ends) {
  test::RecordedEvents events;
  Meter meter(events, "reading", 0, 0, 1);
  {
    Tally tally(meter);
    for (int i = 0; i < 511; ++i) tally.add(1);
    EXPECT_EQ(meter.rows(), 0u) << "rows are far too many to report one by one";
    tally.add(1);
    EXPECT_EQ(meter.rows(), 512u);
    tally.add(300 * 1024);
    EXPECT_EQ(meter.rows(), 513u) << "a large row is told at once";
    tally.add(5);
  }
  EXPECT_EQ(meter.rows(), 514u);
  EXPECT_EQ(meter.bytes(), 512u + 300 * 1024 + 5);
}

}  // namespace
}  // namespace holdfast::engine
