// Directories of packs: what comes out fills the space before the directory, or Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/pack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::repository;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  try {
    constexpr std::uint64_t blocks_end = k_pack_begin + 4096;
    std::uint64_t end = k_pack_begin;
    for (const PackEntry& entry : decode_pack_directory(input, blocks_end, "pack")) {
      if (entry.offset != end) std::abort();
      end += entry.stored;
    }
    if (end != blocks_end) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
