#include "model/json_depth.h"

namespace holdfast::model {

bool nests_deeper_than(std::string_view json, std::size_t depth) noexcept {
  std::size_t at = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if (c == '[' || c == '{') ++at;
    if ((c == ']' || c == '}') && at != 0) --at;
    if (at > depth) return true;
  }
  return false;
}

}  // namespace holdfast::model
