#include "cli/cutover/cutover.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/connector_lock.h"
#include "cli/cutover/not_given.h"
#include "cli/describe.h"
#include "cli/resource_view.h"
#include "engine/backup.h"
#include "engine/cutover/never_read.h"
#include "engine/cutover/other_hosts.h"
#include "engine/cutover/other_takeovers.h"
#include "engine/reference.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

// More of them nobody reads in a line.
constexpr std::size_t k_named_most = 20;

}  // namespace

void CutoverFlags::declare_writing(FlagTable& flags) {
  flags.toggle("--yes", yes, "do it, although it changes what is there");
  flags.dry_run(dry_run);
}

void CutoverFlags::declare(FlagTable& flags) {
  plan.declare_part(flags);
  declare_whole(flags);
}

void CutoverFlags::declare_whole(FlagTable& flags) {
  plan.declare_whole(flags);
  flags.toggle("--keep-changed", keep_changed, "let be what somebody changed on the target");
  declare_writing(flags);
}

Cutover::Cutover(Context& context, const CutoverFlags& flags, std::string_view verb)
    : context_(context), flags_(flags), verb_(verb), store_(context.state()) {
  if (flags.keep_changed && flags.plan.existing == model::Existing::replace)
    throw Error(ErrorKind::usage, "--keep-changed and --existing replace contradict one another",
                "Leave one of them out: what somebody changed on the target either stays or is overwritten.");
}

engine::Charge charge_with_others(Context& context, const std::string& source, const std::string& target,
                                  const std::string& target_workspace) {
  engine::CutoverStore store(context.state());
  engine::Charge out = engine::charge_by_all(store, context.repository(), source, target);
  std::vector<std::string> names;
  for (const ConnectorConfig& one : context.config().connectors) names.push_back(one.name);
  engine::add_other_takeovers(out, store, context.repository(), names, target_workspace);
  return out;
}

int worse(int code, int other) noexcept {
  return code == k_exit_ok ? other : code;
}

platform::Connector& Cutover::connector(const std::string& name) {
  auto& held = connectors_[name];
  if (!held) held = context_.open_connector(name);
  return *held;
}

void Cutover::require_writing(const std::string& name, platform::Writing what) {
  if (!dry()) cli::require_writing(context_, connector(name), name, {.what = what, .verb = verb_});
}

void Cutover::require_repository() {
  if (dry()) return;
  try {
    // The first write of any backup; one that is not gone on with stands for nothing.
    (void)context_.repository().begin_session(std::nullopt);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    throw Error(
        error.kind(),
        fmt::format("nothing can be written to the repository, in which it is said who takes over: {}",
                    error.message()),
        "Nothing was changed.  Where it can only be read, copy it to where it can be written to, let its url in "
        "holdfast.toml lead there (file:///COPY) on all hosts, and run the same again.");
  }
}

void Cutover::lock(const std::string& connector, base::FileLock::Mode mode) {
  if (dry()) return;
  const bool alone = mode == base::FileLock::Mode::exclusive;
  if (!alone && engine::heard_of(store_, context_.repository(), connector).anything()) {
    const base::FileLock held = lock_connector(context_, connector, base::FileLock::Mode::exclusive);
    hear(connector);
  }
  locks_.push_back(lock_connector(context_, connector, mode));
  if (alone) hear(connector);
}

void Cutover::hear(const std::string& connector) {
  const engine::Heard heard = engine::heard_of(store_, context_.repository(), connector);
  engine::keep_heard(store_, heard);
  for (const engine::Pair& pair : heard.ended)
    context_.events().note(
        fmt::format("{} is in charge again in place of {}: that was done on another host, as the newest snapshot of {} "
                    "says",
                    pair.source, pair.target, pair.target));
  if (!heard.lifted) return;
  context_.events().note(fmt::format(
      "the fence of {} was lifted, on another host or by a command that was interrupted, as its newest snapshot says",
      connector));
  std::set<std::string> beside;
  for (const engine::PausedState& one : heard.lifted->beside) beside.insert(one.path);
  if (!beside.empty())
    context_.events().warning(fmt::format(
        "what that fence paused beside snapshot {0}, and no snapshot said, may be so still: look at it on {1}: {2}",
        heard.lifted->snapshot, connector, fmt::join(beside, ", ")));
}

std::optional<engine::Fence> Cutover::fence(const std::string& connector) {
  return engine::standing_fence(store_, context_.repository(), connector);
}

void Cutover::lock_to_write(const std::string& source, const std::string& target) {
  lock(target, base::FileLock::Mode::exclusive);
  lock(source, base::FileLock::Mode::shared);
}

void Cutover::check_sides(const std::string& source, const std::string& target) {
  for (const std::string& name : {source, target}) context_.connector_config(name);
  if (source == target)
    throw Error(ErrorKind::usage, fmt::format("{} cannot be source and target at once", source),
                "Name two connectors; \"holdfast restore\" brings a snapshot back in place.");
  if (context_.connector_config(source).platform != context_.connector_config(target).platform)
    throw Error(ErrorKind::usage, fmt::format("{} and {} are not of one platform", source, target),
                "Name two connectors of the same platform.");
  if (!has_resources(connector(target)))
    throw Error(ErrorKind::unsupported, fmt::format("{} is not restored resource by resource", target),
                "Use \"holdfast backup\" and \"holdfast restore --to\"; rows of this platform do not start anything.");
}

void Cutover::ask(const std::string& what) const {
  if (flags_.yes || dry()) return;
  throw Error(ErrorKind::refused, what, "See what it would do with --dry-run, then add --yes.");
}

engine::Charge Cutover::charge(const std::string& source, const std::string& target) {
  return charge_with_others(context_, source, target);
}

repository::Snapshot Cutover::named(const std::string& snapshot, std::string_view otherwise) {
  try {
    return engine::resolve(context_.repository(), snapshot);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    if (otherwise.empty()) otherwise = "\"holdfast activate\" with --snapshot sets what another snapshot shows.";
    throw Error(
        ErrorKind::not_found,
        fmt::format("snapshot {}, which shows what shall fire, is not in this repository", snapshot),
        fmt::format("Where another repository has it, choose that with --repository.  Where none has, {}", otherwise));
  }
}

repository::Snapshot Cutover::newest(const std::string& name) {
  repository::Snapshot out = engine::resolve(context_.repository(), "latest", name);
  context_.events().note(
      fmt::format("snapshot {} of {}, taken {}", out.id.short_id(), name, base::to_rfc3339(out.taken)));
  return out;
}

std::optional<repository::Snapshot> Cutover::kept(const std::string& snapshot) {
  return engine::resolve_kept(context_.repository(), snapshot);
}

repository::Snapshot Cutover::back_up(const std::string& name, platform::Sweep sweep, States states) {
  const ConnectorConfig& config = context_.connector_config(name);
  engine::BackupOptions options;
  options.capture = flags_.plan.capture.options(config);
  options.sweep = sweep;
  options.sweep_after = config.sweep_after.value_or(options.sweep_after);
  // Who asks for everything to be fetched wants to know what is there now.
  if (sweep == platform::Sweep::changes) options.state = &context_.state();
  options.marks =
      engine::marks_while_read(context_.state(), context_.repository(), name, connector(name).kinds(), states);
  const engine::BackupResult result = engine::backup(context_.repository(), connector(name), name, options,
                                                     context_.events(), context_.clock(), context_.stop());
  const repository::Snapshot& snapshot = result.snapshot;
  context_.events().note(fmt::format("snapshot {} of {}: {}, changes: {}", snapshot.id.short_id(), name,
                                     ui::format_counted(rows_of(snapshot), "resource"), changes_text(snapshot.counts)));
  if (snapshot.partial())
    context_.events().warning(fmt::format("snapshot {} of {} is partial: {}", snapshot.id.short_id(), name,
                                          ui::format_counted(result.failures, "failure")));
  return snapshot;
}

repository::Snapshot Cutover::take(const std::string& name) {
  return dry() ? newest(name) : back_up(name, platform::Sweep::changes);
}

void Cutover::show(const model::ResourcePlan& plan) {
  if (context_.json() || context_.global().quiet) return;
  print_resource_plan(context_, plan, connector(plan.target));
  context_.out().flush();
}

engine::KnownGap Cutover::known_gaps(const std::string& name) {
  return engine::known_gaps(context_.repository(), context_.state(), name,
                            context_.kinds_of(context_.connector_config(name).platform));
}

void Cutover::tell_never_read(const repository::Snapshot& snapshot) {
  if (dry() || never_read_.contains(snapshot.connector)) return;
  const std::string& name = snapshot.connector;
  std::vector<std::string> what =
      engine::never_read(snapshot, context_.kinds_of(context_.connector_config(name).platform), known_gaps(name));
  if (what.empty()) return;
  never_read_.insert(name);
  std::string more;
  if (what.size() > k_named_most) more = fmt::format(", and {} more", what.size() - k_named_most);
  what.resize(std::min(what.size(), k_named_most));
  context_.events().warning(
      fmt::format("never read on {0}, and may fire there: {1}{2}; it is in no snapshot, and is neither brought, paused "
                  "nor activated: look at it on {0}",
                  name, fmt::join(what, ", "), more));
}

int Cutover::code() const noexcept {
  return never_read_.empty() ? k_exit_ok : k_exit_partial;
}

}  // namespace holdfast::cli
