#include <algorithm>

#include "platform/datahub/mysql/diagnosis.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using platform::Diagnosis;
using platform::datahub::mysql::diagnose;
using platform::datahub::mysql::diagnose_grants;
using platform::datahub::mysql::Endpoint;
using Level = platform::Diagnosis::Level;

const Diagnosis* find_line(const std::vector<Diagnosis>& lines, const std::string& subject) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const Diagnosis& line) { return line.subject == subject; });
  return found == lines.end() ? nullptr : &*found;
}

Level level_of(const std::vector<Diagnosis>& lines, const std::string& subject) {
  const Diagnosis* line = find_line(lines, subject);
  if (line == nullptr) ADD_FAILURE() << "nothing is said of " << subject;
  return line == nullptr ? Level::ok : line->level;
}

}  // namespace

TEST(MysqlDiagnosis, finds_nothing_wrong_with_datahubs_own_table) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute("CREATE TABLE metadata_index (id int)", database);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  const auto lines = diagnose(endpoint);
  for (const char* subject : {"connection", "server", "reading", "consistent snapshot", "binary log position",
                              "restoring", "table", "storage engine", "collation", "swap", "free space"})
    EXPECT_EQ(level_of(lines, subject), Level::ok) << subject;
  EXPECT_EQ(level_of(lines, "replica"), Level::note);
  ASSERT_NE(find_line(lines, "left out"), nullptr);
  EXPECT_NE(find_line(lines, "left out")->text.find("metadata_index: legacy"), std::string::npos);
  for (const Diagnosis& line : lines)
    if (!line.advice.empty()) {
      EXPECT_EQ(line.advice.back(), '.') << line.advice;
    }
}

TEST(MysqlDiagnosis, advises_where_the_collation_folds_or_the_engine_cannot) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute(
      "ALTER TABLE metadata_aspect_v2 MODIFY urn varchar(100) NOT NULL, MODIFY aspect varchar(100) NOT NULL, "
      "ENGINE=Aria; "
      "ALTER TABLE metadata_aspect_v2 CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; "
      "CREATE TABLE metadata_aspect_v2_holdfast_run_20260101_000000 (id int) "
      "COMMENT='holdfast: a restore loads metadata_aspect_v2_holdfast_new_20260101_000000'; "
      "CREATE TABLE metadata_aspect_v2_holdfast_new_20260101_000000 (id int)",
      database);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  const auto lines = diagnose(endpoint);
  EXPECT_EQ(level_of(lines, "collation"), Level::warning);
  EXPECT_EQ(level_of(lines, "keys"), Level::warning);
  EXPECT_EQ(level_of(lines, "storage engine"), Level::problem);
  EXPECT_EQ(level_of(lines, "leftover"), Level::note);
}

TEST(MysqlDiagnosis, says_what_is_wrong_instead_of_throwing) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  Endpoint empty{.address = address(server, database), .sessions = {}};
  const auto of_empty = diagnose(empty);
  EXPECT_EQ(level_of(of_empty, "table"), Level::problem);
  EXPECT_EQ(find_line(of_empty, "table")->hinders, Diagnosis::Hinders::backup) << "a restore makes the table";
  EXPECT_EQ(level_of(of_empty, "restoring"), Level::ok) << "the rest is looked at all the same";
  EXPECT_TRUE(platform::datahub::mysql::left_out(empty).empty());
  Endpoint stranger{.address = address(server, database), .sessions = {}};
  stranger.address.user = "nobody_at_all";
  EXPECT_EQ(level_of(diagnose(stranger), "connection"), Level::problem);
  Endpoint nowhere{.address = address(server, database), .sessions = {}};
  nowhere.address.port = 1;
  const auto lines = diagnose(nowhere);
  EXPECT_EQ(level_of(lines, "connection"), Level::problem);
  EXPECT_NE(lines[0].advice.find("host and port"), std::string::npos);
}

TEST(MysqlDiagnosis, says_what_grants_are_missing) {
  using platform::datahub::mysql::Grants;
  const auto lines =
      diagnose_grants(Grants({"GRANT SELECT ON `datahub`.* TO `b`@`%`"}), "datahub", "metadata_aspect_v2");
  EXPECT_EQ(level_of(lines, "reading"), Level::ok);
  EXPECT_EQ(level_of(lines, "consistent snapshot"), Level::warning);
  EXPECT_EQ(level_of(lines, "restoring"), Level::note);
  const auto revoked = diagnose_grants(
      Grants({"GRANT SELECT, LOCK TABLES ON *.* TO `b`@`%`", "REVOKE SELECT ON `datahub`.* FROM `b`@`%`"}), "datahub",
      "metadata_aspect_v2");
  EXPECT_EQ(level_of(revoked, "reading"), Level::problem);
  const auto by_role =
      diagnose_grants(Grants({"GRANT USAGE ON *.* TO `b`@`%`", "GRANT `r`@`%` TO `b`@`%`"}), "datahub", "t");
  EXPECT_EQ(level_of(by_role, "reading"), Level::warning) << "a role may allow what the lines do not show";
}

TEST(MysqlDiagnosis, promises_a_binary_log_position_only_where_there_is_one) {
  using platform::datahub::mysql::BinaryLog;
  using platform::datahub::mysql::diagnose_binary_log;
  using platform::datahub::mysql::Grants;
  using platform::datahub::mysql::parse_version;
  const auto mysql = parse_version("8.4.2");
  const Grants all({"GRANT ALL PRIVILEGES ON *.* TO `b`@`%`"});
  const Grants few({"GRANT SELECT ON `datahub`.* TO `b`@`%`"});
  EXPECT_EQ(diagnose_binary_log(all, mysql, BinaryLog::on).level, Level::ok);
  EXPECT_EQ(diagnose_binary_log(few, mysql, BinaryLog::on).level, Level::note);
  EXPECT_NE(diagnose_binary_log(few, mysql, BinaryLog::on).advice.find("REPLICATION CLIENT"), std::string::npos);
  EXPECT_NE(diagnose_binary_log(few, parse_version("10.11.6-MariaDB"), BinaryLog::on).advice.find("BINLOG MONITOR"),
            std::string::npos);
  EXPECT_EQ(diagnose_binary_log(all, mysql, BinaryLog::off).level, Level::note);
  EXPECT_NE(diagnose_binary_log(all, mysql, BinaryLog::off).text.find("no binary log"), std::string::npos);
}

TEST(MysqlDiagnosis, sees_that_the_servers_binary_log_is_off) {
  MariadbServer own({"--skip-log-bin"});
  const std::string database = fresh_database(own);
  own.execute(k_current_table, database);
  Endpoint endpoint{.address = address(own, database), .sessions = {}};
  EXPECT_EQ(level_of(diagnose(endpoint), "binary log position"), Level::note);
}

}  // namespace holdfast::test
