#include "engine/share.h"

#include <algorithm>
#include <utility>

#include "engine/meter.h"

namespace holdfast::engine {

namespace {

// First key and weight of each stretch of the base layer: whole blocks, unread, where the cursor offers them.
struct Stretch {
  base::Bytes first_key;
  std::uint64_t bytes = 0;
};

std::vector<Stretch> stretches(repository::BlockSource& source, const repository::Tree& tree) {
  std::vector<Stretch> out;
  repository::LayerCursor cursor(source, tree.shape, tree.layers.front(), {});
  while (cursor.valid()) {
    if (const repository::DirectoryEntry* block = cursor.whole_block()) {
      out.push_back({.first_key = block->first_key, .bytes = block->bytes});
      cursor.skip_block();
      continue;
    }
    out.push_back({.first_key = base::Bytes(cursor.current().row.key), .bytes = plain_size(cursor.current().row)});
    cursor.next();
  }
  return out;
}

}  // namespace

std::vector<base::KeyRange> equal_shares(repository::BlockSource& source, const repository::Tree& tree,
                                         unsigned wanted) {
  std::vector<base::KeyRange> out(1);
  if (tree.layers.empty() || wanted <= 1) return out;
  const std::vector<Stretch> all = stretches(source, tree);
  std::uint64_t total = 0;
  for (const Stretch& stretch : all) total += stretch.bytes;
  const std::uint64_t share = std::max<std::uint64_t>(1, total / wanted);
  std::uint64_t before = 0;  // weight of what lies before the current stretch
  for (const Stretch& stretch : all) {
    const bool due = before >= share * out.size() && out.size() < wanted;
    if (due && stretch.first_key > out.back().from) {
      out.back().to = stretch.first_key;
      out.push_back({.from = stretch.first_key, .to = std::nullopt});
    }
    before += stretch.bytes;
  }
  return out;
}

}  // namespace holdfast::engine
