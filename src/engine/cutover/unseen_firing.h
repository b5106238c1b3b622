// Why something may fire that was not seen, although nothing that was seen does.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/cutover/never_read.h"
#include "engine/resources/sides.h"
#include "model/kind_set.h"
#include "repository/repository.h"

namespace holdfast::engine {

// An answer is no proof that there is nothing: an account may not see all, and a list that is empty all at once is not
// believed.  `now` is the newest snapshot of what `live` was read from.  Full sentences that say what leads on; empty:
// all was seen that is `known`.
std::vector<std::string> unseen_firing(repository::Repository& repository, const repository::Snapshot& now,
                                       const model::KindSet& kinds, const LiveSide& live, const KnownGap& known,
                                       std::stop_token stop);

// The same by what the snapshot itself shows, before anything is paused.  `attributes` are those of its capture, or of
// a newer one.
std::vector<std::string> unseen_in(repository::Repository& repository, const repository::Snapshot& now,
                                   const model::KindSet& kinds, const std::string& attributes, const KnownGap& known,
                                   std::stop_token stop);

}  // namespace holdfast::engine
