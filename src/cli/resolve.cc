#include "cli/resolve.h"

#include "engine/reference.h"

namespace holdfast::cli {

repository::Snapshot resolve_beside(repository::Repository& repository, std::string_view snapshot,
                                    std::string_view connector) {
  const bool has_own = repository.latest(connector).has_value();
  return engine::resolve(repository, snapshot, has_own ? connector : std::string_view());
}

}  // namespace holdfast::cli
