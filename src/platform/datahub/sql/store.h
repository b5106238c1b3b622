// A SQL store of DataHub, whichever server keeps it.  mysql/ and postgres/ implement it with the same files:
// client, shape, capture, replacement, writer, store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub {

// Certificate checks: `verify` is the default for hosts that are not loopback, `off` for those that are.
enum class Tls { off, require, verify };

struct SqlAddress {
  enum class Engine { mysql, postgres } engine = Engine::mysql;
  std::string host;
  std::uint16_t port = 0;
  std::string socket;  // path of a unix socket (folder for PostgreSQL); wins over host
  std::string user;
  std::string database;
  std::string schema = "public";  // PostgreSQL only
  std::string table;              // empty: metadata_aspect_v2, else metadata_aspect
  base::Secret password;
  std::optional<Tls> tls;       // absent: by host
  std::string ca_file;          // absent: the system's
  std::string display() const;  // URL without the password, for messages
  Tls effective_tls() const;
};

// mysql://, mariadb://, postgres://, postgresql:// with user, host, port, database and the query options
// table, schema, socket, tls (off|require|verify), ca.  A password in the URL is refused: Error{config}.
SqlAddress parse_sql_url(std::string_view url, base::Secret password);

class SqlStore {  // thread-safe; every call opens the connections that it needs
public:
  virtual ~SqlStore() = default;
  virtual std::vector<Diagnosis> diagnose() = 0;
  virtual std::vector<LeftOut> left_out() = 0;
  virtual std::unique_ptr<Capture> capture(const CaptureOptions& options, std::stop_token stop) = 0;
  virtual std::unique_ptr<Replacement> replace(const model::Collection& collection, const ReplaceOptions& options,
                                               std::uint64_t bytes_expected, std::stop_token stop) = 0;
  virtual std::unique_ptr<RowWriter> writer(const model::Collection& collection) = 0;
  virtual bool holds_rows(const model::Collection& collection) = 0;
  virtual std::unique_ptr<Connector::Admission> admission(const model::Collection& collection) = 0;
};

std::unique_ptr<SqlStore> make_mysql_store(SqlAddress address, const base::Clock& clock);
std::unique_ptr<SqlStore> make_postgres_store(SqlAddress address, const base::Clock& clock);

}  // namespace holdfast::platform::datahub
