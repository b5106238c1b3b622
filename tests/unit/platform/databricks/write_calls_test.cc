#include "platform/databricks/write_calls.h"

#include <gtest/gtest.h>

#include <optional>

#include "platform/databricks/kinds.h"
#include "platform/databricks/resource_writer.h"
#include "support/errors.h"
#include "unit/platform/databricks/stood_workspace.h"

namespace holdfast::test {
namespace {

using platform::LostAnswer;
using platform::ResourceWriter;
using platform::databricks::find_kind;

// Something between here and a workspace, which does what it is asked, and whose answers it replaces.
class Gateway : public StandInHttp {
public:
  using StandInHttp::StandInHttp;
  net::Response send(const net::Request& request, std::stop_token stop) override {
    net::Response out = StandInHttp::send(request, std::move(stop));
    if (request.method != net::Method::get && instead && out.status < 300) {
      out.body = *instead;
      ++replaced;
    }
    return out;
  }
  std::optional<std::string> instead;
  int replaced = 0;
};

class WriteCalls : public testing::Test {
protected:
  std::string create(std::string_view kind, const ResourceWriter::Content& content) {
    return writer_->create(find_kind(kind)->kind, content);
  }
  std::size_t count(std::string_view kind, const std::string& name) {
    return writer_->find(find_kind(kind)->kind, name).size();
  }
  std::string job() { return create("jobs", job_); }
  std::string cluster() {
    return create("clusters", {"lab",
                               R"({"cluster_name":"lab","spark_version":"13.3.x-scala2.12",)"
                               R"("node_type_id":"Standard_DS3_v2","num_workers":1})",
                               {}});
  }
  // What a job and a cluster take after they were made, each answered with this.
  void expect_each(const char* body, const auto& expect) {
    const model::Kind& jobs = find_kind("jobs")->kind;
    const std::string id = job();
    const std::string running = cluster();
    gateway_->instead = body;
    expect([&] { writer_->update(jobs, id, job_); });
    expect([&] {
      writer_->set_column(
          jobs, id, "permissions",
          R"({"access_control_list":[{"user_name":"admin@example.test","all_permissions":[{"permission_level":"IS_OWNER"}]}]})");
    });
    expect([&] { writer_->settle(find_kind("clusters")->kind, running); });
    expect([&] { writer_->remove(jobs, id); });
    gateway_->instead.reset();
  }

  static constexpr const char* k_page = "<html><body>Please wait.</body></html>";
  const ResourceWriter::Content job_{"n", R"({"name":"n"})", {}};
  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in_{stand_in_options(), clock_};
  SeededRandom random_{1};
  Gateway* gateway_ = new Gateway(stand_in_);  // the session's
  platform::databricks::Session session_{stand_in_account(), std::unique_ptr<net::HttpClient>(gateway_), clock_,
                                         random_};
  std::unique_ptr<ResourceWriter> writer_ = platform::databricks::make_resource_writer(session_.client(), clock_);
};

// Whoever takes it for a refusal creates a second one, and whoever learns an empty id reads no id map any more.
TEST_F(WriteCalls, take_an_answer_that_does_not_tell_the_id_for_lost) {
  std::size_t made = 0;
  for (const char* body : {"", "{}", "null", "[]", R"({"job_id":)", R"({"job_id":null})", R"({"id":17})", k_page}) {
    gateway_->instead = body;
    EXPECT_THROW(job(), LostAnswer) << body;
    gateway_->instead.reset();
    EXPECT_EQ(count("jobs", "n"), ++made) << "it was made";
  }
}

TEST_F(WriteCalls, take_no_page_of_a_gateway_for_an_answer) {
  for (const char* body : {k_page, R"({"job_id":)"})
    expect_each(body, [&](const auto& call) { EXPECT_THROW(call(), LostAnswer) << body; });
  gateway_->instead = k_page;
  EXPECT_THROW(create("notebooks", {"/Shared/n",
                                    R"({"path":"/Shared/n","language":"PYTHON"})",
                                    {{"content", "# Databricks notebook source\n"}, {"format", "SOURCE"}}}),
               LostAnswer);
}

TEST_F(WriteCalls, need_no_word_where_nothing_has_to_be_told) {
  for (const char* body : {"", " \n", "{}"})
    expect_each(body, [&](const auto& call) { EXPECT_NO_THROW(call()) << body; });
  EXPECT_EQ(gateway_->replaced, 3 * 4);
}

TEST_F(WriteCalls, say_who_may_have_answered) {
  gateway_->instead = k_page;
  const base::Error lost = thrown_by([&] { job(); });
  EXPECT_NE(lost.message().find("POST https://primary.test/api/2.2/jobs/create"), std::string::npos) << lost.message();
  EXPECT_EQ(lost.message().find("Please wait"), std::string::npos) << "nobody knows what is in it";
  EXPECT_NE(lost.hint().find("proxy"), std::string::npos) << lost.hint();
}

}  // namespace
}  // namespace holdfast::test
