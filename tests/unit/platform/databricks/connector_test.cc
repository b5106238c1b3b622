#include "platform/databricks/connector.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace holdfast::platform::databricks
