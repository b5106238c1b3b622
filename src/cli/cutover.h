// A run that concerns a source and a target: what migrate, replicate, activate, failover, fence and failback are made
// of.  Each step reads what the local state says of both, and leaves it so that the same command goes on from there.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_lock.h"
#include "cli/context.h"
#include "cli/flags.h"
#include "cli/plan_view.h"
#include "engine/charge.h"
#include "engine/cutover_store.h"
#include "engine/firing_states.h"
#include "engine/resource_apply.h"
#include "engine/resource_drift.h"
#include "model/resource_plan.h"
#include "platform/platform.h"
#include "repository/repository.h"

namespace holdfast::cli {

struct CutoverFlags {
  PlanFlags plan;
  bool keep_changed = false;
  bool yes = false;
  DryRun dry_run = DryRun::no;

  void declare(FlagTable& flags);          // all of them
  void declare_writing(FlagTable& flags);  // --yes and --dry-run only
};

class Cutover {
public:
  // The flags outlive it.  Throws Error{usage} where they contradict one another.
  Cutover(Context& context, const CutoverFlags& flags, std::string_view verb);

  // Throws Error{usage} where the two cannot be source and target of one another.
  void check_sides(const std::string& source, const std::string& target);
  // Held until this is gone, before anything is read of who is in charge; nothing in a dry run.  Throws Error{refused}
  // where another run works on the connector.
  void lock(const std::string& connector, base::FileLock::Mode mode);
  engine::Charge charge(const std::string& source, const std::string& target);
  platform::Connector& connector(const std::string& name);  // opened once
  engine::CutoverStore& store() noexcept { return store_; }
  bool dry() const noexcept { return flags_.dry_run == DryRun::yes; }

  // A new snapshot; in a dry run the newest that there is.
  repository::Snapshot take(const std::string& name);
  repository::Snapshot newest(const std::string& name);
  repository::Snapshot named(const std::string& snapshot);

  // Ends plans of these two that were interrupted, and drops those that cannot be gone on with.  Nothing in a dry run.
  // Returns the exit code.
  enum class Trouble { stops, warns };
  int go_on(const std::string& source, const std::string& target, Trouble trouble = Trouble::stops);
  // What a run from the snapshot's connector into the target would write; what was changed there since the last run
  // that the pair tells of is held back.
  model::ResourcePlan plan(const repository::Snapshot& wanted, const std::string& target, const engine::Pair& pair,
                           engine::Split::Strangers strangers = engine::Split::Strangers::conflict);
  void show(const model::ResourcePlan& plan);
  // Throws Error{refused} where it would destroy something and nobody said so.
  void refuse_destruction(const model::ResourcePlan& plan);
  // Applies it, and remembers how it ended.  Returns the exit code.
  int apply(const model::ResourcePlan& plan, const repository::Snapshot& wanted);

  void lock_to_write(const std::string& source, const std::string& target);  // the source is shared
  // Throws Error{refused} where the target is in charge, and sees to it that the id map leads there.
  void begin_writing(const std::string& source, const std::string& target);
  // What the target has now and the source did not is known the other way, too, where that is a way back.
  void end_writing(const std::string& source, const std::string& target);
  struct Brought {
    repository::Snapshot snapshot;
    model::ResourcePlan plan;
    int before;  // exit code of what was gone on with, as far as the plan does not look at all of that again
  };
  // By which a run from the source into the target goes, kept as its last one.
  engine::Pair parted(const std::string& source, const std::string& target);
  // Goes on with what was interrupted, takes a snapshot of the source, plans what the target lacks, and shows it.
  Brought bring(const std::string& source, const std::string& target);

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
  int take_charge(const std::vector<PlannedActivation>& planned, engine::Pair pair);
  int activate(const std::vector<PlannedActivation>& planned);
  // A snapshot of what fires now.  Its name; empty, with a warning, where it could not be taken.
  std::string back_up_behind(const std::string& name);
  // The same of a target that took over, kept with its pair: what is changed there from now on is told by it.
  void remember_behind(const std::string& source, const std::string& target);
  // Pauses all that fires; `recorded` is its newest snapshot where one was just taken.  Whether all was seen to be
  // paused.  Throws what the connector throws where it does not answer; the fence is open then.
  bool fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded);
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

  // Throws Error{refused} unless --yes or --dry-run is given.
  void ask(const std::string& what) const;

private:
  int activate(const std::vector<PlannedActivation>& planned, bool& anything);  // whether anything is set now
  int end_begun(const model::ResourcePlan& plan, const repository::Snapshot& source);
  void remember(const model::ResourcePlan& plan, const repository::Snapshot& source,
                const engine::ResourceApplyResult& result);
  std::optional<repository::Snapshot> again(const std::string& target);
  std::optional<repository::Snapshot> kept(const std::string& snapshot);
  // Whether what fires was just set as it shall be.
  enum class States { by_marks, own };
  repository::Snapshot back_up(const std::string& name, platform::Sweep sweep, States states = States::by_marks);

  Context& context_;
  const CutoverFlags& flags_;
  const std::string_view verb_;
  engine::CutoverStore store_;
  std::map<std::string, std::unique_ptr<platform::Connector>> connectors_;
  std::vector<base::FileLock> locks_;
};

// Of two that are both ok or partial.
int worse(int code, int other) noexcept;

}  // namespace holdfast::cli
