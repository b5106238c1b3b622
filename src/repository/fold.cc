// Which layers are folded, and folding them.  docs/design/0001-blocks-and-layers.md has the reasons and the numbers.
#include "repository/fold.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "repository/merge.h"
#include "repository/node.h"
#include "repository/ranges.h"

namespace holdfast::repository {

namespace {

using base::Bytes;
using base::ByteView;
using base::KeyRange;

// Layers are merged until the next lower one weighs this many times the result: every row is rewritten a few times
// only.
constexpr double k_ratio = 1.5;
// The base is touched only where this share of what the deltas hold goes into it.
constexpr double k_worth_while = 0.25;
// Base blocks are judged in groups of so many.
constexpr std::size_t k_group_blocks = 16;

// Calls `visit` with the entry of every row block in key order.
void for_each_leaf(BlockSource& source, std::uint8_t height, const std::vector<DirectoryEntry>& entries,
                   const std::function<void(const DirectoryEntry&)>& visit) {
  for (const DirectoryEntry& entry : entries) {
    if (height == 0) {
      visit(entry);
    } else {
      for_each_leaf(source, static_cast<std::uint8_t>(height - 1), decode_node(source.get(entry.id), height), visit);
    }
  }
}

// Some neighbouring blocks of the base, and what the deltas hold for their keys.
struct Group {
  Bytes from;
  double base_bytes = 0;
  double delta_bytes = 0;
};

std::vector<Group> base_groups(BlockSource& source, const Layer& base) {
  std::vector<Group> groups(1);
  std::size_t blocks = 0;
  for_each_leaf(source, base.height, base.top, [&](const DirectoryEntry& entry) {
    if (blocks > 0 && blocks % k_group_blocks == 0) groups.push_back({.from = entry.first_key});
    groups.back().base_bytes += static_cast<double>(entry.bytes);
    ++blocks;
  });
  return groups;
}

std::size_t group_of(const std::vector<Group>& groups, ByteView key) {
  const auto after = std::upper_bound(groups.begin(), groups.end(), key,
                                      [](ByteView value, const Group& group) { return value < group.from; });
  return after == groups.begin() ? 0 : static_cast<std::size_t>(after - groups.begin()) - 1;
}

// A delta block's bytes are spread evenly over the groups that it spans: how they really lie would need reading it.
void weigh(BlockSource& source, const Layer& delta, std::vector<Group>& groups) {
  double bytes = 0;
  std::size_t first = 0;
  const auto spread = [&](std::size_t last) {
    for (std::size_t i = first; i <= last; ++i) groups[i].delta_bytes += bytes / static_cast<double>(last - first + 1);
  };
  for_each_leaf(source, delta.height, delta.top, [&](const DirectoryEntry& entry) {
    const std::size_t at = group_of(groups, entry.first_key);
    if (bytes > 0) spread(at);
    first = at;
    bytes = static_cast<double>(entry.bytes);
  });
  if (bytes > 0) spread(groups.size() - 1);
}

// Ranges of keys that are to go into the base.  None, while too little of the deltas lies where they outweigh `share`
// of their base: taking rows out of a delta rewrites the rest of it.  Once it is worth while, the half-heavy neighbours
// go along.
std::vector<KeyRange> heavy_ranges(BlockSource& source, const std::vector<Layer>& layers, double share) {
  std::vector<Group> groups = base_groups(source, layers.front());
  for (std::size_t i = 1; i < layers.size(); ++i) weigh(source, layers[i], groups);
  double total = 0;
  double heavy = 0;
  for (const Group& group : groups) {
    total += group.delta_bytes;
    if (group.delta_bytes > share * group.base_bytes) heavy += group.delta_bytes;
  }
  if (heavy < k_worth_while * total) return {};
  std::vector<KeyRange> ranges;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].delta_bytes <= share / 2 * groups[i].base_bytes) continue;
    KeyRange range{.from = groups[i].from, .to = {}};
    if (i + 1 < groups.size()) range.to = groups[i + 1].from;
    ranges.push_back(std::move(range));
  }
  return normalized(std::move(ranges));
}

class Folder {
public:
  Folder(BlockSource& source, BlockSink& sink, const BoundaryKey& key, const TreeShape& shape)
      : source_(source), sink_(sink), key_(key), shape_(shape) {}

  // The base with the rows of all layers in `ranges`; blocks that no change touches are taken over unread.
  Layer base(const std::vector<Layer>& layers, const std::vector<KeyRange>& ranges) {
    LayerPart part(sink_, key_, shape_, Filters::none);
    LayerReader below(source_, shape_, layers.front(), {});
    for (const KeyRange& range : ranges) {
      MergeReader upper(source_, shape_, layer_pointers(layers, 1), range, MergedRows::changes);
      while (upper.valid()) step(part, below, &upper);
    }
    while (below.valid()) step(part, below, nullptr);
    return finish(Filters::none, std::move(part));
  }

  // Neighbouring deltas as one, only its rows in `ranges`.
  Layer delta(std::span<const Layer* const> layers, const std::vector<KeyRange>& ranges) {
    LayerPart part(sink_, key_, shape_, Filters::keep);
    for (const KeyRange& range : ranges) {
      for (MergeReader rows(source_, shape_, layers, range, MergedRows::changes); rows.valid(); rows.next()) {
        part.add_stored(rows.current());
      }
    }
    Layer out = finish(Filters::keep, std::move(part));
    merge_hashed_erases(source_, sink_, {layers.begin(), layers.end()}, out);
    return out;
  }

private:
  // One row, or one whole block, of the base under `upper`.
  void step(LayerPart& part, LayerReader& below, MergeReader* upper) const {
    const bool whole = below.whole_block() != nullptr && part.at_boundary();
    if (whole && (upper == nullptr || below.block_end() <= upper->key())) {
      part.add_block(*below.whole_block());
      below.skip_block();
      return;
    }
    const int order = upper == nullptr ? -1 : !below.valid() ? 1 : below.key().compare(upper->key());
    if (order < 0) {
      part.add_stored(below.current());
      below.next();
      return;
    }
    RowStack stack(shape_.columns);
    if (order == 0) stack.push(below.current());
    stack.push(upper->current());
    if (!stack.empty() && stack.row().op == Op::update) {
      throw base::Error(base::ErrorKind::corruption, "a layer changes a row that no layer below it holds");
    }
    if (!stack.empty() && stack.row().op == Op::insert) part.add_stored(stack.row());
    if (order == 0) below.next();
    upper->next();
  }

  Layer finish(Filters filters, LayerPart part) {
    std::vector<LayerPart> parts;
    parts.push_back(std::move(part));
    return join(sink_, key_, shape_, filters, std::move(parts));
  }

  BlockSource& source_;
  BlockSink& sink_;
  const BoundaryKey& key_;
  const TreeShape& shape_;
};

// All layers into a new base: needed where tombstones do not name their keys, because those are found by reading what
// is below.
Layer flatten(BlockSource& source, BlockSink& sink, const BoundaryKey& key, const TreeShape& shape,
              const std::vector<Layer>& layers) {
  LayerPart part(sink, key, shape, Filters::none);
  for (MergeReader rows(source, shape, layer_pointers(layers), {}, MergedRows::whole); rows.valid(); rows.next()) {
    part.add_stored(rows.current());
  }
  std::vector<LayerPart> parts;
  parts.push_back(std::move(part));
  return join(sink, key, shape, Filters::none, std::move(parts));
}

// Index of the lowest layer of those on top that are merged into one, so that `deltas_max` deltas are left.
std::size_t merge_from(const std::vector<Layer>& layers, std::size_t deltas_max) {
  const std::size_t deltas = layers.size() - 1;
  if (deltas <= deltas_max) return layers.size();
  std::size_t from = deltas_max == 0 ? 1 : deltas_max;
  double merged = 0;
  for (std::size_t i = from; i < layers.size(); ++i) merged += static_cast<double>(layers[i].bytes);
  while (from > 1 && static_cast<double>(layers[from - 1].bytes) < k_ratio * merged) {
    --from;
    merged += static_cast<double>(layers[from].bytes);
  }
  return from;
}

bool holds_rows(const Layer& layer) {
  return layer.rows() > 0;
}

}  // namespace

std::vector<Layer> fold_layers(BlockSource& source, BlockSink& sink, const BoundaryKey& key, const TreeShape& shape,
                               const std::vector<Layer>& layers, std::size_t deltas_max, double base_share) {
  if (layers.size() <= 1 || layers.size() - 1 <= deltas_max) return layers;
  const bool hashed =
      std::any_of(layers.begin(), layers.end(), [](const Layer& layer) { return !layer.hashed_erases.empty(); });
  const std::vector<KeyRange> heavy = heavy_ranges(source, layers, base_share);
  const std::vector<KeyRange> light = complement(heavy);
  if (deltas_max == 0 || (hashed && !heavy.empty())) return {flatten(source, sink, key, shape, layers)};

  Folder folder(source, sink, key, shape);
  std::vector<Layer> out;
  out.push_back(heavy.empty() ? layers.front() : folder.base(layers, heavy));
  if (light.empty()) return out;
  const std::size_t merged = merge_from(layers, deltas_max);
  const std::vector<const Layer*> deltas = layer_pointers(layers);
  for (std::size_t i = 1; i < merged; ++i) {
    Layer kept = heavy.empty() ? layers[i] : folder.delta(std::span(deltas).subspan(i, 1), light);
    if (holds_rows(kept)) out.push_back(std::move(kept));
  }
  if (merged < layers.size()) {
    Layer top = folder.delta(std::span(deltas).subspan(merged), light);
    if (holds_rows(top)) out.push_back(std::move(top));
  }
  return out;
}

Tree fold(BlockSource& source, BlockSink& sink, const BoundaryKey& key, const Tree& tree, const FoldPolicy& policy) {
  Tree out = tree;
  out.layers = fold_layers(source, sink, key, tree.shape, tree.layers, policy.layers_max, policy.base_share);
  return out;
}

}  // namespace holdfast::repository
