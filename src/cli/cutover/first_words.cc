#include "cli/cutover/first_words.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/cutover/snapshot_marks.h"

namespace holdfast::cli {

using base::Error;
using base::ErrorKind;

std::string say_in_charge(Cutover& cutover, const std::string& source, const std::string& target) {
  repository::Repository& repository = cutover.context().repository();
  try {
    if (!repository.latest(target)) return (void)cutover.back_up(target, platform::Sweep::changes), std::string();
    return engine::say_took_over(repository, target, source);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    throw Error(error.kind(),
                fmt::format("{} was not activated, as no snapshot of it could say that it takes over from {}: {}",
                            target, source, error.message()),
                fmt::format("Other hosts would not hear of it, and might let {} fire as well.  Nothing fires on {} by "
                            "this: run the same again when the repository can be written to.",
                            source, target));
  }
}

bool take_back(Cutover& cutover, const std::string& target, const std::string& before) {
  try {
    (void)engine::say_took_over(cutover.context().repository(), target, before);
    return true;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    cutover.context().events().warning(
        fmt::format("nothing could be activated on {0}, and its newest snapshot says that it took over, which could "
                    "not be taken back: {1}; run the same again",
                    target, error.message()));
    return false;
  }
}

void say_paused(Cutover& cutover, const engine::Fence& opened) {
  const std::string& name = opened.connector;
  try {
    engine::say_paused(cutover.store(), cutover.context().repository(), name);
  } catch (const Error& error) {
    // Until it is run again somebody may set what fires.
    cutover.store().save(opened);
    if (error.kind() == ErrorKind::cancelled) throw;
    throw Error(error.kind(),
                fmt::format("nothing was paused on {}, as no snapshot of it could say by which its states were "
                            "recorded: {}",
                            name, error.message()),
                fmt::format("Other hosts would take what is paused for somebody's will.  What fires on {} goes on: run "
                            "the same again when the repository can be written to.",
                            name));
  }
}

}  // namespace holdfast::cli
