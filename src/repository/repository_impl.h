// The inside of an opened repository, for the files that implement its parts.
#pragma once

#include "base/error.h"
#include "repository/forget_marks.h"
#include "repository/key_slot.h"
#include "repository/session_impl.h"

namespace holdfast::repository {

struct Repository::Impl {
  Impl(storage::Backend& backend, const Environment& environment, Config config, KeyRing ring, MasterKey master);

  // Names below snapshots/, by writer, ascending.  Warns when the store stepped back behind what this host has seen.
  std::map<std::uint32_t, std::vector<SnapshotId>> list_snapshots();
  // With inherited layers resolved and the forget mark left out; `object_digest` is set when given.
  Snapshot read_snapshot(const SnapshotId& id, base::Bytes* digest = nullptr);
  // Where the local state does not take it, that is a warning until somebody is to write.
  void note_seen(const SnapshotId& id);
  // Throws what kept the local state from taking it; also where this version may not write.
  void require_writing();
  Signer signer() const { return {config.first_writer, keys.ring().writer_secret}; }

  storage::Backend& backend;
  const Environment environment;
  const Config config;
  const MasterKey master;
  Keychain keys;
  Compressor compressor;
  Warnings warnings;
  LocalState state;
  BlockReader reader;
  ForgetMarks forgets;

private:
  void inherit(Snapshot& snapshot, std::vector<Snapshot>& chain);

  std::mutex mutex_;
  std::map<std::uint32_t, std::uint64_t> seen_;
  std::optional<base::Error> not_kept_;  // why what was seen is not in the local state
};

}  // namespace holdfast::repository
