#include "cli/resolve.h"

#include <fmt/format.h>

namespace holdfast::cli {

repository::Snapshot resolve_beside(repository::Repository& repository, std::string_view snapshot,
                                    std::string_view connector) {
  const bool has_own = repository.latest(connector).has_value();
  return engine::resolve(repository, snapshot, has_own ? connector : std::string_view());
}

std::vector<repository::Snapshot> snapshots_named(Context& context, std::string_view connector,
                                                  engine::Forgotten forgotten) {
  std::vector<std::string> damaged;
  auto out = engine::snapshots_of(context.repository(), connector, forgotten, &damaged);
  for (const std::string& problem : damaged) context.events().warning(fmt::format("damaged and left out: {}", problem));
  const bool unknown = out.empty() && !connector.empty() && context.config().connector(connector) == nullptr;
  if (unknown) engine::throw_no_snapshot(context.repository(), connector);
  return out;
}

}  // namespace holdfast::cli
