#include "cli/cutover/fence_look.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/cutover/pause.h"
#include "engine/reference.h"
#include "engine/resources/restore.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

engine::ResourcePause what_fires(Cutover& cutover, const std::string& name) {
  Context& context = cutover.context();
  const repository::Snapshot newest = engine::resolve(context.repository(), "latest", name);
  return engine::plan_resource_pause({context.repository(), newest, cutover.connector(name), context.state()},
                                     cutover.flags().plan.capture.options(context.connector_config(name)),
                                     context.events(), context.clock(), context.random(), context.stop());
}

void tell_believed(Cutover& cutover, const std::string& name, const std::string& why) {
  cutover.context().events().warning(
      fmt::format("whether {0} is still paused could not be seen, and its fence is believed: {1}", name, why));
}

}  // namespace

Paused look_behind_fence(Cutover& cutover, const std::string& name, std::optional<base::Duration> patience) {
  std::optional<engine::Fence> fence = cutover.store().fence(name);
  if (!fence || fence->state != engine::Fence::State::confirmed) return Paused::no;
  cutover.context().events().note(fmt::format("looking whether all that fires on {} is still paused", name));
  engine::ResourcePause pause;
  try {
    if (patience) cutover.connector(name).limit_patience(*patience);
    pause = what_fires(cutover, name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    tell_believed(cutover, name, error.message());
    return Paused::believed;
  }
  bool fires = false;
  for (const model::ResourceStep& step : pause.plan.steps) {
    if (step.action == model::ResourceAction::skip) continue;
    fires = true;
    cutover.context().events().warning(fmt::format("fires on {}, which is fenced: {}", name, step.path));
  }
  if (fires) {
    if (cutover.dry()) return Paused::no;
    fence->state = engine::Fence::State::open;
    cutover.store().save(*fence);
    return Paused::no;
  }
  for (const std::string& why : pause.unread) tell_believed(cutover, name, why);
  return pause.unread.empty() ? Paused::seen : Paused::believed;
}

}  // namespace holdfast::cli
