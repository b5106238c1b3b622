// The whole table, loaded beside the live one and swapped in.
#pragma once

#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "platform/datahub/sql/replace_request.h"
#include "platform/datahub/sql/store.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::postgres {

// Checks first, then makes the empty shadow: somebody on the table, no space, another restore under way, parts of the
// live table that a swap would lose.  Drops the shadows that killed runs left behind.
std::unique_ptr<Replacement> open_replacement(const SqlAddress& address, ReplaceRequest request,
                                              const base::Clock& clock, std::stop_token stop);

// Shadows of killed runs, and tables that swaps kept, in the schema of the address.
struct Leftovers {
  std::vector<std::string> shadows;
  std::vector<std::string> kept;
};
class Client;
Leftovers find_leftovers(Client& client, const std::string& schema);

}  // namespace holdfast::platform::datahub::postgres
