#include "engine/resources/task_run.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/attributes.h"
#include "engine/browse.h"
#include "engine/resources/sides.h"
#include "engine/restore.h"
#include "engine/row_layout.h"
#include "engine/stop_guard.h"
#include "model/not_seen.h"
#include "repository/tree.h"

namespace holdfast::engine {

namespace {

using model::ResourceAction;
using model::ResourcePlan;
using model::ResourceStep;
using State = ManualTask::State;
using Way = ManualTask::Way;

bool holds(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

ManualTask task_of(const ResourcePlan& plan, const ResourceStep& step, const std::string& text, Way way) {
  return {.id = task_id(plan.target, step.kind, step.path, text),
          .kind = step.kind,
          .path = step.path,
          .source_id = step.source_id,
          .text = text,
          .way = way};
}

Way way_of(const ResourceStep& step) noexcept {
  if (step.action != ResourceAction::manual) return Way::beside;
  return step.source_id.empty() ? Way::removal : Way::instead;
}

Way way_of(const ResourceStep& step, const ResourceOutcome& told) noexcept {
  if (step.action == ResourceAction::remove) return Way::removal;
  return told.way == platform::ByHand::Way::beside ? Way::beside : Way::instead;
}

bool is_due(const ManualTask* known, const ResourcePlan& plan, Way way) noexcept {
  if (!known || known->state == State::closed) return true;
  return way == Way::beside && known->state == State::done && known->until < plan.made;
}

// What the calls of a step turned out not to do.
std::vector<ManualTask> refused_calls(const ResourcePlan& plan, const ResourceApplyResult& result) {
  std::map<std::string, const ResourceStep*> writes;
  for (const ResourceStep& step : plan.steps)
    if (step.writes()) writes.emplace(step.path, &step);
  std::vector<ManualTask> out;
  for (const ResourceOutcome& one : result.outcomes) {
    const auto step = writes.find(one.path);
    if (one.what != ResourceOutcome::What::manual || step == writes.end()) continue;
    if (holds(step->second->tasks, one.text)) continue;
    out.push_back(task_of(plan, *step->second, one.text, way_of(*step->second, one)));
  }
  return out;
}

class Closing {
public:
  Closing(repository::Repository& repository, const model::KindSet& kinds, const EndedRun& run,
          const std::stop_token& stop)
      : repository_(repository),
        kinds_(kinds),
        run_(run),
        stop_(stop),
        sees_some_(sees_only_its_own(run.source.attributes)),
        left_out_(model::not_seen_of(run.source.attributes)),
        everything_(run.plan.selection.empty()),
        selection_(selection_of(run.plan.selection)) {
    const std::vector<ManualTask> refused = refused_calls(run.plan, run.result);
    std::set<std::string> told;
    for (const ManualTask& task : refused) {
      listed_.insert(task.id);
      told.insert(task.path);
    }
    for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
      const ResourceStep& step = run.plan.steps[i];
      for (const std::string& text : step.tasks) listed_.insert(task_of(run.plan, step, text, way_of(step)).id);
      const StepEnd end = i < run.result.ends.size() ? run.result.ends[i] : StepEnd::open;
      const bool written = end == StepEnd::done || end == StepEnd::already;
      if (!written && !told.contains(step.path) && step.action != ResourceAction::manual) undecided_.insert(step.path);
    }
  }

  std::vector<std::string> closed(const TaskStore& store) {
    std::vector<std::string> out;
    std::map<std::size_t, std::vector<const ManualTask*>> asked;  // by kind: the source decides
    for (const ManualTask& task : store.tasks()) {
      if (!may_close(task)) continue;
      const std::optional<std::size_t> kind = kinds_.find(task.kind);
      const bool told_by_plan = everything_ && task.way != Way::beside && !may_lack(task.kind);
      if (told_by_plan)
        out.push_back(task.id);
      else if (kind && (everything_ || (selection_ && task.way == Way::instead)))
        asked[*kind].push_back(&task);
    }
    for (const auto& [kind, tasks] : asked) look(kind, tasks, out);
    return out;
  }

private:
  bool may_close(const ManualTask& task) const {
    const bool settled = task.state == State::closed || task.state == State::waived ||
                         (task.state == State::done && task.way == Way::beside);
    if (settled || task.since > run_.plan.made || listed_.contains(task.id) || undecided_.contains(task.path))
      return false;
    return task.way != Way::removal || run_.plan.removes;
  }

  // Whether something of this kind may be there that the snapshot of the source was not shown, or did not look at.
  bool may_lack(const std::string& kind) const {
    return sees_some_ || model::leaves_out(left_out_, kind, std::nullopt);
  }

  void look(std::size_t kind, const std::vector<const ManualTask*>& tasks, std::vector<std::string>& out) const {
    std::map<std::string, bool> there;  // and whether the run selected it
    const model::ReadyKind& ready = kinds_.at(kind);
    if (const repository::Tree* tree = find_tree(run_.source, ready.label())) {
      StoppableSource source(repository_.blocks(), stop_);
      RowProjection layout(collection_of(*tree), ready.kind.collection);
      for (repository::TreeCursor cursor(source, *tree); cursor.valid(); cursor.next()) {
        throw_if_stopped(stop_);
        const model::Resource one = kinds_.resource(kind, base::to_row(layout(cursor.current())));
        there.emplace(one.id, everything_ || selected(*selection_, kinds_, one));
      }
    }
    for (const ManualTask* task : tasks) {
      const auto found = there.find(task->source_id);
      const bool is_there = found != there.end();
      const bool gone = !is_there && !may_lack(task->kind);
      if (task->way == Way::beside ? gone : is_there && found->second) out.push_back(task->id);
    }
  }

  repository::Repository& repository_;
  const model::KindSet& kinds_;
  const EndedRun& run_;
  const std::stop_token& stop_;
  const bool sees_some_;
  const std::vector<model::NotSeen> left_out_;
  const bool everything_;
  const std::optional<model::Selection> selection_;
  std::set<std::string> listed_;
  std::set<std::string> undecided_;  // paths of what was neither written nor left to people
};

}  // namespace

bool brings_contents(const ResourcePlan& plan) noexcept {
  const bool in_place = plan.source == plan.target;
  return plan.firing != model::FiringMode::recorded && !(in_place && plan.firing == model::FiringMode::paused);
}

std::vector<ManualTask> tasks_of_plan(const TaskStore& store, const ResourcePlan& plan) {
  std::vector<ManualTask> out;
  for (const ResourceStep& step : plan.steps)
    for (const std::string& text : step.tasks) {
      ManualTask task = task_of(plan, step, text, way_of(step));
      if (is_due(store.find(task.id), plan, task.way)) out.push_back(std::move(task));
    }
  return out;
}

std::vector<ManualTask> tasks_of_result(const TaskStore& store, const ResourcePlan& plan,
                                        const ResourceApplyResult& result) {
  std::vector<ManualTask> out = refused_calls(plan, result);
  std::erase_if(out, [&](const ManualTask& task) { return !is_due(store.find(task.id), plan, task.way); });
  return out;
}

std::vector<std::string> no_longer_asked(repository::Repository& repository, const model::KindSet& kinds,
                                         const TaskStore& store, const EndedRun& run, const std::stop_token& stop) {
  if (store.tasks().empty() || lacks_rows(run.source)) return {};
  return Closing(repository, kinds, run, stop).closed(store);
}

}  // namespace holdfast::engine
