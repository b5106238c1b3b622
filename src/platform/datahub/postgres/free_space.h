// Whether a second copy of the table fits.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/datahub/postgres/client.h"

namespace holdfast::platform::datahub::postgres {

// PostgreSQL tells nobody how much room its disk has.  On the server's own machine (a unix socket or a loopback address
// on both ends) the file system of its data directory can be asked; nullopt elsewhere, and where the directory is not
// shown to this user.
std::optional<std::uint64_t> free_space(Client& client, const SqlAddress& address);

// Rows, their indexes and the write-ahead log of both take some twice what the rows hold.
// Throws Error{refused} when it is known that they do not fit.
void check_free_space(Client& client, const SqlAddress& address, std::uint64_t bytes_expected);

}  // namespace holdfast::platform::datahub::postgres
