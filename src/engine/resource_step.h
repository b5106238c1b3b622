// One step of a plan of resources, done.
#pragma once

#include <atomic>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/resource_apply.h"
#include "engine/resource_body.h"
#include "engine/resource_firing.h"
#include "engine/resource_journal.h"

namespace holdfast::engine {

// The target as it is while a plan is being applied.
class LiveTargets : public LinkTargets {  // thread-safe
public:
  LiveTargets(const model::KindSet& kinds, const model::ResourcePlan& plan, const IdMapStore& ids);
  void made(std::size_t step) { made_[step].store(true); }
  bool is_made(std::size_t step) const { return made_[step].load(); }

  Id id(std::size_t kind, std::string_view source_id) const override;
  bool has_name(std::size_t kind, std::string_view name) const override;
  bool has_path(std::string_view, std::string_view) const override { return true; }  // the plan has looked

private:
  const model::KindSet& kinds_;
  const model::ResourcePlan& plan_;
  const IdMapStore& ids_;
  std::map<std::pair<std::string, std::string>, std::size_t, std::less<>> coming_;  // kind, source id → step
  std::vector<std::atomic<bool>> made_;
};

// What the platform refused; the run goes on.
class StepFailed : public std::exception {
public:
  StepFailed(ResourceOutcome::What what, std::string text) : what_(what), text_(std::move(text)) {}
  ResourceOutcome::What outcome() const noexcept { return what_; }
  const std::string& text() const noexcept { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

private:
  ResourceOutcome::What what_;
  std::string text_;
};

enum class StepResult { done, adopted, already };

class StepWorker {  // thread-safe: each step is done by one thread at a time
public:
  StepWorker(const ResourceApplication& application, LiveTargets& targets, const base::Clock& clock,
             std::stop_token stop);

  // Throws StepFailed; everything else ends the run.
  StepResult run(std::size_t index);
  // Writes again what was left out while a cycle was cut.
  StepResult patch(std::size_t index);

private:
  struct Wanted;
  const model::ResourceStep& step(std::size_t index) const { return application_.plan.steps[index]; }
  Wanted wanted(const model::ResourceStep& step, const base::Row* live) const;
  std::optional<std::string> column_text(const Wanted& wanted, const std::string& column) const;
  StepResult make(std::size_t index);
  struct Made {
    std::string id;
    bool adopted = false;
    bool doubtful = false;  // a call was made of which nobody knows what came of it
  };
  Made create(const Wanted& wanted, const ResourceJournal::Intent& intent);
  std::optional<std::string> late_orphan(const Wanted& wanted, const ResourceJournal::Intent& intent,
                                         base::Duration until);
  void refuse_further(const Wanted& wanted, const ResourceJournal::Intent& intent, const std::string& id);
  enum class Content { equal, begun, other };
  std::optional<std::string> orphan(const Wanted& wanted, const ResourceJournal::Intent& intent, Content least);
  Content content_of(const Wanted& wanted, const platform::ResourceWriter::Found& found) const;
  bool fits(const Wanted& wanted, const ResourceJournal::Intent& intent, const platform::ResourceWriter::Found& found);
  void require_gone(const Wanted& wanted);
  void require_gone_in_place(const Wanted& wanted);
  void clear_way(std::size_t index, const Wanted& wanted);
  void update(const model::ResourceStep& step);
  bool keeps(const model::ResourceStep& step, const model::ReadyKind& kind) const;
  std::vector<std::pair<const model::ReadyDocument*, FiringChange>> changes_of(const model::ResourceStep& step,
                                                                               const model::ReadyKind& kind,
                                                                               const base::Row& live) const;
  void activate(const model::ResourceStep& step);
  void remove(const model::ResourceStep& step);
  void write_columns(const Wanted& wanted, const std::string& id);
  platform::ResourceWriter::Content content(const Wanted& wanted) const;
  std::optional<platform::ResourceWriter::Found> read(const model::ResourceStep& step, const model::ReadyKind& kind);

  const ResourceApplication& application_;
  LiveTargets& targets_;
  const base::Clock& clock_;
  const base::Duration begun_;  // by clock_.elapsed()
  std::stop_token stop_;
  ResourceJournal journal_;
  ResourceContext context_;
};

}  // namespace holdfast::engine
