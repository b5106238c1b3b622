#include <gtest/gtest.h>

#include "base/error.h"
#include "platform/datahub/mysql/shape.h"

namespace holdfast::test {

using namespace platform::datahub::mysql;

// As MySQL 8.0.36 prints it.
constexpr const char* k_mysql_ddl =
    "CREATE TABLE `metadata_aspect_v2` (\n"
    "  `urn` varchar(500) COLLATE utf8mb4_0900_bin NOT NULL,\n"
    "  `aspect` varchar(200) COLLATE utf8mb4_0900_bin NOT NULL,\n"
    "  `version` bigint NOT NULL,\n"
    "  `metadata` longtext COLLATE utf8mb4_0900_ai_ci NOT NULL COMMENT 'KEY `x` (`y`),',\n"
    "  `createdon` timestamp(6) NOT NULL,\n"
    "  PRIMARY KEY (`urn`,`aspect`,`version`),\n"
    "  UNIQUE KEY `odd``name` (`version`,`urn`(100)),\n"
    "  KEY `timeIndex` (`createdon`)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='two\\n)lines'";

TEST(CreateTable, is_cut_into_the_table_and_its_indexes) {
  const CreateTable parts = split_create_table(k_mysql_ddl, "new`name");
  EXPECT_EQ(parts.without_indexes,
            "CREATE TABLE `new``name` (\n"
            "  `urn` varchar(500) COLLATE utf8mb4_0900_bin NOT NULL,\n"
            "  `aspect` varchar(200) COLLATE utf8mb4_0900_bin NOT NULL,\n"
            "  `version` bigint NOT NULL,\n"
            "  `metadata` longtext COLLATE utf8mb4_0900_ai_ci NOT NULL COMMENT 'KEY `x` (`y`),',\n"
            "  `createdon` timestamp(6) NOT NULL,\n"
            "  PRIMARY KEY (`urn`,`aspect`,`version`)\n"
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='two\\n)lines'");
  EXPECT_EQ(parts.index_clauses, (std::vector<std::string>{"UNIQUE KEY `odd``name` (`version`,`urn`(100))",
                                                           "KEY `timeIndex` (`createdon`)"}));
}

TEST(CreateTable, refuses_what_is_no_definition) {
  EXPECT_THROW(split_create_table("CREATE VIEW x AS SELECT 1", "n"), base::Error);
}

TEST(AdaptDdl, replaces_collations_that_the_other_server_does_not_have) {
  const auto mysql = parse_version("8.0.36");
  const auto mariadb = parse_version("10.11.6-MariaDB");
  const std::string there = adapt_ddl(k_mysql_ddl, mysql, mariadb);
  EXPECT_EQ(there.find("0900"), std::string::npos) << there;
  EXPECT_NE(there.find("`urn` varchar(500) COLLATE utf8mb4_bin NOT NULL"), std::string::npos) << there;
  EXPECT_EQ(adapt_ddl(k_mysql_ddl, mysql, parse_version("8.4.2")), k_mysql_ddl);
  EXPECT_EQ(
      adapt_ddl("x COLLATE utf8mb4_uca1400_nopad_as_cs, y COLLATE=utf8mb4_nopad_bin PAGE_CHECKSUM=1", mariadb, mysql),
      "x COLLATE utf8mb4_bin, y COLLATE=utf8mb4_bin");
  EXPECT_EQ(adapt_ddl("x COLLATE utf8mb4_unicode_520_nopad_ci, y COLLATE utf8mb4_unicode_520_ci", mariadb, mysql),
            "x COLLATE utf8mb4_bin, y COLLATE utf8mb4_unicode_520_ci");
}

TEST(AdaptDdl, drops_options_that_the_other_server_does_not_know) {
  EXPECT_EQ(adapt_ddl(") ENGINE=InnoDB PAGE_COMPRESSED=1 ENCRYPTED=YES ROW_FORMAT=DYNAMIC ENCRYPTION_KEY_ID=2",
                      parse_version("10.11.6-MariaDB"), parse_version("8.0.36")),
            ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC");
}

}  // namespace holdfast::test
