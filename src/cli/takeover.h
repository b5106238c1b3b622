// Who is in charge: fences, and what fires where.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/cutover.h"
#include "engine/firing_states.h"

namespace holdfast::cli {

class Takeover {
public:
  explicit Takeover(Cutover& cutover) : cutover_(cutover) {}  // which outlives it

  // What is to fire as a snapshot has it.
  struct Activation {
    repository::Snapshot recorded;
    std::vector<std::string> selection{};
    std::function<bool(const std::string& kind, const std::string& id)> only{};
  };
  struct PlannedActivation {
    repository::Snapshot recorded;
    model::ResourcePlan plan;
  };
  // Plans, and shows the plans.
  std::vector<PlannedActivation> plan_activations(const std::string& target, const std::vector<Activation>& all);
  // Says that `pair.active` is in charge, sets what fires, and says whether that was all.  Where nothing could be set,
  // what was known before is known again.  Returns the exit code.
  [[nodiscard]] int take_charge(const std::vector<PlannedActivation>& planned, engine::Pair pair);
  [[nodiscard]] int activate(const std::vector<PlannedActivation>& planned);
  // A snapshot of what fires now.  Its name; empty, with a warning, where it could not be taken.
  std::string back_up_behind(const std::string& name);
  // The same of a target that took over, kept with its pair: what is changed there from now on is told by it.
  void remember_behind(const std::string& source, const std::string& target);

  // Pauses all that fires; `recorded` is its newest snapshot where one was just taken.  Whether all was seen to be
  // paused.  Throws what the connector throws where it does not answer; the fence is open then.
  [[nodiscard]] bool fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded);
  void open_fence(const std::string& name, const std::string& active);
  // Throws Error{refused} where not all that fires on `name` was paused.
  void require_fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded,
                     const engine::Unconfirmed& otherwise);

  // What fired on a connector that is lost: by its newest snapshot, or by what it was given when it was put in charge,
  // where no snapshot is younger.
  repository::Snapshot states_without(const std::string& lost, const engine::Pair& pair);
  repository::Snapshot states_by(const repository::Snapshot& snapshot);
  engine::FiringStates firing(const repository::Snapshot& snapshot, const std::vector<std::string>& selection = {});
  // Who is in charge since when, and what is fenced.
  void tell_charge(const engine::Pair& pair);

private:
  int activate(const std::vector<PlannedActivation>& planned, bool& anything);  // whether anything is set now

  Cutover& cutover_;
};

}  // namespace holdfast::cli
