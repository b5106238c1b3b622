// The attributes of snapshots: a write-only host may have put any text there.  The table shape in them is read or
// refused, and what was read survives its JSON.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "platform/datahub/postgres/conventions.h"
#include "platform/datahub/sql/attributes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::platform::datahub;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    (void)postgres::parts_of_snapshot(text, "public", "metadata_aspect_v2");
    const std::optional<TableShape> shape = shape_of_attributes(text);
    if (!shape) return 0;
    const std::string written = shape_to_json(*shape);
    if (shape_to_json(shape_from_json(written)) != written) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
