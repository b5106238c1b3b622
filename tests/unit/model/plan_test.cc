#include "model/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/key.h"

namespace holdfast::model {
namespace {

Plan sample() {
  Plan plan{.id = "ab12",
            .repository = "r",
            .snapshot = "00000001-0000000000000007",
            .target = "catalog",
            .selection = "type:dataset",
            .existing = Existing::replace,
            .removes = true,
            .made = *base::parse_instant("2026-11-20T10:00:00.5Z"),
            .steps = {}};
  base::Bytes key;
  base::append_text(key, "urn:li:tag:a");
  plan.steps.push_back({.collection = "aspect",
                        .path = "urn:li:tag:a/status",
                        .action = Action::update,
                        .reason = "differs",
                        .fields = {{"metadata.removed", "true", "false"}},
                        .key = key,
                        .before = base::Row{key, {"{\"removed\":true}", std::nullopt}},
                        .after = base::Row{key, {std::string("\xff\x00 raw", 6), ""}}});
  plan.steps.push_back({.collection = "aspect",
                        .path = "urn:li:tag:b/status",
                        .action = Action::create,
                        .reason = "missing",
                        .fields = {},
                        .key = key + "b",
                        .before = {},
                        .after = base::Row{key + "b", {"{}", "x"}}});
  return plan;
}

void expect_equal(const Plan& a, const Plan& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.repository, b.repository);
  EXPECT_EQ(a.snapshot, b.snapshot);
  EXPECT_EQ(a.target, b.target);
  EXPECT_EQ(a.selection, b.selection);
  EXPECT_EQ(a.existing, b.existing);
  EXPECT_EQ(a.removes, b.removes);
  EXPECT_EQ(a.made, b.made);
  ASSERT_EQ(a.steps.size(), b.steps.size());
  for (std::size_t i = 0; i < a.steps.size(); ++i) {
    EXPECT_EQ(a.steps[i].collection, b.steps[i].collection);
    EXPECT_EQ(a.steps[i].path, b.steps[i].path);
    EXPECT_EQ(a.steps[i].action, b.steps[i].action);
    EXPECT_EQ(a.steps[i].reason, b.steps[i].reason);
    EXPECT_EQ(a.steps[i].fields, b.steps[i].fields);
    EXPECT_EQ(a.steps[i].key, b.steps[i].key);
    EXPECT_EQ(a.steps[i].before, b.steps[i].before);
    EXPECT_EQ(a.steps[i].after, b.steps[i].after);
  }
}

TEST(Plan, survives_its_json_form_byte_for_byte) {
  expect_equal(plan_from_json(to_json(sample())), sample());
}

TEST(Plan, is_written_one_step_a_line) {
  const std::string text = to_json(sample());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 15) << text;
}

TEST(Plan, without_steps_is_a_plan_too) {
  Plan plan = sample();
  plan.steps.clear();
  expect_equal(plan_from_json(to_json(plan)), plan);
}

TEST(Plan, refuses_unknown_fields_versions_and_actions) {
  std::string text = to_json(sample());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string out = text;
    out.replace(out.find(from), from.size(), to);
    return out;
  };
  EXPECT_THROW(plan_from_json(with("\"selection\"", "\"selektion\"")), base::Error);
  EXPECT_THROW(plan_from_json(with("\"format_version\": 1", "\"format_version\": 2")), base::Error);
  EXPECT_THROW(plan_from_json(with("\"action\":\"update\"", "\"action\":\"upsert\"")), base::Error);
  EXPECT_THROW(plan_from_json(text.substr(0, text.size() / 2)), base::Error);
  EXPECT_THROW(plan_from_json(with("{\"base64\":\"/wAg", "{\"base64\":\"/w!g")), base::Error);
}

TEST(Plan, refuses_to_nest_without_end) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  try {
    plan_from_json("{\"steps\":" + deep + "}");
    FAIL() << "it was read";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::config);
  }
}

TEST(Plan, counts_its_actions) {
  EXPECT_EQ(sample().count(Action::update), 1U);
  EXPECT_EQ(sample().count(Action::remove), 0U);
}

}  // namespace
}  // namespace holdfast::model
