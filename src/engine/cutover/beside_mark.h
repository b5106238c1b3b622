// What a fence paused beside its snapshot, said by a mark of the snapshots that lead to that one: whoever does not have
// the local state of the fence finds it there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/cutover/store.h"
#include "engine/resources/paused_states.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Stands with k_states_mark only.
inline constexpr std::string_view k_beside_mark = "paused_beside_it";
// Whoever lists snapshots reads them all.
inline constexpr std::size_t k_beside_mark_max = std::size_t{32} << 10;

struct PausedBeside {
  PausedStates values{};
  std::uint64_t left_out = 0;  // how many more there were, for which a mark had no room
  friend bool operator==(const PausedBeside&, const PausedBeside&) = default;
};

// The text of the mark, with as many of them as there is room for.  Empty where nothing was paused beside.
std::string beside_mark(const PausedBeside& beside);
// For how many of them there is none.
std::uint64_t without_room(const PausedStates& values);
// What the snapshot says.  Throws Error{corruption} where that cannot be read.
PausedBeside said_beside(const repository::Snapshot& snapshot);

// What was paused beside the snapshot of this name, which recorded the states of the connector: by a fence that knows
// it here, and by others, as the connector's newest snapshot says.
PausedBeside kept_beside(CutoverStore& store, repository::Repository& repository, const std::string& connector,
                         const std::string& recorded);

}  // namespace holdfast::engine
