// Documents come from platforms: any text is either read or refused, what is not edited is printed as it was, and what
// is left after an edit is JSON again.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/json_path.h"
#include "model/json_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using holdfast::model::JsonText;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    JsonText json(text);
    if (json.print() != text.substr(json.offset(0), json.raw(0).size())) std::abort();
    const auto last = static_cast<JsonText::Id>(json.size() - 1);
    (void)json.where(last);
    holdfast::model::JsonPath("**.a[*].**").visit(json, [&](JsonText::Id id) { (void)json.string(id); });
    if (last != 0) json.remove(last);
    for (JsonText::Id id = 0; id < last; ++id)
      if (json.type(id) == JsonText::Type::string) json.replace(id, holdfast::model::json_quoted(json.string(id)));
    const JsonText again(json.print());
    if (last != 0 && again.size() >= json.size()) std::abort();
  } catch (const holdfast::base::Error& error) {
    if (error.kind() != holdfast::base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
