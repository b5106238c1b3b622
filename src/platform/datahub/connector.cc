#include "platform/datahub/connector.h"

#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "platform/datahub/sql/store.h"

namespace holdfast::platform::datahub {

namespace {

using base::Error;
using base::ErrorKind;

// The SQL store is the whole connector so far; search indices and GMS get stores of their own beside it.
class DatahubConnector : public Connector {
public:
  explicit DatahubConnector(std::unique_ptr<SqlStore> sql) : sql_(std::move(sql)) {}

  std::string_view platform() const override { return "datahub"; }
  std::vector<Diagnosis> diagnose() override { return sql_->diagnose(); }
  std::vector<LeftOut> left_out() override { return sql_->left_out(); }
  std::unique_ptr<Capture> capture(const CaptureOptions& options, std::stop_token stop) override {
    return sql_->capture(options, stop);
  }
  std::unique_ptr<Replacement> replace(const model::Collection& collection, const ReplaceOptions& options,
                                       std::uint64_t bytes_expected, std::stop_token stop) override {
    return sql_->replace(collection, options, bytes_expected, stop);
  }
  std::unique_ptr<RowWriter> writer(const model::Collection& collection) override { return sql_->writer(collection); }
  bool holds_rows(const model::Collection& collection) override { return sql_->holds_rows(collection); }
  std::unique_ptr<Admission> admission(const model::Collection& collection) override {
    return sql_->admission(collection);
  }

private:
  std::unique_ptr<SqlStore> sql_;
};

std::unique_ptr<Connector> open_connector(const std::string& name, const Settings& settings, const base::Clock& clock,
                                          base::Events&) {
  const auto url = settings.text("sql.url");
  if (!url)
    throw Error(ErrorKind::config, "connector '" + name + "' has no sql.url",
                "Set sql = { url = \"mysql://user@host:3306/datahub\" } or a postgresql:// URL.");
  SqlAddress address =
      base::in_context([&] { return "reading connector '" + name + "'"; },
                       [&] { return parse_sql_url(*url, settings.secret("sql.password").value_or(base::Secret{})); });
  auto store = address.engine == SqlAddress::Engine::mysql ? make_mysql_store(std::move(address), clock)
                                                           : make_postgres_store(std::move(address), clock);
  return std::make_unique<DatahubConnector>(std::move(store));
}

}  // namespace

Platform datahub_platform() {
  using Type = Platform::Setting::Type;
  return Platform{
      .name = "datahub",
      .doc = "DataHub's SQL store (MySQL, MariaDB or PostgreSQL)",
      .settings = {{"sql.url", Type::text,
                    "mysql://, mariadb:// or postgresql:// URL with user, host, port and database; "
                    "options table, schema, socket, tls=off|require|verify, ca"},
                   {"sql.password", Type::secret, "password of the SQL user"}},
      .kinds = {},
      .open = open_connector,
  };
}

}  // namespace holdfast::platform::datahub
