#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/plan_view.h"
#include "cli/resolve.h"
#include "cli/resource_view.h"
#include "model/selection.h"

namespace holdfast::cli {
namespace {

class PlanCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"plan", "what a restore would do, row by row",
            "Reads the snapshot and the target and writes to neither.  Each step says create,\n"
            "update, remove, skip or conflict, why, and which fields change.\n"
            "  holdfast plan latest --to catalog --select 'urn:li:*finance*' --out plan.json\n"
            "  holdfast restore --plan plan.json\n"
            "A step of a plan is applied only while the row is still what the plan saw.\n"
            "A plan file holds metadata in the clear: keep it as safe as the database."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SNAPSHOT", snapshot_, "what to restore from").offer = Offer::snapshots;
    Flag& to = flags.text("--to", "CONNECTOR", to_, "the target");
    to.offer = Offer::connectors;
    to.times = Times::required;
    plan_.declare(flags);
    flags.text("--out", "FILE", out_, "keep the plan, for restore --plan").offer = Offer::files;
  }

  int run(Context& context) override {
    context.connector_config(to_);
    const repository::Snapshot snapshot = resolve_beside(context, snapshot_, to_);
    const auto target = context.open_connector(to_);
    if (has_resources(*target)) return show_resources(context, snapshot, *target);
    if (plan_.with_dependencies)
      throw base::Error(base::ErrorKind::usage, fmt::format("--with-dependencies means nothing to {}", to_),
                        "Leave that out; rows of this platform need no others.");
    const model::Plan plan = make_plan(context, plan_, snapshot, *target, to_);
    const bool printed = begin(context, model::to_json(plan));
    if (printed && !context.global().quiet) print_plan(context, plan);
    return end(context, snapshot);
  }

private:
  int show_resources(Context& context, const repository::Snapshot& snapshot, platform::Connector& target) const {
    const model::ResourcePlan plan = make_resource_plan(context, plan_, snapshot, target, to_);
    const bool printed = begin(context, plan_file_text(plan));
    if (printed && !context.global().quiet) print_resource_plan(context, plan, target);
    return end(context, snapshot);
  }

  // Keeps the plan; as JSON it is printed here.  Returns whether it is still to be shown to people.
  bool begin(Context& context, const std::string& json) const {
    if (out_) write_plan_text(json, *out_);
    if (context.json()) context.out().line(fmt::format("{{\"format_version\":1,\"plan\":{}}}", json));
    return !context.json();
  }

  int end(Context& context, const repository::Snapshot& snapshot) const {
    // What is said below goes to standard error and must come behind the plan.
    context.out().flush();
    (void)tell_unread(context, snapshot, model::Selection(plan_.select).text());
    if (context.json()) return k_exit_ok;
    if (out_)
      context.events().note(fmt::format("the plan is in {}; apply it with: holdfast restore --plan {}", *out_, *out_));
    return k_exit_ok;
  }

  std::string snapshot_;
  std::string to_;
  std::optional<std::string> out_;
  PlanFlags plan_;
};

}  // namespace

std::unique_ptr<Command> make_plan_command() {
  return std::make_unique<PlanCommand>();
}

}  // namespace holdfast::cli
