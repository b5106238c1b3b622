#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/error.h"
#include "bench/load/loader.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t k_chunk = 1 << 18;
constexpr std::string_view k_columns =
    "(urn, aspect, version, metadata, systemmetadata, createdon, createdby, createdfor)";

class PostgresLoader final : public Loader {
public:
  explicit PostgresLoader(const platform::datahub::SqlAddress& address)
      : table_(address.table.empty() ? "metadata_aspect_v2" : address.table) {
    const std::string host = address.socket.empty() ? address.host : address.socket;
    const std::string port = std::to_string(address.port);
    const std::string password(address.password.reveal());
    const char* names[] = {"host", "port", "user", "dbname", "password", "sslmode", nullptr};
    const char* values[] = {
        host.c_str(), port.c_str(), address.user.c_str(), address.database.c_str(), password.c_str(),
        "prefer",     nullptr};
    handle_ = PQconnectdbParams(names, values, 0);
    if (PQstatus(handle_) != CONNECTION_OK) {
      const std::string message = PQerrorMessage(handle_);
      PQfinish(handle_);
      throw base::Error(base::ErrorKind::unavailable, fmt::format("{}: {}", address.display(), message));
    }
    run("SET client_encoding = 'UTF8'");
    run("SET client_min_messages = warning");
  }
  ~PostgresLoader() override { PQfinish(handle_); }
  PostgresLoader(const PostgresLoader&) = delete;
  PostgresLoader& operator=(const PostgresLoader&) = delete;

  void create_table() override {
    run(fmt::format(
        "CREATE TABLE {} (urn varchar(500) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT NULL, "
        "metadata text NOT NULL, systemmetadata text, createdon timestamp NOT NULL, createdby varchar(255) NOT NULL, "
        "createdfor varchar(255), CONSTRAINT pk_metadata_aspect_v2 PRIMARY KEY (urn, aspect, version))",
        table_));
    run(fmt::format("CREATE INDEX timeIndex ON {} (createdon)", table_));
    run(fmt::format("CREATE INDEX idx_v0_urn_aspect ON {} (urn, aspect) WHERE version = 0", table_));
    run(fmt::format(
        "CREATE INDEX idx_corpuser_aspect_v0 ON {} (urn, aspect) WHERE version = 0 AND urn LIKE 'urn:li:corpuser:%'",
        table_));
    run(fmt::format(
        "CREATE INDEX idx_corpgroup_aspect_v0 ON {} (urn, aspect) WHERE version = 0 AND urn LIKE 'urn:li:corpGroup:%'",
        table_));
    run(fmt::format("CREATE INDEX schemaVersionIndex ON {} (((systemmetadata::jsonb) ->> 'schemaVersion'))", table_));
  }

  void insert(const RowSource& rows) override { copy(table_, rows); }

  void update(const RowSource& rows) override {
    run("BEGIN");
    run(fmt::format("CREATE TEMPORARY TABLE changed (LIKE {}) ON COMMIT DROP", table_));
    copy("changed", rows);
    run(fmt::format(
        "UPDATE {} t SET metadata = c.metadata, systemmetadata = c.systemmetadata, createdon = c.createdon, "
        "createdby = c.createdby, createdfor = c.createdfor FROM changed c "
        "WHERE t.urn = c.urn AND t.aspect = c.aspect AND t.version = c.version",
        table_));
    run("COMMIT");
  }

  void analyze() override { run("VACUUM ANALYZE " + table_); }

private:
  void check(PGresult* result, ExecStatusType wanted, std::string_view what) {
    const bool good = PQresultStatus(result) == wanted;
    PQclear(result);
    if (!good)
      throw base::Error(base::ErrorKind::io, fmt::format("{}: {}", what.substr(0, 60), PQerrorMessage(handle_)));
  }
  void run(const std::string& sql) { check(PQexec(handle_, sql.c_str()), PGRES_COMMAND_OK, sql); }

  void copy(const std::string& table, const RowSource& rows) {
    check(PQexec(handle_, fmt::format("COPY {} {} FROM STDIN", table, k_columns).c_str()), PGRES_COPY_IN, "COPY");
    std::string buffer;
    Aspect aspect;
    const auto send = [&] {
      if (PQputCopyData(handle_, buffer.data(), static_cast<int>(buffer.size())) != 1)
        throw base::Error(base::ErrorKind::io, fmt::format("COPY {}: {}", table, PQerrorMessage(handle_)));
      buffer.clear();
    };
    while (rows(aspect)) {
      append_line(buffer, aspect);
      if (buffer.size() >= k_chunk) send();
    }
    send();
    PQputCopyEnd(handle_, nullptr);
    check(PQgetResult(handle_), PGRES_COMMAND_OK, "COPY");
    PQclear(PQgetResult(handle_));
  }

  std::string table_;
  PGconn* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Loader> make_postgres_loader(const platform::datahub::SqlAddress& address) {
  return std::make_unique<PostgresLoader>(address);
}

}  // namespace holdfast::bench
