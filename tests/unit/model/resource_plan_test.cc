#include "model/resource_plan.h"

#include <gtest/gtest.h>

#include "support/errors.h"

namespace holdfast::model {
namespace {

ResourcePlan sample() {
  ResourcePlan plan;
  plan.id = "ab12";
  plan.snapshot = "w-1";
  plan.source = "primary";
  plan.target = "secondary";
  plan.target_workspace = "2\xff";
  plan.selection = "kind:jobs";
  plan.existing = Existing::replace;
  plan.removes = true;
  plan.firing = FiringMode::recorded;
  plan.made = *base::parse_instant("2026-11-21T20:00:00Z");
  plan.mapping.names["users"]["anna@old.test"] = "anna@new.test";
  plan.mapping.paths["workspace"]["/A"] = "/B";
  plan.mapping.storage["abfss://a"] = "abfss://b";
  plan.matches = {{"pools", "1", "9", "small", "small", Learnt::adopted}};
  plan.absent = {"users/\xff"};
  plan.calls["jobs"] = 3;
  plan.steps.resize(2);
  plan.steps[0].kind = plan.steps[1].kind = "jobs";
  plan.steps[0].path = "jobs/\xff";
  plan.steps[0].action = ResourceAction::manual;
  plan.steps[1].path = "jobs/nightly/17";
  plan.steps[1].action = ResourceAction::update;
  plan.steps[1].reason = "it differs";
  plan.steps[1].fields = {{"body.name", std::nullopt, "\"x\""}};
  plan.steps[1].columns = {"permissions"};
  plan.steps[1].notes = {"n"};
  plan.steps[1].tasks = {"Do it."};
  plan.steps[1].candidates = {"3", "4"};
  plan.steps[1].needs = {0};
  plan.steps[1].after = {0};
  plan.steps[1].patched = true;
  plan.steps[1].key = base::Bytes("\0k", 2);
  plan.steps[1].source_id = "17";
  plan.steps[1].target_id = "99";
  plan.steps[1].seen = "abc";
  plan.steps[1].seen_columns = {{"permissions", "a:b c:d"}};
  plan.steps[1].removed_items = {{"values", "\xff", "secret"}};
  plan.steps[1].calls = 4;
  return plan;
}

TEST(ResourcePlan, survives_its_file) {
  const std::string text = to_json(sample());
  const ResourcePlan again = resource_plan_from_json(text);
  EXPECT_EQ(to_json(again), text);
  EXPECT_EQ(again.mapping.names.at("users").at("anna@old.test"), "anna@new.test");
  EXPECT_EQ(again.target_workspace, "2\xff");
  EXPECT_EQ(again.absent.count("users/\xff"), 1U);
  EXPECT_EQ(again.steps[1].key, base::Bytes("\0k", 2));
  EXPECT_EQ(again.steps[1].fields[0].before, std::nullopt);
  EXPECT_EQ(again.steps[1].seen_columns.at("permissions"), "a:b c:d");
  EXPECT_EQ(again.steps[1].removed_items.at(0).key, "\xff");
  EXPECT_EQ(again.removed_items(), (std::map<std::string, std::uint64_t>{{"secret", 1}}));
  EXPECT_EQ(again.count(ResourceAction::update), 1U);
  EXPECT_FALSE(again.does_nothing());
}

// Their digest, and that of a journal, is of the text.
TEST(ResourcePlan, is_read_and_laid_out_as_before_where_it_does_not_say_for_which_workspace_it_is) {
  ResourcePlan plan = sample();
  plan.target_workspace.clear();
  const std::string text = to_json(plan);
  EXPECT_EQ(text.find("target_workspace"), std::string::npos);
  EXPECT_EQ(to_json(resource_plan_from_json(text)), text);
}

TEST(ResourcePlan, refuses_what_it_does_not_know) {
  const std::string text = to_json(sample());
  const auto with = [&](std::string_view old, std::string_view now) {
    std::string changed = text;
    changed.replace(changed.find(old), old.size(), now);
    return test::error_of([&] { (void)resource_plan_from_json(changed); });
  };
  EXPECT_EQ(with("\"removes\"", "\"colour\": 1, \"removes\""), base::ErrorKind::config);
  EXPECT_EQ(with("\"seen\"", "\"colour\": 1, \"seen\""), base::ErrorKind::config);
  EXPECT_EQ(with("\"manual\"", "\"paint\""), base::ErrorKind::config);
  EXPECT_EQ(with("\"recorded\"", "\"loud\""), base::ErrorKind::config);
  EXPECT_EQ(with("\"needs\":[0]", "\"needs\":[1]"), base::ErrorKind::config);
  EXPECT_EQ(with("\"after\":[0]", "\"after\":[1]"), base::ErrorKind::config);
  EXPECT_EQ(with("\"format_version\": 3", "\"format_version\": 2"), base::ErrorKind::unsupported);
  EXPECT_EQ(with("\"format_version\": 3", "\"format_version\": 4"), base::ErrorKind::unsupported);
  EXPECT_EQ(test::error_of([&] { (void)resource_plan_from_json(std::string(30, '[')); }), base::ErrorKind::config);
  EXPECT_EQ(with("\"removes\"", "\"removes\""), std::nullopt);
}

TEST(ResourcePlan, keeps_the_digest_of_its_file) {
  ResourcePlan plan = sample();
  EXPECT_EQ(to_json(plan).find("sha256"), std::string::npos);
  plan.sha256 = "ab";
  EXPECT_EQ(resource_plan_from_json(to_json(plan)).sha256, "ab");
}

TEST(ResourcePlan, refuses_a_step_that_its_head_excludes) {
  const auto refusal = [](ResourceAction action, Existing existing, bool removes) {
    ResourcePlan plan = sample();
    plan.existing = existing;
    plan.removes = removes;
    plan.steps[1].action = action;
    return test::thrown_by([&] { (void)resource_plan_from_json(to_json(plan)); }).message();
  };
  EXPECT_EQ(refusal(ResourceAction::remove, Existing::update, false),
            "the plan says that nothing is removed, and its step 'jobs/nightly/17' is to remove it");
  EXPECT_EQ(refusal(ResourceAction::update, Existing::update, false),
            "the plan says that nothing is removed, and its step 'jobs/nightly/17' is to update it")
      << "a secret goes with it";
  EXPECT_EQ(
      refusal(ResourceAction::recreate, Existing::update, true),
      "the plan says that nothing is removed to be created again, and its step 'jobs/nightly/17' is to recreate it");
  EXPECT_EQ(refusal(ResourceAction::update, Existing::skip, true),
            "the plan says that what is there stays as it is, and its step 'jobs/nightly/17' is to update it");
}

}  // namespace
}  // namespace holdfast::model
