// backup: capture a connector, compare with the parent snapshot, commit one snapshot.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/events.h"
#include "platform/platform.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Texts by name that are put into the snapshot's attributes, beside what the platform says (snapshot_marks.h).
using SnapshotMarks = std::vector<std::pair<std::string, std::string>>;

struct BackupOptions {
  platform::CaptureOptions capture;  // without what the backup itself decides: sweep and previous
  bool full = false;                 // compare with nothing
  bool other_workspace = false;      // the connector leads elsewhere by now: as `full`, and nothing is carried over
  // Fetch what seems unchanged, too: where changes would do, and where everything was last fetched so long ago.
  platform::Sweep sweep = platform::Sweep::changes;
  base::Duration sweep_after = std::chrono::hours(24 * 7);
  bool dry_run = false;  // read and compare, write nothing
  // The local state, which outlives the backup: what it reads of a platform of resources is kept there until a snapshot
  // has it (kept_rows.h).  Without, a backup that ended early begins anew.
  storage::Backend* state = nullptr;
  bool anew = false;  // take up nothing that a backup which ended early had read
  // Asked when everything was read, of what is about to be kept: what they say may have changed meanwhile.  Absent:
  // none.
  std::function<SnapshotMarks(const std::vector<repository::Tree>&)> marks{};
};

struct BackupResult {
  repository::Snapshot snapshot;  // without an id in a dry run
  base::Duration took{};
  std::uint64_t failures = 0;    // what could not be read, also where the snapshot's outcomes only count it
  std::uint64_t stale_rows = 0;  // carried over from the last snapshot, as a whole or in part
  std::uint64_t missing_rows =
      0;  // known to be there, and not in the snapshot; only where a platform lists what it has
  std::optional<base::Error> ended_by;  // see platform::Capture
};

// The snapshot is partial, not refused, when ranges or single resources could not be read; the caller's exit code is 3
// then.  Its outcomes name the first k_loss_lines_max (losses.h) and count the others.
BackupResult backup(repository::Repository& repository, platform::Connector& connector, const std::string& name,
                    const BackupOptions& options, base::Events& events, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::engine
