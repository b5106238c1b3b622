// Nodes of a layer's directory: entries come out that encode to the same bytes again, or Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/node.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const base::ByteView plain(reinterpret_cast<const char*>(data), size);
  try {
    const auto entries = repository::decode_node(plain, 1);
    if (repository::decode_node(repository::encode_node(1, entries), 1) != entries) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
