#include "engine/snapshot_marks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/reference.h"
#include "engine/resource_sides.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;

}  // namespace

SnapshotMarks marks_of(CutoverStore& store, repository::Repository& repository, const std::string& connector) {
  SnapshotMarks out;
  const std::optional<Fence> fence = store.fence(connector);
  if (fence && !fence->snapshot.empty()) out.emplace_back(k_states_mark, fence->snapshot);
  // One that is only being opened says nothing of what fires yet.
  bool known = fence && !fence->snapshot.empty();
  for (const Pair& pair : one_of_each(store.pairs())) {
    known = known || pair.source == connector || pair.target == connector;
    if (pair.target == connector && pair.active == connector) out.emplace_back(k_took_over_mark, pair.source);
  }
  if (known) return out;
  if (const std::optional<repository::Snapshot> newest = repository.latest(connector))
    for (const std::string_view name : {k_states_mark, k_took_over_mark})
      if (std::string value = attribute_of(newest->attributes, name); !value.empty())
        out.emplace_back(name, std::move(value));
  return out;
}

std::string states_of(const repository::Snapshot& snapshot) {
  std::string other = attribute_of(snapshot.attributes, k_states_mark);
  return other.empty() ? snapshot.id.name() : other;
}

repository::Snapshot recorded_by(repository::Repository& repository, const repository::Snapshot& snapshot) {
  const std::string name = states_of(snapshot);
  if (name == snapshot.id.name()) return snapshot;
  try {
    return resolve(repository, name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::usage) throw;
    throw Error(ErrorKind::refused,
                fmt::format("what fired on {} was recorded by snapshot {}, which is gone", snapshot.connector, name),
                fmt::format("Snapshot {} was taken while all was paused.  Name an earlier one of \"holdfast snapshots "
                            "--connector {}\" with \"holdfast activate … --snapshot\".",
                            snapshot.id.short_id(), snapshot.connector));
  }
}

Charge charge_by_all(CutoverStore& store, repository::Repository& repository, const std::string& source,
                     const std::string& target) {
  Charge out = charge_of(store, source, target);
  if (out.known()) return out;
  if (const std::optional<repository::Snapshot> newest = repository.latest(target))
    if (attribute_of(newest->attributes, k_took_over_mark) == source) take_from_snapshot(out, newest->started);
  return out;
}

}  // namespace holdfast::engine
