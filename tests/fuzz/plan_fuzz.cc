// Plans come from files that people edit: any text is either read or refused with an Error, and what was read survives
// its JSON.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "model/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const holdfast::model::Plan plan = holdfast::model::plan_from_json(text);
    const std::string written = holdfast::model::to_json(plan);
    if (holdfast::model::to_json(holdfast::model::plan_from_json(written)) != written) std::abort();
  } catch (const holdfast::base::Error& error) {
    if (error.kind() == holdfast::base::ErrorKind::internal) std::abort();
  }
  return 0;
}
