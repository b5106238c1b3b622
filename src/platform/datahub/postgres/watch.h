// Watches the live table while its replacement is made: who is on it, and whether anything was written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/datahub/postgres/client.h"

namespace holdfast::platform::datahub::postgres {

// Which row versions a table holds.  PostgreSQL writes a new version at a place (ctid) by a transaction (xmin) for
// every insert and update, and no two versions ever share both; a delete takes one away.  So the multiset of (ctid,
// xmin), kept as a count and a sum of 64-bit hashes, changes with every write, and with nothing else: reads, row locks,
// vacuum and hint bits leave both columns alone.  A rewrite (TRUNCATE, CLUSTER, VACUUM FULL) changes the file, which is
// compared too. A transaction that was open when the fingerprint was taken shows up as soon as it commits.
struct Fingerprint {
  std::string table_oid;
  std::string file;
  std::string rows;
  std::string versions;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
Fingerprint take_fingerprint(Client& client, const std::string& qualified_table);

// Sessions other than our own that hold a lock on the table, or whose latest statement within five minutes names it;
// each as "pid 4711: user 'gms', application 'datahub', from 10.0.0.7, holds RowExclusiveLock".
std::vector<std::string> sessions_on(Client& client, const std::string& schema, const std::string& table);

}  // namespace holdfast::platform::datahub::postgres
