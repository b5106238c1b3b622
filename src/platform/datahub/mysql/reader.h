// Reads one key range of a table, every row checked: UTF-8, ascending keys, inside of the range.
#pragma once

#include <functional>
#include <stop_token>

#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/shape.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::mysql {

// Called now and then with the bytes read since the last call; may throw to break off.
using ReadLook = std::function<void(std::uint64_t bytes)>;

// Throws Error{corruption} naming the row, Error{unavailable} when the connection breaks, Error{cancelled}.
void read_rows(Client& client, const MysqlTable& table, const base::KeyRange& range, RowSink& sink,
               const ReadLook& look, std::stop_token stop);

}  // namespace holdfast::platform::datahub::mysql
