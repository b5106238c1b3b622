#include "engine/cutover/queued_runs.h"

#include <fmt/format.h>

namespace holdfast::engine {

FencedRuns fenced_runs(const std::vector<platform::ActiveRun>& active, const FiringStates& recorded) {
  FencedRuns out;
  for (const platform::ActiveRun& run : active) {
    const auto state = recorded.find({run.kind, run.owner});
    const bool fired = state != recorded.end() && state->second.fires;
    if (run.state == platform::ActiveRun::State::runs)
      out.running.push_back(run);
    else
      (fired ? out.waiting : out.others).push_back(run);
  }
  return out;
}

std::string run_text(const platform::ActiveRun& run) {
  std::string out = fmt::format("{}, run {}", run.name.empty() ? run.kind : run.name, run.id);
  if (run.since) out += fmt::format(", since {}", base::to_rfc3339(*run.since));
  return out;
}

}  // namespace holdfast::engine
