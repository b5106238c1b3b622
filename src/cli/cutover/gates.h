// Manual gates: phases of a failover, a failback or an activation that a recovery plan lets nobody enter unasked.  What
// passes one is said for one run, and remembered by nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/config.h"
#include "cli/cutover/cutover.h"
#include "cli/cutover/takeover.h"
#include "cli/flags.h"

namespace holdfast::cli {

class Gates {  // belongs to a command
public:
  using Phases = std::vector<std::string_view>;
  // Of a command that enters these.
  void declare(FlagTable& flags, Phases phases = {k_gate_replicate, k_gate_fence, k_gate_activate});
  // Those of the recovery plan of these two; a dry run says them.  Throws Error{usage}, before anything is done, where
  // --pass names none of them.
  void set(Cutover& cutover, const std::string& source, const std::string& target);

  struct Phase {
    std::string_view gate;
    std::string done;  // full sentences: what is so by now
    std::string next;  // what it would do
  };
  // Throws Error{refused} behind a summary where the phase has a gate that is not passed.  Nothing in a dry run.
  void enter(Cutover& cutover, const Phase& phase) const;
  // The same before the fence of what was in charge, when its contents were `brought` ("a was brought to b"), and not
  // where it is confirmed, and a look shows nothing that fires: one that stands is entered no more.
  void enter_fence(Cutover& cutover, const std::string& name, std::string_view brought, Lost lost) const;

private:
  bool stops(Cutover& cutover, std::string_view gate) const;

  Phases phases_{};
  std::vector<std::string> passed_{};  // --pass
  std::vector<std::string> gates_{};
  std::string plan_{};  // its name
};

}  // namespace holdfast::cli
