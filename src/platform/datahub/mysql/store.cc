#include "platform/datahub/sql/store.h"

#include <utility>

#include "platform/datahub/mysql/admission.h"
#include "platform/datahub/mysql/capture.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/diagnosis.h"
#include "platform/datahub/mysql/replacement.h"
#include "platform/datahub/mysql/shape.h"
#include "platform/datahub/mysql/writer.h"

namespace holdfast::platform::datahub {

namespace {

class MysqlStore : public SqlStore {
public:
  MysqlStore(SqlAddress address, const base::Clock& clock)
      : endpoint_{.address = std::move(address), .sessions = {}}, clock_(clock) {}

  std::vector<Diagnosis> diagnose() override { return mysql::diagnose(endpoint_); }
  std::vector<LeftOut> left_out() override { return mysql::left_out(endpoint_); }

  std::unique_ptr<Capture> capture(const CaptureOptions& options, std::stop_token stop) override {
    return mysql::open_capture(endpoint_, options, clock_, std::move(stop));
  }

  std::unique_ptr<Replacement> replace(const model::Collection& collection, const ReplaceOptions& options,
                                       std::uint64_t bytes_expected, std::stop_token stop) override {
    return mysql::begin_replacement(endpoint_, {collection, options, bytes_expected}, clock_, std::move(stop));
  }

  std::unique_ptr<RowWriter> writer(const model::Collection& collection) override {
    return mysql::open_writer(endpoint_, collection);
  }

  bool holds_rows(const model::Collection&) override {
    mysql::Client client(endpoint_, {});
    const auto name = mysql::target_table(client, endpoint_.address);
    return name && client.value("SELECT 1 FROM " + mysql::quote_name(*name) + " LIMIT 1").has_value();
  }

  std::unique_ptr<Connector::Admission> admission(const model::Collection& collection) override {
    return mysql::open_admission(endpoint_, collection);
  }

private:
  mysql::Endpoint endpoint_;
  const base::Clock& clock_;
};

}  // namespace

std::unique_ptr<SqlStore> make_mysql_store(SqlAddress address, const base::Clock& clock) {
  return std::make_unique<MysqlStore>(std::move(address), clock);
}

}  // namespace holdfast::platform::datahub
