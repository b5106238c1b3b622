#include "engine/made_anew.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/id_map_store.h"

namespace holdfast::engine {

namespace {

using model::IdEntry;
using model::IdMap;

class Called {
public:
  Called(const model::KindSet& kinds, const std::vector<model::Resource>& side) {
    for (const model::Resource& one : side) ids_.emplace(kinds.at(one.kind).label(), one.id);
  }
  bool operator()(const std::string& kind, const std::string& id) const { return ids_.contains({kind, id}); }

private:
  std::set<std::pair<std::string, std::string>> ids_;
};

// Which of both ids it is called by here, and which one that is not; absent: neither, or both are there.
struct Names {
  const std::string& here;
  const std::string& other;
};
std::optional<Names> names_of(const IdEntry& anew, const Called& called) {
  const bool before = called(anew.kind, anew.source_id);
  if (before == called(anew.kind, anew.target_id)) return std::nullopt;
  return before ? Names{anew.source_id, anew.target_id} : Names{anew.target_id, anew.source_id};
}

}  // namespace

IdMap with_made_anew(IdMap ids, storage::Backend& state, const model::KindSet& kinds, const ResourceSides& sides) {
  if (ids.source() == ids.target()) return ids;
  const std::vector<IdEntry> left = IdMapStore(state, ids.source(), ids.source()).snapshot().entries();
  const std::vector<IdEntry> entered = IdMapStore(state, ids.target(), ids.target()).snapshot().entries();
  if (!left.empty()) {
    const Called called(kinds, sides.wanted);
    for (const IdEntry& anew : left) {
      const std::optional<Names> names = names_of(anew, called);
      const IdEntry* known = names ? ids.by_source(anew.kind, names->other) : nullptr;
      if (!known || ids.by_source(anew.kind, names->here)) continue;
      IdEntry entry = *known;
      ids.remove(anew.kind, names->other);
      entry.source_id = names->here;
      ids.add(std::move(entry));
    }
  }
  if (!entered.empty()) {
    const Called called(kinds, sides.live);
    for (const IdEntry& anew : entered) {
      const std::optional<Names> names = names_of(anew, called);
      const IdEntry* known = names ? ids.by_target(anew.kind, names->other) : nullptr;
      if (!known || ids.by_target(anew.kind, names->here)) continue;
      IdEntry entry = *known;
      entry.target_id = names->here;
      ids.replace(std::move(entry));
    }
  }
  return ids;
}

}  // namespace holdfast::engine
