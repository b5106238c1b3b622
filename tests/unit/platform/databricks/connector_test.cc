#include "platform/databricks/connector.h"

#include <gtest/gtest.h>

#include "support/fakes.h"
#include "support/scripted_http.h"

namespace holdfast::platform::databricks {
namespace {

TEST(DatabricksConnector, writes_resource_by_resource_wherever_the_workspace_is) {
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
  EXPECT_NE(workspace->resource_writer(), nullptr);
  EXPECT_FALSE(workspace->kinds().empty());
  EXPECT_THROW((void)workspace->writer({}), base::Error) << "there are no rows to be written";
}

}  // namespace
}  // namespace holdfast::platform::databricks
