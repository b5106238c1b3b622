// Which snapshots a name means next to a connector.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "engine/reference.h"

namespace holdfast::cli {

// "latest" beside a connector is that connector's own latest; where none was ever taken of it, as with the target of a
// migration, it is the latest of all.
repository::Snapshot resolve_beside(repository::Repository& repository, std::string_view snapshot,
                                    std::string_view connector);

// Those of --connector NAME, or all.  Empty for a connector that is configured and was never backed up; throws
// Error{not_found} with the nearest name for one that nobody knows.  Damaged ones are left out, with a warning.
std::vector<repository::Snapshot> snapshots_named(Context& context, std::string_view connector,
                                                  engine::Forgotten forgotten = engine::Forgotten::leave_out);

}  // namespace holdfast::cli
