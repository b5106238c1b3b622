// Secrets are read by whoever is asked to: where only one side was, they are not compared, and that is said.
#pragma once

#include <vector>

#include "base/events.h"
#include "model/kind_set.h"

namespace holdfast::engine {

// One note for each kind of which only one side has secrets, and both have resources.
void note_unread_secrets(const model::KindSet& kinds, const std::vector<model::Resource>& one,
                         const std::vector<model::Resource>& other, base::Events& events);

}  // namespace holdfast::engine
