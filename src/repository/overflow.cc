#include "repository/overflow.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "repository/layer.h"

namespace holdfast::repository {

namespace {
constexpr std::string_view k_what = "a reference to an overflow value";
}

base::Bytes write_overflow(BlockSink& sink, base::ByteView value) {
  base::ByteWriter out;
  out.varint(value.size());
  for (std::size_t at = 0; at < value.size(); at += k_overflow_piece) {
    out.raw(sink.put(BlockKind::overflow, value.substr(at, k_overflow_piece)).view());
  }
  return out.take();
}

base::ByteView read_overflow_reference(base::ByteReader& in) {
  base::ByteReader ahead = in;
  const std::uint64_t size = ahead.varint();
  if (size > k_value_bytes_max) in.fail("an overflow value is larger than any value may be");
  const std::size_t pieces = static_cast<std::size_t>((size + k_overflow_piece - 1) / k_overflow_piece);
  return in.raw(in.left() - ahead.left() + pieces * sizeof(BlockId));
}

std::uint64_t overflow_size(base::ByteView reference) {
  return base::ByteReader(reference, k_what).varint();
}

void read_overflow(BlockSource& source, base::ByteView reference, base::Bytes& out) {
  base::ByteReader in(reference, k_what);
  const std::uint64_t size = in.varint();
  out.clear();
  while (!in.at_end()) {
    BlockId id;
    const base::ByteView raw = in.raw(sizeof id);
    std::copy(raw.begin(), raw.end(), id.bytes.begin());
    const base::Bytes piece = source.get(id);
    // Memory grows with what was really read, never with what a damaged size promises.
    const std::uint64_t expected =
        std::min<std::uint64_t>(k_overflow_piece, size - std::min<std::uint64_t>(size, out.size()));
    if (piece.size() != expected) in.fail("a piece of the value has the wrong length");
    out.append(piece);
  }
  if (out.size() != size) in.fail("the value has the wrong length");
}

}  // namespace holdfast::repository
