#include "platform/databricks/arm.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sim/databricks/arm.h"
#include "support/scripted_http.h"
#include "support/workspace_world.h"
#include "unit/platform/databricks/settings.h"
#include "unit/platform/databricks/stand_in_http.h"

namespace holdfast::platform::databricks {
namespace {

using Copies = StorageFacts::Copies;
constexpr const char* k_subscription = "00000000-0000-4000-8000-000000000001";
constexpr const char* k_host = "https://adb-1000000000000001.7.azuredatabricks.test";

class ArmAnswers : public testing::Test {
protected:
  ArmOptions options(std::vector<std::string> subscriptions = {k_subscription}) {
    return {.connector = "primary",
            .url = "http://127.0.0.1",
            .subscriptions = std::move(subscriptions),
            .resource_id = {},
            .token = base::Secret(world_.token)};
  }
  CloudFacts ask(ArmOptions options, const std::vector<std::string>& accounts) {
    Arm arm({.options = std::move(options),
             .account = {},
             .http = std::make_unique<test::StandInHttp>(world_.stand_in),
             .clock = world_.clock,
             .random = random_});
    return arm.ask(k_host, accounts, {});
  }
  sim::databricks::Arm& azure() { return world_.stand_in.world().part<sim::databricks::Arm>(); }
  // "note in Azure: …"
  static std::vector<std::string> told(const CloudFacts& facts) {
    std::vector<std::string> out;
    for (const Diagnosis& line : facts.lines)
      out.push_back(fmt::format("{} {}: {}",
                                line.level == Diagnosis::Level::ok     ? "ok"
                                : line.level == Diagnosis::Level::note ? "note"
                                                                       : "warning",
                                line.subject, line.text));
    return out;
  }

  test::WorkspaceWorld world_;
  test::SeededRandom random_{1};
};

TEST_F(ArmAnswers, tell_what_is_lost_with_the_region_and_until_when_the_rest_was_copied) {
  azure().accounts = {
      {.name = "cheap", .sku = "Standard_LRS"},
      {.name = "zoned", .sku = "Premium_ZRS"},
      {.name = "lake", .sku = "Standard_RAGZRS", .second_region = "northeurope", .synced_ms_ago = 240'000}};
  const CloudFacts got = ask(options(), {"lake", "cheap", "zoned", "elsewhere"});
  EXPECT_TRUE(got.asked);
  ASSERT_EQ(got.storage.size(), 3U) << "what is in another subscription is not made up";
  EXPECT_EQ(got.storage[0].name, "cheap");
  EXPECT_EQ(got.storage[0].copies, Copies::in_one_region);
  EXPECT_EQ(got.storage[0].location, "westeurope");
  EXPECT_EQ(got.storage[1].redundancy, "Standard_RAGZRS");
  EXPECT_EQ(got.storage[1].copies, Copies::in_two_regions);
  EXPECT_EQ(got.storage[1].second_location, "northeurope");
  ASSERT_TRUE(got.storage[1].last_sync);
  // The clock moves a little with every look at it, and the answer has milliseconds.
  const base::Duration since = world_.clock.now() - *got.storage[1].last_sync;
  EXPECT_GE(since, std::chrono::minutes(4));
  EXPECT_LT(since, std::chrono::minutes(4) + std::chrono::seconds(1));
  EXPECT_EQ(got.storage[1].trouble, "");
  EXPECT_EQ(got.storage[2].copies, Copies::in_one_region);
}

TEST_F(ArmAnswers, come_in_pages) {
  azure().page_size = 2;
  for (const char* name : {"a", "b", "c", "d", "e"}) azure().accounts.push_back({.name = name});
  EXPECT_EQ(ask(options(), {"a", "e"}).storage.size(), 2U);
}

TEST_F(ArmAnswers, say_that_a_replication_is_not_live) {
  azure().accounts = {
      {.name = "lake", .sku = "Standard_GRS", .second_region = "northeurope", .replication = "Bootstrap"}};
  EXPECT_EQ(ask(options(), {"lake"}).storage.at(0).trouble, "replication: Bootstrap");
}

TEST_F(ArmAnswers, tell_where_the_workspace_is_and_how_its_root_is_kept) {
  const std::vector<std::string> got = told(ask(options(), {}));
  const std::string id = fmt::format(
      "ok in Azure: /subscriptions/{}/resourceGroups/data/providers/Microsoft.Databricks/workspaces/primary",
      k_subscription);
  EXPECT_EQ(got,
            (std::vector<std::string>{
                id, "ok region in Azure: westeurope", "ok tier in Azure: premium",
                fmt::format("ok managed group: /subscriptions/{}/resourceGroups/databricks-rg-primary", k_subscription),
                "ok default root: storage account dbstorageprimary, Standard_GRS"}));
}

TEST_F(ArmAnswers, name_the_right_that_is_missing_and_hinder_nothing) {
  azure().refused = true;
  const CloudFacts got = ask(options(), {"lake"});
  EXPECT_FALSE(got.asked);
  ASSERT_EQ(got.lines.size(), 2U);
  for (const Diagnosis& line : got.lines) {
    EXPECT_EQ(line.level, Diagnosis::Level::note);
    EXPECT_NE(line.text.find("AuthorizationFailed"), std::string::npos) << line.text;
    EXPECT_NE(line.advice.find("role Reader on subscription 00000000"), std::string::npos) << line.advice;
  }
}

TEST_F(ArmAnswers, of_several_subscriptions_count_where_one_is_not_there) {
  azure().accounts = {{.name = "lake"}};
  const CloudFacts got = ask(options({"11111111-0000-4000-8000-000000000002", k_subscription}), {"lake"});
  EXPECT_TRUE(got.asked);
  EXPECT_EQ(got.storage.size(), 1U);
  EXPECT_FALSE(got.lines.empty());
}

TEST_F(ArmAnswers, are_not_asked_for_where_nobody_said_of_what_or_as_whom) {
  EXPECT_NE(ask(options({}), {}).lines.at(0).advice.find("azure_subscriptions of connector primary"),
            std::string::npos);
  ArmOptions without = options();
  without.token = base::Secret();
  const CloudFacts got = ask(without, {});
  EXPECT_EQ(got.lines.at(0).level, Diagnosis::Level::note);
  EXPECT_NE(got.lines.at(0).advice.find("azure_management_token"), std::string::npos);
}

TEST(ArmClient, sends_its_token_to_no_other_host) {
  test::ManualClock clock{base::Instant{}};
  test::SeededRandom random(1);
  auto http = std::make_unique<test::ScriptedHttp>([](const net::Request&, std::size_t) {
    return test::reply(200, R"({"value":[],"nextLink":"https://elsewhere.test/subscriptions/x"})");
  });
  const auto* asked = http.get();
  Arm arm({.options = {.connector = "primary",
                       .url = "https://management.test",
                       .subscriptions = {k_subscription},
                       .resource_id = {},
                       .token = base::Secret("t")},
           .account = {},
           .http = std::move(http),
           .clock = clock,
           .random = random});
  const CloudFacts got = arm.ask(k_host, {}, {});
  EXPECT_FALSE(got.asked);
  for (const net::Request& request : asked->seen()) EXPECT_EQ(request.url.host, "management.test");
}

TEST(ArmOptionsRead, take_the_subscription_of_the_workspace_unless_told_others) {
  Account account;
  account.resource_id = "/subscriptions/abc-1/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w";
  EXPECT_EQ(read_arm_options("primary", test::WrittenSettings({}), account).subscriptions,
            std::vector<std::string>{"abc-1"});
  EXPECT_EQ(read_arm_options("primary", test::WrittenSettings({}), account).url, "https://management.azure.com");
  const test::WrittenSettings two(test::WrittenSettings::Values{{"azure_subscriptions", "abc-2, abc-3"}});
  EXPECT_EQ(read_arm_options("primary", two, account).subscriptions, (std::vector<std::string>{"abc-2", "abc-3"}));
  const test::WrittenSettings path(test::WrittenSettings::Values{{"azure_subscriptions", "../abc"}});
  EXPECT_THROW((void)read_arm_options("primary", path, account), base::Error);
  const test::WrittenSettings plain(test::WrittenSettings::Values{{"azure_management_url", "http://management.test"}});
  EXPECT_THROW((void)read_arm_options("primary", plain, account), base::Error) << "a token would be read on the way";
  const test::WrittenSettings alike(test::WrittenSettings::Values{{"azure_management_url", "http://127.0.0.1.test"}});
  EXPECT_THROW((void)read_arm_options("primary", alike, account), base::Error) << "a name, not an address";
}

}  // namespace
}  // namespace holdfast::platform::databricks
