// diff and verify: two snapshots, or a snapshot against the live platform.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/events.h"
#include "model/collection.h"
#include "model/selection.h"
#include "platform/platform.h"
#include "repository/repository.h"

namespace holdfast::engine {

struct CompareCounts {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
  std::uint64_t removed = 0;
  std::uint64_t stale = 0;  // differences in ranges that either side carries as stale: shown apart, never acted on
  // Rows of the snapshot that the platform did not let us read, and stretches without any: shown apart, never acted on.
  std::uint64_t unread = 0;
  // Of resources in two workspaces: those that only the second has, and those that are equal but were brought there
  // paused.  Neither counts as a difference.
  std::uint64_t extra = 0;
  std::uint64_t paused = 0;
  // Rows of either side that the selection holds; not known of two snapshots, of which only what differs is read.
  std::optional<std::uint64_t> compared;
  bool any() const noexcept { return added + changed + removed != 0; }
};

// stale: the difference lies in a range that either side carries from an earlier backup.  unread: nobody knows whether
// it is one, as the platform did not let us read the row; it has the kind `removed`.
enum class Freshness { fresh, stale, unread };

// Views live until the visitor returns; it is called from one thread at a time, in key order within a collection.
using Visitor = std::function<void(const model::Collection& collection, const repository::Difference& difference,
                                   Freshness freshness)>;

struct SnapshotComparison {
  const repository::Snapshot& before;
  const repository::Snapshot& after;
  const model::Selection& selection;
  repository::Values values = repository::Values::no;
};
// This and compare_live() throw Error{not_found} when neither side has a row of the selection, or of one of several: it
// is taken for a mistake, which would otherwise be equal for ever.  Throws Error{cancelled} soon after a stop request.
CompareCounts compare_snapshots(repository::Repository& repository, const SnapshotComparison& comparison,
                                std::stop_token stop, const Visitor& visit);

// `before` is the snapshot, `after` the live platform as it is now.
CompareCounts compare_live(repository::Repository& repository, const repository::Snapshot& before,
                           platform::Connector& connector, const platform::CaptureOptions& options,
                           const model::Selection& selection, base::Events& events, std::stop_token stop,
                           const Visitor& visit);

}  // namespace holdfast::engine
