// Loads rows into a table by INSERTs of many rows each.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/row.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/shape.h"

namespace holdfast::platform::datahub::mysql {

// Not thread-safe; one per thread, each with ranges of its own.  Rows come in key order, which keeps pages full.
class Loader {
public:
  Loader(Endpoint& endpoint, const MysqlTable& table, std::stop_token stop);
  // Throws Error{refused} naming a row that is larger than the server takes, and what the server says otherwise.
  void load(const std::function<const base::RowView*()>& pull);

private:
  void append(const base::RowView& row);
  void flush();

  Client client_;
  const MysqlTable* table_;
  std::string head_;  // INSERT INTO … VALUES
  std::string statement_;
  std::string values_;  // of one row
  base::Bytes first_;   // key of the first row in the statement, for messages
  std::uint64_t packet_max_ = 0;
};

}  // namespace holdfast::platform::datahub::mysql
