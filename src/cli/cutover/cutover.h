// What migrate, replicate, activate, failover, fence and failback share: their flags, both connectors with their locks,
// and snapshots of them.  run.h brings contents from one to the other, takeover.h says who is in charge.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_lock.h"
#include "cli/context.h"
#include "cli/flags.h"
#include "cli/plan_view.h"
#include "engine/cutover/charge.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/cutover/store.h"
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
  void declare_whole(FlagTable& flags);    // all but those of a part
  void declare_writing(FlagTable& flags);  // --yes and --dry-run only
};

class Cutover {
public:
  // The flags outlive it.  Throws Error{usage} where they contradict one another.
  Cutover(Context& context, const CutoverFlags& flags, std::string_view verb);

  Context& context() noexcept { return context_; }
  const CutoverFlags& flags() const noexcept { return flags_; }
  std::string_view verb() const noexcept { return verb_; }
  engine::CutoverStore& store() noexcept { return store_; }
  bool dry() const noexcept { return flags_.dry_run == DryRun::yes; }
  platform::Connector& connector(const std::string& name);  // opened once
  // Throws Error{refused} where it may not be written to so; nothing in a dry run.
  void require_writing(const std::string& name, platform::Writing what);

  // Throws Error{usage} where the two cannot be source and target of one another.
  void check_sides(const std::string& source, const std::string& target);
  // Held until this is gone, before anything is read of who is in charge; nothing in a dry run.  Throws Error{busy}
  // where another run works on the connector.
  void lock(const std::string& connector, base::FileLock::Mode mode);
  void lock_to_write(const std::string& source, const std::string& target);  // the source is shared
  // Throws where the repository can be read and not written to; nothing in a dry run.  Asked before anything is written
  // to a platform: who takes over is said in it first.
  void require_repository();
  // The fence of it, unless another host lifted that.
  std::optional<engine::Fence> fence(const std::string& connector);
  // Throws Error{refused} unless --yes or --dry-run is given.
  void ask(const std::string& what) const;
  engine::Charge charge(const std::string& source, const std::string& target);

  // That was recorded as what shows what shall fire.  `otherwise`: what to do where it is gone.
  repository::Snapshot named(const std::string& snapshot, std::string_view otherwise = {});
  repository::Snapshot newest(const std::string& name);
  // Nothing of a snapshot that is gone may stop a run: absent where it cannot be read.
  std::optional<repository::Snapshot> kept(const std::string& snapshot);
  // A new snapshot; in a dry run the newest that there is.
  repository::Snapshot take(const std::string& name);
  using States = engine::MarkedStates;
  repository::Snapshot back_up(const std::string& name, platform::Sweep sweep, States states = States::by_marks);

  void show(const model::ResourcePlan& plan);

  // Of one connector.
  engine::KnownGap known_gaps(const std::string& name);
  // Names what of this snapshot may fire and could never be read, once for each connector: nobody knows it, and nothing
  // waits for it.  Whoever is to be told of it ends with code().
  void tell_never_read(const repository::Snapshot& snapshot);
  [[nodiscard]] int code() const noexcept;

private:
  // Writes down what another host ended of what is known of a connector that is held alone, and says so once.
  void hear(const std::string& connector);

  Context& context_;
  const CutoverFlags& flags_;
  const std::string_view verb_;
  engine::CutoverStore store_;
  std::map<std::string, std::unique_ptr<platform::Connector>> connectors_;
  std::vector<base::FileLock> locks_;
  std::set<std::string> never_read_;  // connectors of which that was said
};

// What is known of a source and a target, by this host and by snapshots, with what concerns them of the other
// connectors.  `target_workspace`: to which the target leads, as a plan says.
engine::Charge charge_with_others(Context& context, const std::string& source, const std::string& target,
                                  const std::string& target_workspace = {});

// Of two that are both ok or partial.
[[nodiscard]] int worse(int code, int other) noexcept;

}  // namespace holdfast::cli
