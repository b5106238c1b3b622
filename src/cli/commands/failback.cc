#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"
#include "engine/id_map_store.h"
#include "engine/resource_restore.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

// The split as it looks from the other side.
engine::Pair turned_round(const engine::Pair& pair) {
  engine::Pair out{.source = pair.target, .target = pair.source};
  if (!pair.replicated) return out;
  out.replicated = engine::LastRun{.source_snapshot = pair.replicated->target_snapshot,
                                   .target_snapshot = pair.replicated->source_snapshot,
                                   .at = pair.replicated->at};
  // What the source lacks cannot have been left alone there.
  for (const engine::LeftAlone& one : pair.replicated->differed)
    if (!one.source_id.empty()) out.replicated->differed.push_back({one.kind, one.target_id, one.source_id});
  if (out.replicated->source_snapshot.empty()) out.replicated.reset();
  return out;
}

class FailbackCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"failback", "let the source be in charge again",
            "Fences PRIMARY where that was not confirmed yet, brings what was changed on SECONDARY\n"
            "back to it by the same id map, pauses SECONDARY, and sets on PRIMARY what fired.\n\n"
            "What was changed on PRIMARY since the two parted is shown field by field and stops this\n"
            "(exit 5): --existing replace takes what SECONDARY has, --keep-changed leaves PRIMARY's.\n"
            "Interrupted, run it again.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SECONDARY", secondary_, "what is in charge now").offer = Offer::connectors;
    flags.argument("PRIMARY", primary_, "what shall be in charge again").offer = Offer::connectors;
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover run(context, flags_, "failback");
    run.check_sides(secondary_, primary_);
    const engine::Pair pair = run.store().pair(primary_, secondary_);
    if (pair.active == primary_ && run.store().fence(primary_)) return end(run);
    if (pair.active != secondary_)
      throw Error(ErrorKind::refused, fmt::format("{} did not take over from {}", secondary_, primary_),
                  "See who is in charge with \"holdfast status\".");
    run.ask(fmt::format("{} would be in charge again in place of {}", primary_, secondary_));
    require_fence(run);
    const std::optional<engine::Fence> other = run.store().fence(secondary_);
    const bool interrupted = other && !other->snapshot.empty();  // what was changed is back already
    const repository::Snapshot recorded = interrupted ? run.named(other->snapshot) : run.take(secondary_);
    const int code = interrupted ? k_exit_ok : bring_back(context, run, pair, recorded);
    if (run.dry()) return code;
    if (!run.fence(secondary_, primary_, &recorded))
      throw Error(ErrorKind::refused,
                  fmt::format("not all that fires on {} was paused, so {} was not activated", secondary_, primary_),
                  "See what was said about each of them, and run it again.");
    const int activated = activate(context, run, recorded);
    run.put_in_charge(run.store().pair(primary_, secondary_), primary_, recorded.id.name());
    return worse(worse(code, activated), end(run));
  }

private:
  void require_fence(Cutover& run) const {
    const std::optional<engine::Fence> fence = run.store().fence(primary_);
    if (run.dry() || (fence && fence->state == engine::Fence::State::confirmed)) return;
    if (run.fence(primary_, secondary_, nullptr)) return;
    throw Error(ErrorKind::refused, fmt::format("the fence of {} is not confirmed", primary_),
                fmt::format("See what was said about each of them, and run \"holdfast fence {}\" again.", primary_));
  }

  int bring_back(Context& context, Cutover& run, const engine::Pair& pair, const repository::Snapshot& recorded) const {
    // Said of both directions alike, and needed to plan even in a dry run.
    engine::mirror_id_map(context.state(), primary_, secondary_);
    run.go_on(secondary_, primary_);
    // By a run of this that was interrupted: both parted there.
    engine::Pair own = run.store().pair(secondary_, primary_);
    const bool begun = own.replicated && own.replicated->at > pair.since;
    if (!begun) own.replicated = turned_round(pair).replicated;
    if (!run.dry()) run.store().save(own);
    // Originals that could not be brought to the secondary are no loss of it.
    const model::ResourcePlan plan = run.plan(recorded, primary_, own, engine::Split::Strangers::keep);
    run.show(plan);
    const std::uint64_t conflicts = plan.count(model::ResourceAction::conflict);
    if (conflicts != 0 && !run.dry() && flags_.plan.existing != model::Existing::replace && !flags_.keep_changed)
      throw Error(ErrorKind::refused,
                  fmt::format("{} on {} cannot be brought back without a decision", ui_count(conflicts), primary_),
                  "Look at each of them above, then add --existing replace or --keep-changed.");
    const int code = run.apply(plan, recorded);
    if (run.dry()) return code;
    engine::mirror_id_map(context.state(), secondary_, primary_);
    // From here on both go their own ways again.
    engine::Pair now = run.store().pair(primary_, secondary_);
    now.replicated = turned_round(run.store().pair(secondary_, primary_)).replicated;
    run.store().save(now);
    return code;
  }

  static std::string ui_count(std::uint64_t conflicts) {
    return conflicts == 1 ? "1 resource" : fmt::format("{} resources", conflicts);
  }

  // What came from the secondary fires as it did there; what only the primary has as it did before the fence.
  int activate(Context& context, Cutover& run, const repository::Snapshot& recorded) const {
    const int code = run.activate(recorded, primary_, {});
    const std::optional<engine::Fence> fence = run.store().fence(primary_);
    const model::IdMap ids = engine::IdMapStore(context.state(), primary_, secondary_).snapshot();
    const std::vector<std::string> gone = engine::gone_counterparts(
        {context.repository(), recorded, run.connector(secondary_), context.state()}, ids, context.stop());
    for (const std::string& one : gone)
      context.events().warning(
          fmt::format("stays paused on {}: {} was removed from {} meanwhile", primary_, one, secondary_));
    if (!fence || fence->snapshot.empty()) return code;
    Cutover::Activation own;
    own.apart_from = &ids;
    return worse(code, run.activate(run.named(fence->snapshot), primary_, own));
  }

  int end(Cutover& run) const {
    if (run.dry()) return k_exit_ok;
    run.store().forget(secondary_, primary_);  // what it said is the pair's own by now
    run.store().lift(secondary_);
    run.store().lift(primary_);
    return k_exit_ok;
  }

  std::string secondary_;
  std::string primary_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_failback_command() {
  return std::make_unique<FailbackCommand>();
}

}  // namespace holdfast::cli
