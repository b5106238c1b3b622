#include "engine/losses.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/key.h"

namespace holdfast::engine {
namespace {

using model::KeyPartType;

model::Collection jobs() {
  return {.name = "jobs", .key = {{"name", KeyPartType::text}, {"job_id", KeyPartType::integer}}, .columns = {}};
}
model::Collection notebooks() {
  return {.name = "notebooks", .key = {{"path", KeyPartType::path}}, .columns = {}};
}
base::Bytes job(std::string_view name, std::int64_t id) {
  base::Bytes key;
  base::append_text(key, name);
  base::append_int(key, id);
  return key;
}
base::Bytes below(std::string_view path) {
  base::Bytes key;
  base::append_open_text(key, path);
  return key;
}

TEST(KeysInWords, name_a_resource_by_its_path) {
  EXPECT_EQ(keys_in_words(jobs(), base::range_of_key(job("nightly/load", 17))), "jobs/nightly/load/17");
  base::Bytes path;
  base::append_text(path, "/Users/anna/etl");
  EXPECT_EQ(keys_in_words(notebooks(), base::range_of_key(path)), "notebooks/Users/anna/etl");
}

TEST(KeysInWords, name_a_folder_by_what_it_holds) {
  EXPECT_EQ(keys_in_words(notebooks(), base::range_of_prefix(below("/Users/anna/"))), "notebooks/Users/anna/**");
  base::Bytes name;
  base::append_text(name, "nightly");
  EXPECT_EQ(keys_in_words(jobs(), base::range_of_prefix(name)), "jobs/nightly/**");
}

TEST(KeysInWords, say_where_any_other_stretch_begins_and_ends) {
  EXPECT_EQ(keys_in_words(jobs(), {}), "jobs");
  EXPECT_EQ(keys_in_words(jobs(), {.from = job("a", 1), .to = job("b", 2)}), "jobs: keys from a to b");
  EXPECT_EQ(keys_in_words(jobs(), base::range_of_key("\xff")), "jobs: keys from ff to ff00") << "no key of ours";
}

TEST(Losses, are_told_in_key_order_and_joined_where_they_touch) {
  Losses losses(jobs());
  EXPECT_FALSE(losses.any());
  losses.add({.from = job("m", 0), .to = job("p", 0)}, "were not read to the end: lost");
  losses.add(base::range_of_key(job("b", 2)), "was not read: 403");
  losses.add({.from = job("p", 0), .to = {}}, "were not read to the end: lost");
  const Losses::Lines told = losses.lines(k_loss_lines_max);
  EXPECT_TRUE(losses.any());
  EXPECT_EQ(told.left_out, 0U);
  EXPECT_EQ(told.lines, (std::vector<std::string>{"jobs/b/2 was not read: 403",
                                                  "jobs: keys from m to the last key were not read to the end: lost"}));
}

TEST(Losses, name_the_first_ones_in_whatever_order_they_come_and_count_the_others) {
  for (const bool upwards : {true, false}) {
    Losses losses(jobs());
    for (int i = 0; i < 5000; ++i)
      losses.add(base::range_of_key(job(fmt::format("{:04}", upwards ? i : 4999 - i), 1)), "was not read: 403");
    const Losses::Lines told = losses.lines(40);
    ASSERT_EQ(told.lines.size(), 40U);
    EXPECT_EQ(told.lines.front(), "jobs/0000/1 was not read: 403");
    EXPECT_EQ(told.lines.back(), "jobs/0039/1 was not read: 403");
    EXPECT_EQ(told.left_out, 4960U);
  }
}

TEST(LossReport, says_once_what_is_said_of_several_collections) {
  LossReport report;
  for (const char* name : {"folders", "notebooks", "files"}) {
    model::Collection collection = notebooks();
    collection.name = name;
    Losses losses(collection);
    losses.add(base::range_of_prefix(below("/Users/anna/")), "was not read: 403");
    report.add(name, losses);
  }
  Losses losses(jobs());
  losses.add({}, "were not read: 500");
  report.add("jobs", losses);
  report.add_line("pools are not there any more");
  EXPECT_EQ(report.failures(), 3U);
  EXPECT_EQ(report.lines(), (std::vector<std::string>{"Users/anna/** (folders, notebooks, files) was not read: 403",
                                                      "jobs were not read: 500", "pools are not there any more"}));
}

TEST(LossReport, names_several_collections_that_were_not_read_at_all) {
  LossReport report;
  for (const char* name : {"folders", "notebooks"}) {
    Losses losses(notebooks());
    losses.add({}, "were not read: 403");
    report.add(name, losses);
  }
  EXPECT_EQ(report.lines(), (std::vector<std::string>{"folders, notebooks were not read: 403"}));
}

TEST(LossReport, counts_what_it_does_not_name) {
  LossReport report;
  Losses losses(jobs());
  for (int i = 0; i < 3000; ++i) losses.add(base::range_of_key(job(fmt::format("{:04}", i), 1)), "was not read: 403");
  report.add("jobs", losses);
  report.add_line("one more");
  EXPECT_EQ(report.failures(), 3001U);
  const auto lines = report.lines();
  ASSERT_EQ(lines.size(), k_loss_lines_max + 1);
  EXPECT_EQ(lines.back(), fmt::format("{} more could not be read", 3001 - k_loss_lines_max));
}

}  // namespace
}  // namespace holdfast::engine
