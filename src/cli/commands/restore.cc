#include "engine/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/connector_lock.h"
#include "cli/context.h"
#include "cli/cutover/cutover.h"
#include "cli/describe.h"
#include "cli/plan_view.h"
#include "cli/resolve.h"
#include "cli/resource_view.h"
#include "engine/browse.h"
#include "engine/cutover/charge.h"
#include "engine/reference.h"
#include "ui/printers.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

// A plan of one collection is applied as it is; of several, each has a journal of its own.
std::vector<model::Plan> by_collection(const model::Plan& plan) {
  std::map<std::string, model::Plan> parts;
  for (const model::Step& step : plan.steps) {
    const auto [part, made] = parts.try_emplace(step.collection, plan);
    if (made) part->second.steps.clear();
    part->second.steps.push_back(step);
  }
  std::vector<model::Plan> out;
  for (auto& [name, part] : parts) {
    if (parts.size() > 1) part.id += "-" + name;
    out.push_back(std::move(part));
  }
  return out;
}

void add_to(engine::ApplyResult& sum, engine::ApplyResult part) {
  sum.created += part.created;
  sum.updated += part.updated;
  sum.removed += part.removed;
  sum.already += part.already;
  sum.skipped += part.skipped;
  sum.conflicts.insert(sum.conflicts.end(), part.conflicts.begin(), part.conflicts.end());
}

class RestoreCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"restore", "bring a snapshot, or a part of it, back",
            "Whole: holdfast restore latest --to catalog\n"
            "  loads a table beside the live one, compares counts and content hash, then\n"
            "  swaps both in one moment.  The one that was there is kept under a dated name.\n"
            "  A target that holds rows needs --yes (else exit 5).\n"
            "Part: holdfast restore latest --to catalog --select 'urn:li:dataset:*finance*'\n"
            "  makes a plan and shows it; with --yes it is applied.  What only adds resources\n"
            "  to where they came from needs none.\n"
            "Plan: holdfast restore --plan plan.json\n"
            "  applies what was planned and reviewed; rows that changed since are left alone\n"
            "  and listed (exit 3).\n"
            "Platforms of resources, such as workspaces: always by a plan, whole or in part.\n"
            "  In place what is there keeps firing; elsewhere all arrives paused, and ids are\n"
            "  looked up in the id map of both connectors, which learns the new ones.\n\n"
            "Killed at any moment, the whole restore leaves the live table as it was; a part\n"
            "or a plan is run again, and knows the rows that were written.  While something still\n"
            "writes to the target the whole restore is refused (exit 5) unless --allow-writers.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.optional_argument("SNAPSHOT", snapshot_, "what to restore").offer = Offer::snapshots;
    flags.text("--to", "CONNECTOR", to_, "the target").offer = Offer::connectors;
    flags.text("--plan", "FILE", plan_file_, "apply this plan").offer = Offer::files;
    plan_.declare(flags);
    flags.toggle("--yes", yes_, "do it, although the target holds rows");
    flags.dry_run(dry_run_);
    flags.toggle("--drop-previous", drop_previous_, "do not keep the table that was there");
    flags.toggle("--allow-writers", allow_writers_, "although something still writes to the target");
    flags.count("--writers", writers_, k_workers_max, "connections that load at once (4)");
  }

  int run(Context& context) override {
    if (plan_file_) return restore_plan_file(context);
    if (snapshot_.empty() || to_.empty())
      throw Error(ErrorKind::usage, snapshot_.empty() ? "no snapshot is named" : "no target is named",
                  "Write holdfast restore SNAPSHOT --to CONNECTOR, or holdfast restore --plan FILE.");
    const bool partial = !plan_.select.empty();
    if (partial)
      refuse(flags_of_whole(), "a restore of a part, which --select makes it",
             "Leave that out; the rows of a part are written in the table that is there.");
    else if (!into_resources(context))
      refuse(flags_of_part(), "the restore of a whole snapshot, which replaces every row",
             "Add --select to restore a part; \"key:*\" selects every row.");
    context.connector_config(to_);
    const auto lock = locked(context, to_);
    const repository::Snapshot snapshot = resolve_beside(context, snapshot_, to_);
    say_which(context, snapshot);
    warn_of_own(context, snapshot, snapshot_, to_, fmt::format("holdfast restore {{}} --to {}", to_));
    const auto target = context.open_connector(to_);
    if (dry_run_ == DryRun::no) require_writing(context, *target, to_, {.verb = "restore"});
    if (has_resources(*target)) {
      refuse_charge(context, snapshot.connector, to_, {});
      return restore_resources(context, snapshot, *target);
    }
    refuse({{"--with-dependencies", plan_.with_dependencies}}, to_,
           "Leave that out; rows of this platform need no others.");
    return partial ? restore_part(context, snapshot, *target) : restore_whole(context, snapshot, *target);
  }

private:
  // What took over is not written over by what it took over from.
  // `workspace`: the target's, by a plan; only that knows it where the target was never backed up.
  static void refuse_charge(Context& context, const std::string& source, const std::string& target,
                            const std::string& workspace) {
    if (source == target) return;
    engine::require_writable(charge_with_others(context, source, target, workspace));
  }

  std::optional<base::FileLock> locked(const Context& context, const std::string& target) const {
    if (dry_run_ == DryRun::yes) return std::nullopt;
    return lock_connector(context, target, base::FileLock::Mode::exclusive);
  }

  using Given = std::vector<std::pair<std::string_view, bool>>;
  Given flags_of_whole() const {
    return {
        {"--drop-previous", drop_previous_}, {"--allow-writers", allow_writers_}, {"--writers", writers_.has_value()}};
  }
  Given flags_of_part() const {
    return {{"--existing", plan_.existing.has_value()},
            {"--remove", plan_.remove},
            {"--with-dependencies", plan_.with_dependencies}};
  }

  // Opened for this question only where a flag depends on the answer.
  bool into_resources(Context& context) const {
    const Given given = flags_of_part();
    const bool any = std::any_of(given.begin(), given.end(), [](const auto& one) { return one.second; });
    return any && context.config().connector(to_) != nullptr && has_resources(*context.open_connector(to_));
  }

  // A flag that has no effect would be taken for one that had it.
  static void refuse(const Given& flags, std::string_view mode, std::string hint) {
    for (const auto& [name, given] : flags)
      if (given) throw Error(ErrorKind::usage, fmt::format("{} means nothing to {}", name, mode), std::move(hint));
  }

  static void say_which(Context& context, const repository::Snapshot& snapshot) {
    say_snapshot(context, snapshot);
    if (snapshot.partial())
      context.events().warning(
          fmt::format("snapshot {} is partial: some rows {}", snapshot.id.short_id(),
                      engine::lacks_rows(snapshot) ? "were never read and are missing" : "are older than its instant"));
  }

  int restore_plan_file(Context& context) {
    if (!snapshot_.empty() || !plan_.select.empty())
      throw Error(ErrorKind::usage, "a plan names its snapshot and its rows itself",
                  "Leave SNAPSHOT and --select out.");
    const std::string_view mode = "--plan, whose plan says what becomes of each row";
    refuse(flags_of_part(), mode, "Leave that out, or give it to \"holdfast plan\" and make the plan again.");
    refuse(flags_of_whole(), mode, "Leave that out; the rows of a plan are written in the table that is there.");
    if (const auto resources = read_resource_plan(*plan_file_)) {
      const repository::Snapshot snapshot = snapshot_of(context, *resources);
      const auto lock = locked(context, resources->target);
      const auto target = context.open_connector(resources->target);
      if (!has_resources(*target))
        throw Error(ErrorKind::usage,
                    fmt::format("the plan {} is for resources, and {} has none", *plan_file_, resources->target),
                    "Make a plan for that target.");
      if (dry_run_ == DryRun::no) require_writing(context, *target, resources->target, {.verb = "restore"});
      refuse_charge(context, resources->source, resources->target, resources->target_workspace);
      if (dry_run_ == DryRun::no) require_applicable(context, *resources, *target);
      return base::in_context(
          [&] { return fmt::format("applying the plan in {}", *plan_file_); },
          [&] {
            return apply_resource_plan(context, *resources, {snapshot, *target, "restore", dry_run_});
          });
    }
    const model::Plan plan = read_plan(*plan_file_);
    const repository::Snapshot snapshot = snapshot_of(context, plan);
    const auto lock = locked(context, plan.target);
    const auto target = context.open_connector(plan.target);
    return apply(context, plan, snapshot, *target);
  }

  // Of a plan of this repository, and for the target that was named, if one was.
  template <typename AnyPlan>
  repository::Snapshot snapshot_of(Context& context, const AnyPlan& plan) const {
    if (!to_.empty() && to_ != plan.target)
      throw Error(ErrorKind::usage, fmt::format("the plan is for {}, not for {}", plan.target, to_),
                  "Make a plan for that target.");
    return snapshot_of_plan(context, *plan_file_, plan.repository, plan.snapshot);
  }

  int restore_resources(Context& context, const repository::Snapshot& snapshot, platform::Connector& target) {
    refuse(flags_of_whole(), fmt::format("{}, whose resources are written one by one", to_), "Leave that out.");
    const model::ResourcePlan plan = make_resource_plan(context, plan_, snapshot, target, to_);
    refuse_charge(context, plan.source, plan.target, plan.target_workspace);
    if (!context.json() && !context.global().quiet) {
      print_resource_plan(context, plan, target);
      context.out().flush();
    }
    // In place, what only adds takes nothing from anybody.
    const std::uint64_t adds = plan.count(model::ResourceAction::create);
    const auto writes =
        std::count_if(plan.steps.begin(), plan.steps.end(), [](const auto& step) { return step.writes(); });
    const bool only_adds = snapshot.connector == to_ && static_cast<std::uint64_t>(writes) == adds;
    if (!plan.does_nothing() && !only_adds) refuse_unasked(context, counts_text(plan));
    return apply_resource_plan(context, plan, {snapshot, target, "restore", dry_run_});
  }

  void refuse_unasked(Context& context, const std::string& counts) const {
    if (yes_ || dry_run_ == DryRun::yes) return;
    const bool shown = !context.json() && !context.global().quiet;
    throw Error(ErrorKind::refused, fmt::format("{} is not changed without being told to ({})", to_, counts),
                fmt::format("{}, then add --yes; or keep it with \"holdfast plan … --out FILE\" and apply that.",
                            shown ? "Look at the plan" : "\"holdfast plan\" prints the plan: look at it"));
  }

  int restore_part(Context& context, const repository::Snapshot& snapshot, platform::Connector& target) {
    const model::Plan plan = make_plan(context, plan_, snapshot, target, to_);
    const bool show = !context.json() && !context.global().quiet;
    if (show) {
      print_plan(context, plan);
      context.out().flush();
    }
    if (changes_of(plan) != 0) refuse_unasked(context, counts_text(plan));
    return apply(context, plan, snapshot, target);
  }

  int apply(Context& context, const model::Plan& plan, const repository::Snapshot& snapshot,
            platform::Connector& target) const {
    engine::ApplyResult result;
    if (dry_run_ == DryRun::no)
      for (const model::Plan& part : by_collection(plan)) {
        const model::Collection collection =
            engine::collection_of(engine::tree_of(snapshot, part.steps.front().collection));
        add_to(result, engine::apply_plan(part, target, collection, context.state(), context.events(), context.clock(),
                                          context.stop()));
      }
    for (const std::string& path : result.conflicts)
      context.events().warning(fmt::format("changed since the plan, left alone: {}", path));
    std::vector<base::Fact> facts{ui::fact_text("target", plan.target),
                                  ui::fact_text("snapshot", snapshot.id.short_id())};
    if (dry_run_ == DryRun::yes)
      facts.insert(facts.end(), {ui::fact_text("would", counts_text(plan)), dry_run_fact()});
    else
      facts.insert(facts.end(),
                   {ui::fact_count("created", result.created), ui::fact_count("updated", result.updated),
                    ui::fact_count("removed", result.removed), ui::fact_count("already", result.already),
                    ui::fact_count("skipped", result.skipped), ui::fact_count("conflicts", result.conflicts.size())});
    context.events().summary("restore", facts);
    const int unread = tell_unread(context, snapshot, plan.selection);
    if (dry_run_ == DryRun::yes) return k_exit_ok;
    return result.conflicts.empty() ? unread : k_exit_partial;
  }

  int restore_whole(Context& context, const repository::Snapshot& snapshot, platform::Connector& target) const {
    if (dry_run_ == DryRun::yes) return describe_whole(context, snapshot, target);
    engine::WholeOptions options;
    options.yes = yes_;
    options.replace.drop_previous = drop_previous_;
    options.replace.allow_writers = allow_writers_;
    options.replace.writers = writers_.value_or(options.replace.writers);
    options.replace.snapshot = snapshot.id.short_id();
    options.replace.attributes = snapshot.attributes;
    const engine::WholeResult result = engine::restore_whole(context.repository(), snapshot, target, options,
                                                             context.events(), context.clock(), context.stop());
    std::vector<base::Fact> facts{ui::fact_text("target", to_), ui::fact_text("snapshot", snapshot.id.short_id()),
                                  ui::fact_count("rows", result.rows), ui::fact_bytes("bytes", result.bytes)};
    if (result.previous.empty())
      facts.push_back({"previous", "nothing is kept", "null"});
    else
      facts.push_back(
          {"previous", fmt::format("kept as {}", result.previous), ui::fact_text("", result.previous).json});
    facts.push_back(ui::fact_duration("took", result.took));
    context.events().summary("restore", facts);
    return snapshot.partial() ? k_exit_partial : k_exit_ok;  // which was said before it was loaded
  }

  int describe_whole(Context& context, const repository::Snapshot& snapshot, platform::Connector& target) const {
    bool holds_rows = false;
    for (const repository::Tree& tree : snapshot.trees)
      holds_rows = holds_rows || target.holds_rows(engine::collection_of(tree));
    const std::string_view would = holds_rows && engine::lacks_rows(snapshot)
                                       ? "be refused: rows of the target are missing from the snapshot"
                                       : "load all rows, then swap";
    context.events().summary(
        "restore", {ui::fact_text("target", to_), ui::fact_text("snapshot", snapshot.id.short_id()),
                    ui::fact_count("rows", rows_of(snapshot)), ui::fact_bytes("bytes", bytes_of(snapshot)),
                    base::Fact{"replaces", holds_rows ? "the rows that are there: needs --yes" : "nothing: it is empty",
                               holds_rows ? "true" : "false"},
                    ui::fact_text("would", std::string(would)), dry_run_fact()});
    return k_exit_ok;
  }

  std::string snapshot_;
  std::string to_;
  std::optional<std::string> plan_file_;
  PlanFlags plan_;
  std::optional<unsigned> writers_;
  bool yes_ = false;
  DryRun dry_run_ = DryRun::no;
  bool drop_previous_ = false;
  bool allow_writers_ = false;
};

}  // namespace

std::unique_ptr<Command> make_restore_command() {
  return std::make_unique<RestoreCommand>();
}

}  // namespace holdfast::cli
