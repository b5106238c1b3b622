#include "engine/cutover/other_hosts.h"

#include <algorithm>
#include <utility>

#include "engine/attributes.h"
#include "engine/cutover/beside_mark.h"
#include "engine/cutover/charge.h"
#include "engine/cutover/newer_word.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/resources/sides.h"

namespace holdfast::engine {

namespace {

using repository::Snapshot;

// The last snapshot with the fence's mark, below its newest one.
std::optional<Snapshot> last_marked(repository::Repository& repository, const Fence& fence) {
  if (fence.snapshot.empty()) return std::nullopt;
  for (SnapshotsBack back(repository, fence.connector); back.at(); back.step()) {
    if (attribute_of(back.at()->attributes, k_states_mark) == fence.snapshot) return *back.at();
    if (back.at()->id.name() == fence.snapshot) break;
  }
  return std::nullopt;
}

// Whoever let the connector fire again has said so by a snapshot of it without that mark.
bool is_lifted(repository::Repository& repository, const Fence& fence) {
  const std::optional<Snapshot> marked = last_marked(repository, fence);
  return marked && marked->id != repository.latest(fence.connector)->id;
}

// What took over by the fence is in charge no more.
bool gave_back(CutoverStore& store, repository::Repository& repository, const Fence& fence) {
  return took_over(store, fence) && ended_elsewhere(repository, store.pair(fence.connector, fence.active)).has_value();
}

}  // namespace

std::optional<Fence> standing_fence(CutoverStore& store, repository::Repository& repository,
                                    const std::string& connector) {
  std::optional<Fence> fence = store.fence(connector);
  if (fence && (is_lifted(repository, *fence) || gave_back(store, repository, *fence))) fence.reset();
  return fence;
}

bool is_doubted(CutoverStore& store, repository::Repository& repository, const Fence& fence) {
  return took_over(store, fence) && is_lifted(repository, fence) && !gave_back(store, repository, fence);
}

std::optional<Pair> ended_elsewhere(repository::Repository& repository, const Pair& pair) {
  if (pair.active.empty() || pair.active != pair.target) return std::nullopt;
  std::optional<base::Instant> since;
  bool marked = false;
  for (SnapshotsBack back(repository, pair.target); back.at(); back.step()) {
    const Snapshot& one = *back.at();
    const std::string other = attribute_of(one.attributes, k_took_over_mark);
    if (other == pair.source) {
      if (!since) return std::nullopt;
      marked = true;
      // One of a takeover before this one says nothing of it.  Others carry a mark on by their clocks, so that it is
      // enough that one of them is younger: the first is this host's own, said right behind its word.
      if (said_at(one) >= pair.since)
        return Pair{
            .source = pair.source, .target = pair.target, .active = pair.source, .since = *since, .left = pair.left};
      continue;
    }
    if (marked || !other.empty()) return std::nullopt;  // a third's takeover since says nothing of these two
    // One that is repeated takes a word back that came to nothing, and its host says the rest.
    if (!is_repeated(one)) since = one.started;
  }
  return std::nullopt;
}

std::vector<Pair> pairs_by_all(CutoverStore& store, repository::Repository& repository) {
  std::vector<Pair> out = store.pairs();
  for (Pair& pair : out)
    if (std::optional<Pair> ended = ended_elsewhere(repository, pair)) pair = *std::move(ended);
  return out;
}

Heard heard_of(CutoverStore& store, repository::Repository& repository, const std::string& connector) {
  Heard out;
  for (const Pair& pair : store.pairs())
    if (pair.source == connector)
      if (std::optional<Pair> ended = ended_elsewhere(repository, pair)) out.ended.push_back(*std::move(ended));
  const std::optional<Fence> fence = store.fence(connector);
  if (fence && !standing_fence(store, repository, connector) && !is_doubted(store, repository, *fence))
    out.lifted = fence;
  if (!out.lifted) return out;
  // What a mark said of that was set as well.
  const std::optional<Snapshot> marked = last_marked(repository, *fence);
  const PausedStates said = marked ? said_beside(*marked).values : PausedStates();
  std::erase_if(out.lifted->beside,
                [&](const PausedState& one) { return std::find(said.begin(), said.end(), one) != said.end(); });
  return out;
}

void keep_heard(CutoverStore& store, const Heard& heard) {
  // The pairs say that the fence is lifted: killed in between, they say it once more.
  if (heard.lifted) store.lift(heard.lifted->connector);
  for (const Pair& pair : heard.ended) {
    store.drop_begun(pair.source, pair.target);
    store.forget(pair.target, pair.source);
    store.save(pair);
  }
}

}  // namespace holdfast::engine
