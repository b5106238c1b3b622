// Whole objects as a hostile store hands them out: config, slots, certificates, sealed objects, heads of packs.  The
// digest is made to fit, so that what lies behind it is reached.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/key_slot.h"
#include "repository/keychain.h"
#include "repository/pack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::repository;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  try {
    if (size == 0) return 0;
    base::Bytes object(input.substr(1));
    close_object(object);
    const Identity identity{base::Bytes(k_repository_id_bytes, 0), base::Bytes(32, 1), base::Bytes(32, 2)};
    switch (data[0] % 5) {
      case 0:
        decode_config(object);
        break;
      case 1:
        decode_slot(object, "0123456789abcdef");
        break;
      case 2:
        decode_writer(object, 2, identity);
        break;
      case 3:
        split_sealed(object, ObjectKind::snapshot, "snapshots/x");
        break;
      default:
        decode_pack_head(object, "packs/x");
        break;
    }
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
