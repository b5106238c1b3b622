// The write-ahead journal of a plan of resources in the local state: records resources/<plan>/<step>-<what>, none of
// which is ever overwritten.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/resource_plan.h"
#include "storage/backend.h"

namespace holdfast::engine {

// How the last run of a plan ended: not, as it was interrupted or never begun; with something left to write; or whole.
enum class PlanEnd { none, in_part, whole };

class ResourceJournal {  // thread-safe for different steps
public:
  // Throws Error{conflict} when another plan was begun under this plan's id, Error{corruption} naming a record that
  // cannot be read.
  ResourceJournal(storage::Backend& state, const model::ResourcePlan& plan);

  struct Intent {
    base::Instant at;    // by the platform's clock, before the first attempt
    bool fresh = false;  // written just now: no attempt was made before
  };
  Intent intend(std::size_t step, base::Instant now);
  std::optional<Intent> intent(std::size_t step) const;  // of an earlier run, or of this one
  // Every call that was made for it was refused: nothing can come of it any more.
  void withdraw(std::size_t step);
  enum class Mark { removed, done, patched };
  bool has(std::size_t step, Mark mark) const;
  void set(std::size_t step, Mark mark);
  // The fingerprint of what the first pass left behind; what is known already stays.
  void leave(std::size_t step, const std::string& fingerprint);
  std::optional<std::string> left(std::size_t step) const;
  // The same of one column beside the body.
  void leave_column(std::size_t step, const std::string& column, const std::string& items);
  std::optional<std::string> left_column(std::size_t step, const std::string& column) const;

  // Whether an earlier run had begun the plan.
  bool resumed() const noexcept { return resumed_; }
  // The run came to its end, with all written that the plan would write, or not.
  void end(PlanEnd how);
  // Forgets the records of steps, behind a plan that was written whole: all of them are done.
  void forget_steps(unsigned threads);
  static PlanEnd how_it_ended(storage::Backend& state, const model::ResourcePlan& plan);
  // A file holds this plan: whoever has that may apply it again, whatever else ends it.
  static void keep(storage::Backend& state, const model::ResourcePlan& plan);
  // Forgets all of it, where no file holds that plan: nobody goes on with it.
  static void forget(storage::Backend& state, std::string_view plan_id);

private:
  std::string name(std::size_t step, std::string_view what) const;
  std::optional<std::string> text(const std::string& object) const;

  storage::Backend& state_;
  const std::string folder_;
  bool resumed_ = false;
  bool whole_ = false;  // it was written whole before
};

}  // namespace holdfast::engine
