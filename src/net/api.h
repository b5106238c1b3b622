// Calls to a REST API: within the budget, with credentials, repeated where that does no harm, and every answer
// classified.  The one place that retries.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "net/budget.h"
#include "net/http.h"
#include "net/token.h"

namespace holdfast::net {

// What an answer means to us.  An answer that nobody knows is `unknown`, never `not_found`.
enum class Status {
  ok,
  redirected,       // to another place than the one that was configured
  invalid,          // the request is wrong
  unauthenticated,  // who we are is not believed
  denied,           // we may not
  not_found,        // the other side says that there is no such thing
  conflict,         // somebody changed it meanwhile, or its state forbids this
  already_exists,
  feature_absent,  // this installation or tier has no such thing
  quota,           // no more of them may exist
  too_large,       // the other side will not send or take this much
  throttled,       // too fast; certainly not taken
  not_yet,         // not ready; certainly not taken, worth repeating
  unavailable,     // overloaded, restarting, a gateway's timeout: may have been taken
  failed,          // the other side broke on it: may have been taken
  lost,            // it may have arrived and no (usable) answer came: look before repeating
  unknown,
};
std::string_view to_string(Status status) noexcept;

struct Verdict {
  Status status = Status::unknown;
  std::string code{};     // the platform's own, "RESOURCE_DOES_NOT_EXIST"; empty when it gave none
  std::string message{};  // the platform's own words
};

// By HTTP status alone.
Status classify(int http_status) noexcept;
// Refines that by what the platform says in its body; called for every answer that is not 2xx.
using Refine = std::function<Verdict(const Response& response, Status by_http)>;

// Whether doing it twice is the same as doing it once.
enum class Repeat {
  by_method,  // GET, HEAD, PUT and DELETE are safe, POST and PATCH are not
  safe,
  unsafe,
};

struct Call {
  std::string_view family;
  Request request{};
  Repeat repeat = Repeat::by_method;
  // In place of ApiOptions::patience, and for its answer as well: for what is worth so much time and no more.
  std::optional<base::Duration> patience{};
};

struct Answer {
  Verdict verdict{};
  Response response{};    // empty when no answer came
  std::string request{};  // "GET https://host/path": for messages
  unsigned attempts = 1;
  // The answer of an attempt before this one was lost, or could not be used: a removal that finds nothing, or a
  // creation that finds its name taken, may be its own echo.
  bool echo_possible = false;

  bool ok() const noexcept { return verdict.status == Status::ok; }
};

// A call that failed and is about to be made again, for those who tell people of it.
struct Retry {
  std::string problem{};      // "GET https://host/path: throttled (HTTP 429)"
  unsigned attempt = 1;       // that failed, counted from 1
  base::Duration failing{};   // since the call was made first
  base::Duration wait{};      // until it is made again
  base::Duration patience{};  // after which nobody will try again
};

struct ApiOptions {
  // How long one call is tried again, from its first attempt; waiting for the first turn in the budget does not count.
  // No call waits when its family had no answer that can be used for this long.
  base::Duration patience = std::chrono::minutes(10);
  // The same as long as nobody answered anything: a host that is wrong shall be found out soon.  Absent: patience.
  std::optional<base::Duration> first_patience{};
  base::Duration first_pause = std::chrono::milliseconds(500);  // doubled with each attempt, with jitter
  base::Duration longest_pause = std::chrono::seconds(30);
  Refine refine{};                               // absent: by HTTP status alone
  std::function<void(const Retry&)> retrying{};  // called from the threads of the callers
};

class Api {  // thread-safe
public:
  struct Parts {  // all outlive the Api
    HttpClient& client;
    TokenSource& tokens;
    Budget& budget;
    const base::Clock& clock;
    base::Random& random;
  };
  Api(Parts parts, ApiOptions options);

  // Every status is a returned Answer; what was thrown after all attempts is TransportError for a call that is safe to
  // repeat or never went out.  For another one it is an Answer with Status::lost.  Also throws what HttpClient::send
  // and TokenSource::credentials throw beside that (cancelled, auth, config, oversize).  What may change something is
  // waited for once it was sent: stopped, it throws Error{cancelled} only where it is certain that it was not taken.
  Answer call(Call call, std::stop_token stop);
  // In place of ApiOptions::patience where that is longer, for calls that are made from here on, and for all families
  // together: once it was given up to wait for one of them, no call waits until that one answers again.
  void limit_patience(base::Duration most) { health_.limit_patience(most); }

  // What all calls together know of the other side.
  class Health {  // thread-safe
  public:
    void answered(std::string_view family);  // in a way that can be used
    void there();                            // somebody answers, if only that it is too fast
    // How long the family has gone without an answer that can be used, of which this is one more.
    base::Duration failed(std::string_view family, base::Duration now, base::Duration patience);
    bool anybody_there() const;
    void given_up(std::string_view family);  // by a call that waited for it
    void limit_patience(base::Duration most);
    base::Duration patience(base::Duration usual) const;

  private:
    struct Outage {
      base::Duration since;
      base::Duration last;
    };
    mutable std::mutex mutex_;
    bool there_ = false;
    std::optional<base::Duration> most_;   // for all families together
    std::optional<std::string> given_up_;  // the family that used it up
    std::map<std::string, Outage, std::less<>> outages_;
  };

private:
  Parts parts_;
  ApiOptions options_;
  Health health_;
};

// An answer that is not wanted, as an error: kind by status, with the platform's code and words.
base::Error to_error(const Answer& answer);

}  // namespace holdfast::net
