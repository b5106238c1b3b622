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

// Count and XOR of a 64-bit hash of every row: the MD5 of the CRC32s of all its columns.  A change of at most 32 bits
// in a row always shows; a longer one, where it is the only one, is missed by a chance of 1 in 4 billion.  The MD5 of
// every column takes three times as long, and writers wait for it.  CHECKSUM TABLE is faster still, but adds CRC32s up:
// equal changes in two rows may cancel out.  Neither the clock, nor counters of the server that a restart resets, nor
// the binary log (which holds our own load as well) are a sound witness of "nobody wrote"; reading everything is.
struct Fingerprint {
  std::uint64_t rows = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
Fingerprint fingerprint(Client& client, const MysqlTable& table);

// Takes the fingerprint between two looks 5 s apart.  Throws Error{refused} saying who is connected to the database or
// what changed.  An empty table is looked at once: there is nothing that a writer could
// lose, and the swap's own check still holds.
Fingerprint watch_writers(Client& client, const Endpoint& endpoint, const MysqlTable& table, const base::Clock& clock,
                          std::stop_token stop);

}  // namespace holdfast::platform::datahub::mysql
