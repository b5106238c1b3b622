// The tables that a restore makes beside the live one, and how the next run knows those of a run that died.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "platform/datahub/mysql/client.h"

namespace holdfast::platform::datahub::mysql {

// The shadow has the live table's definition to the byte, its comment too, and RENAME TABLE cannot change a comment. So
// that a shadow is ours is said by a table of its own, the mark: empty, with a comment that names the shadow; made
// before it and dropped after it.
struct RunTables {
  std::string mark;
  std::string shadow;
  std::string previous;  // the name that the live table gets; until then that of an empty placeholder (swap.h)
};

// Names that no table has yet.  `now` is the run's date in them.
RunTables free_run_tables(Client& client, const std::string& table, base::Instant now);

void make_mark(Client& client, const RunTables& run);
void make_placeholder(Client& client, const RunTables& run);
// Drops only a placeholder: after a swap that went through, the previous table has this name.
void drop_placeholder(Client& client, const RunTables& run);

// What earlier runs into `table` left behind, in the order in which it is to be dropped: shadows that a mark names,
// each before its mark, and placeholders.  A table that only looks like one of these by its name is not among them.
std::vector<std::string> leftover_tables(Client& client, const std::string& table);

}  // namespace holdfast::platform::datahub::mysql
