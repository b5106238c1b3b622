// A run that concerns a source and a target: what migrate, replicate, activate, failover, fence and failback are made
// of.  Each step reads what the local state says of both, and leaves it so that the same command goes on from there.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "cli/flags.h"
#include "cli/plan_view.h"
#include "engine/cutover_store.h"
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
  // Throws Error{refused} where the target is in charge of the two: it is not overwritten from its source.
  void refuse_taken_over(const std::string& source, const std::string& target);
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

  // What fires is set as the snapshot has it.  Returns the exit code.
  struct Activation {
    std::vector<std::string> selection{};
    const model::IdMap* apart_from = nullptr;
  };
  int activate(const repository::Snapshot& recorded, const std::string& target, const Activation& how);
  // Pauses all that fires; `recorded` is its newest snapshot where one was just taken.  Whether all was seen to be
  // paused.  Throws what the connector throws where it does not answer; the fence is open then.
  bool fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded);
  void open_fence(const std::string& name, const std::string& active);
  // Which of the pair fires from now on, and by which snapshot.  Said before it is activated: interrupted, the same
  // command activates again.
  void put_in_charge(engine::Pair pair, const std::string& active, const std::string& recorded);

  // Throws Error{refused} unless --yes or --dry-run is given.
  void ask(const std::string& what) const;

private:
  int end_begun(const model::ResourcePlan& plan, const repository::Snapshot& source);
  void remember(const model::ResourcePlan& plan, const repository::Snapshot& source,
                const engine::ResourceApplyResult& result);
  std::optional<repository::Snapshot> again(const std::string& target);
  std::optional<repository::Snapshot> kept(const std::string& snapshot);
  repository::Snapshot back_up(const std::string& name, platform::Sweep sweep);

  Context& context_;
  const CutoverFlags& flags_;
  const std::string_view verb_;
  engine::CutoverStore store_;
  std::map<std::string, std::unique_ptr<platform::Connector>> connectors_;
};

// Of two that are both ok or partial.
int worse(int code, int other) noexcept;

}  // namespace holdfast::cli
