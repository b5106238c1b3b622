// What SCIM says about one identity: written as JSON, read from JSON, changed by operations.
#pragma once

#include "sim/databricks/identity.h"
#include "sim/databricks/json.h"

namespace holdfast::sim::databricks {

Json scim_json(World& world, const Identity& identity);

// Sets what `body` says, in the words of a create or a replacement.  Members are not touched.
void apply_attributes(Identity& identity, const Json& body);
// The ids in body["members"].
std::vector<std::string> member_ids(const Json& body);
// {"schemas": […PatchOp], "Operations": [{op, path, value}]}.  Throws ApiError.
void apply_patch(World& world, Identity& identity, const Json& body);
// Throws ApiError when `identity` must not be changed: built in, or of the account.
void check_changeable(const Identity& identity);

}  // namespace holdfast::sim::databricks
