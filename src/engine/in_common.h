// What two connectors of one platform do not have in common, as far as it matters to whoever moves from one to the
// other.  Pure but for the reading of what is used.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/outside.h"
#include "model/mapping.h"
#include "platform/outside.h"
#include "repository/repository.h"

namespace holdfast::engine {

// A value of an offer that resources name: a node type.
struct Use {
  std::string offer;
  std::string value;
  std::vector<std::string> by;  // "clusters/etl/0123", each resource once
};

// By offer and value.  Documents that others hold as a string are looked into where the field says so.
std::vector<Use> find_uses(repository::Repository& repository, const repository::Snapshot& snapshot,
                           const std::vector<platform::UsedField>& fields, std::stop_token stop);

struct SideInCommon {
  std::string name;  // of the connector
  platform::Side side;
  std::vector<std::string> storage;  // that it refers to
};

// What of `first` is not at `second`, and what should not be alike; each line with what to do.  Throws Error{refused}
// where both are one and the same.
std::vector<platform::Diagnosis> compare_sides(const SideInCommon& first, const SideInCommon& second,
                                               const std::vector<Use>& uses, const model::Mapping& mapping);

}  // namespace holdfast::engine
