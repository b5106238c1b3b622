// The swap: shadow -> live, live -> a dated name, in one statement, with nobody able to write between the check and it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/leftovers.h"
#include "platform/datahub/mysql/shape.h"
#include "platform/datahub/mysql/watch.h"

namespace holdfast::platform::datahub::mysql {

struct SwapPlan {
  std::string live;
  RunTables run;
  const MysqlTable* table = nullptr;  // the live table as it was found; nullptr when there was none
  Fingerprint expected;               // of the live table, taken at the begin
};

// RENAME TABLE is atomic, but neither MariaDB nor older MySQL allow it in the session that holds the lock.  So three
// sessions:
//   locker   creates an empty placeholder under the previous name, locks it and the live table, checks the fingerprint
//   renamer  asks for the RENAME: it waits for the lock, ahead of every writer, and would fail because of the
//   placeholder locker   sees it wait, drops the placeholder, unlocks: the RENAME is next in the queue
// If the locker dies, the placeholder makes the RENAME fail: the live table stays as it is.
//   mover    where the live table has triggers: asks for a lock behind the RENAME, still ahead of every writer, and
//   moves them
// Throws Error{refused} when the live table was written to, Error{busy} when the lock cannot be had in three tries of 2
// s.
void swap_tables(Endpoint& endpoint, const SwapPlan& plan, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::platform::datahub::mysql
