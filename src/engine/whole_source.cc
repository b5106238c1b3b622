#include "engine/whole_source.h"

#include <fmt/format.h>

#include "engine/resource_sides.h"
#include "platform/platform.h"

namespace holdfast::engine {

std::string lacks(const repository::Snapshot& snapshot) {
  const std::size_t count = snapshot.outcomes.size();
  if (count == 0) return {};
  return fmt::format("{} {}{}", count, count == 1 ? "failure: " : "failures, the first: ", snapshot.outcomes.front());
}

std::string lacks_of_cluster(const repository::Snapshot& snapshot) {
  const std::string told = " " + attribute_of(snapshot.attributes, platform::k_told_apart_attribute);
  std::string out;
  for (const repository::Tree& tree : snapshot.trees) {
    if (tree.stale.empty()) continue;
    if (told.find(fmt::format(" {} ", tree.name)) == std::string::npos) return {};
    out += (out.empty() ? "" : ", ") + tree.name;
  }
  return out;
}

// What could not be read is carried over from the snapshot before it: what was changed there since would be lost, and
// nobody would hear of it.
void require_whole(const repository::Snapshot& snapshot) {
  if (!snapshot.partial() || !lacks_of_cluster(snapshot).empty()) return;
  throw base::Error(
      base::ErrorKind::refused,
      fmt::format("not all of {} could be read, and nothing was written: {}", snapshot.connector, lacks(snapshot)),
      fmt::format("Run it again when it answers.  With --source-partial what could not be read is brought as the "
                  "snapshot before has it, and {} is fenced as usual; --source-lost does not ask it at all.",
                  snapshot.connector));
}

}  // namespace holdfast::engine
