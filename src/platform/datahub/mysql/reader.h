// Reads one key range of a table, every row checked: UTF-8, ascending keys, inside of the range.
#pragma once

#include <functional>
#include <stop_token>

#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/shape.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::mysql {

struct ReadLimits {
  std::function<void(std::uint64_t bytes)> look;  // called now and then with the bytes read since; throws to break off
  std::stop_token stop;
};

// Throws Error{corruption} naming the row, Error{unavailable} when the connection breaks, Error{cancelled}.
void read_rows(Client& client, const MysqlTable& table, const base::KeyRange& range, RowSink& sink,
               const ReadLimits& limits);

}  // namespace holdfast::platform::datahub::mysql
