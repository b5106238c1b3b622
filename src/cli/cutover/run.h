// Contents of one connector brought into another one.  What a run leaves behind in the local state is what the same
// command goes on from, and what the next one holds against the target.
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/cutover/cutover.h"
#include "engine/resources/apply.h"
#include "engine/resources/drift.h"

namespace holdfast::cli {

class CutoverRun {
public:
  explicit CutoverRun(Cutover& cutover) : cutover_(cutover) {}  // which outlives it

  // Throws Error{refused} where the target is in charge, and sees to it that the id map leads there.
  void begin_writing(const std::string& source, const std::string& target);
  // Before a run goes back to what the source took over from: what is known the other way is known this way, too,
  // unless a run of this way knows better.  Nothing in a dry run.
  void mirror_ids(const std::string& source, const std::string& target);
  // What the target has now and the source did not is known the other way, too, where that is a way back.
  void end_writing(const std::string& source, const std::string& target);
  // By which a run from the source into the target goes, kept as its last one.
  engine::Pair parted(const std::string& source, const std::string& target);
  struct Brought {
    repository::Snapshot snapshot;
    model::ResourcePlan plan;
    int before;  // exit code of what was gone on with, as far as the plan does not look at all of that again
  };
  // Goes on with what was interrupted, takes a snapshot of the source, plans what the target lacks, and shows it.
  [[nodiscard]] Brought bring(const std::string& source, const std::string& target);

  // Ends plans of these two that were interrupted, and drops those that cannot be gone on with.  Nothing in a dry run.
  // Returns the exit code.
  enum class Trouble { stops, warns };
  [[nodiscard]] int go_on(const std::string& source, const std::string& target, Trouble trouble = Trouble::stops);
  // What a run from the snapshot's connector into the target would write; what was changed there since the last run
  // that the pair tells of is held back.
  model::ResourcePlan plan(const repository::Snapshot& wanted, const std::string& target, const engine::Pair& pair,
                           engine::Split::Strangers strangers = engine::Split::Strangers::conflict);
  // Throws Error{refused} where it would destroy something and nobody said so.
  void refuse_destruction(const model::ResourcePlan& plan);
  // Applies it, and remembers how it ended.  Returns the exit code.
  [[nodiscard]] int apply(const model::ResourcePlan& plan, const repository::Snapshot& wanted);
  // The same, with what became of each step.
  [[nodiscard]] int apply(const model::ResourcePlan& plan, const repository::Snapshot& wanted,
                          engine::ResourceApplyResult& result);

private:
  // By an earlier run, of the same file, which remembered how.
  bool has_ended(const model::ResourcePlan& plan);
  bool left_to_people(const model::ResourcePlan& plan, const engine::ResourceApplyResult& result);
  // Why a plan that was begun cannot be gone on with by this snapshot of its source; empty: it can.
  std::string why_dropped(const engine::CutoverStore::Begun& begun,
                          const std::optional<repository::Snapshot>& snapshot);
  int end_begun(const model::ResourcePlan& plan, const repository::Snapshot& source);
  void remember(const model::ResourcePlan& plan, const repository::Snapshot& source,
                const engine::ResourceApplyResult& result);
  std::optional<repository::Snapshot> again(const std::string& target);
  // Of a way home.
  static void leave_to_others(Context& context, const std::string& from, const std::string& home, engine::Split& split);

  Cutover& cutover_;
  int behind_ = k_exit_ok;  // of the snapshot that was to be taken behind a run
};

}  // namespace holdfast::cli
