// The schema of a collection, then a path or a key, cut at the first NUL: read or refused.  A key that a path stands
// for has that path again.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/collection.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), text.size());
  const std::string_view rest = text.substr(std::min(cut + 1, size));
  try {
    const model::Collection collection = model::collection_from_json(text.substr(0, cut));
    if (model::collection_from_json(model::to_json(collection)) != collection) std::abort();
    const base::Bytes key = model::path_to_key(collection, rest);
    if (model::path_to_key(collection, model::key_to_path(collection, key)) != key) std::abort();
    (void)model::key_to_path(collection, rest);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::usage) std::abort();
  }
  return 0;
}
