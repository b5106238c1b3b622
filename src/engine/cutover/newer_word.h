// Whose word is the newer one: that of a mark which the newest snapshot of a connector has, or that of a pair which
// this host keeps.  Two hosts' clocks tell it only where nothing else does.
#pragma once

#include <optional>
#include <string>

#include "engine/backup.h"
#include "engine/cutover/store.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Snapshots of a connector from its newest one on, each built on the next.
class SnapshotsBack {
public:
  SnapshotsBack(repository::Repository& repository, const std::string& connector);
  const repository::Snapshot* at() const noexcept { return at_ ? &*at_ : nullptr; }
  void step();

private:
  repository::Repository& repository_;
  std::optional<repository::Snapshot> at_;
  int steps_ = 0;
};

// Whether the mark was begun behind what the pair says of who is in charge:
//   no:  the pair goes by a snapshot that has the mark, without a break until now: who said it knew of the mark;
//   yes: a snapshot without the mark, taken since that was said, is one that the mark's were built on;
//   else by when both were said.  Of states whose snapshot is gone nobody can tell: the mark is carried on.
bool is_newer(repository::Repository& repository, const std::string& connector, const SnapshotMarks::value_type& mark,
              const Pair& word);

}  // namespace holdfast::engine
