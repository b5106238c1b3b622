#include "sim/databricks/faults.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"

namespace holdfast::sim::databricks {
namespace {

TEST(FaultPlan, StrikesTheOccurrencesThatItNames) {
  FaultPlan plan;
  plan.add("GET /api/{v}/jobs/get#2-3: 429 retry-after=7");
  std::vector<bool> struck;
  for (int i = 0; i < 4; ++i) struck.push_back(plan.strike("GET", "/api/2.2/jobs/get").has_value());
  EXPECT_EQ(struck, (std::vector<bool>{false, true, true, false}));
  EXPECT_FALSE(plan.strike("POST", "/api/2.2/jobs/get"));
}

TEST(FaultPlan, CountsForEachRuleAndTakesTheFirst) {
  FaultPlan plan;
  plan.add("* /api/*#2: 503; GET /api/x#*: 403\n POST /api/x#3-: slow=1500ms");
  EXPECT_EQ(plan.strike("GET", "/api/x")->kind, FaultKind::denied);
  EXPECT_EQ(plan.strike("GET", "/api/x")->kind, FaultKind::unavailable);
  EXPECT_FALSE(plan.strike("POST", "/api/x"));
  EXPECT_FALSE(plan.strike("POST", "/api/x"));
  EXPECT_EQ(plan.strike("POST", "/api/x")->delay, std::chrono::milliseconds(1500));
}

TEST(FaultPlan, ReadsEveryAction) {
  const auto kind_of = [](const std::string& action) {
    FaultPlan plan;
    plan.add("GET /x#1: " + action);
    return plan.strike("GET", "/x")->kind;
  };
  EXPECT_EQ(kind_of("500"), FaultKind::failed);
  EXPECT_EQ(kind_of("500 feature-disabled"), FaultKind::feature_disabled);
  EXPECT_EQ(kind_of("reset-before"), FaultKind::reset_before);
  EXPECT_EQ(kind_of("reset-after"), FaultKind::reset_after);
  EXPECT_EQ(kind_of("late=20s"), FaultKind::late);
  EXPECT_EQ(kind_of("empty-page"), FaultKind::empty_page);
  EXPECT_EQ(kind_of("short-page"), FaultKind::short_page);
  EXPECT_EQ(kind_of("stale"), FaultKind::stale);
  EXPECT_EQ(kind_of("token-expired"), FaultKind::token_expired);
  EXPECT_EQ(kind_of("html"), FaultKind::html);
  EXPECT_EQ(kind_of("hide=settings.tags"), FaultKind::hidden);
  EXPECT_EQ(kind_of("mask=settings.tags"), FaultKind::masked);
}

TEST(FaultPlan, QuotesWhatItDoesNotUnderstand) {
  FaultPlan plan;
  for (const auto* text :
       {"GET", "GET /x: 429", "GET /x#0: 429", "GET /x#3-2: 429", "GET /x#a: 429", "GET /x#1: 418",
        "GET /x#1: 403 retry-after=2", "GET /x#1: slow=2", "GET /x#1: 429 retry-after=", "GET /x#1: hide="}) {
    try {
      plan.add(text);
      FAIL() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::usage);
      EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
    }
  }
  EXPECT_TRUE(plan.empty());
}

}  // namespace
}  // namespace holdfast::sim::databricks
