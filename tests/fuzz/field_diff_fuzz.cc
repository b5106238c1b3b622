// The documents of two rows, cut at the first NUL: a comparison with itself is empty, and no document breaks it.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "model/field_diff.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  static const model::Collection collection{
      .name = "aspect", .key = {}, .columns = {{"metadata", "text", model::ColumnContent::json, true}}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), text.size());
  const std::vector<base::ColumnView> before{text.substr(0, cut)};
  const std::vector<base::ColumnView> after{text.substr(cut)};
  const base::RowView row_before{"k", before};
  const base::RowView row_after{"k", after};
  (void)model::field_diff(collection, &row_before, &row_after);
  if (!model::field_diff(collection, &row_before, &row_before).empty()) std::abort();
  return 0;
}
