// References to large values: the value comes out, or Error{corruption}.  A piece is as long as the first byte of its
// id says; zero stands for a whole one.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/overflow.h"

namespace {

using namespace holdfast;

class AnyPieces : public repository::BlockSource {
public:
  base::Bytes get(const repository::BlockId& id) override {
    if (id.bytes[0] == 0) return base::Bytes(repository::k_overflow_piece, 'p');
    return base::Bytes(static_cast<unsigned char>(id.bytes[0]), 'p');
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  AnyPieces pieces;
  base::Bytes value;
  try {
    base::ByteReader in(input, "a reference");
    const base::ByteView reference = repository::read_overflow_reference(in);
    if (reference.size() + in.left() != size) std::abort();
    repository::read_overflow(pieces, reference, value);
    if (value.size() != repository::overflow_size(reference)) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
