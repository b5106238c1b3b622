#include "engine/cutover/pause.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "engine/cutover/never_read.h"
#include "engine/cutover/unseen_firing.h"
#include "engine/known_workspace.h"
#include "engine/resources/plan.h"
#include "engine/resources/sides.h"

namespace holdfast::engine {

using model::Resource;

ResourcePause plan_resource_pause(const ResourceRestore& restore, const platform::CaptureOptions& capture,
                                  base::Events& events, const base::Clock& clock, base::Random& random,
                                  std::stop_token stop) {
  const std::string& connector = restore.snapshot.connector;
  const model::KindSet kinds(restore.target.kinds());
  const LiveSide live = read_live_side({connector, restore.target, capture}, kinds, events, stop);
  refuse_wrong_workspace(restore.snapshot, connector, live.attributes);
  const ResourcePlanOptions options{.repository = restore.repository.id(),
                                    .snapshot = restore.snapshot.id.name(),
                                    .source = connector,
                                    .target = connector,
                                    .firing = model::FiringMode::paused};
  ResourcePause out;
  out.plan = plan_activation(kinds, {.wanted = live.resources, .live = live.resources},
                             model::IdMap(connector, connector), options, clock, random);
  out.fires = firing_in(live.resources, kinds);
  const KnownGap known = known_gaps(restore.repository, restore.state, connector, restore.target.kinds());
  out.unread = unseen_firing(restore.repository, restore.snapshot, kinds, live, known, stop);
  return out;
}

std::vector<std::string> gone_counterparts(const ResourceRestore& restore, const model::IdMap& ids,
                                           const PausedStates& beside, std::stop_token stop) {
  const model::KindSet kinds(restore.target.kinds());
  std::set<std::pair<std::string, std::string>> there;
  for (const Resource& one : read_stored_side(restore.repository, restore.snapshot, kinds, std::move(stop)))
    there.emplace(kinds.at(one.kind).label(), one.id);
  for (const PausedState& one : beside) there.emplace(one.kind, one.id);
  std::vector<std::string> out;
  for (const model::IdEntry& entry : ids.entries()) {
    const std::optional<std::size_t> kind = kinds.find(entry.kind);
    if (!kind || kinds.at(*kind).kind.firing.empty() || there.contains({entry.kind, entry.target_id})) continue;
    out.push_back(fmt::format("{}/{}", entry.kind, entry.source_name));
  }
  return out;
}

}  // namespace holdfast::engine
