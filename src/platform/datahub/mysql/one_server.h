// Whether several connections reach one and the same server, which an address does not promise: a balancer or a reader
// endpoint may lead each of them to another.
#pragma once

#include <string>

#include "platform/datahub/mysql/client.h"

namespace holdfast::platform::datahub::mysql {

// A lock that only the session's own server knows of.  No names or numbers of servers are compared, because copies of
// one machine have the same.
class ServerMark {
public:
  // Held by the session of `holder` until it ends.
  explicit ServerMark(Client& holder);
  // Asks by the other session, which should be where it cannot be moved any more: in a transaction, or under a lock.
  bool seen_by(Client& other) const;

private:
  std::string name_;  // an SQL literal
};

}  // namespace holdfast::platform::datahub::mysql
