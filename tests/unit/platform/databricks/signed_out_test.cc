// Captures whose credentials are taken no more from some time on.
#include <gtest/gtest.h>

#include "platform/databricks/capture.h"
#include "support/errors.h"
#include "unit/platform/databricks/scripted.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

net::Response no_longer_believed() {
  return answer(403, R"({"error_code":"403","message":"Invalid access token."})");
}

void one_job(Written& world) {
  world.set("/api/2.2/jobs/list?limit=100", R"({"jobs":[{"job_id":1,"settings":{"name":"n"}}]})");
  world.set("/api/2.2/jobs/get?job_id=1", R"({"job_id":1,"settings":{"name":"n"}})");
  world.set("/api/2.0/permissions/jobs/1", R"({"access_control_list":[]})");
}

TEST(SignedOut, keeps_what_was_listed_before_the_credentials_stopped_working) {
  Written world;
  one_job(world);
  world.set("/api/2.0/instance-pools/list", no_longer_believed());
  const auto capture = world.capture();
  ASSERT_TRUE(capture->ended_by().has_value());
  EXPECT_NE(capture->ended_by()->hint().find("a token may have expired"), std::string::npos);
  EXPECT_EQ(error_of([&] { capture->ranges(collection("instance-pools"), 1); }), base::ErrorKind::auth);
  Rows jobs;
  capture->read(collection("jobs"), {}, jobs, {});
  EXPECT_EQ(jobs.rows.size(), 1U);
}

TEST(SignedOut, says_that_the_credentials_stopped_working_while_it_read) {
  Written world;
  one_job(world);
  const auto capture = world.capture();
  EXPECT_FALSE(capture->ended_by().has_value());
  world.set("/api/2.2/jobs/get?job_id=1", no_longer_believed());
  Rows jobs;
  EXPECT_EQ(error_of([&] { capture->read(collection("jobs"), {}, jobs, {}); }), base::ErrorKind::auth);
  ASSERT_TRUE(capture->ended_by().has_value());
}

}  // namespace
}  // namespace holdfast::test
