// Whether a snapshot shows all of a source that is about to be left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "engine/cutover/never_read.h"
#include "model/selection.h"
#include "repository/repository.h"

namespace holdfast::engine {

// What a partial snapshot lacks, in one line: "3 failures, the first: jobs: 503"; empty: nothing.
std::string lacks(const repository::Snapshot& snapshot);
// What it lacks where that is nothing but what a cluster tells: "mounts, table-acls".  Nothing of that fires, and what
// the snapshot before has of it stands in for it.  Empty: it lacks nothing, or something else.
std::string lacks_of_cluster(const repository::Snapshot& snapshot);
// A kind that a snapshot does not show as it was when that was taken.
struct UnreadKind {
  std::string kind{};
  std::optional<base::Instant> since{};  // all that it has of it is as of then, or younger; absent: it has nothing
  bool missing = false;                  // some of it was never read
};
// Of what may be selected, and is `known` where that is given; less what only a cluster tells.  In the order of the
// snapshot.
std::vector<UnreadKind> unread_kinds(const repository::Snapshot& snapshot, const model::Selection& selection = {},
                                     const KnownGap& known = {});
// "jobs (as of 2026-11-20T10:00:00Z), pools (never read)"
std::string unread_text(const std::vector<UnreadKind>& kinds);
// Throws Error{refused} where it lacks something else, with the way that leads on.
void require_whole(const repository::Snapshot& snapshot);

}  // namespace holdfast::engine
