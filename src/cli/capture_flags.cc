#include "cli/capture_flags.h"

namespace holdfast::cli {

void CaptureFlags::declare(FlagTable& flags) {
  flags.count("--readers", readers, k_workers_max, "most connections that read at once (4)");
  flags.bytes("--limit-read", limit_read, "most bytes read in a second, over all readers");
  flags.duration("--max-snapshot-age", max_snapshot_age, "give up reading rather than hold one instant for longer");
}

platform::CaptureOptions CaptureFlags::options(const ConnectorConfig& connector) const {
  platform::CaptureOptions out;
  out.readers = readers.value_or(connector.readers.value_or(out.readers));
  out.limit_read = limit_read.value_or(connector.limit_read.value_or(out.limit_read));
  out.max_snapshot_age = max_snapshot_age ? max_snapshot_age : connector.max_snapshot_age;
  return out;
}

}  // namespace holdfast::cli
