#include "engine/resources/live_targets.h"

#include <fmt/format.h>

namespace holdfast::engine {

using model::ResourceAction;
using model::ResourceStep;

LiveTargets::LiveTargets(const model::KindSet& kinds, const model::ResourcePlan& plan, const IdMapStore& ids)
    : kinds_(kinds), plan_(plan), ids_(ids), made_(plan.steps.size()) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const ResourceStep& step = plan.steps[i];
    const bool comes = step.action != ResourceAction::remove && step.target_id.empty();
    if (comes || step.action == ResourceAction::recreate) coming_.emplace(std::pair(step.kind, step.source_id), i);
  }
}

LinkTargets::Id LiveTargets::id(std::size_t kind, std::string_view source_id) const {
  const std::string& label = kinds_.at(kind).label();
  const auto coming = coming_.find(std::pair(label, std::string(source_id)));
  const bool brought = coming != coming_.end();
  if (brought && !is_made(coming->second))
    return {.state = State::coming, .path = plan_.steps[coming->second].path, .brought = true};
  if (const std::optional<model::IdEntry> entry = ids_.by_source(label, source_id))
    return {.state = State::there, .value = entry->target_id, .brought = brought};
  if (plan_.source == plan_.target) return {.state = State::there, .value = std::string(source_id)};
  return {};
}

bool LiveTargets::has_name(std::size_t kind, std::string_view name) const {
  return !plan_.absent.contains(fmt::format("{}/{}", kinds_.at(kind).label(), name));
}

}  // namespace holdfast::engine
