// Rows that a backup had read, as they lie in the local state: what comes out encodes to the same meaning, or
// Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "engine/kept_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  try {
    const engine::KeptBatch batch = engine::decode_kept(input, "batch");
    if (engine::decode_kept(engine::encode_kept(batch), "batch") != batch) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
