// What Holdfast itself says of a connector in a snapshot of it, beside what the platform says: kept in the repository,
// it outlives the local state of the host that knew it.
#pragma once

#include <string>
#include <string_view>

#include "engine/backup.h"
#include "engine/charge.h"
#include "engine/cutover_store.h"
#include "repository/repository.h"

namespace holdfast::engine {

// The name of the snapshot that recorded what fires on the connector, where it was taken while we held it paused.
inline constexpr std::string_view k_states_mark = "states_recorded_in";
// The connector that it took over from, and is in charge in place of.
inline constexpr std::string_view k_took_over_mark = "took_over_from";

// Those of a backup that is about to be taken.  Where the local state knows nothing of the connector, what its newest
// snapshot says goes on to hold.
SnapshotMarks marks_of(CutoverStore& store, repository::Repository& repository, const std::string& connector);

// The full name of the snapshot whose states are those of this one: mostly itself.
std::string states_of(const repository::Snapshot& snapshot);
// The same snapshot.  Throws Error{refused} where it is gone.
repository::Snapshot recorded_by(repository::Repository& repository, const repository::Snapshot& snapshot);

// charge_of, by the newest snapshot of the target where the local state knows of neither direction.
Charge charge_by_all(CutoverStore& store, repository::Repository& repository, const std::string& source,
                     const std::string& target);

}  // namespace holdfast::engine
