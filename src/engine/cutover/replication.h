// What a run into a target leaves behind, and what of it the next run may take for its own.
#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "engine/cutover/store.h"
#include "engine/resources/apply.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "repository/repository.h"

namespace holdfast::engine {

struct FinishedRun {
  const model::ResourcePlan& plan;
  const ResourceApplyResult& result;
  const repository::Snapshot& source;           // that the plan brings
  const repository::Snapshot* target;           // as it was seen behind the run; absent: it could not be read
  const model::IdMap& ids;                      // as it is behind the run
  const LastRun* before = nullptr;              // the run before this one; absent: there was none
  const repository::Snapshot* split = nullptr;  // the target as that one left it; absent: not known
};

// What counts as changed by somebody from now on: all that differs from the target as the run before left it and was
// not written by this one, what that one left alone and this one did not write either, and what was found on the target
// by its name, is not as the source has it, and stayed so.  Only what is written by Holdfast and was touched by nobody
// since is not in it.  Reads what changed between both snapshots of the target, and of the source the kinds of what was
// left alone before and needed nothing now.
std::vector<LeftAlone> left_alone(repository::Repository& repository, const model::KindSet& kinds,
                                  const FinishedRun& run, const std::stop_token& stop);

// What a plan that nobody runs again leaves behind: what the source has, is not on the target as the plan would have
// it, and might go by a run the other way.  Where the target never got it, its id there is empty.
std::vector<LeftAlone> not_brought(const model::ResourcePlan& plan, const ResourceApplyResult& result,
                                   const model::IdMap& ids);

// How it ended, less when.  Where the target could not be read behind it, the snapshot of before goes on to hold, with
// what this run wrote and those since then.
LastRun last_run(repository::Repository& repository, const model::KindSet& kinds, const FinishedRun& run,
                 const std::stop_token& stop);

}  // namespace holdfast::engine
