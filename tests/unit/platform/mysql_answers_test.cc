#include <gtest/gtest.h>

#include "platform/datahub/mysql/answers.h"

namespace holdfast::test {

using namespace platform::datahub::mysql;
using base::ErrorKind;

TEST(ServerVersion, tells_the_servers_apart) {
  const auto mysql84 = parse_version("8.4.2-commercial");
  EXPECT_FALSE(mysql84.is_mariadb());
  EXPECT_TRUE(mysql84.at_least(8, 4));
  EXPECT_TRUE(mysql84.at_least(8, 2, 5));
  EXPECT_FALSE(mysql84.at_least(8, 4, 3));
  const auto rds = parse_version("8.0.36");
  EXPECT_TRUE(rds.at_least(8, 0, 22));
  EXPECT_FALSE(rds.at_least(8, 1));
  const auto mariadb = parse_version("5.5.5-10.11.6-MariaDB-0+deb12u1-log");
  EXPECT_TRUE(mariadb.is_mariadb());
  EXPECT_EQ(mariadb.major, 10U);
  EXPECT_EQ(mariadb.minor, 11U);
  EXPECT_EQ(mariadb.patch, 6U);
  EXPECT_EQ(parse_version("11.4.2-MariaDB").major, 11U);
}

TEST(ServerVersion, chooses_the_statements_that_the_version_knows) {
  EXPECT_EQ(binlog_status_statement(parse_version("8.0.36")), "SHOW MASTER STATUS");
  EXPECT_EQ(binlog_status_statement(parse_version("8.4.2")), "SHOW BINARY LOG STATUS");
  EXPECT_EQ(binlog_status_statement(parse_version("9.7.0")), "SHOW BINARY LOG STATUS");
  EXPECT_EQ(binlog_status_statement(parse_version("10.11.6-MariaDB")), "SHOW MASTER STATUS");
  EXPECT_EQ(replica_status_statement(parse_version("5.7.44")), "SHOW SLAVE STATUS");
  EXPECT_EQ(replica_status_statement(parse_version("8.0.36")), "SHOW REPLICA STATUS");
  EXPECT_EQ(replica_status_statement(parse_version("10.11.6-MariaDB")), "SHOW ALL SLAVES STATUS");
}

TEST(BinlogPosition, reads_the_answers_of_mysql_8_4_and_mariadb) {
  const std::vector<Named> mysql{
      {{"File", "binlog.000042"},
       {"Position", "197"},
       {"Binlog_Do_DB", ""},
       {"Binlog_Ignore_DB", ""},
       {"Executed_Gtid_Set", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,\n4e11fa47-71ca-11e1-9e33-c80aa9429562:1-77"}}};
  const auto position = parse_binlog_status(mysql);
  ASSERT_TRUE(position);
  EXPECT_EQ(position->file, "binlog.000042");
  EXPECT_EQ(position->position, 197U);
  EXPECT_EQ(position->gtids, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,4e11fa47-71ca-11e1-9e33-c80aa9429562:1-77");
  const auto mariadb = parse_binlog_status({{{"File", "binlog.000001"}, {"Position", "720641191"}}});
  ASSERT_TRUE(mariadb);
  EXPECT_EQ(mariadb->position, 720641191U);
  EXPECT_EQ(mariadb->gtids, "");
}

TEST(BinlogPosition, is_absent_where_the_log_is_off) {
  EXPECT_FALSE(parse_binlog_status({}));
  EXPECT_FALSE(parse_binlog_status({{{"File", ""}, {"Position", "0"}}}));
}

TEST(ReplicaStatus, reads_old_and_new_column_names) {
  const auto modern = parse_replica_status({{{"Replica_IO_State", "Waiting for source to send event"},
                                             {"Source_Host", "db-1.example"},
                                             {"Source_Port", "3306"},
                                             {"Replica_IO_Running", "Yes"},
                                             {"Replica_SQL_Running", "Yes"},
                                             {"Seconds_Behind_Source", "17"}}});
  ASSERT_TRUE(modern);
  EXPECT_EQ(modern->source, "db-1.example:3306");
  EXPECT_EQ(modern->lag_s, 17U);
  EXPECT_TRUE(modern->running);
  // NULL lag is left out of the answer: replication stands still.
  const auto stopped = parse_replica_status({{{"Master_Host", "db-1.example"},
                                              {"Master_Port", "3306"},
                                              {"Slave_IO_Running", "Yes"},
                                              {"Slave_SQL_Running", "No"}}});
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(stopped->running);
  EXPECT_FALSE(stopped->lag_s);
  EXPECT_FALSE(parse_replica_status({}));
}

TEST(Grants, reads_mysql_8_with_dynamic_privileges_and_roles) {
  const Grants grants(
      {"GRANT USAGE ON *.* TO `backup`@`%`", "GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO `backup`@`%`",
       "GRANT SELECT, LOCK TABLES ON `data\\_hub`.* TO `backup`@`%`", "GRANT `reporting`@`%` TO `backup`@`%`"});
  EXPECT_TRUE(grants.on_table("SELECT", "data_hub", "metadata_aspect_v2"));
  EXPECT_TRUE(grants.on_database("LOCK TABLES", "data_hub"));
  EXPECT_FALSE(grants.on_database("LOCK TABLES", "dataXhub")) << "the escaped _ is no wildcard";
  EXPECT_FALSE(grants.on_database("INSERT", "data_hub"));
  EXPECT_FALSE(grants.global("REPLICATION CLIENT"));
  EXPECT_EQ(grants.roles(), std::vector<std::string>{"`reporting`@`%`"});
}

TEST(Grants, takes_partial_revokes_off_what_is_granted_globally) {
  const Grants grants(
      {"GRANT SELECT, INSERT, LOCK TABLES ON *.* TO `backup`@`%`", "REVOKE SELECT ON `secret`.* FROM `backup`@`%`"});
  EXPECT_TRUE(grants.on_table("SELECT", "datahub", "metadata_aspect_v2"));
  EXPECT_FALSE(grants.on_table("SELECT", "secret", "metadata_aspect_v2"));
  EXPECT_TRUE(grants.on_database("LOCK TABLES", "secret"));
  const Grants again({"GRANT SELECT ON *.* TO `b`@`%`", "GRANT SELECT ON `secret`.`open` TO `b`@`%`",
                      "REVOKE SELECT ON `secret`.* FROM `b`@`%`"});
  EXPECT_TRUE(again.on_table("SELECT", "secret", "open"));
  EXPECT_FALSE(again.on_table("SELECT", "secret", "other"));
}

TEST(Grants, tells_table_column_and_routine_grants_apart) {
  const Grants grants({"GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*0123'",
                       "GRANT SELECT (`urn`, `aspect`), INSERT ON `d`.`t` TO `r`@`%`",
                       "GRANT EXECUTE ON PROCEDURE `d`.`p` TO `r`@`%`"});
  EXPECT_FALSE(grants.on_table("SELECT", "d", "t")) << "a grant on columns is none on the table";
  EXPECT_TRUE(grants.on_table("INSERT", "d", "t"));
  EXPECT_FALSE(grants.on_table("INSERT", "d", "u"));
  EXPECT_FALSE(grants.on_database("EXECUTE", "d"));
}

TEST(Grants, knows_that_all_means_all) {
  EXPECT_TRUE(Grants({"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"}).global("BINLOG MONITOR"));
  EXPECT_TRUE(Grants({"GRANT ALL PRIVILEGES ON `datahub%`.* TO `d`@`%`"}).on_database("LOCK TABLES", "datahub_2"));
}

TEST(CollationFacts, know_which_names_promise_byte_order) {
  for (const char* name :
       {"utf8mb4_bin", "utf8mb3_bin", "utf8_bin", "ascii_bin", "utf8mb4_0900_bin", "utf8mb4_nopad_bin", "binary"})
    EXPECT_TRUE(collation_facts(name).byte_order) << name;
  for (const char* name : {"utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_general_ci", "latin1_bin",
                           "utf8mb4_uca1400_ai_ci", "utf16_bin"})
    EXPECT_FALSE(collation_facts(name).byte_order) << name;
}

TEST(CollationFacts, know_padding_and_folding) {
  EXPECT_TRUE(collation_facts("utf8mb4_bin").pads);
  EXPECT_FALSE(collation_facts("utf8mb4_bin").folds);
  EXPECT_FALSE(collation_facts("utf8mb4_0900_bin").pads);
  EXPECT_FALSE(collation_facts("utf8mb4_0900_ai_ci").pads);
  EXPECT_TRUE(collation_facts("utf8mb4_0900_ai_ci").folds);
  EXPECT_TRUE(collation_facts("utf8mb4_0900_as_cs").folds);
  EXPECT_TRUE(collation_facts("utf8mb4_general_ci").pads);
  EXPECT_FALSE(collation_facts("binary").pads);
}

TEST(ErrorKinds, follow_the_numbers_of_server_and_library) {
  EXPECT_EQ(error_kind(1045), ErrorKind::auth);
  EXPECT_EQ(error_kind(1044), ErrorKind::auth);
  EXPECT_EQ(error_kind(1142), ErrorKind::auth);
  EXPECT_EQ(error_kind(2013), ErrorKind::unavailable);
  EXPECT_EQ(error_kind(2006), ErrorKind::unavailable);
  EXPECT_EQ(error_kind(2002), ErrorKind::unavailable);
  EXPECT_EQ(error_kind(1021), ErrorKind::io);
  EXPECT_EQ(error_kind(1114), ErrorKind::io);
  EXPECT_EQ(error_kind(1205), ErrorKind::busy);
  EXPECT_EQ(error_kind(1049), ErrorKind::not_found);
}

}  // namespace holdfast::test
