#include "cli/resource_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/task_view.h"
#include "crypto/hash.h"
#include "engine/cutover/store.h"
#include "engine/known_workspace.h"
#include "engine/resources/firing.h"
#include "engine/resources/plan.h"
#include "engine/resources/restore.h"
#include "engine/resources/sides.h"
#include "engine/resources/task_run.h"
#include "model/plan_file.h"
#include "ui/output.h"
#include "ui/printers.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using engine::ResourceOutcome;
using model::ResourceAction;
using model::ResourcePlan;
using model::ResourceStep;

constexpr std::uint64_t k_steps_most = 50;
constexpr std::size_t k_hanging = 4;

// Of a plan as it is in memory, where it is laid out in one way only.
std::string digest_of(const ResourcePlan& plan) {
  const crypto::Hash256 digest = crypto::sha256(model::to_json(plan));
  return base::to_hex({digest.data(), digest.size()});
}

void line(Context& context, const std::string& text) {
  const bool screen = ui::is_terminal(STDOUT_FILENO);
  context.out().line(screen ? hanging(text, ui::terminal_columns(STDOUT_FILENO)) : text);
}

// Which steps of an activation start nothing.  Where the platform's kinds are not known, the plan says it as a whole.
class Pauses {
public:
  explicit Pauses(const ResourcePlan& plan) : all_(plan.firing == model::FiringMode::paused) {}
  Pauses(Context& context, const ResourcePlan& plan) : Pauses(plan) {
    if (const ConnectorConfig* target = context.config().connector(plan.target))
      kinds_ = context.kinds_of(target->platform);
  }
  bool operator()(const ResourceStep& step) const {
    if (step.action != ResourceAction::activate) return false;
    const auto kind = std::find_if(kinds_.begin(), kinds_.end(),
                                   [&](const model::Kind& one) { return one.collection.name == step.kind; });
    return kind == kinds_.end() ? all_ : engine::only_pauses(*kind, step);
  }

private:
  const bool all_;
  std::vector<model::Kind> kinds_;
};

std::string counts_with(const ResourcePlan& plan, const Pauses& pauses) {
  const auto paused = static_cast<std::uint64_t>(std::count_if(plan.steps.begin(), plan.steps.end(), pauses));
  const auto active = plan.count(ResourceAction::activate);
  std::string out = fmt::format(
      "{} to create, {} to update, {} to remove", ui::format_count(plan.count(ResourceAction::create)),
      ui::format_count(plan.count(ResourceAction::update)), ui::format_count(plan.count(ResourceAction::remove)));
  for (const auto& [one, count] : plan.removed_items())
    out += fmt::format(", {} to remove", ui::format_counted(count, one));
  const std::pair<std::uint64_t, std::string_view> others[] = {
      {plan.count(ResourceAction::recreate), "to remove and create again"},
      {active - paused, "to activate"},
      {paused, "to pause"},
      {plan.count(ResourceAction::skip), "left as they are"},
      {plan.count(ResourceAction::conflict), "in conflict"},
      {plan.count(ResourceAction::manual), "by hand"},
  };
  for (const auto& [count, words] : others)
    if (count != 0) out += fmt::format(", {} {}", ui::format_count(count), words);
  return out;
}

void print_content(ui::Output& out, const TaskText& task) {
  for (const std::string& one : task.content)
    out.line(one.empty() ? one : fmt::format("      {}", ui::printable(one, ui::Tabs::kept)));
}

void print_step(Context& context, const ResourceStep& step, const Pauses& pauses) {
  const std::string_view action = pauses(step) ? "pause" : model::to_string(step.action);
  line(context, fmt::format("{:<8}  {}  ({})", action, ui::printable(step.path), ui::printable(step.reason)));
  context.out().write(field_lines(step.fields));
  for (const model::RemovedItem& item : step.removed_items)
    line(context, ui::printable(fmt::format("    removes the {} {}", item.one, item.key)));
  if (!step.candidates.empty())
    line(context, ui::printable(fmt::format("    one of: {}", fmt::join(step.candidates, ", "))));
  for (const std::string& note : step.notes) line(context, ui::printable(fmt::format("    note: {}", note)));
  for (const std::string& text : step.tasks) {
    const TaskText task(text);
    line(context, ui::printable(fmt::format("    by hand: {}", task.sentence)));
    print_content(context.out(), task);
  }
}

void tell_outcomes(Context& context, const engine::ResourceApplyResult& result, const RunTasks& tasks) {
  for (const ResourceOutcome& one : result.outcomes) {
    const std::string text = ui::printable(fmt::format("{}: {}", one.path, one.text));
    switch (one.what) {
      case ResourceOutcome::What::failed:
        context.events().warning(fmt::format("failed: {}", text));
        break;
      case ResourceOutcome::What::waiting:
        context.events().warning(fmt::format("waits: {}", text));
        break;
      case ResourceOutcome::What::conflict:
        context.events().warning(fmt::format("left alone: {}", text));
        break;
      case ResourceOutcome::What::manual:
        break;
    }
  }
  if (result.untried != 0)
    context.events().warning(fmt::format("{} were not tried: the target takes the credentials no more",
                                         ui::format_counted(result.untried, "step")));
  // Last, as they are what remains to be read.
  for (const ResourceOutcome& one : result.outcomes) {
    if (one.what != ResourceOutcome::What::manual || !tasks.is_new(one)) continue;
    const TaskText task(one.text);
    std::string said = fmt::format("to be done by hand: {}", ui::printable(one.path + ": " + task.sentence));
    // Programs are told of it in one piece.
    if (context.json() && !task.content.empty()) said += fmt::format("\n{}\n", fmt::join(task.content, "\n"));
    context.events().warning(said);
    if (context.json()) continue;
    // Where the warning is, also when standard output goes elsewhere.
    ui::clear_progress(context.events());
    ui::Output errors(STDERR_FILENO);
    print_content(errors, task);
  }
}

// What failed stands in the warnings, each with the platform's words; what to do about it is said once.
void tell_what_to_do(Context& context, const ResourcePlan& plan, const engine::ResourceApplyResult& result) {
  std::map<std::string, std::uint64_t> hints;
  for (const ResourceOutcome& one : result.outcomes)
    if (one.what == ResourceOutcome::What::failed) ++hints[one.hint];
  if (hints.empty()) return;
  for (const auto& [hint, count] : hints)
    if (!hint.empty()) context.events().note(fmt::format("to mend {} that failed: {}", ui::format_count(count), hint));
  const char* rules =
      plan.source == plan.target ? "" : ", or let a rule of [map.NAME] name something else on the target";
  context.events().note(
      fmt::format("mend what failed{}, and run the same command again: it tries that, and makes nothing twice", rules));
}

std::uint64_t count_of(const engine::ResourceApplyResult& result, ResourceOutcome::What what) {
  std::uint64_t out = 0;
  for (const ResourceOutcome& one : result.outcomes) out += one.what == what ? 1 : 0;
  return out;
}

std::vector<base::Fact> facts_of(const Context& context, const engine::ResourceApplyResult& result) {
  const std::pair<std::string_view, std::uint64_t> counts[] = {
      {"created", result.created},
      {"updated", result.updated},
      {"recreated", result.recreated},
      {"activated", result.activated},
      {"paused", result.paused},
      {"removed", result.removed},
      {"already", result.already},
      {"adopted", result.adopted},
      {"failed", count_of(result, ResourceOutcome::What::failed)},
      {"waiting", count_of(result, ResourceOutcome::What::waiting)},
      {"conflicts", count_of(result, ResourceOutcome::What::conflict)},
      {"by_hand", count_of(result, ResourceOutcome::What::manual)},
      {"untried", result.untried},
  };
  // Programs are told of everything, people of what there is.
  std::vector<base::Fact> out;
  for (const auto& [name, count] : counts)
    if (context.json() || count != 0) out.push_back(ui::fact_count(std::string(name), count));
  if (out.empty()) out.push_back(ui::fact_text("changed", "nothing"));
  return out;
}

// No plan is so exact that seconds counted beside minutes.
std::string time_text(base::Duration least) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  if (least < seconds(1)) return {};
  const auto whole = std::chrono::round<minutes>(least);
  std::string text = base::to_short(whole);
  if (least < minutes(1))
    text = fmt::format("{} s", std::chrono::ceil<seconds>(least).count());
  else if (whole.count() < 60)
    text = fmt::format("{} min", whole.count());
  return fmt::format("; about {} at the platform's limits", text);
}

// Made all the same, since who is no administrator could make nothing else: it is said, and no run that did so is
// whole.
int tell_unlisted(Context& context, const ResourcePlan& plan) {
  const auto count =
      static_cast<std::uint64_t>(std::count_if(plan.steps.begin(), plan.steps.end(), [](const auto& step) {
        return step.action == ResourceAction::create && step.reason.starts_with(engine::k_may_be_unlisted);
      }));
  if (count == 0) return k_exit_ok;
  context.events().warning(
      fmt::format("the account of {0} is no administrator, and is not told what others keep for themselves there: {1} "
                  "that {2} made "
                  "may be there already; a backup of {0} by an administrator tells them apart",
                  plan.target, ui::format_counted(count, "resource"), count == 1 ? "is" : "are"));
  return k_exit_partial;
}

}  // namespace

std::string hanging(std::string_view text, std::size_t columns) {
  const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t below = indent + k_hanging;
  if (ui::display_width(text) <= columns || columns <= 2 * below) return std::string(text);
  const std::vector<std::string> lines = ui::wrap(text.substr(indent), columns - below);
  return fmt::format("{}{}", std::string(indent, ' '), fmt::join(lines, "\n" + std::string(below, ' ')));
}

bool has_resources(const platform::Connector& connector) noexcept {
  return !connector.kinds().empty();
}

void require_writing(Context& context, platform::Connector& connector, const std::string& name,
                     platform::WriteRequest request) {
  if (!has_resources(connector)) return;
  request.workspace = engine::known_workspace(context.repository(), name);
  connector.require_writing(request, context.stop());
}

ResourcePlan make_resource_plan(Context& context, const PlanFlags& flags, const repository::Snapshot& snapshot,
                                platform::Connector& target, const std::string& target_name,
                                const engine::Split* split) {
  engine::ResourceRestoreOptions options;
  options.target = target_name;
  options.selection = model::Selection(flags.select);
  options.existing = flags.existing.value_or(options.existing);
  options.removes = flags.remove;
  options.with_dependencies = flags.with_dependencies;
  options.mapping = context.config().mapping(snapshot.connector, target_name);
  options.split = split;
  options.capture = flags.capture.options(context.connector_config(target_name));
  return engine::plan_resource_restore({context.repository(), snapshot, target, context.state()}, options,
                                       context.events(), context.clock(), context.random(), context.stop());
}

void require_applicable(Context& context, const ResourcePlan& plan, platform::Connector& target, Begun begun) {
  engine::require_planned_target(target, plan, context.stop());
  const engine::PlanEnd end = engine::how_it_ended(context.state(), plan);
  const bool conflicts = plan.count(ResourceAction::conflict) != 0;
  // Its journal knows what was done then, and not whether that is still there.
  if (end == engine::PlanEnd::whole && begun == Begun::no && !plan.does_nothing() && !conflicts)
    throw Error(ErrorKind::refused, fmt::format("plan {} was applied whole already", plan.id),
                fmt::format("Make a new plan: it sees what was lost on {} since, and is empty where nothing was.",
                            plan.target));
  if (end == engine::PlanEnd::in_part || (end == engine::PlanEnd::whole && conflicts))
    context.events().note(
        "what an earlier run of this plan wrote is not looked at again: a new plan sees what was lost since");
  if (end != engine::PlanEnd::none && conflicts)
    context.events().note(fmt::format(
        "plan {} is as it was made: what it left in conflict takes a new plan, also where that was mended since",
        plan.id));
  engine::keep_journal(context.state(), plan);
}

std::string plan_file_text(ResourcePlan plan) {
  plan.sha256.clear();
  plan.sha256 = digest_of(plan);
  return model::to_json(plan);
}

std::optional<ResourcePlan> read_resource_plan(const std::string& path) {
  const std::string text = read_plan_text(path);
  const auto read = [&]() -> std::optional<ResourcePlan> {
    bool of_resources = false;
    model::read_plan(text, [&](const nlohmann::ordered_json& plan) { of_resources = plan.contains("format"); });
    if (!of_resources) return std::nullopt;
    ResourcePlan plan = model::resource_plan_from_json(text);
    const std::string claimed = std::exchange(plan.sha256, {});
    if (claimed != digest_of(plan))
      throw Error(ErrorKind::config, "the plan was changed by hand", std::string(model::k_plan_hint));
    return plan;
  };
  return base::in_context([&] { return fmt::format("reading the plan {}", path); }, read);
}

void print_resource_plan(Context& context, const ResourcePlan& plan, const platform::Connector& target) {
  const bool verbose = context.global().verbose;
  const Pauses pauses(context, plan);
  const std::uint64_t most = verbose ? UINT64_MAX : k_steps_most;
  std::uint64_t shown = 0;
  std::uint64_t left_out = 0;
  for (const ResourceStep& step : plan.steps) {
    if (step.action == ResourceAction::skip && !verbose) continue;
    if (shown == most) {
      ++left_out;
      continue;
    }
    ++shown;
    print_step(context, step, pauses);
  }
  if (left_out != 0)
    context.out().line(fmt::format("... and {} more; -v shows all of them", ui::format_count(left_out)));
  if (shown != 0) context.out().line({});
  line(context, counts_with(plan, pauses));
  if (!plan.absent.empty())
    context.out().line(ui::printable(
        fmt::format("the target lacks, and what names them is left out: {}", fmt::join(plan.absent, ", "))));
  if (const std::string calls = calls_text(plan, target.least_time(plan.calls)); !calls.empty()) line(context, calls);
}

std::string counts_text(const ResourcePlan& plan) {
  return counts_with(plan, Pauses(plan));
}

std::string calls_text(const ResourcePlan& plan, base::Duration least) {
  std::uint64_t sum = 0;
  std::map<std::string, std::uint64_t> by_family;  // a kind that names no family counts with the rest
  for (const auto& [family, calls] : plan.calls) {
    if (calls == 0) continue;
    sum += calls;
    by_family[family.empty() ? "other" : family] += calls;
  }
  if (sum == 0) return {};
  std::vector<std::string> families;
  for (const auto& [family, calls] : by_family)
    families.push_back(fmt::format("{} {}", ui::format_count(calls), family));
  return fmt::format("{}: {}{}", ui::format_counted(sum, "call"), fmt::join(families, ", "), time_text(least));
}

int apply_resource_plan(Context& context, const ResourcePlan& plan, const ResourceRun& run) {
  std::vector<base::Fact> facts{ui::fact_text("target", plan.target),
                                ui::fact_text("snapshot", run.snapshot.id.short_id())};
  if (run.dry_run == DryRun::yes) {
    facts.insert(facts.end(), {ui::fact_text("would", counts_with(plan, Pauses(context, plan))), dry_run_fact()});
    context.events().summary(run.verb, facts);
    (void)tell_unlisted(context, plan);
    if (engine::brings_contents(plan)) (void)tell_unread(context, run.snapshot, plan.selection);
    return k_exit_ok;
  }
  RunTasks tasks(context, plan);
  tasks.begin();
  const int unlisted = tell_unlisted(context, plan);
  const engine::ResourceApplyResult result =
      engine::apply_resource_restore({context.repository(), run.snapshot, run.target, context.state(), run.beside},
                                     plan, context.events(), context.clock(), context.stop());
  // What is neither begun nor in a file is planned anew by whoever runs it again.
  if (!engine::CutoverStore(context.state()).has_begun(plan)) engine::forget_journal(context.state(), plan);
  tasks.end(result, run.snapshot, model::KindSet(run.target.kinds()));
  tell_outcomes(context, result, tasks);
  const std::vector<base::Fact> counts = facts_of(context, result);
  facts.insert(facts.end(), counts.begin(), counts.end());
  if (tasks.open() && (context.json() || *tasks.open() != 0))
    facts.push_back(ui::fact_count("open_tasks", *tasks.open()));
  context.events().summary(run.verb, facts);
  tasks.tell();
  if (!result.ended_by) tell_what_to_do(context, plan, result);
  const int unread = engine::brings_contents(plan) ? tell_unread(context, run.snapshot, plan.selection) : k_exit_ok;
  if (run.result) *run.result = result;
  if (result.ended_by) {
    Error refused = *result.ended_by;
    refused.set_hint(
        "Check the credentials of the target; a token may have expired.  Run the same command again: it "
        "goes on from here.");
    throw refused;
  }
  return result.complete() ? std::max(unread, unlisted) : k_exit_partial;
}

}  // namespace holdfast::cli
