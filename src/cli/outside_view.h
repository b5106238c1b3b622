// What lies outside of a platform and its resources refer to, as `doctor` finds and shows it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

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
  platform::CloudFacts cloud;  // how that storage is kept
};

// By the newest snapshot of the connector.  nullopt: its platform has nothing outside that we know of.
std::optional<OutsideReport> look_outside(Context& context, const std::string& name, platform::Connector& connector);

// Where the connector leads to another workspace than its newest snapshot is of, or to one that those of another
// connector are of: what is refused then.  Empty: neither, or it does not say where it leads.
std::vector<platform::Diagnosis> look_where_it_leads(Context& context, const std::string& name,
                                                     platform::Connector& connector);

// What of the first is not at the second one, and what should not be alike, by newest snapshots and by asking both.
// Throws Error{refused} where both lead to one workspace.  Empty: their platform compares nothing of the kind.
std::vector<platform::Diagnosis> look_at_both(Context& context, const std::string& first, const std::string& second);

void print_outside(Context& context, const OutsideReport& report);
nlohmann::ordered_json to_json(const OutsideReport& report);

}  // namespace holdfast::cli
