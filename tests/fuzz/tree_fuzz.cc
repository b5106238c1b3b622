// Trees inside snapshots: a tree comes out that survives being written again, or Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/tree.h"

namespace {

using namespace holdfast;

base::Bytes encoded(const repository::Tree& tree) {
  base::ByteWriter out;
  repository::encode_tree(out, tree);
  return out.take();
}

repository::Tree decoded(base::ByteView bytes) {
  base::ByteReader in(bytes, "a tree");
  return repository::decode_tree(in);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const base::Bytes written = encoded(decoded({reinterpret_cast<const char*>(data), size}));
    if (encoded(decoded(written)) != written) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
