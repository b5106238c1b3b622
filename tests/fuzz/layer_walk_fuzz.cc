// A layer and the blocks that it may name, all of them anything: walking it and looking keys up ends, with rows or with
// Error{corruption}.   <input> ::= <u8 columns> <layer> <sized block>*      the first byte of a block id picks the
// block
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "repository/layer.h"

namespace {

using namespace holdfast;

class AnyBlocks : public repository::BlockSource {
public:
  explicit AnyBlocks(base::ByteReader& in) {
    while (!in.at_end()) blocks_.emplace_back(in.sized());
  }

  base::Bytes get(const repository::BlockId& id) override {
    // A small input can describe a layer of endless size by naming one block again and again.
    if (blocks_.empty() || ++gets_ > 300) throw base::Error(base::ErrorKind::corruption, "no more blocks");
    return blocks_[static_cast<unsigned char>(id.bytes[0]) % blocks_.size()];
  }

private:
  std::vector<base::Bytes> blocks_;
  int gets_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    base::ByteReader in({reinterpret_cast<const char*>(data), size}, "a fuzzed layer");
    const repository::TreeShape shape{.columns = in.u8() % 65u};
    const repository::Layer layer = repository::decode_layer(in);
    AnyBlocks blocks(in);
    base::Bytes last;
    for (repository::LayerCursor cursor(blocks, shape, layer, {}); cursor.valid(); cursor.next())
      last = cursor.current().row.key;
    repository::find_in_layer(blocks, {}, shape, layer, last);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
