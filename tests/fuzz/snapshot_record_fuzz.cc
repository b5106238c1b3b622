// Payloads of snapshots, compressed: decoded, or Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::repository;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  try {
    Compressor compressor;
    const Snapshot snapshot = decode_snapshot(input, compressor, "snapshot");
    if (decode_snapshot(encode_snapshot(snapshot, compressor), compressor, "snapshot").trees.size() !=
        snapshot.trees.size())
      std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
