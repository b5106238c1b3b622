// What a restore in place makes anew has another id, and is the same thing to all that knew it.
#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class RestoredInPlace : public Nights {
protected:
  // As docs/platforms/databricks.md says for a job that somebody deleted.
  void restore_x() {
    remove_job(primary_, "x");
    must({"restore", "primary/latest", "--to", "primary", "--select", "/jobs/x"});
    must({"activate", "primary", "--from", "primary", "--yes"});
    ASSERT_EQ(firing(primary_), all_);
  }
  void expect_jobs(std::size_t count) {
    EXPECT_EQ(primary_.workspace.count("jobs"), count);
    EXPECT_EQ(secondary_.workspace.count("jobs"), count);
  }
  const Names all_{"x", "y", "z"};
};

TEST_F(RestoredInPlace, is_not_brought_a_second_time) {
  migrate();
  restore_x();
  const Outcome outcome = run({"replicate", "primary", "secondary"});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_FALSE(outcome.says("no longer on primary")) << outcome.err;
  expect_jobs(4);
  fail_over();
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(firing(secondary_), Names{});
  expect_jobs(4);
}

TEST_F(RestoredInPlace, fires_by_snapshots_that_know_it_by_the_id_that_it_had) {
  migrate();
  const std::string before = pair().replicated->source_snapshot;
  restore_x();
  must({"replicate", "primary", "secondary"});
  must({"activate", "secondary", "--from", "primary", "--snapshot", before, "--yes"});
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(RestoredInPlace, on_the_target_is_written_to_and_not_made_again) {
  migrate();
  must({"backup", "secondary"});
  remove_job(secondary_, "x");
  must({"restore", "secondary/latest", "--to", "secondary", "--select", "/jobs/x"});
  change(primary_, "x", "two");
  const Outcome outcome = run({"replicate", "primary", "secondary", "--existing", "replace", "--yes"});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(note_of("x"), "two");
  expect_jobs(4);
}

}  // namespace
}  // namespace holdfast::test
