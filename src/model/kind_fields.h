// What a kind's declaration says to selections.
#pragma once

#include <vector>

#include "model/kind.h"

namespace holdfast::model {

// Where id, creator and tags of its resources are: for Collection::fields, which has what this leaves out (the name)
// from the key.
std::vector<Field> selection_fields(const Kind& kind);

}  // namespace holdfast::model
