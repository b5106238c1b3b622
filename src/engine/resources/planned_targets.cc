#include "engine/resources/planned_targets.h"

namespace holdfast::engine {

namespace {

constexpr std::uint32_t k_none = ResourceIndex::k_none;

}  // namespace

void PlannedTargets::choose(std::vector<bool> chosen) {
  chosen_ = std::move(chosen);
  recreated_.assign(chosen_.size(), false);
  coming_.clear();
  for (std::uint32_t i = 0; i < chosen_.size(); ++i) {
    if (!chosen_[i]) continue;
    const model::Resource& resource = wanted_.resources()[i];
    coming_.push_back({.kind = resource.kind,
                       .row = {},
                       .id = resource.id,
                       .name = kinds_.mapped_name(resource.kind, resource.name, rules_.mapping),
                       .system = resource.system});
  }
  coming_index_ = std::make_unique<ResourceIndex>(kinds_, coming_);
}

LinkTargets::Id PlannedTargets::id(std::size_t kind, std::string_view source_id) const {
  const std::uint32_t index = wanted_.by_id(kind, source_id);
  if (index != k_none) {
    const std::uint32_t live = matches_[index].live;
    if (live != k_none && !recreated_[index]) return {State::there, live_.resources()[live].id, {}};
    std::string path = kinds_.path_of(wanted_.resources()[index]);
    // Compared with anything that is there, what is to come differs.
    if (chosen_[index]) return {.state = State::there, .value = "new " + path, .brought = true};
    return {State::left_out, {}, std::move(path)};
  }
  const model::IdEntry* entry = rules_.ids.by_source(kinds_.at(kind).label(), source_id);
  if (entry && live_.by_id(kind, entry->target_id) != k_none) return {State::there, entry->target_id, {}};
  if (rules_.in_place && live_.by_id(kind, source_id) != k_none) return {State::there, std::string(source_id), {}};
  return {};
}

bool PlannedTargets::has_name(std::size_t kind, std::string_view name) const {
  return !live_.by_name(kind, name).empty() || !coming_index_->by_name(kind, name).empty();
}

bool PlannedTargets::has_path(std::string_view space, std::string_view path) const {
  return live_.at_or_above(space, path) != k_none || coming_index_->at_or_above(space, path) != k_none;
}

}  // namespace holdfast::engine
