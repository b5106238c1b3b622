// Plans of resources come from files that people edit: any text is either read or refused with an Error, and what was
// read survives its JSON.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/resource_plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string written = to_json(holdfast::model::resource_plan_from_json(text));
    if (to_json(holdfast::model::resource_plan_from_json(written)) != written) std::abort();
  } catch (const holdfast::base::Error& error) {
    if (error.kind() == holdfast::base::ErrorKind::internal) std::abort();
  }
  return 0;
}
