// How fast we may ask.  Production lives in the same documented limits as we do: a budget takes a share of them, backs
// off at the first sign that somebody is throttled, and comes back slowly (docs/design/0003-rate-budgets.md).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace holdfast::net {

// Endpoints that one documented limit covers.
struct Family {
  std::string name{};                            // "workspace export"
  double requests = 0;                           // documented: so many …
  base::Duration per = std::chrono::seconds(1);  // … in this time; requests 0 = no limit of rate, only holds
  unsigned burst = 1;                            // documented: so many at once after a rest
  unsigned parallel = 8;                         // most calls under way at once
};

// The other side asked a family to wait for longer than the caller would.
class HeldTooLong : public base::Error {
public:
  HeldTooLong(base::Duration left, std::string message)
      : Error(base::ErrorKind::unavailable, std::move(message)), left_(left) {}
  base::Duration left() const noexcept { return left_; }

private:
  base::Duration left_;
};

struct FamilyCounters {
  std::string name{};
  std::uint64_t sent = 0;       // calls that were let through, repeats included
  std::uint64_t throttled = 0;  // answers that said: too fast
  std::uint64_t retried = 0;    // calls that were repeats
  base::Duration waited{};      // by all callers together
  double rate = 0;              // calls a second that are allowed now; 0 = no limit
  double rate_most = 0;         // … when nobody throttles: share of the documented limit; 0 = no limit
  unsigned under_way = 0;
};

class Budget {  // thread-safe; outlives its permits
  struct Lane;  // one family

public:
  // `share` of each limit, 0 < share <= 1.  Throws Error{config} when it is not, Error{internal} for two families of
  // one name.
  Budget(std::vector<Family> families, double share, const base::Clock& clock);
  ~Budget();

  enum class Attempt { first, repeat };

  // One call under way.  Gives back its place when it goes.
  class Permit {
  public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();
    // An answer came that was not about speed: the rate may rise a little.
    void answered();
    // 429, or 503: the family's rate is halved, once for all calls that were under way together; nobody of the family
    // sends for the time of `hold`.
    void throttled(base::Duration hold);

  private:
    friend class Budget;
    Permit(Lane& lane, base::Duration sent) : lane_(&lane), sent_(sent) {}
    Lane* lane_;
    base::Duration sent_;  // by Clock::elapsed()
  };

  // Waits until a call of the family may be sent; callers are served in the order in which they came.  Throws
  // Error{cancelled} when stop is requested, HeldTooLong where the family is held for longer than `longest_hold`,
  // Error{internal} for a family that is not in the table.
  Permit admit(std::string_view family, Attempt attempt, std::stop_token stop,
               base::Duration longest_hold = base::Duration::max());

  // What so many calls of each family take when nobody throttles and nobody else asks, all families at once.  Families
  // without a limit, and those that are not in the table, take nothing.
  base::Duration least_time(const std::map<std::string, std::uint64_t>& calls) const;
  std::vector<FamilyCounters> counters() const;  // in the order of the table

private:
  Lane& lane(std::string_view family) const;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace holdfast::net
