// <layer> ::= <u8 height> <varint inserts> <varint updates> <varint erases> <varint bytes> <entries top>
//             <entries hashed erases> [<32-byte erase key>]               the key only where there are hashed erases
#include <algorithm>

#include "repository/layer.h"
#include "repository/node.h"

namespace holdfast::repository {

namespace {
constexpr std::uint8_t k_height_max = 16;  // two entries a node at least: more would be 2^16 times a full top
}

void encode_layer(base::ByteWriter& out, const Layer& layer) {
  out.u8(layer.height);
  out.varint(layer.inserts);
  out.varint(layer.updates);
  out.varint(layer.erases);
  out.varint(layer.bytes);
  encode_entries(out, layer.top);
  encode_entries(out, layer.hashed_erases);
  if (!layer.hashed_erases.empty()) out.raw({layer.erase_key.data(), layer.erase_key.size()});
}

Layer decode_layer(base::ByteReader& in) {
  Layer layer;
  layer.height = in.u8();
  if (layer.height > k_height_max) in.fail("a layer is too high");
  layer.inserts = in.varint();
  layer.updates = in.varint();
  layer.erases = in.varint();
  layer.bytes = in.varint();
  layer.top = decode_entries(in);
  if (layer.top.empty() && layer.height != 0) in.fail("a layer of some height has no entries");
  layer.hashed_erases = decode_entries(in);
  if (!layer.hashed_erases.empty()) {
    const base::ByteView key = in.raw(layer.erase_key.size());
    std::copy(key.begin(), key.end(), layer.erase_key.begin());
  }
  return layer;
}

}  // namespace holdfast::repository
