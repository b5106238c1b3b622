// The reading half of layer.h: cursors and look-ups over one layer.
#include "repository/key_hash.h"
#include "repository/layer.h"
#include "repository/layer_reader.h"

namespace holdfast::repository {

struct LayerCursor::Impl {
  Impl(BlockSource& source, const TreeShape& shape, const Layer& layer_in, base::KeyRange range)
      : layer(layer_in), reader(source, shape, layer, std::move(range)), resolve(source) {}

  Layer layer;
  LayerReader reader;
  ColumnResolver resolve;
  LayerRow row;
  bool resolved = false;
};

LayerCursor::LayerCursor(BlockSource& source, const TreeShape& shape, const Layer& layer, base::KeyRange range)
    : impl_(std::make_unique<Impl>(source, shape, layer, std::move(range))) {}
LayerCursor::~LayerCursor() = default;
LayerCursor::LayerCursor(LayerCursor&&) noexcept = default;

bool LayerCursor::valid() const noexcept {
  return impl_->reader.valid();
}

const LayerRow& LayerCursor::current() const {
  if (impl_->resolved) return impl_->row;
  const StoredRow& stored = impl_->reader.current();
  impl_->row = {
      .op = stored.op, .carried = stored.carried, .row = {.key = stored.key, .columns = impl_->resolve(stored.cells)}};
  impl_->resolved = true;
  return impl_->row;
}

void LayerCursor::next() {
  impl_->resolved = false;
  impl_->reader.next();
}

const DirectoryEntry* LayerCursor::whole_block() const noexcept {
  return impl_->reader.whole_block();
}

void LayerCursor::skip_block() {
  impl_->resolved = false;
  impl_->reader.skip_block();
}

std::optional<FoundRow> find_in_layer(BlockSource& source, const BoundaryKey& key, const TreeShape& shape,
                                      const Layer& layer, base::ByteView wanted) {
  LayerReader reader(source, shape, layer);
  const StoredRow* stored = reader.find(wanted, KeyHasher(key)(wanted));
  if (stored == nullptr) return std::nullopt;
  ColumnResolver resolve(source);
  return FoundRow{.op = stored->op,
                  .carried = stored->carried,
                  .row = base::to_row({.key = stored->key, .columns = resolve(stored->cells)})};
}

}  // namespace holdfast::repository
