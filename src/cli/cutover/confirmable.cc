#include "cli/cutover/confirmable.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/error.h"
#include "cli/cutover/takeover.h"
#include "engine/cutover/unseen_firing.h"

namespace holdfast::cli {

void require_confirmable(Cutover& cutover, const repository::Snapshot& now, const std::string& active) {
  const std::string& name = now.connector;
  Context& context = cutover.context();
  const std::string attributes = Takeover(cutover).attributes_now(now, "Nothing was paused.");
  const model::KindSet kinds(context.kinds_of(now.platform));
  const std::vector<std::string> unseen =
      engine::unseen_in(context.repository(), now, kinds, attributes, cutover.known_gaps(name), context.stop());
  if (unseen.empty()) return;
  for (const std::string& why : unseen) context.events().warning(fmt::format("{}: {}", name, why));
  const std::optional<engine::Fence> fence = cutover.fence(name);
  const bool fires = !fence || fence->snapshot.empty();
  throw base::Error(
      base::ErrorKind::refused,
      fmt::format("a fence of {} would not be confirmed, so nothing on it was paused, and {} was not activated", name,
                  active),
      fmt::format("{0}.  Mend what was said about it, then run it again.  Or add --source-lost: {1} is activated all "
                  "the same, and what fires on {2} goes on beside it until \"holdfast fence {2}\".",
                  name + (fires ? " fires as before" : " stays fenced"), active, name));
}

}  // namespace holdfast::cli
