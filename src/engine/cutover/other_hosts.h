// What another host ended, as the newest snapshots say: that a fence was lifted, and that what took over is in charge
// no more.  A backup carries a mark on until its host knows that it has ended.  So a snapshot that was built on one
// with a mark, and has not that mark, was taken by somebody who knew better.  Which was built on which its parents
// tell, and no clock; where nothing was ever marked, or what was is not among them, what is known here holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/cutover/store.h"
#include "repository/repository.h"

namespace holdfast::engine {

// What is known here, and was not ended by another host.
std::optional<Fence> standing_fence(CutoverStore& store, repository::Repository& repository,
                                    const std::string& connector);
// It was fenced here as another connector took over, and set to fire since by another host, although nobody said that
// the other one is in charge no more: who is nobody can tell here.
bool is_doubted(CutoverStore& store, repository::Repository& repository, const Fence& fence);
// Of a pair whose target took over: as it is since another host had its source be in charge again; absent: nobody did.
// How both parted was so before that; what a failback of before left paused was heard of by nobody else.
std::optional<Pair> ended_elsewhere(repository::Repository& repository, const Pair& pair);
// All that there are, as they are by that.
std::vector<Pair> pairs_by_all(CutoverStore& store, repository::Repository& repository);

// That a fence of a connector was lifted, and who took over from it is in charge no more.  A fence that is doubted is
// kept, as nothing else says that it is.
struct Heard {
  std::optional<Fence> lifted{};  // with what it paused beside its snapshot and no mark said
  std::vector<Pair> ended{};
  bool anything() const noexcept { return lifted || !ended.empty(); }
};
Heard heard_of(CutoverStore& store, repository::Repository& repository, const std::string& connector);
// From then on the local state says so, too.  Whoever calls this keeps everybody else from the connector.
void keep_heard(CutoverStore& store, const Heard& heard);

}  // namespace holdfast::engine
