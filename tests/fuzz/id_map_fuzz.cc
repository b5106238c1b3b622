// Id maps come from files that people and spreadsheets write: any text is either read or refused with the line, and
// what was read survives both of its forms.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/id_map.h"

namespace {

using holdfast::model::IdMap;

template <typename Read>
void check(const Read& read) {
  try {
    const IdMap map = read();
    if (holdfast::model::id_map_from_csv(to_csv(map), "a", "b").entries() != map.entries()) std::abort();
    if (holdfast::model::id_map_from_json(to_json(map), "a", "b").size() != map.size()) std::abort();
  } catch (const holdfast::base::Error& error) {
    if (error.kind() != holdfast::base::ErrorKind::config) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check([&] { return holdfast::model::id_map_from_csv(text, "a", "b"); });
  check([&] { return holdfast::model::id_map_from_json(text, "a", "b"); });
  return 0;
}
