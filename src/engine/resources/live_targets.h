// The target as it is while a plan is being applied.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/resources/body.h"
#include "engine/resources/id_map_store.h"

namespace holdfast::engine {

class LiveTargets : public LinkTargets {  // thread-safe
public:
  LiveTargets(const model::KindSet& kinds, const model::ResourcePlan& plan, const IdMapStore& ids);
  void made(std::size_t step) { made_[step].store(true); }
  bool is_made(std::size_t step) const { return made_[step].load(); }

  Id id(std::size_t kind, std::string_view source_id) const override;
  bool has_name(std::size_t kind, std::string_view name) const override;
  bool has_path(std::string_view, std::string_view) const override { return true; }  // the plan has looked

private:
  const model::KindSet& kinds_;
  const model::ResourcePlan& plan_;
  const IdMapStore& ids_;
  std::map<std::pair<std::string, std::string>, std::size_t, std::less<>> coming_;  // kind, source id → step
  std::vector<std::atomic<bool>> made_;
};

}  // namespace holdfast::engine
