// What a cluster prints (spark_rows.h), also where it is nothing that a program of ours would.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>

#include "model/base64.h"
#include "model/json_text.h"
#include "platform/databricks/spark_rows.h"
#include "platform/platform.h"
#include "support/errors.h"
#include "unit/platform/databricks/scripted.h"

namespace holdfast::test {
namespace {

using platform::databricks::Cluster;
using platform::databricks::SparkAnswer;
using Rows = std::vector<std::vector<std::string>>;

std::string line(const std::string& json) {
  return model::base64_encode(json) + "\n";
}

// A cluster that runs and whose commands print what is written down, one after the other.
class SparkPrinted : public testing::Test {
protected:
  net::Response told(const std::string& target) {
    if (target.starts_with("/api/2.1/clusters/list"))
      return answer(200, R"({"clusters":[{"cluster_id":"c1","cluster_name":"tools","state":"RUNNING"}]})");
    if (target.starts_with("/api/1.2/contexts/status")) return answer(200, R"({"id":"x1","status":"Running"})");
    if (!target.starts_with("/api/1.2/commands/status")) return answer(200, R"({"id":"x1"})");
    const std::string next = printed_.empty() ? std::string() : printed_.front();
    if (!printed_.empty()) printed_.pop_front();
    return answer(200, fmt::format(R"({{"id":"x1","status":"Finished","results":{{"resultType":"text","data":{}}}}})",
                                   model::json_quoted(next)));
  }
  // Of as many statements.
  std::vector<SparkAnswer> run(std::size_t statements, std::deque<std::string> printed) {
    printed_ = std::move(printed);
    Cluster cluster(session_.client(), session_.clock, {.cluster = "tools"});
    return platform::databricks::run_statements(cluster, std::vector<std::string>(statements, "SHOW DATABASES"), {});
  }
  std::vector<std::string> mounts(std::deque<std::string> printed) {
    printed_ = std::move(printed);
    Cluster cluster(session_.client(), session_.clock, {.cluster = "tools"});
    std::vector<std::string> out;
    platform::databricks::list_mounts(cluster,
                                      [&](std::size_t number, const SparkAnswer& one) {
                                        out.push_back(fmt::format("{} {}", number, one.rows.at(0).at(0)));
                                      },
                                      {});
    return out;
  }

  std::deque<std::string> printed_;
  ScriptedSession session_{[this](const std::string& target) { return told(target); }};
};

TEST_F(SparkPrinted, are_texts_whatever_they_were) {
  const auto told = run(4, {line(R"([0,[["a",null,7],["{\"x\":1}",true,{"y":[2]}]]])") + line("[1,[]]") +
                            line(R"([2,{"error":"no such table"}])") + line(R"([3,{"error":""}])") + "end 4\n"});
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0].rows, (Rows{{"a", "", "7"}, {"{\"x\":1}", "true", "{\"y\":[2]}"}}));
  EXPECT_EQ(told[0].error + told[1].error, "");
  EXPECT_TRUE(told[1].rows.empty());
  EXPECT_EQ(told[2].error, "no such table");
  EXPECT_NE(told[3].error, "") << "an error is none without a text, too";
}

TEST_F(SparkPrinted, are_not_taken_from_what_was_cut_off_or_changed_on_the_way) {
  const std::string good = line(R"([0,[["a"]]])");
  ASSERT_EQ(run(1, {good + "end 1"}).at(0).rows, (Rows{{"a"}}));
  for (const std::string& printed : {
           std::string(),                                    // nothing
           good,                                             // without its end
           good.substr(0, 5) + "\nend 1\n",                  // a line in part
           good + "end ",                                    //
           good + "end one\n",                               //
           good + "end 1x\n",                                //
           good + "end 1\nend 1\n",                          // goes on behind its end
           good + "end 1\n" + good,                          //
           good + good + "end 1\n",                          // twice
           "a warning of the cluster\n" + good + "end 1\n",  // no line of ours
           line(R"([1,[["a"]]])") + "end 1\n",               // of another one
           line(R"([-1,[["a"]]])") + "end 1\n",              //
           line(R"([0])") + "end 1\n",                       // of another shape
           line(R"([0,"a"])") + "end 1\n",                   //
           line(R"({"0":[["a"]]})") + "end 1\n",             //
           line("[0,[[\"a\"]") + "end 1\n",                  // no JSON
           line("[0," + std::string(50, '[') + std::string(50, ']') + "]") + "end 1\n",
       }) {
    const SparkAnswer got = run(1, {printed}).at(0);
    EXPECT_TRUE(got.rows.empty()) << printed;
    EXPECT_NE(got.error, "") << printed;
  }
}

TEST_F(SparkPrinted, that_are_cut_off_are_asked_for_in_halves_each_number_once) {
  const std::string first = line(R"([0,[["a"]]])") + "end 1\n";
  const std::string second = line(R"([0,[["b"]]])") + "end 1\n";
  const auto told = run(2, {line(R"([0,[["x"]]])"), first, second});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].rows, (Rows{{"a"}})) << "nothing of what was cut off";
  EXPECT_EQ(told[1].rows, (Rows{{"b"}}));
}

TEST_F(SparkPrinted, that_are_cut_off_are_a_lost_answer_where_they_change_something) {
  const std::string good = line("[0,[]]") + "end 1\n";
  for (const std::string& printed : {std::string(), line("[0,[]]"), good + good, std::string("end 1\n")}) {
    printed_ = {printed, good};
    Cluster cluster(session_.client(), session_.clock, {.cluster = "tools"});
    EXPECT_THROW((void)platform::databricks::run_until_refused(cluster, {"GRANT"}, {}), platform::LostAnswer)
        << printed;
    EXPECT_EQ(printed_.size(), 1U) << "it is sent once";
  }
}

TEST_F(SparkPrinted, of_mounts_end_the_listing_where_they_changed_meanwhile_or_one_is_too_long) {
  std::string page;
  for (int i = 0; i < 200; ++i) page += line(fmt::format(R"([{},["/mnt/{}","abfss://a@b.test/",""]])", i, i));
  const std::string rest = line(R"([200,["/mnt/200","abfss://a@b.test/",""]])");
  const auto all = mounts({page + "end 201\n", rest + "end 201\n"});
  ASSERT_EQ(all.size(), 201U);
  EXPECT_EQ(all.back(), "200 /mnt/200");
  const base::Error changed = thrown_by([&] { (void)mounts({page + "end 201\n", "end 200\n"}); });
  EXPECT_EQ(changed.kind(), base::ErrorKind::unavailable);
  EXPECT_NE(changed.message().find("somebody mounted or unmounted"), std::string::npos) << changed.message();
  EXPECT_EQ(error_of([&] { (void)mounts({}); }), base::ErrorKind::unavailable) << "cut off however little is asked for";
  EXPECT_EQ(mounts({"end 0\n"}).size(), 0U);
}

}  // namespace
}  // namespace holdfast::test
