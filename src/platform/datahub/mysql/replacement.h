// Replaces the aspect table as a whole: shadow table, parallel load, indexes, read back, swap.
#pragma once

#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/sql/replace_request.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::mysql {

// Throws Error{refused} when somebody writes, the disk is too small, or the target lacks a column; Error{busy} when
// another replacement runs.  `endpoint` and `clock` outlive the replacement.
std::unique_ptr<Replacement> begin_replacement(Endpoint& endpoint, const ReplaceRequest& request,
                                               const base::Clock& clock, std::stop_token stop);

// Bytes free where the server keeps its data, if it can be known: by MariaDB's DISKS plugin, or when the server's data
// folder is on this machine.
std::optional<std::uint64_t> free_space(Client& client, const SqlAddress& address, const std::string& table);

}  // namespace holdfast::platform::datahub::mysql
