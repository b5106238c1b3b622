// Which snapshot a name means next to a connector.
#pragma once

#include <string>
#include <string_view>

#include "repository/repository.h"

namespace holdfast::cli {

// "latest" beside a connector is that connector's own latest; where none was ever taken of it, as with the target of a
// migration, it is the latest of all.
repository::Snapshot resolve_beside(repository::Repository& repository, std::string_view snapshot,
                                    std::string_view connector);

}  // namespace holdfast::cli
