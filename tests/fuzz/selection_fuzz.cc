// A selection and a key, cut at the first NUL: whatever matches lies inside the selection's range.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/key.h"
#include "model/selection.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  static const model::Collection collection{.name = "aspect",
                                            .key = {{"urn", model::KeyPartType::text},
                                                    {"aspect", model::KeyPartType::text},
                                                    {"version", model::KeyPartType::integer}},
                                            .columns = {}};
  static const model::Collection notebooks{
      .name = "notebooks", .key = {{"path", model::KeyPartType::path}}, .columns = {}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), text.size());
  base::Bytes key;
  base::append_text(key, text.substr(cut));
  base::append_text(key, "status");
  base::append_int(key, 0);
  base::Bytes path;
  base::append_text(path, text.substr(cut));
  try {
    const model::Selection selection({std::string(text.substr(0, cut))});
    if (selection.matches(collection, key) && !selection.range(collection).contains(key)) std::abort();
    if (selection.matches(notebooks, path) && !selection.range(notebooks).contains(path)) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::usage) std::abort();
  }
  return 0;
}
