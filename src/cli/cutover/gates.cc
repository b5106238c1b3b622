#include "cli/cutover/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/suggest.h"
#include "cli/cutover/fence_look.h"
#include "cli/secrets.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void Gates::declare(FlagTable& flags, Phases phases) {
  phases_ = std::move(phases);
  Flag pass;
  pass.name = "--pass";
  pass.value_name = "GATE";
  pass.times = Times::any;
  pass.doc = "go through this gate of the recovery plan, in this run";
  pass.words.assign(phases_.begin(), phases_.end());
  pass.take = [this](const std::vector<std::string>& values) { passed_ = values; };
  flags.add(std::move(pass));
}

void Gates::set(Cutover& cutover, const std::string& source, const std::string& target) {
  // Set once, it would stand open in every run.
  if (variable("HOLDFAST_PASS"))
    throw Error(ErrorKind::usage, "HOLDFAST_PASS is set, which would pass a gate in every run",
                "Unset it, and write --pass where somebody decided.");
  const RecoveryConfig* plan = cutover.context().config().recovery(source, target);
  if (plan) {
    plan_ = plan->name;
    gates_ = plan->gates;
    std::erase_if(gates_, [&](const std::string& name) {
      return std::find(phases_.begin(), phases_.end(), name) == phases_.end();
    });
  }
  for (const std::string& name : passed_)
    if (!holds(gates_, name))
      throw Error(ErrorKind::usage, fmt::format("there is no gate \"{}\" between {} and {}", name, source, target),
                  base::hint_for(name, gates_));
  if (!cutover.dry()) return;
  for (const std::string& name : gates_)
    cutover.context().events().note(
        holds(passed_, name)
            ? fmt::format("recovery plan {} has a gate before {}, which this would pass", plan_, name)
            : fmt::format("recovery plan {0} has a gate before {1}: without --pass {1} it would stop there (exit 5)",
                          plan_, name));
}

bool Gates::stops(Cutover& cutover, std::string_view gate) const {
  return !cutover.dry() && holds(gates_, gate) && !holds(passed_, gate);
}

void Gates::enter(Cutover& cutover, const Phase& phase) const {
  if (!stops(cutover, phase.gate)) return;
  std::string again;
  for (const std::string& name : passed_) again += fmt::format(" --pass {}", name);
  again += fmt::format(" --pass {}", phase.gate);
  cutover.context().events().summary(
      "gate",
      {ui::fact_text("recovery_plan", plan_), ui::fact_text("stopped_before", std::string(phase.gate)),
       ui::fact_text("done", phase.done), ui::fact_text("next", phase.next), ui::fact_text("go_on", again.substr(1))});
  throw Error(ErrorKind::refused, fmt::format("recovery plan {} stops this before {}", plan_, phase.gate),
              fmt::format("{}  Next: {}.  Run the same again with{}.", phase.done, phase.next, again));
}

void Gates::enter_fence(Cutover& cutover, const std::string& name, std::string_view brought, Lost lost) const {
  if (!stops(cutover, k_gate_fence)) return;
  const std::optional<engine::Fence> fence = cutover.store().fence(name);
  const bool stands = fence && fence->state == engine::Fence::State::confirmed;
  // Who is lost is not asked.
  if (stands && (lost == Lost::yes || look_behind_fence(cutover, name) != Paused::no)) return;
  enter(cutover,
        {.gate = k_gate_fence,
         .done = stands ? fmt::format("{}; {} is fenced, and not all of it is paused.", brought, name)
                        : fmt::format("{}; {} fires as before.", brought, name),
         .next = fmt::format("the fence of {}{}", name,
                             lost == Lost::yes ? ", which is opened only" : ": all that fires there is paused")});
}

}  // namespace holdfast::cli
