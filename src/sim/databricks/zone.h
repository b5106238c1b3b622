// The offset of a time zone's wall clock from UTC, as the zone files of the system tell it.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace holdfast::sim::databricks {

class Zone {  // immutable: any thread
public:
  // "UTC", "Europe/Berlin"; nullopt for a name that the system does not know.
  static std::optional<Zone> load(std::string_view name);
  base::Duration offset(base::Instant instant) const;
  // The instant of a wall clock time, given as if it were UTC.  An hour that comes twice is its first pass; an hour
  // that the clock leaps over is as long after the leap as it would have been after the hour before it.
  base::Instant instant(base::Instant wall) const;

private:
  base::Duration first_{};                                         // before the first change
  std::vector<std::pair<base::Instant, base::Duration>> changes_;  // ascending; the offset from that instant on
};

}  // namespace holdfast::sim::databricks
