// Forget and undelete records: numbered per snapshot, the highest one counts.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "repository/records.h"
#include "repository/warnings.h"

namespace holdfast::repository {

// Thread-safe.  All references outlive it.
class ForgetMarks {
public:
  ForgetMarks(storage::Backend& backend, Keychain& keys, Warnings& warnings);
  // One list call, and one get for each record that counts and was not read before.  A record that no trusted writer
  // signed does not count and is told as a warning.
  std::map<SnapshotId, Mark> read();
  // The mark of one snapshot that counts: one list call, and a get for each record that was not read before.
  std::optional<Mark> of(const SnapshotId& id);
  // Writes a record unless the snapshot has that mark already.
  void set(const SnapshotId& id, Mark mark, const Signer& signer, const Environment& environment,
           std::string_view reason);
  // The marks of one snapshot as they are stored, lowest first.
  std::vector<ForgetName> names_of(const SnapshotId& id);
  // Opens and checks one; throws Error{corruption}.
  ForgetRecord open(const ForgetName& name);

private:
  bool counts(const ForgetName& name);
  std::optional<ForgetName> last_that_counts(const std::vector<ForgetName>& names);  // lowest first

  storage::Backend& backend_;
  Keychain& keys_;
  Warnings& warnings_;
  std::mutex mutex_;
  std::map<std::string, bool> judged_;  // records never change
};

// For a host that cannot read: whether a record marks the snapshot as forgotten that was signed by a writer who may.
// What a record says stays sealed to such a host, so one that was moved there from another snapshot counts; the host
// then uploads in full, which costs bytes and loses nothing.
bool has_signed_forget(storage::Backend& backend, const Identity& identity, WriterDirectory& writers,
                       const SnapshotId& id);

}  // namespace holdfast::repository
