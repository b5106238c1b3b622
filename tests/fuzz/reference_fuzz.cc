// What people type to name a snapshot: it is cut into snapshot and path without losing a byte, and names one or is
// refused.  Points in time survive being written.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "base/time.h"
#include "engine/reference.h"
#include "support/engine_world.h"

namespace {

using namespace holdfast;

// Three snapshots, made once: unlocking a repository is dear.
repository::Repository& some_repository() {
  static const auto world = [] {
    auto made = std::make_unique<test::EngineWorld>(3);
    for (std::uint64_t i = 0; i < 3; ++i) {
      made->connector.set_rows(test::some_rows(3, i));
      made->backup();
    }
    return made;
  }();
  return *world->repository;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const engine::Reference cut = engine::parse_reference(text);
  const bool whole = text == cut.snapshot + ':' + cut.path || (cut.path.empty() && text == cut.snapshot);
  if (!whole) std::abort();
  if (const auto instant = base::parse_instant(text);
      instant && base::parse_instant(base::to_rfc3339(*instant)) != instant)
    std::abort();
  try {
    (void)engine::resolve(some_repository(), cut.snapshot);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::usage && error.kind() != base::ErrorKind::not_found) std::abort();
  }
  return 0;
}
