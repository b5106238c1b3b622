// Flags of commands that read a platform.
#pragma once

#include "cli/config.h"
#include "cli/flags.h"
#include "platform/platform.h"

namespace holdfast::cli {

struct CaptureFlags {
  std::optional<unsigned> readers;
  std::optional<std::uint64_t> limit_read;
  std::optional<base::Duration> max_snapshot_age;

  void declare(FlagTable& flags);
  // What is given here goes before what the connector's table says.
  platform::CaptureOptions options(const ConnectorConfig& connector) const;
};

inline constexpr unsigned k_workers_max = 64;

}  // namespace holdfast::cli
