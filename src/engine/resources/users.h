// Who names a resource: for tasks that nobody could do without knowing.
#pragma once

#include <string>
#include <vector>

#include "engine/resources/match.h"

namespace holdfast::engine {

// The paths of the resources that lead to this one by its path, or to a file of its name elsewhere: what was installed
// from a library is known by the copy that was made of it ("dbfs:/FileStore/jars/1f2e-tools.jar").  In order.
std::vector<std::string> users_of(const model::KindSet& kinds, const ResourceIndex& index,
                                  const model::Resource& resource);
// The same as words: "clusters/etl, jobs/nightly and 3 more"; "nothing in the snapshot".
std::string users_text(const model::KindSet& kinds, const ResourceIndex& index, const model::Resource& resource);

}  // namespace holdfast::engine
