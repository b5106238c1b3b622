// What a platform of resources is told of by a cluster, which may rest while all else answers.
#pragma once

#include <string_view>

namespace holdfast::model {

// In the attributes of a capture: names of such collections, each followed by a blank.  Nothing in them fires.
inline constexpr std::string_view k_told_by_cluster_attribute = "told_by_cluster";

}  // namespace holdfast::model
