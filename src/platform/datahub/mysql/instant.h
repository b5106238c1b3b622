// How N sessions come to see the same instant.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/datahub/mysql/answers.h"
#include "platform/datahub/mysql/client.h"

namespace holdfast::platform::datahub::mysql {

struct CommonInstant {
  std::vector<std::unique_ptr<Client>> readers;  // each inside its consistent snapshot
  std::string taken;                             // "YYYY-MM-DD hh:mm:ss.ffffff" by the server's clock, UTC
  std::optional<BinlogPosition> position;
  std::vector<std::string> notes;
  bool common = true;  // false: there is only one reader, for the reason in notes
};

// LOCK TABLES … READ for the milliseconds in which all sessions start their snapshots: no row can change in between,
// and no FLUSH privilege is needed.  A waiting lock queues every writer behind it, so it waits at most 2 s, at most
// three times with a pause for the writers; then, or without the privilege, or when the connections do not
// lead to one server, one reader, said in notes.
CommonInstant take_instant(Endpoint& endpoint, const std::string& table, unsigned readers, const base::Clock& clock,
                           std::stop_token stop);

}  // namespace holdfast::platform::datahub::mysql
