// <tree>   ::= <u8 1> <sized name> <sized schema>
//              <varint columns> <varint rows per block> <varint entries per node> <u8 inherits>
//              <count> <layer>* <u8 delta> [<layer>]
//              <varint rows> <varint bytes> <u64 low> <u64 high>                 -- halves of the content hash
//              <count> <range>* <count> <stale>*
// <delta>  ::= 0 none | 1 the layer follows | 2 it is the topmost of the layers
// <range>  ::= <sized from> <u8 has to> [<sized to>]
// <stale>  ::= <range> <u8 has instant> [<u64 microseconds since 1970>] <sized reason>
#include "repository/tree.h"

namespace holdfast::repository {

namespace {

constexpr std::uint8_t k_tree_format = 1;
constexpr std::uint32_t k_columns_max = 64;
enum DeltaForm : std::uint8_t { none = 0, follows = 1, topmost = 2 };

void encode_range(base::ByteWriter& out, const base::KeyRange& range) {
  out.sized(range.from);
  out.u8(range.to ? 1 : 0);
  if (range.to) out.sized(*range.to);
}

bool decode_flag(base::ByteReader& in) {
  const std::uint8_t flag = in.u8();
  if (flag > 1) in.fail("a flag is neither set nor clear");
  return flag == 1;
}

base::KeyRange decode_range(base::ByteReader& in) {
  base::KeyRange range;
  range.from = in.sized();
  if (decode_flag(in)) range.to = base::Bytes(in.sized());
  return range;
}

std::uint32_t decode_size(base::ByteReader& in) {
  const std::uint64_t value = in.varint();
  if (value == 0 || value > 1u << 24) in.fail("a block or node size is out of bounds");
  return static_cast<std::uint32_t>(value);
}

void encode_stale(base::ByteWriter& out, const StaleRange& stale) {
  encode_range(out, stale.range);
  out.u8(stale.last_good ? 1 : 0);
  if (stale.last_good) out.u64(static_cast<std::uint64_t>(stale.last_good->time_since_epoch().count()));
  out.sized(stale.reason);
}

StaleRange decode_stale(base::ByteReader& in) {
  StaleRange stale;
  stale.range = decode_range(in);
  if (decode_flag(in)) stale.last_good = base::Instant(base::Duration(static_cast<std::int64_t>(in.u64())));
  stale.reason = in.sized();
  return stale;
}

void decode_delta(base::ByteReader& in, Tree& tree) {
  const std::uint8_t form = in.u8();
  if (form > topmost || (form == topmost && tree.layers.empty())) in.fail("the form of its delta is unknown");
  if (form == follows) tree.delta = decode_layer(in);
  if (form == topmost) tree.delta = tree.layers.back();
}

}  // namespace

void encode_tree(base::ByteWriter& out, const Tree& tree) {
  out.u8(k_tree_format);
  out.sized(tree.name);
  out.sized(tree.schema);
  out.varint(tree.shape.columns);
  out.varint(tree.shape.rows_per_block);
  out.varint(tree.shape.entries_per_node);
  out.u8(tree.inherits ? 1 : 0);
  out.varint(tree.layers.size());
  for (const Layer& layer : tree.layers) encode_layer(out, layer);
  if (!tree.delta) {
    out.u8(none);
  } else if (!tree.layers.empty() && *tree.delta == tree.layers.back()) {
    out.u8(topmost);
  } else {
    out.u8(follows);
    encode_layer(out, *tree.delta);
  }
  out.varint(tree.rows);
  out.varint(tree.bytes);
  out.u64(tree.content.value[0]);
  out.u64(tree.content.value[1]);
  out.varint(tree.completed.size());
  for (const base::KeyRange& range : tree.completed) encode_range(out, range);
  out.varint(tree.stale.size());
  for (const StaleRange& stale : tree.stale) encode_stale(out, stale);
}

Tree decode_tree(base::ByteReader& in) {
  Tree tree;
  if (in.u8() != k_tree_format) in.fail("the format of a tree is unknown");
  tree.name = in.sized();
  tree.schema = in.sized();
  const std::uint64_t columns = in.varint();
  if (columns > k_columns_max) in.fail("a tree has more columns than any tree may have");
  tree.shape.columns = static_cast<std::uint32_t>(columns);
  tree.shape.rows_per_block = decode_size(in);
  tree.shape.entries_per_node = decode_size(in);
  tree.inherits = decode_flag(in);
  const std::size_t layers = in.count(7);
  for (std::size_t i = 0; i < layers; ++i) tree.layers.push_back(decode_layer(in));
  decode_delta(in, tree);
  tree.rows = in.varint();
  tree.bytes = in.varint();
  tree.content.value[0] = in.u64();
  tree.content.value[1] = in.u64();
  const std::size_t completed = in.count(2);
  for (std::size_t i = 0; i < completed; ++i) tree.completed.push_back(decode_range(in));
  const std::size_t stale = in.count(4);
  for (std::size_t i = 0; i < stale; ++i) tree.stale.push_back(decode_stale(in));
  return tree;
}

}  // namespace holdfast::repository
