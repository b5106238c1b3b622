// Row blocks: the first byte is the number of columns, the rest the block.  Whatever they are, rows come out or
// Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/row_block.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  if (size == 0) return 0;
  base::Bytes plain(reinterpret_cast<const char*>(data + 1), size - 1);
  std::size_t seen = 0;
  try {
    for (repository::RowBlockReader reader(std::move(plain), data[0] % 65); reader.valid(); reader.next()) {
      const repository::StoredRow& row = reader.current();
      for (const repository::Cell& cell : row.cells) seen += cell.bytes.size();
      if (++seen > (std::size_t{1} << 30)) std::abort();
    }
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
