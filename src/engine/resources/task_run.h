// What a run that brings contents does to the manual tasks of its source and target: opens those that it lists, and
// closes what nothing asks for any more.
#pragma once

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/resources/apply.h"
#include "engine/resources/task_store.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "repository/repository.h"

namespace holdfast::engine {

// An activation, or a fence, lists no tasks, and proves nothing by that.
bool brings_contents(const model::ResourcePlan& plan) noexcept;

// To be opened before anything is written, so that no kill loses what is listed beside a write: it is not listed again.
// What was ticked off after the plan was made stays so; what the plan makes anew has to be done again, unless it is
// waived.
std::vector<ManualTask> tasks_of_plan(const TaskStore& store, const model::ResourcePlan& plan);
// What turned out to be one while the plan was applied.
std::vector<ManualTask> tasks_of_result(const TaskStore& store, const model::ResourcePlan& plan,
                                        const ResourceApplyResult& result);

struct EndedRun {
  const model::ResourcePlan& plan;
  const ResourceApplyResult& result;
  const repository::Snapshot& source;  // that the plan brings
};
// Those that are closed by it, by their ids: of the instead what the run looked at and does not list, of the beside
// what is gone from the source.  What the snapshot of the source may not have been shown, or did not look at, is not
// gone.  A run of a selection closes of the instead what it selected, and nothing else; one by
// a snapshot that lacks rows, or by a plan that is older than the task, closes nothing.  Reads the kinds in question.
std::vector<std::string> no_longer_asked(repository::Repository& repository, const model::KindSet& kinds,
                                         const TaskStore& store, const EndedRun& run, const std::stop_token& stop);

}  // namespace holdfast::engine
