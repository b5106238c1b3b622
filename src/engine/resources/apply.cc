#include "engine/resources/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <queue>
#include <utility>

#include "base/error.h"
#include "base/task_group.h"
#include "engine/meter.h"
#include "engine/resources/firing.h"
#include "engine/resources/step.h"
#include "engine/stop_guard.h"

namespace holdfast::engine {

namespace {

using model::ResourceAction;
using model::ResourcePlan;
using model::ResourceStep;
using What = ResourceOutcome::What;
using Indexes = std::vector<std::size_t>;

StepEnd end_of(What failed) noexcept {
  if (failed == What::conflict) return StepEnd::conflict;
  return failed == What::manual ? StepEnd::by_hand : StepEnd::open;
}

// Steps of one phase, each given out when those that it comes behind have ended.
class Schedule {  // thread-safe
public:
  Schedule(const ResourcePlan& plan, const Indexes& steps)
      : missing_(plan.steps.size(), 0), behind_(plan.steps.size()) {
    std::vector<bool> in(plan.steps.size(), false);
    // Creates of one name follow one another: an answer that is lost must not be looked for among those under way.
    std::map<std::pair<std::string, std::string>, std::size_t> last;
    for (const std::size_t index : steps) {
      const ResourceStep& step = plan.steps[index];
      for (const std::vector<std::uint32_t>* before : {&step.needs, &step.after})
        for (const std::uint32_t one : *before)
          if (in[one]) wait(index, one);
      if (step.action == ResourceAction::create || step.action == ResourceAction::recreate) {
        const auto [before, first] = last.emplace(std::pair(step.kind, step.target_name), index);
        if (!first) wait(index, std::exchange(before->second, index));
      }
      in[index] = true;
    }
    for (const std::size_t index : steps)
      if (missing_[index] == 0) ready_.push(index);
    left_ = steps.size();
  }

  // nullopt: all are done, or given up.
  std::optional<std::size_t> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || left_ == 0 || given_up_; });
    if (ready_.empty() || given_up_) return std::nullopt;
    const std::size_t index = ready_.top();
    ready_.pop();
    return index;
  }
  void ended(std::size_t index) {
    const std::lock_guard lock(mutex_);
    --left_;
    for (const std::size_t other : behind_[index])
      if (--missing_[other] == 0) ready_.push(other);
    changed_.notify_all();
  }
  void give_up() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
  }

private:
  void wait(std::size_t index, std::size_t before) {
    ++missing_[index];
    behind_[before].push_back(index);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> missing_;
  std::vector<Indexes> behind_;
  std::priority_queue<std::size_t, Indexes, std::greater<>> ready_;
  std::size_t left_ = 0;
  bool given_up_ = false;
};

class Run {
public:
  Run(const ResourceApplication& application, base::Events& events, const base::Clock& clock, std::stop_token stop)
      : application_(application),
        plan_(application.plan),
        stop_(std::move(stop)),
        journal_(application.journal, plan_),
        targets_(application.kinds, plan_, application.ids),
        worker_({application, journal_, targets_, events, clock}, stop_),
        meter_(events, fmt::format("restoring into {}", plan_.target), planned(), 0, threads()),
        outcomes_(plan_.steps.size()) {
    result_.ends.resize(plan_.steps.size(), StepEnd::open);
  }

  ResourceApplyResult run() {
    learn_matches();
    worker_.announce_waits();
    phase([](const ResourceStep& step) { return step.action != ResourceAction::remove; },
          [&](std::size_t index) { step(index); });
    // All that can be there is there now: what was left out of cycles can be written.
    phase([](const ResourceStep& step) { return step.patched && step.writes(); },
          [&](std::size_t index) { patch(index); });
    phase([](const ResourceStep& step) { return step.action == ResourceAction::remove; },
          [&](std::size_t index) { step(index); });
    end();
    for (auto& outcomes : outcomes_) result_.outcomes.insert(result_.outcomes.end(), outcomes.begin(), outcomes.end());
    return std::move(result_);
  }

private:
  unsigned threads() const { return std::max(1U, application_.writer.parallel()); }
  std::uint64_t planned() const {
    return static_cast<std::uint64_t>(
        std::count_if(plan_.steps.begin(), plan_.steps.end(), [](const ResourceStep& step) { return step.writes(); }));
  }

  // Some records of each step would else stay as long as the file of the plan.  What became a task is tried again by
  // whoever applies the plan again.
  void end() {
    const bool all =
        result_.wrote_all(plan_) && std::count(result_.ends.begin(), result_.ends.end(), StepEnd::by_hand) == 0;
    const PlanEnd how = all ? PlanEnd::whole : PlanEnd::in_part;
    journal_.end(how);
    if (how == PlanEnd::whole) journal_.forget_steps(threads());
  }

  void learn_matches() {
    std::vector<model::IdEntry> fresh;
    const bool in_place = plan_.source == plan_.target;
    for (const model::IdEntry& entry : plan_.matches) {
      // It says nothing, and would take the place of what is known of one that was made anew.
      if (in_place && entry.source_id == entry.target_id) continue;
      const auto known = application_.ids.by_source(entry.kind, entry.source_id);
      // What was known the plan has not found on the target.  What was learnt since it was begun, it made itself.
      if (!known || (known->target_id != entry.target_id && !journal_.resumed())) fresh.push_back(entry);
    }
    application_.ids.learn(fresh);
  }

  template <typename Which, typename Work>
  void phase(const Which& which, const Work& work) {
    Indexes steps;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
      if (which(plan_.steps[i])) steps.push_back(i);
    if (steps.empty()) return;
    Schedule schedule(plan_, steps);
    base::TaskGroup group(stop_);
    for (unsigned i = 0; i < std::min<std::size_t>(threads(), steps.size()); ++i)
      group.spawn([&](const std::stop_token& stop) { serve(schedule, work, stop); });
    group.wait();
  }

  template <typename Work>
  void serve(Schedule& schedule, const Work& work, const std::stop_token& stop) {
    try {
      while (const std::optional<std::size_t> index = schedule.next()) {
        throw_if_stopped(stop);
        work(*index);
        schedule.ended(*index);
      }
    } catch (...) {
      schedule.give_up();
      throw;
    }
  }

  void note(std::size_t index, What what, std::string text) {
    outcomes_[index].push_back({what, plan_.steps[index].path, std::move(text)});
  }

  // What it needs and what is not there, if anything.
  std::optional<std::uint32_t> lacking(const ResourceStep& step) const {
    for (const std::uint32_t need : step.needs)
      if (!targets_.is_made(need)) return need;
    return std::nullopt;
  }

  void step(std::size_t index) {
    const ResourceStep& own = plan_.steps[index];
    if (own.action == ResourceAction::conflict) {
      note(index, What::conflict, own.reason);
    } else if (own.writes()) {
      if (is_signed_out()) return leave_out();
      write(index);
    }
    for (const std::string& task : own.tasks) note(index, What::manual, task);
  }

  void write(std::size_t index) {
    const ResourceStep& own = plan_.steps[index];
    if (const std::optional<std::uint32_t> other = lacking(own)) {
      // Somebody else's may be there under its name; it is to be decided whose it is.
      const bool left =
          plan_.steps[*other].action == ResourceAction::conflict || result_.ends[*other] == StepEnd::conflict;
      note(index, What::waiting,
           fmt::format("it needs {}, which {}", plan_.steps[*other].path, left ? "was left alone" : "is not there"));
      return;
    }
    try {
      const StepResult result = worker_.run(index);
      result_.ends[index] = result == StepResult::already ? StepEnd::already : StepEnd::done;
      count(own, result);
      meter_.add(1, 0);
    } catch (const StepFailed& failed) {
      fail(index, failed);
    } catch (const platform::SignedOut& refused) {
      sign_out(index, refused);
    }
  }

  void patch(std::size_t index) {
    if (!outcomes_[index].empty() && outcomes_[index].front().what != What::manual) return;  // it is not there
    if (is_signed_out()) return;
    try {
      if (worker_.patch(index) != StepResult::already) result_.ends[index] = StepEnd::done;
    } catch (const StepFailed& failed) {
      fail(index, failed);
    } catch (const platform::SignedOut& refused) {
      sign_out(index, refused);
    }
  }

  // Of several calls that were under way one is enough to be told of.
  void sign_out(std::size_t index, const platform::SignedOut& refused) {
    const std::lock_guard lock(mutex_);
    if (result_.ended_by) {
      ++result_.untried;
      return;
    }
    result_.ends[index] = StepEnd::open;
    result_.ended_by = refused;
    note(index, What::failed, refused.message());
  }
  bool is_signed_out() {
    const std::lock_guard lock(mutex_);
    return result_.ended_by.has_value();
  }
  void leave_out() {
    const std::lock_guard lock(mutex_);
    ++result_.untried;
  }

  void fail(std::size_t index, const StepFailed& failed) {
    result_.ends[index] = end_of(failed.outcome());
    outcomes_[index].push_back({failed.outcome(), plan_.steps[index].path, failed.text(), failed.way(), failed.hint()});
  }

  void count(const ResourceStep& step, StepResult result) {
    const std::lock_guard lock(mutex_);
    if (result == StepResult::adopted) ++result_.adopted;
    if (result == StepResult::already) {
      ++result_.already;
    } else if (step.action == ResourceAction::create) {
      ++result_.created;
    } else if (step.action == ResourceAction::recreate) {
      ++result_.recreated;
    } else if (step.action == ResourceAction::activate) {
      const model::Kind& kind = application_.kinds.at(*application_.kinds.find(step.kind)).kind;
      ++(only_pauses(kind, step) ? result_.paused : result_.activated);
    } else if (step.action == ResourceAction::remove) {
      ++result_.removed;
    } else {
      ++result_.updated;
    }
  }

  const ResourceApplication& application_;
  const ResourcePlan& plan_;
  std::stop_token stop_;
  ResourceJournal journal_;
  LiveTargets targets_;
  StepWorker worker_;
  Meter meter_;
  std::mutex mutex_;                                    // guards the counts of result_
  ResourceApplyResult result_;                          // ends: each is touched by whoever does the step
  std::vector<std::vector<ResourceOutcome>> outcomes_;  // of each step: touched by whoever does the step
};

}  // namespace

bool ResourceApplyResult::complete() const noexcept {
  return !ended_by && std::all_of(outcomes.begin(), outcomes.end(),
                                  [](const ResourceOutcome& one) { return one.what == What::manual; });
}

PlanEnd how_it_ended(storage::Backend& journal, const model::ResourcePlan& plan) {
  return ResourceJournal::how_it_ended(journal, plan);
}
void keep_journal(storage::Backend& journal, const model::ResourcePlan& plan) {
  ResourceJournal::keep(journal, plan);
}
void forget_journal(storage::Backend& journal, const model::ResourcePlan& plan) {
  ResourceJournal::forget(journal, plan.id);
}

namespace {

void refuse_unknown_kinds(const ResourceApplication& application) {
  for (const ResourceStep& step : application.plan.steps)
    if (!application.kinds.find(step.kind))
      throw base::Error(base::ErrorKind::config,
                        fmt::format("{} has no '{}', which the step '{}' of the plan is about", application.plan.target,
                                    step.kind, step.path),
                        "Make the plan anew for this target.");
}

}  // namespace

bool ResourceApplyResult::wrote_all(const ResourcePlan& plan) const noexcept {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const StepEnd end = i < ends.size() ? ends[i] : StepEnd::open;
    const bool ended = end == StepEnd::done || end == StepEnd::already || end == StepEnd::by_hand;
    if (plan.steps[i].writes() && !ended) return false;
  }
  return true;
}

bool ResourceApplyResult::left_all_to_people(const ResourcePlan& plan, const model::IdMap& ids) const {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const ResourceStep& step = plan.steps[i];
    if (!step.writes()) continue;
    // Of what is there a part may have been written; of what was made its id is known.
    const bool untouched = step.action == ResourceAction::create && i < ends.size() && ends[i] == StepEnd::by_hand &&
                           ids.by_source(step.kind, step.source_id) == nullptr;
    if (!untouched) return false;
  }
  return !plan.does_nothing();
}

ResourceApplyResult apply_resources(const ResourceApplication& application, base::Events& events,
                                    const base::Clock& clock, std::stop_token stop) {
  const ResourcePlan& plan = application.plan;
  return base::in_context([&] { return fmt::format("applying plan {} to connector '{}'", plan.id, plan.target); },
                          [&] {
                            refuse_unknown_kinds(application);
                            return Run(application, events, clock, std::move(stop)).run();
                          });
}

}  // namespace holdfast::engine
