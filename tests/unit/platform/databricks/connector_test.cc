#include "platform/databricks/connector.h"

#include <gtest/gtest.h>

#include "platform/outside.h"
#include "support/fakes.h"
#include "support/scripted_http.h"

namespace holdfast::platform::databricks {
namespace {

TEST(DatabricksConnector, writes_to_stand_ins_on_this_machine_and_to_no_workspace) {
  test::ManualClock clock{base::Instant{}};
  test::SeededRandom random(1);
  const auto opened = [&](const std::string& host) {
    Account account;
    account.host = host;
    return make_connector(
        {.account = account, .http = std::make_unique<test::ScriptedHttp>(nullptr), .clock = clock, .random = random});
  };
  EXPECT_NE(opened("http://127.0.0.1:8461")->resource_writer(), nullptr);
  const auto workspace = opened("https://adb-1.2.azuredatabricks.test");
  EXPECT_EQ(workspace->resource_writer(), nullptr);
  EXPECT_FALSE(workspace->kinds().empty()) << "it can be planned for";
  EXPECT_THROW((void)workspace->writer({}), base::Error) << "there are no rows to be written";
}

TEST(DatabricksConnector, tells_what_it_knows_of_outside_and_its_kinds_before_one_is_opened) {
  test::ManualClock clock{base::Instant{}};
  test::SeededRandom random(1);
  Account account;
  account.host = "https://adb-1.2.azuredatabricks.test";
  const auto workspace = make_connector(
      {.account = account, .http = std::make_unique<test::ScriptedHttp>(nullptr), .clock = clock, .random = random});
  ASSERT_NE(workspace->outside(), nullptr);
  EXPECT_FALSE(workspace->outside()->outside_fields().empty());
  const Platform platform = databricks_platform(random);
  ASSERT_FALSE(platform.kinds.empty());
  ASSERT_EQ(platform.kinds.size(), workspace->kinds().size());
  for (std::size_t i = 0; i < platform.kinds.size(); ++i)
    EXPECT_EQ(platform.kinds[i].collection.name, workspace->kinds()[i].collection.name);
}

}  // namespace
}  // namespace holdfast::platform::databricks
