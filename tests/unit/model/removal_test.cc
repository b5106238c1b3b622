#include "model/removal.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

TEST(Removal, is_for_people_where_it_loses_more_than_a_snapshot_has) {
  const Kind volumes{.one = "volume", .removal = {.loses = "its files", .harmless = {{"type", "\"EXTERNAL\""}}}};
  const auto task = [&](const char* body) { return removal_task(volumes, "c.s.v", JsonText(body)); };
  EXPECT_EQ(task(R"({"type":"EXTERNAL"})"), std::nullopt);
  EXPECT_EQ(task(R"({"type":"MANAGED"})"),
            "Remove the volume c.s.v yourself, if it shall go: it is MANAGED, and its files would go with it.");
  EXPECT_EQ(
      task(R"({"other":"EXTERNAL"})"),
      "Remove the volume c.s.v yourself, if it shall go: it is of a type that is not told, and its files would go "
      "with it.");
  const Kind pipelines{.one = "pipeline", .removal = {.loses = "its tables"}};
  EXPECT_EQ(removal_task(pipelines, "7", JsonText("{}")), std::nullopt) << "whoever chose the kind has said so";
}

}  // namespace
}  // namespace holdfast::model
