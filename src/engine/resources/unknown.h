// What a side of a comparison or of a plan does not know of its resources, so that their absence proves nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "model/kind_set.h"
#include "repository/repository.h"

namespace holdfast::engine {

using UnknownKeys = std::vector<std::vector<base::KeyRange>>;  // by kind

// Of a snapshot: what it carries as stale.  Of a kind that it does not have that is all.
UnknownKeys unknown_of(const repository::Snapshot& snapshot, const model::KindSet& kinds);

// Those of `others`, of another side, that this side did not look at by what its capture says (model/not_seen.h).
void add_left_out(UnknownKeys& unknown, const std::string& attributes, const model::KindSet& kinds,
                  const std::vector<model::Resource>& others);

// Whether a resource of this natural name, or with nullopt of any, may be among them.
bool may_hold(const std::vector<base::KeyRange>& unknown, const model::Kind& kind,
              const std::optional<std::string>& name);
// As above, of a resource that may be called otherwise by now: where keys end with ids, one key holds no other id.
bool may_hold_id(const std::vector<base::KeyRange>& unknown, const model::Kind& kind, const std::string& id);
bool holds_key(const std::vector<base::KeyRange>& unknown, base::ByteView key);

// Without single keys whose resource is there, and of which only some columns are unknown.
UnknownKeys without_those_there(UnknownKeys unknown, const std::vector<model::Resource>& there);

}  // namespace holdfast::engine
