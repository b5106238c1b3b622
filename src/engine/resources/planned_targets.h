// The target as it will be once a plan has been applied: what is there, and what the plan brings.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/resources/body.h"
#include "engine/resources/match.h"

namespace holdfast::engine {

class PlannedTargets : public LinkTargets {
public:
  PlannedTargets(const model::KindSet& kinds, const ResourceIndex& wanted, const ResourceIndex& live,
                 const MatchRules& rules, const std::vector<ResourceMatch>& matches)
      : kinds_(kinds), wanted_(wanted), live_(live), rules_(rules), matches_(matches) {}

  // Which of the wanted resources the plan is about.
  void choose(std::vector<bool> chosen);
  bool chosen(std::uint32_t index) const { return chosen_[index]; }
  // It will be removed and created: what names it has to name another one.
  void recreate(std::uint32_t index) { recreated_[index] = true; }
  bool recreated(std::uint32_t index) const { return recreated_[index]; }

  Id id(std::size_t kind, std::string_view source_id) const override;
  bool has_name(std::size_t kind, std::string_view name) const override;
  bool has_path(std::string_view space, std::string_view path) const override;

private:
  const model::KindSet& kinds_;
  const ResourceIndex& wanted_;
  const ResourceIndex& live_;
  const MatchRules rules_;
  const std::vector<ResourceMatch>& matches_;
  std::vector<bool> chosen_;
  std::vector<bool> recreated_;
  std::vector<model::Resource> coming_;  // under the names that they will have
  std::unique_ptr<ResourceIndex> coming_index_;
};

}  // namespace holdfast::engine
