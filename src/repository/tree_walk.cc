#include "repository/tree_walk.h"

#include "base/error.h"
#include "repository/node.h"

namespace holdfast::repository {

using base::Error;

void TreeWalk::tree(const Tree& tree) {
  for (const Layer& one : tree.layers) layer(tree, one);
  if (tree.delta) layer(tree, *tree.delta);
}

void TreeWalk::layer(const Tree& tree, const Layer& layer) {
  entries(tree, layer.top, layer.height, std::nullopt);
  // Hashes of keys are no keys: what such a block touches is the whole tree.
  static const std::optional<base::Bytes> no_end;
  for (const DirectoryEntry& entry : layer.hashed_erases)
    walker_.visit({tree, entry, BlockKind::erased, 0, {}, no_end});
}

void TreeWalk::entries(const Tree& tree, const std::vector<DirectoryEntry>& entries_in, std::uint8_t height,
                       const std::optional<base::Bytes>& end) {
  for (std::size_t i = 0; i < entries_in.size(); ++i) {
    const DirectoryEntry& entry = entries_in[i];
    const std::optional<base::Bytes> to = i + 1 < entries_in.size() ? std::optional(entries_in[i + 1].first_key) : end;
    const Reached reached{tree, entry, height == 0 ? BlockKind::rows : BlockKind::node, height, entry.first_key, to};
    if (walker_.visit(reached) == Descend::no || height == 0) continue;
    std::vector<DirectoryEntry> below;
    try {
      below = decode_node(reader_.get(entry.id), height);
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      walker_.broken(reached, error.message());
      continue;
    }
    entries(tree, below, static_cast<std::uint8_t>(height - 1), to);
    walker_.leave(reached);
  }
}

}  // namespace holdfast::repository
