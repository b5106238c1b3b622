#include "engine/cutover/newer_word.h"

#include "base/error.h"
#include "engine/attributes.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/resources/sides.h"

namespace holdfast::engine {

namespace {

using base::ErrorKind;
using repository::Snapshot;

// Of years of nights; what lies further back counts as not there.
constexpr int k_back_most = 4000;

}  // namespace

SnapshotsBack::SnapshotsBack(repository::Repository& repository, const std::string& connector)
    : repository_(repository), at_(repository.latest(connector)) {}

void SnapshotsBack::step() {
  const std::optional<repository::SnapshotId> parent = at_->parent;
  at_.reset();
  if (!parent || ++steps_ > k_back_most) return;
  try {
    at_ = repository_.snapshot(*parent);
  } catch (const base::Error& error) {
    if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::corruption) throw;
  }
}

bool is_newer(repository::Repository& repository, const std::string& connector, const SnapshotMarks::value_type& mark,
              const Pair& word) {
  std::optional<base::Instant> begun;
  bool unbroken = true;
  for (SnapshotsBack back(repository, connector); back.at(); back.step()) {
    const Snapshot& one = *back.at();
    const bool says_so = attribute_of(one.attributes, mark.first) == mark.second;
    unbroken = unbroken && says_so;
    if (one.id.name() == word.recorded) {
      if (unbroken) return false;
      break;  // what lies further back was there before the word
    }
    if (unbroken) begun = said_at(one);
    // The word of a repeated one is its mark, and one with another mark is about something else.
    if (!says_so && !is_repeated(one) && one.started >= word.since) return true;
  }
  if (mark.first == k_states_mark) begun = recorded_at(repository, mark.second);
  return !begun || *begun > word.since;
}

}  // namespace holdfast::engine
