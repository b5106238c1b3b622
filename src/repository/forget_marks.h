// Forget and undelete records: numbered per snapshot, the highest one counts.
#pragma once

#include <map>
#include <mutex>
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
  // Writes a record unless the snapshot has that mark already.
  void set(const SnapshotId& id, Mark mark, const Signer& signer, const Environment& environment,
           std::string_view reason);
  // The marks of one snapshot as they are stored, lowest first.
  std::vector<ForgetName> names_of(const SnapshotId& id);
  // Opens and checks one; throws Error{corruption}.
  ForgetRecord open(const ForgetName& name);

private:
  bool counts(const ForgetName& name);

  storage::Backend& backend_;
  Keychain& keys_;
  Warnings& warnings_;
  std::mutex mutex_;
  std::map<std::string, bool> judged_;  // records never change
};

}  // namespace holdfast::repository
