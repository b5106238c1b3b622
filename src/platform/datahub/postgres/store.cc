#include "platform/datahub/sql/store.h"

#include <utility>

#include "platform/datahub/postgres/admission.h"
#include "platform/datahub/postgres/capture.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/diagnosis.h"
#include "platform/datahub/postgres/replacement.h"
#include "platform/datahub/postgres/shape.h"
#include "platform/datahub/postgres/writer.h"

namespace holdfast::platform::datahub {

namespace {

class PostgresStore : public SqlStore {
public:
  PostgresStore(SqlAddress address, const base::Clock& clock) : address_(std::move(address)), clock_(clock) {}

  std::vector<Diagnosis> diagnose() override { return postgres::diagnose(address_); }
  std::vector<LeftOut> left_out() override { return postgres::list_left_out(address_, {}); }

  std::unique_ptr<Capture> capture(const CaptureOptions& options, std::stop_token stop) override {
    return postgres::open_capture(address_, options, clock_, std::move(stop));
  }

  std::unique_ptr<Replacement> replace(const model::Collection& collection, const ReplaceOptions& options,
                                       std::uint64_t bytes_expected, std::stop_token stop) override {
    return postgres::open_replacement(address_, {collection, options, bytes_expected}, clock_, std::move(stop));
  }

  std::unique_ptr<RowWriter> writer(const model::Collection& collection) override {
    return postgres::open_writer(address_, collection);
  }

  bool holds_rows(const model::Collection&) override {
    postgres::Client client(address_, {});
    const auto table = postgres::find_table(client, address_);
    if (!table) return false;
    return client.query("SELECT EXISTS (SELECT FROM " + postgres::qualified(address_.schema, *table) + ")").flag(0, 0);
  }

  std::unique_ptr<Connector::Admission> admission(const model::Collection& collection) override {
    return postgres::open_admission(address_, collection);
  }

private:
  const SqlAddress address_;
  const base::Clock& clock_;
};

}  // namespace

std::unique_ptr<SqlStore> make_postgres_store(SqlAddress address, const base::Clock& clock) {
  return std::make_unique<PostgresStore>(std::move(address), clock);
}

}  // namespace holdfast::platform::datahub
