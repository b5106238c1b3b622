// The programs that run on a cluster of somebody else's: Python itself reads them here, and what it prints is taken
// apart as in earnest.
#include "platform/databricks/spark_rows.h"

#include "platform/databricks/mounts.h"
#include "platform/databricks/table_acls.h"
#include "unit/platform/databricks/python_cluster.h"

namespace holdfast::test {
namespace {

using platform::databricks::Cluster;
using platform::databricks::SparkAnswer;
using Texts = std::vector<std::string>;
using Table = std::vector<Texts>;

class SparkRows : public RunsPython {
protected:
  std::vector<SparkAnswer> run(const Texts& statements) {
    Cluster cluster(world_.client(), world_.clock, PythonCluster::options());
    return run_statements(cluster, statements, {});
  }
  nlohmann::json& answers() { return world_.world["answers"]; }
  PythonCluster world_;
};

TEST_F(SparkRows, give_the_answer_of_each_statement_as_texts) {
  answers() = {{"SHOW DATABASES", R"([("sales",), ("it's \"ü\" 💥\n\\",)])"},
               {"SHOW TABLES IN `sales`", R"([("sales", "orders", False), ("sales", "t", True)])"},
               {"odd", R"([(None, 42, 1.5, b"x", ["a", 1], range(2))])"},
               {"GRANT", "[]"}};
  const std::vector<SparkAnswer> told = run({"SHOW DATABASES", "GRANT", "SHOW TABLES IN `sales`", "odd"});
  ASSERT_EQ(told.size(), 4U);
  for (const SparkAnswer& one : told) EXPECT_EQ(one.error, "");
  EXPECT_EQ(told[0].rows, (Table{{"sales"}, {"it's \"ü\" 💥\n\\"}}));
  EXPECT_EQ(told[1].rows, Table{});
  EXPECT_EQ(told[2].rows, (Table{{"sales", "orders", "false"}, {"sales", "t", "true"}}));
  EXPECT_EQ(told[3].rows, (Table{{"", "42", "1.5", "b'x'", R"(["a",1])", "range(0, 2)"}}));
}

TEST_F(SparkRows, tell_the_error_of_a_statement_and_go_on_behind_it) {
  answers() = {{"a", R"(fails("no 'such' \"thing\"\nö"))"},
               {"b", R"(fails(""))"},
               {"c", R"(fails("ü" * 1100))"},
               {"d", R"([("there",)])"}};
  const std::vector<SparkAnswer> told = run({"a", "b", "c", "d"});
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0].error, "no 'such' \"thing\"\nö");
  EXPECT_EQ(told[1].error, "an error without a text");
  EXPECT_EQ(told[2].error.size(), 2000U) << "a thousand letters of two bytes";
  EXPECT_EQ(told[3].rows, Table{{"there"}});
}

TEST_F(SparkRows, end_at_the_first_that_is_refused_where_one_needs_the_other) {
  answers() = {{"a", "[]"}, {"b", R"(fails("no such principal"))"}, {"c", "[]"}};
  Cluster cluster(world_.client(), world_.clock, PythonCluster::options());
  EXPECT_EQ(run_until_refused(cluster, {"a", "c", "a"}, {}).size(), 3U);
  world_.statements.clear();
  const std::vector<SparkAnswer> told = run_until_refused(cluster, {"a", "b", "c"}, {});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].error, "");
  EXPECT_EQ(told[1].error, "no such principal");
  EXPECT_EQ(world_.statements, (Texts{"a", "b"}));
}

TEST_F(SparkRows, hand_statements_over_as_they_are_however_many) {
  Texts statements{"SHOW GRANTS ON TABLE `a``b`.`\"\"\" ' \\ \\n {0} %s ü 💥`", std::string("tab\tnewline\nbell\a"), ""};
  for (int i = 0; i < 120; ++i) statements.push_back(fmt::format("SHOW GRANTS ON TABLE `s`.`t{}`", i));
  statements.push_back(std::string(30'000, 'x'));
  for (const std::string& one : statements) answers()[one] = "[(1,)]";
  const std::vector<SparkAnswer> told = run(statements);
  EXPECT_EQ(world_.statements, statements);
  for (const SparkAnswer& one : told) EXPECT_EQ(one.rows, Table{{"1"}}) << one.error;
}

TEST_F(SparkRows, list_every_mount_in_order) {
  world_.world["mounts"] = nlohmann::json::array({{"/databricks-datasets", "databricks-datasets", ""}});
  for (int i = 0; i < 450; ++i)
    world_.world["mounts"].push_back({fmt::format("/mnt/\"ü' {:03}", i), "abfss://lake@two.test/", nullptr});
  world_.world["mounts"].push_back({"/mnt/last", "wasbs://raw@one.test/in", "sse-s3"});
  Cluster cluster(world_.client(), world_.clock, PythonCluster::options());
  const Texts bodies = platform::databricks::read_mounts(cluster, {}).bodies;
  ASSERT_EQ(bodies.size(), 451U);
  for (std::size_t i = 0; i < 450; ++i)
    EXPECT_EQ(bodies[i],
              fmt::format(
                  R"({{"mount_point":"/mnt/\"ü' {:03}","source":"abfss://lake@two.test/","encryption_type":""}})", i));
  EXPECT_EQ(bodies[450],
            R"({"mount_point":"/mnt/last","source":"wasbs://raw@one.test/in","encryption_type":"sse-s3"})");
}

TEST_F(SparkRows, tell_what_looking_at_a_mount_raises) {
  world_.world["mounts"] = nlohmann::json::array({{"/mnt/a", "abfss://lake@two.test/", ""}, "no such host: 'two'"});
  Cluster cluster(world_.client(), world_.clock, PythonCluster::options());
  std::vector<SparkAnswer> told;
  list_mounts(cluster,
              [&](std::size_t number, SparkAnswer answer) {
                EXPECT_EQ(number, told.size());
                told.push_back(std::move(answer));
              },
              {});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].rows, (Table{{"/mnt/a", "abfss://lake@two.test/", ""}}));
  EXPECT_EQ(told[1].error, "no such host: 'two'");
}

TEST_F(SparkRows, are_what_the_permissions_of_a_metastore_are_read_from) {
  answers() = {{"SHOW DATABASES", R"([("s",)])"},
               {"SHOW TABLES IN `s`", R"([("s", "t", False), ("s", "v", False), ("", "passing", True)])"},
               {"SHOW VIEWS IN `s`", R"([("s", "v", False)])"},
               {"SHOW USER FUNCTIONS IN `s`", R"([("spark_catalog.s.f",)])"},
               {"SHOW GRANTS ON CATALOG", R"([("users", "USAGE", "CATALOG$", None)])"},
               {"SHOW GRANTS ON ANY FILE", R"([])"},
               {"SHOW GRANTS ON ANONYMOUS FUNCTION", R"(fails("not here"))"},
               {"SHOW GRANTS ON DATABASE `s`", R"([("anna", "OWN", "DATABASE", "s")])"},
               {"SHOW GRANTS ON TABLE `s`.`t`", R"([("x", "DENIED_SELECT", "TABLE", "`s`.`t`")])"},
               {"SHOW GRANTS ON VIEW `s`.`v`", R"([])"},
               {"SHOW GRANTS ON FUNCTION `s`.`f`", R"([("x", "SELECT", "FUNCTION", "`s`.`f`")])"}};
  Cluster cluster(world_.client(), world_.clock, PythonCluster::options());
  const auto told = platform::databricks::read_table_acls(cluster, {});
  EXPECT_EQ(told.bodies,
            (Texts{R"({"name":"CATALOG","permissions":[{"principal":"users","action":"USAGE","effect":"GRANT"}]})",
                   R"({"name":"DATABASE s","owner":"anna","permissions":[]})",
                   R"({"name":"TABLE s.t","permissions":[{"principal":"x","action":"SELECT","effect":"DENY"}]})",
                   R"({"name":"FUNCTION s.f","permissions":[{"principal":"x","action":"SELECT","effect":"GRANT"}]})"}));
  ASSERT_EQ(told.unread.size(), 1U);
  EXPECT_EQ(told.unread[0].reason, "not here");
}

}  // namespace
}  // namespace holdfast::test
