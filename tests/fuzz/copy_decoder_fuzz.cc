// Messages of PostgreSQL's binary COPY, each behind its length: rows with UTF-8 in their text columns, or an error.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "platform/datahub/postgres/copy_decoder.h"

namespace {

using namespace holdfast;
using namespace holdfast::platform::datahub;

class CheckingSink : public platform::RowSink {
public:
  void row(const base::RowView& row) override {
    if (row.columns.size() != 3 || row.key.empty()) std::abort();
    if (row.columns[0] && invalid_utf8(*row.columns[0])) std::abort();
    if (row.columns[1] && row.columns[1]->size() != std::string_view("2026-11-20 10:00:00.000000").size()) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<postgres::ReadColumn> columns = {{"metadata", postgres::Wire::bytes, false},
                                                     {"createdon", postgres::Wire::instant, false},
                                                     {"raw", postgres::Wire::bytes, true}};
  if (size == 0) return 0;
  base::ByteView rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const base::KeyRange everything;
  CheckingSink sink;
  postgres::CopyDecoder decoder(columns, data[0] % 2 == 0 ? &everything : nullptr, sink);
  try {
    while (!rest.empty()) {
      const std::size_t length = std::min<std::size_t>(static_cast<unsigned char>(rest[0]), rest.size() - 1);
      decoder.message(rest.substr(1, length));
      rest.remove_prefix(1 + length);
    }
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::internal) std::abort();
  }
  return 0;
}
