// What this host remembers about repositories, beside them: who they are, how far they had come, which packs were read.
//
//   pins/<hash of location>               the identity that was met at this location first
//   <repository>/seen/<writer>-<seq>      the highest snapshot of a writer that was seen
//   <repository>/checked/<pack>-<micros>  when all blocks of a pack were read without a finding
//
// Losing it costs the comparison with the past, nothing else.
#pragma once

#include <map>
#include <set>

#include "repository/sealed.h"

namespace holdfast::repository {

// Thread-safe as far as the backend is.  With no backend nothing is remembered.
class LocalState {
public:
  LocalState(storage::Backend* state, base::ByteView repository_id);

  // Throws Error{refused} when another identity is pinned for the location; pins this one when none is.
  void check_pin(std::string_view location, const Identity& identity);
  // A new repository was made here on purpose: its identity replaces what was pinned.
  void replace_pin(std::string_view location, const Identity& identity);

  std::map<std::uint32_t, std::uint64_t> highest_seen();
  void note_seen(const SnapshotId& id);

  // By pack id in hex.
  std::map<std::string, base::Instant> checked_packs();
  void note_checked(base::ByteView pack_id, base::Instant at);

private:
  storage::Backend* state_;
  std::string folder_;
};

}  // namespace holdfast::repository
