// What a session is made of.  Shared by the hosts that read and those that only write.
#pragma once

#include <functional>

#include "repository/local_state.h"
#include "repository/reader.h"
#include "repository/records.h"

namespace holdfast::repository {

// Everything outlives the session.
struct SessionHost {
  storage::Backend& backend;
  const Environment& environment;
  const Identity& identity;
  Compressor& compressor;
  LocalState& state;
  Signer signer;
  std::uint32_t domain = k_root_domain;
  base::Secret id_key{};
  std::uint32_t pack_bytes = 0;
  BlockReader* reader = nullptr;  // nullptr: this host cannot read
  std::function<bool(const SnapshotId&)> is_forgotten{};
};

struct SessionParent {
  SnapshotId id;
  base::Bytes digest;
  std::vector<std::string> index_runs;  // empty where this host cannot read
};

// Writes the session object under the next free number, then looks for the parent's forget mark: in this order, so that
// a prune that lists sessions after writing its marks, and a session that looks for marks after writing its object,
// cannot miss each other.
std::unique_ptr<Session> open_session(SessionHost host, std::optional<SessionParent> parent);

// Which runs to merge when a new one comes, so that at most k_runs_max stay and entries are rewritten seldom.  `sizes`
// ascending; returns how many of the first to merge (0 or >= 2).
inline constexpr std::size_t k_runs_max = 3;
std::size_t runs_to_merge(const std::vector<std::uint64_t>& sizes);

}  // namespace holdfast::repository
