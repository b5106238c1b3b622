#include "cli/cutover/of_others_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "cli/cutover/takeover.h"
#include "engine/cutover/of_others.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using Counts = std::map<std::string, std::uint64_t>;  // by the connector that it came from

Counts firing_of_others(Cutover& cutover, const std::string& source, const repository::Snapshot& target,
                        const repository::Snapshot* now) {
  const auto others =
      engine::made_for_others(cutover.context().state(), cutover.context().repository(), source, target.connector);
  Counts out;
  if (others.empty()) return out;
  Takeover takeover(cutover);
  const engine::FiringStates again = now ? takeover.firing(*now) : engine::FiringStates();
  for (const auto& [key, state] : takeover.firing(target)) {
    const auto one = others.find(key);
    const auto there = again.find(key);
    if (state.fires && one != others.end() && (there == again.end() || !there->second.fires)) ++out[one->second];
  }
  return out;
}

// Only what is in charge of it lets its own fire there; of anything else people have to say what is meant.
std::string how_again(Cutover& cutover, const std::string& source, const std::string& target) {
  const auto& all = cutover.context().config().connectors;
  const bool configured =
      std::any_of(all.begin(), all.end(), [&](const ConnectorConfig& one) { return one.name == source; });
  if (!configured || cutover.store().pair(source, target).active != target)
    return fmt::format("set by hand on {} what of it shall fire", target);
  return fmt::format(
      "\"holdfast activate {0} --from {1}\" lets fire there what fired on {1}, and then \"holdfast failback "
      "{0} {1}\" brings it home",
      target, source);
}

}  // namespace

void tell_of_others(Cutover& cutover, const std::string& source, const repository::Snapshot& target) {
  for (const auto& [other, count] : firing_of_others(cutover, source, target, nullptr))
    cutover.context().events().warning(fmt::format("{0} that {1} has from {2} {3} on {1}, and {4} paused by its fence",
                                                   ui::format_counted(count, "resource"), target.connector, other,
                                                   count == 1 ? "fires" : "fire", count == 1 ? "is" : "are"));
}

bool tell_paused_of_others(Cutover& cutover, const std::string& source, const std::string& target,
                           const std::string& recorded, const repository::Snapshot* now) {
  const std::optional<repository::Snapshot> fenced = cutover.kept(recorded);
  if (!fenced || fenced->connector != target) return false;
  const Counts paused = firing_of_others(cutover, source, *fenced, now);
  for (const auto& [other, count] : paused)
    cutover.context().events().warning(fmt::format("{} that {} has from {} {} paused by its fence: {}",
                                                   ui::format_counted(count, "resource"), target, other,
                                                   count == 1 ? "was" : "were", how_again(cutover, other, target)));
  return !paused.empty();
}

}  // namespace holdfast::cli
