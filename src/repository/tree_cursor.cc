// The reading half of tree.h: merged rows and single rows.
#include <fmt/format.h>

#include "base/error.h"
#include "repository/layer_reader.h"
#include "repository/merge.h"
#include "repository/tree.h"

namespace holdfast::repository {

struct TreeCursor::Impl {
  Impl(BlockSource& source, const Tree& tree, const base::KeyRange& range)
      : layers(tree.layers),
        rows(source, tree.shape, layer_pointers(layers), range, MergedRows::whole),
        resolve(source) {}

  std::vector<Layer> layers;
  MergeReader rows;
  ColumnResolver resolve;
  base::RowView row;
  bool resolved = false;
};

TreeCursor::TreeCursor(BlockSource& source, const Tree& tree, const base::KeyRange& range)
    : impl_(std::make_unique<Impl>(source, tree, range)) {}
TreeCursor::~TreeCursor() = default;
TreeCursor::TreeCursor(TreeCursor&&) noexcept = default;

bool TreeCursor::valid() const noexcept {
  return impl_->rows.valid();
}

const base::RowView& TreeCursor::current() const {
  if (impl_->resolved) return impl_->row;
  const StoredRow& stored = impl_->rows.current();
  impl_->row = {.key = stored.key, .columns = impl_->resolve(stored.cells)};
  impl_->resolved = true;
  return impl_->row;
}

void TreeCursor::next() {
  impl_->resolved = false;
  impl_->rows.next();
}

struct RowFinder::Impl {
  Impl(BlockSource& source, const BoundaryKey& key, const Tree& tree)
      : layers(tree.layers), lookup(source, key, tree.shape, layers), resolve(source) {}

  std::vector<Layer> layers;
  TreeLookup lookup;
  ColumnResolver resolve;
};

RowFinder::RowFinder(BlockSource& source, const BoundaryKey& key, const Tree& tree)
    : impl_(std::make_unique<Impl>(source, key, tree)) {}
RowFinder::~RowFinder() = default;
RowFinder::RowFinder(RowFinder&&) noexcept = default;
RowFinder& RowFinder::operator=(RowFinder&&) noexcept = default;

std::optional<base::Row> RowFinder::find(base::ByteView wanted) {
  const StoredRow* stored = impl_->lookup.find(wanted);
  if (stored == nullptr) return std::nullopt;
  return base::to_row({.key = stored->key, .columns = impl_->resolve(stored->cells)});
}

std::optional<base::Row> find(BlockSource& source, const BoundaryKey& key, const Tree& tree, base::ByteView wanted) {
  return RowFinder(source, key, tree).find(wanted);
}

}  // namespace holdfast::repository
