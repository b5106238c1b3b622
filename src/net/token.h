// Who we are: what a request must carry to be let in.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "net/http.h"

namespace holdfast::net {

using Credentials = std::vector<SecretHeader>;

class TokenSource {  // thread-safe
public:
  virtual ~TokenSource() = default;
  virtual std::string_view kind() const noexcept = 0;  // "personal access token", for doctor
  // What a request sent now carries; fetched, or renewed before it expires, when need be.  Throws Error{auth} when we
  // are refused, Error{unavailable} (also TransportError) when nobody can be asked now: no retries here, the caller has
  // them.
  virtual Credentials credentials(std::stop_token stop) = 0;
  // The other side answered 401 to `used`.  True when asking again may give others: then the next credentials() does.
  virtual bool refused(const Credentials& used) = 0;
};

// A token that does not change: a personal access token.
std::unique_ptr<TokenSource> open_fixed_token(base::Secret token);

struct Token {
  base::Secret value;
  base::Instant expires;
};

// One token that expires, fetched by one thread at a time.  It is renewed in the last quarter of its life, at most five
// minutes before its end, while the others go on with the old one; less than 40 s before its end nobody uses it.
class CachedToken {  // thread-safe
public:
  using Fetch = std::function<Token(std::stop_token)>;
  CachedToken(Fetch fetch, const base::Clock& clock);
  ~CachedToken();
  // Throws what `fetch` throws when there is no token that can still be used.
  base::Secret get(std::stop_token stop);
  // Forgets the token if it is still this one.
  void forget(const base::Secret& value);

private:
  struct State;
  std::unique_ptr<State> state_;
};

// A source that sends one cached token as a bearer.
std::unique_ptr<TokenSource> open_bearer(std::string_view kind, CachedToken::Fetch fetch, const base::Clock& clock);

}  // namespace holdfast::net
