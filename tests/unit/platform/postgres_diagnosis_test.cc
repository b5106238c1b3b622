#include <gtest/gtest.h>

#include "platform/datahub/postgres/diagnosis.h"
#include "postgres_table.h"

namespace holdfast::test {

namespace {

using Level = platform::Diagnosis::Level;

class PostgresDiagnosis : public ::testing::Test {
protected:
  std::vector<platform::Diagnosis> look(const std::string& user = "postgres") {
    const std::string url = fmt::format("postgresql://{}@127.0.0.1:{}/{}", user, server_.port(), database_);
    return datahub::make_postgres_store(datahub::parse_sql_url(url, {}), base::system_clock())->diagnose();
  }
  static const platform::Diagnosis* find(const std::vector<platform::Diagnosis>& lines, const std::string& subject) {
    for (const auto& line : lines)
      if (line.subject == subject) return &line;
    ADD_FAILURE() << "nothing is said of " << subject;
    static const platform::Diagnosis k_none{};
    return &k_none;
  }

  PostgresServer& server_ = shared_postgres();
  const std::string database_ = fresh_database(server_);
};

TEST_F(PostgresDiagnosis, finds_nothing_wrong_with_a_good_store) {
  server_.execute(current_table(), database_);
  server_.execute(generated_rows(100), database_);
  const auto lines = look();
  for (const auto& line : lines) EXPECT_LT(line.level, Level::warning) << line.subject << ": " << line.text;
  for (const char* subject : {"connection", "version", "consistent snapshot", "replica", "reading", "shape", "size",
                              "collation", "restoring", "free space"})
    EXPECT_FALSE(find(lines, subject)->text.empty());
  EXPECT_NE(find(lines, "collation")->text.find("byte order"), std::string::npos);
  EXPECT_EQ(find(lines, "free space")->level, Level::ok);
}

TEST_F(PostgresDiagnosis, says_what_hinders) {
  server_.execute(current_table("\"en-x-icu\""), database_);
  server_.execute(fmt::format("CREATE ROLE blind_{0} LOGIN; CREATE TABLE metadata_index (i int);"
                              "CREATE MATERIALIZED VIEW m AS SELECT urn FROM metadata_aspect_v2",
                              database_),
                  database_);
  const auto lines = look("blind_" + database_);
  EXPECT_EQ(find(lines, "reading")->level, Level::problem);
  EXPECT_NE(find(lines, "reading")->advice.find("GRANT SELECT"), std::string::npos);
  EXPECT_EQ(find(lines, "collation")->level, Level::note);
  EXPECT_EQ(find(lines, "restoring")->level, Level::note);
  EXPECT_EQ(find(lines, "free space")->level, Level::note);  // the directory is not shown to this user
  const auto said = [&](std::string_view words) {
    for (const auto& line : lines)
      if (line.text.find(words) != std::string::npos) return true;
    return false;
  };
  EXPECT_TRUE(said("metadata_index: legacy"));
  EXPECT_TRUE(said("a swap of the table would lose: materialized view"));
}

TEST_F(PostgresDiagnosis, an_unknown_shape_or_no_table_is_a_problem_not_an_exception) {
  const auto empty = look();
  EXPECT_EQ(find(empty, "table")->level, Level::problem);
  EXPECT_EQ(find(empty, "table")->hinders, platform::Diagnosis::Hinders::backup) << "a restore makes the table";
  server_.execute("CREATE TABLE metadata_aspect_v2 (id int)", database_);
  EXPECT_EQ(find(look(), "shape")->level, Level::problem);
  EXPECT_NE(find(look(), "shape")->text.find("id integer"), std::string::npos);
}

TEST_F(PostgresDiagnosis, a_server_that_does_not_answer_is_a_problem_not_an_exception) {
  const auto store =
      datahub::make_postgres_store(datahub::parse_sql_url("postgresql://x@127.0.0.1:1/d", {}), base::system_clock());
  const auto lines = store->diagnose();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].level, Level::problem);
  EXPECT_EQ(lines[0].subject, "connection");
}

}  // namespace

}  // namespace holdfast::test
