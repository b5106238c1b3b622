#include "engine/cutover/whole_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/attributes.h"
#include "engine/browse.h"
#include "engine/resources/sides.h"
#include "platform/platform.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

bool told_by_cluster(const repository::Snapshot& snapshot, const repository::Tree& tree) {
  const std::string told = " " + attribute_of(snapshot.attributes, platform::k_may_rest_attribute);
  return told.find(fmt::format(" {} ", tree.name)) != std::string::npos;
}

}  // namespace

std::string lacks(const repository::Snapshot& snapshot) {
  const std::size_t count = snapshot.outcomes.size();
  if (count == 0) return {};
  return fmt::format("{} {}{}", count, count == 1 ? "failure: " : "failures, the first: ", snapshot.outcomes.front());
}

std::string lacks_of_cluster(const repository::Snapshot& snapshot) {
  std::string out;
  for (const repository::Tree& tree : snapshot.trees) {
    if (tree.stale.empty()) continue;
    if (!told_by_cluster(snapshot, tree)) return {};
    out += (out.empty() ? "" : ", ") + tree.name;
  }
  return out;
}

std::vector<UnreadKind> unread_kinds(const repository::Snapshot& snapshot, const model::Selection& selection,
                                     const KnownGap& known) {
  std::vector<UnreadKind> out;
  for (const repository::Tree& tree : snapshot.trees) {
    if (tree.stale.empty() || told_by_cluster(snapshot, tree)) continue;
    const base::KeyRange selected = selection.everything() ? base::KeyRange{} : selection.range(collection_of(tree));
    UnreadKind kind{.kind = tree.name};
    bool any = false;
    for (const repository::StaleRange& stale : tree.stale) {
      if (!repository::overlap(stale.range, selected) || (known && !known(tree.name, stale))) continue;
      any = true;
      if (!stale.last_good) kind.missing = true;
      if (stale.last_good) kind.since = std::min(kind.since.value_or(*stale.last_good), *stale.last_good);
    }
    if (any) out.push_back(std::move(kind));
  }
  return out;
}

std::string unread_text(const std::vector<UnreadKind>& kinds) {
  std::string out;
  for (const UnreadKind& one : kinds) {
    std::string how = one.since ? fmt::format("as of {}", base::to_rfc3339(*one.since)) : "never read";
    if (one.since && one.missing) how += ", some never read";
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", one.kind, how);
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
