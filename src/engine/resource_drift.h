// What somebody changed on a target since a run into it ended.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/resource_plan.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Both sides as they were when the last run from one into the other ended.  The snapshots outlive it.
struct Split {
  const repository::Snapshot* source = nullptr;  // absent: not known
  const repository::Snapshot* target = nullptr;  // never absent
  // Kind and id on the target of what differed even then: it counts as changed for as long as it differs.
  std::set<std::pair<std::string, std::string>> differed{};
  // What becomes of what was changed on the target: somebody has to decide, or it stays as it is.
  enum class Changed { conflict, keep } changed = Changed::conflict;
};

// What of a plan differs and is left as it is: it differs when the run has ended, too.
struct LeftAlone {
  std::string kind;
  std::string source_id;  // empty: the source has none
  std::string target_id;
  friend bool operator==(const LeftAlone&, const LeftAlone&) = default;
};
std::vector<LeftAlone> left_alone(const model::ResourcePlan& plan);

// For ResourcePlanOptions::holds_back.  Whether it fires does not count: that is set by Holdfast itself.
class DriftJudge {  // thread-safe; everything that it is given outlives it
public:
  DriftJudge(repository::Repository& repository, const model::KindSet& kinds, const repository::Snapshot& wanted,
             const Split& split, std::string target)
      : repository_(repository), kinds_(kinds), wanted_(wanted), split_(split), target_(std::move(target)) {}

  std::optional<ResourcePlanOptions::HeldBack> judge(const model::Resource* wanted, const model::Resource& live) const;

private:
  std::optional<model::Resource> then(const repository::Snapshot& snapshot, const model::Resource& one) const;
  std::string change_of(const model::Resource& live) const;
  bool source_changed(const model::Resource& wanted) const;

  repository::Repository& repository_;
  const model::KindSet& kinds_;
  const repository::Snapshot& wanted_;
  const Split& split_;
  const std::string target_;
};

}  // namespace holdfast::engine
