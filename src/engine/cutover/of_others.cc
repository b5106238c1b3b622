#include "engine/cutover/of_others.h"

#include "engine/known_workspace.h"
#include "engine/resources/id_map_store.h"
#include "model/id_map.h"

namespace holdfast::engine {

std::map<FiringKey, std::string> made_for_others(storage::Backend& state, repository::Repository& repository,
                                                 const std::string& source, const std::string& target) {
  CutoverStore store(state);
  const model::IdMap own = IdMapStore(state, source, target).snapshot();
  const std::string workspace = known_workspace(repository, source);
  std::map<FiringKey, std::string> out;
  for (const Pair& pair : store.pairs()) {
    if (pair.target != target || pair.source == source) continue;
    if (!workspace.empty() && known_workspace(repository, pair.source) == workspace) continue;
    if (store.pair(pair.source, source).replicated || store.pair(source, pair.source).replicated) continue;
    for (const model::IdEntry& entry : IdMapStore(state, pair.source, target).snapshot().entries()) {
      const bool made = entry.learnt == model::Learnt::created || entry.learnt == model::Learnt::adopted;
      if (made && own.by_target(entry.kind, entry.target_id) == nullptr)
        out.emplace(FiringKey(entry.kind, entry.target_id), pair.source);
    }
  }
  return out;
}

}  // namespace holdfast::engine
