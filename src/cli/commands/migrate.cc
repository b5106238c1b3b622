#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover/cutover.h"
#include "cli/cutover/run.h"
#include "cli/plan_view.h"
#include "cli/provision.h"
#include "cli/resolve.h"
#include "cli/resource_view.h"
#include "engine/resources/id_map_store.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

class MigrateCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"migrate", "bring what a connector has into another one",
            "Backs up SOURCE, plans what TARGET lacks, and brings it there.  Whatever starts by itself\n"
            "arrives paused: \"holdfast activate TARGET\" sets it as it was recorded.\n"
            "  holdfast migrate primary secondary --plan-out move.json\n"
            "  holdfast migrate --plan move.json\n"
            "Rules of [map.NAME] in holdfast.toml hold.  Ids are kept in the id map of both, so that\n"
            "\"holdfast replicate\" changes later what this makes.  What would change or remove something\n"
            "that TARGET has needs --yes or a plan file (else exit 5).  A dry run takes no backup: it\n"
            "goes by the newest snapshot.  Killed, or with something failed: run it again.\n\n"
            "  holdfast migrate primary secondary --provision=workspace.json\n"
            "renders the template by which Azure makes the workspace that TARGET shall lead to, like\n"
            "SOURCE in another region, and lists what it does not do.  Nothing is deployed or brought.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.optional_argument("SOURCE", source_, "the connector to back up").offer = Offer::connectors;
    flags.optional_argument("TARGET", target_, "the connector to write to").offer = Offer::connectors;
    flags.text("--plan", "FILE", plan_file_, "apply this plan").offer = Offer::files;
    flags.text("--plan-out", "FILE", plan_out_, "back SOURCE up, and keep the plan").offer = Offer::files;
    Flag provision;
    provision.name = "--provision";
    provision.value_name = "FILE";
    provision.value_optional = true;
    provision.offer = Offer::files;
    provision.doc = "only render the template of TARGET after SOURCE";
    provision.take = [this](const std::vector<std::string>& values) {
      const bool named = !values.empty() && values.back() != "true";
      provision_ = named ? values.back() : std::string();
    };
    flags.add(std::move(provision));
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover cutover(context, flags_, "migrate");
    if (plan_file_) return apply_file(context, cutover);
    if (source_.empty() || target_.empty())
      throw Error(ErrorKind::usage, "a source and a target must be named",
                  "Write holdfast migrate SOURCE TARGET, or holdfast migrate --plan FILE.");
    if (provision_) return provision(context);
    if (plan_out_ && cutover.dry())
      throw Error(ErrorKind::usage, "a dry run writes nothing, and --plan-out a file",
                  "Leave --dry-run out: --plan-out backs SOURCE up, writes the plan, and changes nothing on TARGET.");
    cutover.check_sides(source_, target_);
    if (!plan_out_) cutover.require_writing(target_, platform::Writing::resources);
    cutover.lock_to_write(source_, target_);
    CutoverRun(cutover).begin_writing(source_, target_);
    const CutoverRun::Brought brought = CutoverRun(cutover).bring(source_, target_);
    if (plan_out_) return keep(context, brought);
    CutoverRun(cutover).refuse_destruction(brought.plan);
    const int code = worse(brought.before, CutoverRun(cutover).apply(brought.plan, brought.snapshot));
    CutoverRun(cutover).end_writing(source_, target_);
    return code;
  }

private:
  int provision(Context& context) const {
    const bool dry = flags_.dry_run == DryRun::yes;
    if (dry || plan_out_ || !flags_.plan.select.empty() || flags_.plan.existing || flags_.yes || flags_.keep_changed)
      throw Error(ErrorKind::usage, "--provision renders a template, and brings nothing",
                  "Leave the other flags out, and migrate when the workspace is there.");
    if (source_ == target_)
      throw Error(ErrorKind::usage, fmt::format("{} cannot be source and target at once", source_),
                  "Name what is to be made otherwise than what it is made after.");
    return provision_after(context, source_, target_, *provision_);
  }

  int keep(Context& context, const CutoverRun::Brought& brought) const {
    write_plan_text(plan_file_text(brought.plan), *plan_out_);
    context.events().summary("migrate",
                             {ui::fact_text("target", target_), ui::fact_text("would", counts_text(brought.plan)),
                              ui::fact_text("plan", *plan_out_)});
    return tell_unread(context, brought.snapshot, brought.plan.selection);
  }

  int apply_file(Context& context, Cutover& cutover) const {
    if (!source_.empty() || !flags_.plan.select.empty() || flags_.plan.existing || plan_out_ || provision_)
      throw Error(ErrorKind::usage, "a plan says itself what goes where", "Leave everything but --plan out.");
    const std::optional<model::ResourcePlan> plan = read_resource_plan(*plan_file_);
    if (!plan) (void)read_plan(*plan_file_);  // which says so where it is no plan at all
    if (!plan || plan->source == plan->target)
      throw Error(ErrorKind::usage, fmt::format("{} is no plan of a migration", *plan_file_),
                  "Apply it with \"holdfast restore --plan\".");
    cutover.check_sides(plan->source, plan->target);
    cutover.require_writing(plan->target, platform::Writing::resources);
    const repository::Snapshot snapshot = snapshot_of_plan(context, *plan_file_, plan->repository, plan->snapshot);
    cutover.lock_to_write(plan->source, plan->target);
    CutoverRun(cutover).begin_writing(plan->source, plan->target);
    if (!cutover.dry())
      require_applicable(context, *plan, cutover.connector(plan->target),
                         cutover.store().has_begun(*plan) ? Begun::yes : Begun::no);
    const bool nothing_known = engine::IdMapStore(context.state(), plan->source, plan->target).snapshot().size() == 0;
    engine::ResourceApplyResult result;
    const int code = base::in_context([&] { return fmt::format("applying the plan in {}", *plan_file_); },
                                      [&] { return CutoverRun(cutover).apply(*plan, snapshot, result); });
    if (nothing_known) tell_of_ids(context, *plan, result);
    CutoverRun(cutover).end_writing(plan->source, plan->target);
    return code;
  }

  // A plan that was applied elsewhere, or before the local state was lost, meets what it made as somebody else's.
  static void tell_of_ids(Context& context, const model::ResourcePlan& plan,
                          const engine::ResourceApplyResult& result) {
    for (std::size_t i = 0; i < plan.steps.size() && i < result.ends.size(); ++i) {
      if (plan.steps[i].action != model::ResourceAction::create || result.ends[i] != engine::StepEnd::conflict)
        continue;
      context.events().note(fmt::format(
          "this host knows no ids of {0} and {1}: where the plan was applied before, bring them by \"holdfast idmap "
          "import {0} {1} FILE\", or make a new plan by \"holdfast migrate {0} {1}\", which goes by names",
          plan.source, plan.target));
      return;
    }
  }

  std::string source_;
  std::string target_;
  std::optional<std::string> plan_file_;
  std::optional<std::string> plan_out_;
  std::optional<std::string> provision_;  // a file; empty: standard output
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_migrate_command() {
  return std::make_unique<MigrateCommand>();
}

}  // namespace holdfast::cli
