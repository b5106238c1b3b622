// Is somebody else at the live table?  Before a replacement: sessions and changes, seen twice.  At the swap: a
// fingerprint of all rows, compared under the lock.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/shape.h"

namespace holdfast::platform::datahub::mysql {

// Count and XOR of a 64-bit hash of every row, all columns.  Neither the clock, nor counters of the server that a
// restart resets, nor the binary log (which holds our own load as well) are a sound witness of "nobody wrote"; reading
// everything is.
struct Fingerprint {
  std::uint64_t rows = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
Fingerprint fingerprint(Client& client, const MysqlTable& table);

// Takes the fingerprint between two looks 5 s apart.  Throws Error{refused} saying who is connected to the database or
// what changed, unless `writers` allows it.  An empty table is looked at once: there is nothing that a writer could
// lose, and the swap's own check still holds.
enum class Writers { refused, allowed };
Fingerprint watch_writers(Client& client, const Endpoint& endpoint, const MysqlTable& table, Writers writers,
                          const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::platform::datahub::mysql
