// The moment in which the loaded table takes the live one's place: one transaction, under its strongest lock.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/table_parts.h"
#include "platform/datahub/postgres/watch.h"

namespace holdfast::platform::datahub::postgres {

struct SwapPlan {
  TableParts wanted;                        // what the table shall be, under its own name
  std::string shadow;                       // the loaded table, in the same schema
  std::vector<std::string> shadow_indexes;  // one for each of wanted.indexes, in their order
  std::string previous;                     // name for the live table from then on
  bool drop_previous = false;
  std::string snapshot;
  std::optional<TableParts> live;     // as it was at begin; absent: there was none
  std::optional<Fingerprint> before;  // of the live table at begin
};

// Throws Error{refused} when the live table was written to, changed or replaced since; Error{busy} when its lock was
// not to be had in three tries of two seconds.  Nothing has changed then.
void swap_tables(Client& client, const SwapPlan& plan, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::platform::datahub::postgres
