// A signed-in way to one workspace: connections, credentials, rate budget, calls.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/events.h"
#include "base/random.h"
#include "net/api.h"
#include "net/retry_notices.h"
#include "platform/databricks/client.h"
#include "platform/databricks/profile.h"

namespace holdfast::platform::databricks {

// The same identity for another part of Azure.  nullptr where it has none there: a token of the workspace's own, or an
// OAuth secret.  `direct` goes past every proxy; it may be absent where no managed identity is meant.
std::unique_ptr<net::TokenSource> open_azure_tokens(const Account& account, const std::string& resource,
                                                    net::HttpClient& http, net::HttpClient* direct,
                                                    const base::Clock& clock);
// Past every proxy, for this machine's own identity; nullptr where that is not used.
std::unique_ptr<net::HttpClient> open_direct(const Account& account);

class Session {  // thread-safe
public:
  // Asks nobody yet.  `http` talks to the workspace and to whoever gives tokens; clock, random and events outlive the
  // session.
  Session(const Account& account, std::unique_ptr<net::HttpClient> http, const base::Clock& clock, base::Random& random,
          base::Events& events = base::silent_events());

  const Client& client() const noexcept { return client_; }
  // For somebody who waits at a screen: gives up after some seconds.
  const Client& hasty_client() const noexcept { return hasty_client_; }
  base::Duration least_time(const std::map<std::string, std::uint64_t>& calls) const {
    return budget_.least_time(calls);
  }
  void limit_patience(base::Duration most) { api_.limit_patience(most); }
  std::vector<net::FamilyCounters> counters() const { return budget_.counters(); }

private:
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<net::HttpClient> direct_;  // past every proxy, for this machine's own identity
  std::unique_ptr<net::TokenSource> tokens_;
  net::Budget budget_;
  net::RetryNotices notices_;
  net::Api api_;
  net::Api hasty_api_;
  Client client_;
  Client hasty_client_;
};

}  // namespace holdfast::platform::databricks
