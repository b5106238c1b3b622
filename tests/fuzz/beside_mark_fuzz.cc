// What a snapshot says was paused beside it: any writer may have put any text there.  It is read or refused, and what
// was read is said again, as far as there is room.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "engine/cutover/beside_mark.h"
#include "engine/previous_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::engine;
  const auto said = [](const std::string& attributes) {
    repository::Snapshot snapshot;
    snapshot.attributes = attributes;
    return said_beside(snapshot);
  };
  try {
    const PausedBeside read = said(std::string(reinterpret_cast<const char*>(data), size));
    const std::string mark = beside_mark(read);
    if (mark.size() > k_beside_mark_max) std::abort();
    if (without_room(read.values) == 0 && said(with_mark("{}", k_beside_mark, mark)) != read) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
  }
  return 0;
}
