// One step of a plan of resources, done.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/events.h"
#include "engine/resources/apply.h"
#include "engine/resources/firing.h"
#include "engine/resources/journal.h"
#include "engine/resources/live_targets.h"
#include "engine/resources/step_columns.h"
#include "engine/resources/step_content.h"

namespace holdfast::engine {

enum class StepResult { done, adopted, already };

class StepWorker {  // thread-safe: each step is done by one thread at a time
public:
  struct Tools {
    const ResourceApplication& application;
    ResourceJournal& journal;
    LiveTargets& targets;
    base::Events& events;
    const base::Clock& clock;
  };
  StepWorker(const Tools& tools, std::stop_token stop);

  // Throws StepFailed; everything else ends the run.
  StepResult run(std::size_t index);
  // Writes again what was left out while a cycle was cut.
  StepResult patch(std::size_t index);
  // Says for how many creates of an earlier run nobody knows what came of them, and how long they are looked for.
  void announce_waits() const;

private:
  const model::ResourceStep& step(std::size_t index) const { return application_.plan.steps[index]; }
  const model::ReadyKind& kind_of(const model::ResourceStep& step) const;
  // What the id map says of its source, where that was learnt by this plan or by another one since it was made.
  std::optional<model::IdEntry> learnt(const model::ResourceStep& step) const;
  StepResult make(std::size_t index);
  struct Made {
    std::string id;
    bool adopted = false;
    bool doubtful = false;    // a call was made of which nobody knows what came of it
    bool unfinished = false;  // it lacks what only a second call sets
  };
  enum class Sent { never, maybe };  // a create, before the one that was refused
  // What is sought: with at least so much of its content, and known for ours by what it is or by who made it and when.
  struct Sought {
    StepContents::Content least = StepContents::Content::equal;
    enum class Proof { what_it_is, creator } proof = Proof::what_it_is;
  };
  Made create(std::size_t index, const StepContent& wanted, const ResourceJournal::Intent& intent);
  Made taken(std::size_t index, const StepContent& wanted, const ResourceJournal::Intent& intent, Sent sent,
             const base::Error& refused);
  bool came_along(std::size_t index) const;
  void leave_fingerprint(std::size_t index, const std::string& id);
  std::optional<std::string> late_orphan(const StepContent& wanted, const ResourceJournal::Intent& intent,
                                         base::Duration until);
  void refuse_further(const StepContent& wanted, const ResourceJournal::Intent& intent, const std::string& id);
  std::optional<std::string> orphan(const StepContent& wanted, const ResourceJournal::Intent& intent,
                                    const Sought& sought);
  bool fits(const StepContent& wanted, const ResourceJournal::Intent& intent,
            const platform::ResourceWriter::Found& found);
  void learn(const StepContent& wanted, const std::string& id, model::Learnt how);
  // Of what is set later a refusal comes back: the rest of the step is done all the same.
  std::optional<StepFailed> write_body(const StepContent& wanted, const std::string& id);
  std::optional<StepFailed> finish(const StepContent& wanted, const ResourceJournal::Intent& intent,
                                   const std::string& id);
  void require_gone(const StepContent& wanted);
  void require_gone_in_place(const StepContent& wanted);
  void clear_way(std::size_t index, const StepContent& wanted);
  void update(std::size_t index);
  bool keeps(const model::ResourceStep& step, const model::ReadyKind& kind) const;
  std::vector<std::pair<const model::ReadyDocument*, FiringChange>> changes_of(const model::ResourceStep& step,
                                                                               const model::ReadyKind& kind,
                                                                               const base::Row& live) const;
  void activate(const model::ResourceStep& step);
  void remove(const model::ResourceStep& step);
  // Throws StepFailed where somebody changed it between the two passes.
  void refuse_change(std::size_t index, const StepContent& whole, const base::Row& there) const;
  std::optional<platform::ResourceWriter::Found> read(const model::ReadyKind& kind, const std::string& id);

  const ResourceApplication& application_;
  ResourceJournal& journal_;
  LiveTargets& targets_;
  base::Events& events_;
  const base::Clock& clock_;
  const base::Duration begun_;  // by clock_.elapsed()
  std::stop_token stop_;
  StepContents contents_;
  StepColumns columns_;
};

}  // namespace holdfast::engine
