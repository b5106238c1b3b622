#include "cli/cutover/queued_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/error.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "engine/cutover/queued_runs.h"
#include "platform/runs.h"
#include "ui/printers.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using platform::ActiveRun;
using Runs = std::vector<ActiveRun>;

constexpr std::size_t k_runs_most = 50;

platform::RunsThings& runs_of(Cutover& cutover, const std::string& name) {
  platform::RunsThings* out = cutover.connector(name).runs();
  if (!out)
    throw Error(ErrorKind::usage, fmt::format("nothing waits to run on {} that could be cancelled", name),
                "Leave --cancel-queued out.");
  return *out;
}

std::string line_of(const ActiveRun& run) {
  return ui::printable(engine::run_text(run));
}

void warn_of(Context& context, const std::string& what, const Runs& runs) {
  const std::size_t most = context.global().verbose ? runs.size() : std::min(runs.size(), k_runs_most);
  for (std::size_t i = 0; i < most; ++i) context.events().warning(fmt::format("{}: {}", what, line_of(runs[i])));
  if (most < runs.size())
    context.events().warning(fmt::format("{}: {} more; -v shows all of them", what, runs.size() - most));
}

// What began while it was looked at, or ends only in a while, is still there.
Runs still_there(platform::RunsThings& there, const Runs& cancelled, std::stop_token stop) {
  std::set<std::string> ids;
  for (const ActiveRun& run : cancelled) ids.insert(run.id);
  Runs out = there.active_runs(std::move(stop));
  std::erase_if(out, [&](const ActiveRun& run) { return !ids.contains(run.id); });
  return out;
}

// Returns those that are asked to end.
Runs cancel_each(Context& context, platform::RunsThings& there, const Runs& runs) {
  Runs out;
  for (const ActiveRun& run : runs) {
    try {
      there.cancel(run, context.stop());
      out.push_back(run);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      context.events().warning(fmt::format("could not be cancelled: {}: {}", line_of(run), error.message()));
    }
  }
  return out;
}

}  // namespace

void require_runs(Cutover& cutover, const std::string& name) {
  (void)runs_of(cutover, name);
}

int cancel_queued(Cutover& cutover, const std::string& name, const engine::FiringStates& recorded) {
  Context& context = cutover.context();
  platform::RunsThings& there = runs_of(cutover, name);
  const engine::FencedRuns runs = engine::fenced_runs(there.active_runs(context.stop()), recorded);
  Runs cancelled;
  if (cutover.dry()) {
    for (const ActiveRun& run : runs.waiting) context.events().note("would be cancelled: " + line_of(run));
  } else {
    cancelled = cancel_each(context, there, runs.waiting);
    if (!cancelled.empty()) warn_of(context, "ends later", still_there(there, cancelled, context.stop()));
  }
  warn_of(context, fmt::format("waits on {}, and is of nothing that was paused", name), runs.others);
  warn_of(context, fmt::format("runs on {}, and goes on to write there", name), runs.running);
  std::vector<base::Fact> facts{cutover.dry() ? ui::fact_count("would_cancel", runs.waiting.size())
                                              : ui::fact_count("cancelled", cancelled.size()),
                                ui::fact_count("running", runs.running.size()),
                                ui::fact_count("left_waiting", runs.others.size())};
  if (cutover.dry()) facts.push_back(dry_run_fact());
  context.events().summary("queued runs", facts);
  return cutover.dry() || cancelled.size() == runs.waiting.size() ? k_exit_ok : k_exit_partial;
}

}  // namespace holdfast::cli
