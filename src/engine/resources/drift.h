// What somebody changed on a target since a run into it ended.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/resources/body.h"
#include "engine/resources/plan.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Both sides as they were when the last run from one into the other ended.  What it names outlives it.
struct Split {
  const repository::Snapshot* source = nullptr;  // absent: not known
  const repository::Snapshot* target = nullptr;  // absent: not known; then only what else stands here is held back
  // Kind and id on the target of what differed even then: it counts as changed for as long as it differs.
  std::set<std::pair<std::string, std::string>> differed{};
  // The same of what was written by us since the target's snapshot: that it is otherwise says nothing.
  std::set<std::pair<std::string, std::string>> written{};
  // What of the target came from the source, or was known to be the same; what this does not name was never there.
  // Absent: that is not asked.
  const model::IdMap* counterparts = nullptr;
  // Of a way back: the run went the other way.  What it did not bring there is the older one here; and where the target
  // is not known as it was, nobody knows which side changed what differs.
  enum class Way { same, back } way = Way::same;
  // The source took over from the target, whether or not a run has gone home since.
  enum class Home { no, yes } home = Home::no;
  // What becomes of what was changed on the target: somebody has to decide, or it stays, or nobody minds.
  enum class Changed { conflict, keep, overwrite } changed = Changed::conflict;
  // What becomes of what a run would remove and the source never had: somebody has to decide, or it stays.
  enum class Strangers { conflict, keep } strangers = Strangers::conflict;
  // Kind and id on the source of what others brought there: it is not the target's, and is not brought.
  std::set<std::pair<std::string, std::string>> of_others{};
};

// What differs on a target and was left as it is: it counts as changed for as long as it differs.
struct LeftAlone {
  std::string kind;
  std::string source_id;  // empty: the source has none, or it is not known which one
  std::string target_id;
  friend bool operator==(const LeftAlone&, const LeftAlone&) = default;
};

// Whether it fires does not count: that is set by Holdfast itself.
bool equal_but_for_firing(const model::Resource& left, const model::Resource& right, const model::ReadyKind& kind);
// Whether a resource of the target is what would be made there of one of the source; firing as above.
bool equal_as_brought(const ResourceContext& context, const model::Resource& wanted, const model::Resource& there);

// For ResourcePlanOptions::holds_back.
class DriftJudge {  // thread-safe; everything that it is given outlives it
public:
  DriftJudge(repository::Repository& repository, const model::KindSet& kinds, const repository::Snapshot& wanted,
             const Split& split, std::string target)
      : repository_(repository), kinds_(kinds), wanted_(wanted), split_(split), target_(std::move(target)) {}

  std::optional<ResourcePlanOptions::HeldBack> judge(const model::Resource* wanted, const model::Resource& live) const;

private:
  std::optional<model::Resource> then(const repository::Snapshot& snapshot, const model::Resource& one) const;
  bool stranger(const model::Resource& live) const;
  std::string change_of(const model::Resource* wanted, const model::Resource& live) const;
  bool source_changed(const model::Resource& wanted) const;

  repository::Repository& repository_;
  const model::KindSet& kinds_;
  const repository::Snapshot& wanted_;
  const Split& split_;
  const std::string target_;
};

}  // namespace holdfast::engine
