#include "engine/cutover/replication.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/browse.h"
#include "engine/compare.h"
#include "engine/resources/body.h"
#include "engine/resources/drift.h"
#include "engine/resources/sides.h"
#include "engine/row_layout.h"
#include "engine/stop_guard.h"
#include "model/selection.h"
#include "repository/tree.h"

namespace holdfast::engine {

namespace {

using model::KindSet;
using model::Resource;
using model::ResourceAction;
using model::ResourceStep;
using Id = std::pair<std::string, std::string>;  // kind, id on the target

// Ids as the id map has them; what is named by its name or its path is there.
class KnownTargets : public LinkTargets {
public:
  KnownTargets(const KindSet& kinds, const model::IdMap& ids) : kinds_(kinds), ids_(ids) {}
  Id id(std::size_t kind, std::string_view source_id) const override {
    const model::IdEntry* entry = ids_.by_source(kinds_.at(kind).label(), source_id);
    return entry ? Id{State::there, entry->target_id, {}} : Id{};
  }
  bool has_name(std::size_t, std::string_view) const override { return true; }
  bool has_path(std::string_view, std::string_view) const override { return true; }

private:
  const KindSet& kinds_;
  const model::IdMap& ids_;
};

class Reckoning {
public:
  Reckoning(repository::Repository& repository, const KindSet& kinds, const FinishedRun& run,
            const std::stop_token& stop)
      : repository_(repository),
        kinds_(kinds),
        run_(run),
        stop_(stop),
        known_(run.before && run.split && run.target),
        selection_(selection_of(run.plan.selection)),
        targets_(kinds, run.ids) {
    for (const model::IdEntry& entry : run.plan.matches) bound_.emplace(entry.kind, entry.target_id);
    if (run.before)
      for (const LeftAlone& one : run.before->written) written_before_.emplace(one.kind, one.target_id);
  }

  std::vector<LeftAlone> written() {
    for (std::size_t i = 0; i < run_.plan.steps.size(); ++i) step(run_.plan.steps[i], end_of(i));
    written_.insert(written_before_.begin(), written_before_.end());
    std::vector<LeftAlone> out;
    for (const Id& id : written_) {
      const model::IdEntry* entry = run_.ids.by_target(id.first, id.second);
      out.push_back({id.first, entry ? entry->source_id : std::string(), id.second});
    }
    return out;
  }

  std::vector<LeftAlone> reckon() {
    for (std::size_t i = 0; i < run_.plan.steps.size(); ++i) step(run_.plan.steps[i], end_of(i));
    if (run_.before)
      for (const LeftAlone& one : run_.before->differed) earlier_.emplace(Id(one.kind, one.target_id), one.source_id);
    if (known_) changes();
    for (const auto& [id, source] : earlier_) earlier(id, source);
    for (const auto& [kind, ones] : quiet_) look_again(kind, ones);
    std::vector<LeftAlone> out;
    out.reserve(found_.size());
    for (const auto& [id, source] : found_) out.push_back({id.first, source, id.second});
    return out;
  }

private:
  StepEnd end_of(std::size_t index) const {
    const auto& ends = run_.result.ends;
    return index < ends.size() ? ends[index] : StepEnd::open;
  }
  // What an earlier run of this plan wrote is in the snapshot behind that run, if it came so far, or in one of a run of
  // another plan since: what is otherwise now was changed since.  What was written behind that snapshot by a run that
  // was killed is taken for somebody's, too: that only asks once more.
  bool wrote(StepEnd end) const {
    const bool seen_before =
        (run_.before && run_.before->plan == run_.plan.id) || (run_.split && run_.split->taken > run_.plan.made);
    return end == StepEnd::done || (end == StepEnd::already && !seen_before);
  }
  std::string target_of(const ResourceStep& step) const {
    const bool makes = step.action == ResourceAction::create || step.action == ResourceAction::recreate;
    if (!makes && !step.target_id.empty()) return step.target_id;
    const model::IdEntry* entry = run_.ids.by_source(step.kind, step.source_id);
    return entry ? entry->target_id : std::string();
  }
  void keep(const Id& id) {
    const model::IdEntry* entry = run_.ids.by_target(id.first, id.second);
    found_.emplace(id, entry ? entry->source_id : std::string());
  }

  // Also where not all of it could be written.
  bool made(const ResourceStep& step) const {
    if (step.action != ResourceAction::create && step.action != ResourceAction::recreate) return false;
    const model::IdEntry* entry = run_.ids.by_source(step.kind, step.source_id);
    return entry != nullptr && (entry->learnt == model::Learnt::created || entry->learnt == model::Learnt::adopted);
  }

  void step(const ResourceStep& step, StepEnd end) {
    const Id id(step.kind, target_of(step));
    if (id.second.empty()) return;
    if (wrote(end)) {
      written_.insert(id);
      return;
    }
    concerned_.insert(id);
    if (end == StepEnd::already) return;
    // What the run before left as it shall be, and nobody touched, is Holdfast's own even where it was not written now.
    const bool ours = (known_ && !bound_.contains(id)) || made(step);
    const bool removal = step.source_id.empty() && step.action == ResourceAction::conflict;
    const bool differs = step.writes() || removal || !step.fields.empty();
    if (end == StepEnd::conflict || (differs && !ours)) keep(id);
  }

  void changes() {
    const auto visit = [&](const model::Collection& collection, const repository::Difference& difference, Freshness) {
      const std::optional<std::size_t> kind = kinds_.find(collection.name);
      if (!kind) return;
      RowProjection layout(collection, kinds_.at(*kind).kind.collection);
      std::optional<Resource> was;
      std::optional<Resource> is;
      if (difference.before) was = kinds_.resource(*kind, base::to_row(layout(*difference.before)));
      if (difference.after) is = kinds_.resource(*kind, base::to_row(layout(*difference.after)));
      change(*kind, was, is);
    };
    compare_snapshots(repository_,
                      {.before = *run_.split,
                       .after = *run_.target,
                       .selection = model::Selection(),
                       .values = repository::Values::yes},
                      stop_, visit);
  }

  void change(std::size_t kind, const std::optional<Resource>& was, const std::optional<Resource>& is) {
    const model::ReadyKind& known = kinds_.at(kind);
    if (!is) {
      gone_.emplace(known.label(), was->id);
      return;
    }
    const Id id(known.label(), is->id);
    there_.insert(id);
    if (written_.contains(id) || written_before_.contains(id) || (was && equal_but_for_firing(*was, *is, known)))
      return;
    // With a catalog comes a schema of the platform's own making: nobody changed anything.
    if (!was && is->system) return;
    if (earlier_.contains(id) && !concerned_.contains(id)) {
      changed_.emplace(id, *is);
    } else {
      keep(id);
    }
  }

  void earlier(const Id& id, const std::string& source) {
    const bool gone = gone_.contains(id) && !there_.contains(id);  // under another name it is still there
    if (written_.contains(id) || gone) return;
    const model::IdEntry* entry = run_.ids.by_target(id.first, id.second);
    const std::optional<std::size_t> kind = kinds_.find(id.first);
    const bool quiet = entry && kind && !concerned_.contains(id);
    if (quiet)
      quiet_[*kind].emplace(entry->source_id, id);
    else
      found_.emplace(id, source);
  }

  // What the plan looked at and had nothing to do about is equal, unless it was changed after that.
  void look_again(std::size_t kind, const std::map<std::string, Id>& ones) {
    std::map<std::string, Id> left = ones;
    const model::ReadyKind& known = kinds_.at(kind);
    const auto& trees = run_.source.trees;
    const auto tree = std::find_if(trees.begin(), trees.end(),
                                   [&](const repository::Tree& one) { return one.name == known.label(); });
    if (tree != trees.end() && selection_) {
      StoppableSource source(repository_.blocks(), stop_);
      RowProjection layout(collection_of(*tree), known.kind.collection);
      for (repository::TreeCursor cursor(source, *tree); cursor.valid() && !left.empty(); cursor.next()) {
        throw_if_stopped(stop_);
        const Resource one = kinds_.resource(kind, base::to_row(layout(cursor.current())));
        const auto found = left.find(one.id);
        if (found != left.end() && is_equal(one, found->second)) left.erase(found);
      }
    }
    for (const auto& [source, id] : left) found_.emplace(id, source);
  }

  bool is_equal(const Resource& wanted, const Id& id) const {
    if (!selection_->everything() && !selected(*selection_, kinds_, wanted)) return false;
    const auto changed = changed_.find(id);
    if (changed == changed_.end()) return true;
    const ResourceContext context{kinds_, run_.plan.mapping, targets_, model::FiringMode::paused};
    return equal_as_brought(context, wanted, changed->second);
  }

  repository::Repository& repository_;
  const KindSet& kinds_;
  const FinishedRun& run_;
  const std::stop_token& stop_;
  const bool known_;  // both snapshots of the target are there
  const std::optional<model::Selection> selection_;
  const KnownTargets targets_;
  std::set<Id> bound_;                                      // found by name, and bound to a source by this plan
  std::set<Id> written_;                                    // by this plan
  std::set<Id> written_before_;                             // by runs since the snapshot of before
  std::set<Id> concerned_;                                  // it has a step that wrote nothing
  std::set<Id> gone_;                                       // from a key
  std::set<Id> there_;                                      // at a key where it was not, or was otherwise
  std::map<Id, std::string> earlier_;                       // left alone by the run before, and its id on the source
  std::map<Id, Resource> changed_;                          // of these: as they are now
  std::map<std::size_t, std::map<std::string, Id>> quiet_;  // of these, by kind and id on the source: without a step
  std::map<Id, std::string> found_;                         // and its id on the source
};

}  // namespace

std::vector<LeftAlone> left_alone(repository::Repository& repository, const KindSet& kinds, const FinishedRun& run,
                                  const std::stop_token& stop) {
  return Reckoning(repository, kinds, run, stop).reckon();
}

std::vector<LeftAlone> not_brought(const model::ResourcePlan& plan, const ResourceApplyResult& result,
                                   const model::IdMap& ids) {
  std::vector<LeftAlone> out;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const ResourceStep& step = plan.steps[i];
    const StepEnd end = i < result.ends.size() ? result.ends[i] : StepEnd::open;
    if (step.source_id.empty() || end == StepEnd::done || end == StepEnd::already) continue;
    // Of what no API makes, too, a run the other way would remove what the id map names.
    const bool known = ids.by_source(step.kind, step.source_id) != nullptr;
    const bool differs = step.writes() || step.action == ResourceAction::conflict || !step.fields.empty();
    if (known || differs) out.push_back({step.kind, step.source_id, step.target_id});
  }
  return out;
}

LastRun last_run(repository::Repository& repository, const KindSet& kinds, const FinishedRun& run,
                 const std::stop_token& stop) {
  LastRun out{.plan = run.plan.id, .source_snapshot = run.plan.snapshot};
  out.differed = left_alone(repository, kinds, run, stop);
  if (run.target) out.target_snapshot = run.target->id.name();
  if (!run.target && run.before) {
    out.target_snapshot = run.before->target_snapshot;
    out.written = Reckoning(repository, kinds, run, stop).written();
  }
  return out;
}

}  // namespace holdfast::engine
