// Roots of index runs: decoded, or Error{corruption}; never more pages than the bytes can name.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/index_run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::repository;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  try {
    const RunRoot root = decode_run_root(input, "index");
    if (root.fences.size() > size || root.packs.size() > size || root.superseded.size() > size) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
