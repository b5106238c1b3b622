// Calls that a step of a plan makes, and what becomes of lost answers and refusals: the outcome of the step.  What
// net's Api gave up it does not try for long again; repeated is here what Api may not: a write that breaks on the other
// side, is answered with what is no answer, or is the same when it is done twice only because it reads anew before.
#pragma once

#include <stop_token>

#include "base/clock.h"
#include "base/error.h"
#include "engine/resources/step_content.h"
#include "platform/platform.h"

namespace holdfast::engine {

inline constexpr int k_attempts = 3;
inline constexpr base::Duration k_pause = std::chrono::seconds(1);

// Throws StepFailed, SignedOut and Error{cancelled}.
template <typename Call>
auto called(const base::Clock& clock, const std::stop_token& stop, const Call& call) {
  using What = ResourceOutcome::What;
  for (int attempt = 1;; ++attempt) {
    try {
      return call();
    } catch (const platform::LostAnswer& lost) {
      if (attempt == k_attempts) throw StepFailed(What::failed, lost.message());
    } catch (const platform::SignedOut&) {
      throw;
    } catch (const platform::ByHand& task) {
      throw StepFailed(task);
    } catch (const base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled) throw;
      throw StepFailed(What::failed, error.message(), error.hint());
    }
    if (!clock.sleep(attempt * k_pause, stop)) throw base::Error(base::ErrorKind::cancelled, "the restore was stopped");
  }
}

}  // namespace holdfast::engine
