// backup: capture a connector, compare with the parent snapshot, commit one snapshot.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/events.h"
#include "platform/platform.h"
#include "repository/repository.h"

namespace holdfast::engine {

struct BackupOptions {
  platform::CaptureOptions capture;
  bool full = false;     // compare with nothing
  bool dry_run = false;  // read and compare, write nothing
};

struct BackupResult {
  repository::Snapshot snapshot;  // without an id in a dry run
  base::Duration took{};
};

// The snapshot is partial, not refused, when ranges failed; the caller's exit code is 3 then.
BackupResult backup(repository::Repository& repository, platform::Connector& connector, const std::string& name,
                    const BackupOptions& options, base::Events& events, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::engine
