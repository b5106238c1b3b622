// Texts that the target takes for JSON: because a column's type says so, or because an index, a check or a computed
// column casts it.  A text that is none would be found only when the index is built, with no row named.
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/table_parts.h"
#include "platform/datahub/sql/store.h"

namespace holdfast::platform::datahub::postgres {

enum class JsonNeed { none, json, jsonb };  // each is stricter than the one before

// What `table` does with the texts of `column`.  Partial indexes do not count: which rows they cast only their
// predicate knows.
JsonNeed json_need(const TableParts& table, const ColumnPart& column);

// Thread-safe.
class JsonCheck {
public:
  // Connects only when a text must be shown to the server.
  explicit JsonCheck(SqlAddress address) : address_(std::move(address)) {}
  // What PostgreSQL says against `text`; nullopt when it is JSON to it.
  std::optional<std::string> problem(base::ByteView text, JsonNeed need);

private:
  const SqlAddress address_;
  std::mutex mutex_;
  std::optional<Client> client_;
};

}  // namespace holdfast::platform::datahub::postgres
