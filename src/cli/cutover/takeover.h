// Who is in charge: fences, and what fires where.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cutover/cutover.h"
#include "engine/cutover/beside_mark.h"
#include "engine/cutover/firing_states.h"

namespace holdfast::cli {

// Whether the operator says that a connector is lost: then it is not asked.
enum class Lost { no, yes };

class Takeover {
public:
  explicit Takeover(Cutover& cutover) : cutover_(cutover) {}  // which outlives it

  // What is to fire as a snapshot has it.
  struct Activation {
    repository::Snapshot recorded;
    std::vector<std::string> selection{};
    std::function<bool(const std::string& kind, const std::string& id)> only{};
    engine::PausedStates beside{};  // what the snapshot does not show; empty: what the fence by it knows
  };
  struct PlannedActivation {
    Activation what;
    model::ResourcePlan plan{};
    engine::RowsBeside beside{};
    std::uint64_t left_out = 0;  // what else was paused beside the snapshot, and is not known here, as was said
  };
  // Plans, and shows the plans.
  std::vector<PlannedActivation> plan_activations(const std::string& target, const std::vector<Activation>& all);
  struct Activated {
    int code = 0;
    bool anything = false;                     // is set now
    bool whole = true;                         // else something that fired is known nowhere, as was said
    std::vector<engine::GivenStates> given{};  // of each plan: what was set, as the target's pair has it
    std::vector<engine::LeftPaused> set{};     // the same, as the plan's snapshot has it
    std::vector<engine::LeftPaused> left{};    // what was to fire and was not set, as its snapshot has it
  };
  // Of `pair` are the id map and the direction.  A fence of the target is open from the first write on.
  [[nodiscard]] Activated activate(const std::vector<PlannedActivation>& planned, const engine::Pair& pair);
  // Saves the pair, which says who is in charge, sets what fires, and keeps whether that was all.  Where nothing could
  // be set, what was known before is known again, unless that shall count all the same.
  enum class Nothing { undoes_it, counts };
  [[nodiscard]] Activated take_charge(const std::vector<PlannedActivation>& planned, const engine::Pair& pair,
                                      Nothing nothing = Nothing::undoes_it);
  // The target takes over from the source by what the first plan's snapshot recorded; a snapshot of it behind that
  // tells what is changed there from now on.
  struct PutInCharge {
    int code;
    bool in_charge;  // else nothing could be activated
  };
  [[nodiscard]] PutInCharge put_in_charge(const std::string& source, const std::string& target,
                                          const std::vector<PlannedActivation>& planned);
  // A snapshot of what fires now.  Its name; empty, with a warning, where it could not be taken, or lacks something of
  // that which the snapshot showed that recorded it.
  std::string back_up_behind(const std::string& name, Cutover::States states);
  // The same of one that was put in charge in place of another one; empty also where it lacks anything of that: what it
  // was given stands in for it, as is said.
  std::string back_up_in_charge(const std::string& name);
  // Sees to it that the newest snapshot of a connector says what is known here of it: who paused it, and from which
  // snapshot its states are to be taken.  So another host knows, and this one when its state is lost.  False, with a
  // warning, where it could not be done.
  [[nodiscard]] bool leave_marks(const std::string& name);

  // A snapshot of it, taken now; of one that is lost its newest.  `undone` begins the hint where it does not answer.
  repository::Snapshot ask(const std::string& name, Lost lost, std::string_view undone);
  // As Cutover::require_writing(), of one that is about to be fenced, with the same hint.
  void require_writing(const std::string& name, std::string_view undone);
  // What fired on a connector that was just asked: as it was recorded when it was paused, which its pair may know, or
  // where no snapshot of it since shows all of that, as it was given when it was put in charge.
  repository::Snapshot recorded_states(const repository::Snapshot& now, const engine::Pair& pair, Lost lost);
  repository::Snapshot states_by(const repository::Snapshot& snapshot);
  // Throws Error{refused} where the snapshot, which was just taken, does not show all that may fire: what it has of
  // that is nobody's will.
  void require_states(const repository::Snapshot& now, std::string_view undone);
  // Where the snapshot that is to record what fires does not show all of that: nothing is paused by it, unless somebody
  // took over, or it counts all the same.
  enum class Unread { ends_it, taken };
  // Pauses all that fires; `recorded` is its newest snapshot where one was just taken.  Whether all was seen to be
  // paused.  Throws what the connector throws where it does not answer; the fence is open then.
  [[nodiscard]] bool fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded,
                           Unread partial);
  void open_fence(const std::string& name, const std::string& active);
  // Who took over, as only snapshots say, is written down before a run here says something of the two.  Whether what it
  // took over from is still paused nobody knows: its fence is open.
  void keep_what_is_told(const engine::Charge& charge);
  // Throws Error{refused} where not all that fires on `name` was paused.
  void require_fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded,
                     const engine::Unconfirmed& otherwise);
  // Before `active` is activated in its place.  Of one that is lost the fence is only opened.
  void close_fence(const std::string& name, const std::string& active, const repository::Snapshot& recorded, Lost lost);
  // Of the snapshot that was just taken of one that is about to be fenced; in a dry run, for which none is taken, as
  // they are now.  Throws as ask().
  std::string attributes_now(const repository::Snapshot& now, std::string_view undone);
  // What a dry run says of that.
  void tell_fence(const std::string& name, Lost lost);

  // As it was recorded: what a fence by this snapshot paused beside it counts.
  engine::FiringStates firing(const repository::Snapshot& snapshot, const std::vector<std::string>& selection = {});
  // The id map of the pair for states of its source, as a snapshot knows them.
  model::IdMap ids_of_then(const engine::FiringStates& states, const engine::Pair& pair);
  // Who is in charge since when, and what is fenced.
  void tell_charge(const engine::Pair& pair);

private:
  engine::FiringStates states(const repository::Snapshot& snapshot, const std::vector<std::string>& selection,
                              const engine::PausedStates& beside);
  engine::FiringStates wanted(const Activation& what);
  // What a fence has paused that its snapshot does not show; of other snapshots nothing.
  engine::PausedBeside beside(const std::string& fenced, const std::string& recorded);
  void add_beside(PlannedActivation& planned);
  void fires_from_now(const std::string& name);
  void keep_beside(const std::string& fenced, const engine::PausedStates& fires);
  void tell_absent(PlannedActivation& planned, const std::string& target);
  model::KindSet kinds_of(const std::string& connector);
  std::string back_up_since(const std::string& name, Cutover::States states, const engine::LastRead& when);
  // The kinds that may fire and are not shown as a whole, as far as that was read then: "jobs, pipelines".
  std::string unread(const repository::Snapshot& snapshot, const engine::LastRead& when = {});
  // What a fence is about to pause is recorded.  False, with a warning: the snapshot lacks something, which ends it,
  // and the fence records nothing yet.
  [[nodiscard]] bool keep_recorded(const repository::Snapshot& now, Unread partial);
  bool remember_behind(const std::string& source, const std::string& target);

  Cutover& cutover_;
};

}  // namespace holdfast::cli
