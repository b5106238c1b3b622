// What servers say of themselves, as pure functions of their answers, so that servers that no test can start
// (MySQL 8.0, 8.4) are tested on recorded ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace holdfast::platform::datahub::mysql {

enum class Flavour { mysql, mariadb };

struct ServerVersion {
  Flavour flavour = Flavour::mysql;
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  std::string text;  // as the server says it

  bool at_least(unsigned a, unsigned b, unsigned c = 0) const noexcept;
  bool is_mariadb() const noexcept { return flavour == Flavour::mariadb; }
};

// Of SELECT VERSION(): "8.0.36", "5.5.5-10.11.6-MariaDB-log", "8.4.2-commercial".
ServerVersion parse_version(std::string_view text);

// The statement for the position in the binary log: its name changed in MySQL 8.4 and in MariaDB it can be either.
std::string_view binlog_status_statement(const ServerVersion& version) noexcept;
std::string_view replica_status_statement(const ServerVersion& version) noexcept;

// A result row by column name.
using Named = std::vector<std::pair<std::string, std::string>>;
std::optional<std::string> find(const Named& row, std::string_view name);

struct BinlogPosition {
  std::string file;
  std::uint64_t position = 0;
  std::string gtids;  // MySQL's executed set; empty elsewhere
};
// nullopt: the binary log is off.
std::optional<BinlogPosition> parse_binlog_status(const std::vector<Named>& rows);

struct ReplicaStatus {
  std::string source;                  // host:port
  std::optional<std::uint64_t> lag_s;  // absent: replication does not run
  bool running = false;
};
// Of SHOW REPLICA STATUS, SHOW SLAVE STATUS or SHOW ALL SLAVES STATUS, in the old and the new column names.
std::optional<ReplicaStatus> parse_replica_status(const std::vector<Named>& rows);

// What SHOW GRANTS grants on one table, partial revokes (MySQL 8) taken off.
class Grants {
public:
  explicit Grants(const std::vector<std::string>& lines);
  // `privilege` in upper case, "LOCK TABLES".  Table privileges count only for that table.
  bool on_table(std::string_view privilege, std::string_view database, std::string_view table) const;
  bool on_database(std::string_view privilege, std::string_view database) const;
  bool global(std::string_view privilege) const;
  // Roles that are granted but perhaps not active: what they allow is not in these lines.
  const std::vector<std::string>& roles() const noexcept { return roles_; }

private:
  struct Line {
    std::vector<std::string> privileges;
    std::string database;  // "*" for global; may hold LIKE wildcards
    std::string table;     // "*" for the database
  };
  bool holds(const std::vector<Line>& lines, std::string_view privilege, std::string_view database,
             std::string_view table) const;
  std::vector<Line> grants_;
  std::vector<Line> revokes_;
  std::vector<std::string> roles_;
};

struct CollationFacts {
  bool byte_order = false;  // index order is the order of the UTF-8 bytes, as far as the name tells
  bool pads = false;        // 'a' = 'a '
  bool folds = false;       // two different texts may be equal, padding aside
};
CollationFacts collation_facts(std::string_view collation);

// The kind of error for a server's or the client library's number.
base::ErrorKind error_kind(unsigned code) noexcept;
std::string_view error_hint(unsigned code) noexcept;

}  // namespace holdfast::platform::datahub::mysql
