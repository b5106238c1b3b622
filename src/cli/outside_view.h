// What lies outside of a platform and its resources refer to, as `doctor` finds and shows it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/time.h"
#include "cli/context.h"
#include "engine/outside.h"
#include "platform/platform.h"

namespace holdfast::cli {

struct OutsideReport {
  std::string snapshot;  // that it was found in; empty: there is none
  base::Instant taken{};
  std::string missing;  // why nothing was looked at; a full sentence
  engine::Outside found;
};

// By the newest snapshot of the connector.  nullopt: its platform has nothing outside that we know of.
std::optional<OutsideReport> look_outside(Context& context, const std::string& name, platform::Connector& connector);

void print_outside(Context& context, const OutsideReport& report);
nlohmann::ordered_json to_json(const OutsideReport& report);

}  // namespace holdfast::cli
