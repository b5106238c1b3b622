#include "engine/cutover/snapshot_marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "engine/attributes.h"
#include "engine/cutover/beside_mark.h"
#include "engine/cutover/firing_states.h"
#include "engine/cutover/newer_word.h"
#include "engine/cutover/other_hosts.h"
#include "engine/previous_rows.h"
#include "engine/reference.h"
#include "engine/resources/sides.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using Mark = SnapshotMarks::value_type;

// A backup that had asked for its marks before ours were said may come behind them.
constexpr int k_say_most = 5;

// Absent: it is gone.
std::optional<repository::Snapshot> still_there(repository::Repository& repository, const std::string& name) {
  try {
    return resolve(repository, name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::usage) throw;
    return std::nullopt;
  }
}

// Who is in charge, and by that what is marked no more.  What nobody was put in charge by knows nothing better than a
// snapshot of another host, nor what was not activated as a whole, which goes on: others would go by that it has ended.
bool knows_better(repository::Repository& repository, const Pair& pair, const std::string& connector,
                  const Mark& mark) {
  if (pair.active.empty() || !pair.complete || (pair.source != connector && pair.target != connector)) return false;
  const std::string& other = pair.source == connector ? pair.target : pair.source;
  if (mark.first == k_took_over_mark && mark.second != other) return false;
  return !is_newer(repository, connector, mark, pair);
}

std::string mark_of(const SnapshotMarks& marks, std::string_view name) {
  const auto found = std::find_if(marks.begin(), marks.end(), [&](const Mark& mark) { return mark.first == name; });
  return found == marks.end() ? std::string() : found->second;
}

void erase_mark(SnapshotMarks& marks, std::string_view name) {
  std::erase_if(marks, [&](const Mark& mark) { return mark.first == name; });
}

// Of the states that marks lead to: what was paused beside them goes with them, and with nothing else.
void add_beside(SnapshotMarks& marks, CutoverStore& store, repository::Repository& repository,
                const std::string& connector) {
  erase_mark(marks, k_beside_mark);
  const std::string recorded = mark_of(marks, k_states_mark);
  std::string beside = beside_mark(kept_beside(store, repository, connector, recorded));
  if (!beside.empty()) marks.emplace_back(k_beside_mark, std::move(beside));
}

void repeat(repository::Repository& repository, repository::Snapshot newest, const SnapshotMarks& marks) {
  const std::unique_ptr<repository::Session> session = repository.begin_session(newest.id);
  // Built on nothing it would not find its rows.
  if (!session->parent())
    throw Error(ErrorKind::conflict, fmt::format("snapshot {} was forgotten meanwhile", newest.id.short_id()),
                "Run the same command again.");
  // When it was read stays what it is, and with that what it proves of what fires.
  for (const auto& [name, value] : marks) newest.attributes = with_mark(newest.attributes, name, value);
  if (!is_repeated(newest)) newest.attributes = with_mark(newest.attributes, k_repeats_mark, newest.id.name());
  newest.counts = {};
  for (repository::Tree& tree : newest.trees) {
    newest.counts.unchanged += tree.rows;
    tree.delta = repository::Layer();  // nothing differs from its parent
  }
  (void)session->commit(std::move(newest));
}

}  // namespace

bool is_repeated(const repository::Snapshot& snapshot) {
  return !attribute_of(snapshot.attributes, k_repeats_mark).empty();
}

base::Instant said_at(const repository::Snapshot& snapshot) {
  return is_repeated(snapshot) ? snapshot.committed : snapshot.started;
}

SnapshotMarks say(repository::Repository& repository, const std::string& connector, const SnapshotMarks& marks) {
  std::optional<SnapshotMarks> before;
  for (int said = 0;; ++said) {
    const repository::Snapshot newest = resolve(repository, "latest", connector);
    SnapshotMarks now;
    for (const auto& [name, value] : marks) now.emplace_back(name, attribute_of(newest.attributes, name));
    if (!before) before = now;
    if (now == marks) return *std::move(before);
    if (said == k_say_most)
      throw Error(ErrorKind::conflict,
                  fmt::format("other snapshots of {} were taken meanwhile, {} times in a row", connector, said),
                  "Run the same command again when no other backup of it is running.");
    repeat(repository, newest, marks);
  }
}

std::string say_took_over(repository::Repository& repository, const std::string& connector, const std::string& other) {
  return say(repository, connector, {{std::string(k_took_over_mark), other}}).front().second;
}

void say_paused(CutoverStore& store, repository::Repository& repository, const std::string& connector) {
  const SnapshotMarks now = marks_of(store, repository, connector);
  SnapshotMarks marks;
  for (const std::string_view name : {k_states_mark, k_beside_mark}) marks.emplace_back(name, mark_of(now, name));
  (void)say(repository, connector, marks);
}

SnapshotMarks marks_of(CutoverStore& store, repository::Repository& repository, const std::string& connector) {
  SnapshotMarks out;
  const std::optional<Fence> fence = standing_fence(store, repository, connector);
  // One that is only being opened says nothing of what fires yet; none says who took over.
  if (fence && !fence->snapshot.empty()) out.emplace_back(k_states_mark, fence->snapshot);
  const std::vector<Pair> pairs = one_of_each(pairs_by_all(store, repository));
  for (const Pair& pair : pairs)
    if (pair.target == connector && pair.active == connector) out.emplace_back(k_took_over_mark, pair.source);
  const std::optional<repository::Snapshot> newest = repository.latest(connector);
  for (Mark& mark : newest ? said_by(*newest) : SnapshotMarks()) {
    const auto same = [&](const Mark& one) { return one.first == mark.first; };
    if (mark.first == k_beside_mark || std::any_of(out.begin(), out.end(), same)) continue;
    const auto better = [&](const Pair& pair) { return knows_better(repository, pair, connector, mark); };
    if (std::none_of(pairs.begin(), pairs.end(), better)) out.push_back(std::move(mark));
  }
  add_beside(out, store, repository, connector);
  std::sort(out.begin(), out.end());  // as said_by has them
  return out;
}

SnapshotMarks said_by(const repository::Snapshot& snapshot) {
  SnapshotMarks out;
  for (const std::string_view name : {k_beside_mark, k_states_mark, k_took_over_mark})
    if (std::string value = attribute_of(snapshot.attributes, name); !value.empty())
      out.emplace_back(name, std::move(value));
  return out;
}

std::function<SnapshotMarks(const std::vector<repository::Tree>&)> marks_while_read(
    storage::Backend& state, repository::Repository& repository, const std::string& connector,
    const std::vector<model::Kind>& kinds, MarkedStates states) {
  CutoverStore store(state);
  const SnapshotMarks before = marks_of(store, repository, connector);
  return [store, &state, &repository, connector, &kinds, states,
          before](const std::vector<repository::Tree>& read) mutable {
    SnapshotMarks out = marks_of(store, repository, connector);
    std::string recorded = mark_of(out, k_states_mark);
    if (recorded.empty()) recorded = mark_of(before, k_states_mark);
    erase_mark(out, k_states_mark);
    if (states == MarkedStates::own) recorded.clear();
    // Whoever knows better: what was not read may be there as it was held paused.
    const std::optional<repository::Snapshot> earlier = recorded_before(store, repository, connector);
    const KnownGap known = known_gaps(repository, state, connector, kinds);
    if (recorded.empty() && earlier && !unread_firing(read, kinds, {.from = earlier->taken}, known).empty())
      recorded = earlier->id.name();
    if (!recorded.empty()) out.insert(out.begin(), {std::string(k_states_mark), recorded});
    add_beside(out, store, repository, connector);
    // Of a fence that stood when it began, and was lifted since.
    std::string beside = recorded == mark_of(before, k_states_mark) ? mark_of(before, k_beside_mark) : std::string();
    if (!beside.empty() && mark_of(out, k_beside_mark).empty()) out.emplace_back(k_beside_mark, std::move(beside));
    return out;
  };
}

std::string recorded_name(CutoverStore& store, repository::Repository& repository, const std::string& connector) {
  return mark_of(marks_of(store, repository, connector), k_states_mark);
}

std::optional<repository::Snapshot> recorded_before(CutoverStore& store, repository::Repository& repository,
                                                    const std::string& connector) {
  const std::optional<Fence> fence = standing_fence(store, repository, connector);
  if (fence && !fence->snapshot.empty()) return still_there(repository, fence->snapshot);
  const std::optional<repository::Snapshot> newest = repository.latest(connector);
  const std::string said = newest ? mark_of(said_by(*newest), k_states_mark) : std::string();
  return said.empty() ? std::nullopt : still_there(repository, said);
}

std::optional<base::Instant> recorded_at(repository::Repository& repository, const std::string& name) {
  const std::optional<repository::Snapshot> recorded = still_there(repository, name);
  return recorded ? std::optional(recorded->started) : std::nullopt;
}

bool shown_since(repository::Repository& repository, const std::string& connector,
                 const std::vector<model::Kind>& kinds, base::Instant since, const KnownGap& known) {
  const std::vector<repository::Snapshot> all = snapshots_of(repository, connector);
  return std::any_of(all.begin(), all.end(), [&](const repository::Snapshot& one) {
    return one.started > since && unread_firing(one.trees, kinds, {.before = since}, known).empty();
  });
}

std::string states_of(const repository::Snapshot& snapshot) {
  std::string other = attribute_of(snapshot.attributes, k_states_mark);
  return other.empty() ? snapshot.id.name() : other;
}

repository::Snapshot recorded_by(repository::Repository& repository, const repository::Snapshot& snapshot) {
  const std::string name = states_of(snapshot);
  if (name == snapshot.id.name()) return snapshot;
  if (std::optional<repository::Snapshot> recorded = still_there(repository, name)) return *std::move(recorded);
  throw Error(ErrorKind::refused,
              fmt::format("what fired on {} was recorded by snapshot {}, which is gone", snapshot.connector, name),
              fmt::format("Snapshot {} was taken while all was paused.  Name an earlier one of \"holdfast snapshots "
                          "--connector {}\" with \"holdfast activate … --snapshot\".",
                          snapshot.id.short_id(), snapshot.connector));
}

Charge charge_by_all(CutoverStore& store, repository::Repository& repository, const std::string& source,
                     const std::string& target) {
  Charge out = charge_of(store, source, target);
  out.source = standing_fence(store, repository, source);
  out.target = standing_fence(store, repository, target);
  for (Pair* one : {&out.pair, &out.back})
    if (std::optional<Pair> ended = ended_elsewhere(repository, *one)) {
      *one = *std::move(ended);
      out.told = Charge::Told::by_snapshot;
    }
  for (const std::string& one : {source, target}) {
    const std::optional<Fence> fence = store.fence(one);
    const std::string& other = one == source ? target : source;
    if (fence && fence->active == other && is_doubted(store, repository, *fence)) out.doubted = one;
  }
  const bool known = !out.pair.active.empty() || !out.back.active.empty();
  const auto took_over = [&](const std::string& one, const std::string& other) -> std::optional<base::Instant> {
    const std::optional<repository::Snapshot> newest = repository.latest(one);
    if (!newest || attribute_of(newest->attributes, k_took_over_mark) != other) return std::nullopt;
    // What is new was done by another host.
    const Pair& word = out.pair.since >= out.back.since ? out.pair : out.back;
    const Mark mark(k_took_over_mark, other);
    if (known && (in_charge(out) == one || !is_newer(repository, one, mark, word))) return std::nullopt;
    return said_at(*newest);
  };
  const std::optional<base::Instant> there = took_over(target, source);
  const std::optional<base::Instant> here = took_over(source, target);
  if (there && (!here || *there >= *here))
    take_from_snapshot(out, Side::target, *there);
  else if (here)
    take_from_snapshot(out, Side::source, *here);
  else
    return out;
  // Where nothing was read since, no snapshot shows what fires on it: it is gone by what it was to be given, of which
  // nobody knows what was set.
  Pair& pair = out.pair.active.empty() ? out.back : out.pair;
  const std::optional<repository::Snapshot> left = repository.latest(pair.source);
  if (left && !first_in_charge(repository, pair.target, pair.source)) {
    pair.recorded = states_of(*left);
    pair.given.emplace();
  }
  return out;
}

std::vector<Charge> told_by_snapshots(CutoverStore& store, repository::Repository& repository,
                                      const std::vector<std::string>& connectors) {
  std::vector<Charge> out;
  for (const std::string& one : connectors) {
    const std::optional<repository::Snapshot> newest = repository.latest(one);
    const std::string other = newest ? attribute_of(newest->attributes, k_took_over_mark) : std::string();
    if (other.empty()) continue;
    const Charge charge = charge_by_all(store, repository, other, one);
    if (charge.told == Charge::Told::by_snapshot && in_charge(charge) == one) out.push_back(charge);
  }
  return out;
}

std::optional<repository::Snapshot> first_in_charge(repository::Repository& repository, const std::string& connector,
                                                    const std::string& other) {
  const std::vector<repository::Snapshot> all = snapshots_of(repository, connector);
  const auto end = std::find_if(all.rbegin(), all.rend(), [&](const repository::Snapshot& one) {
    return attribute_of(one.attributes, k_took_over_mark) != other;
  });
  const auto begin = end.base();
  const auto first = std::min_element(
      begin, all.end(), [](const auto& one, const auto& another) { return one.committed < another.committed; });
  const auto found = std::find_if(begin, all.end(), [&](const repository::Snapshot& one) {
    return !is_repeated(one) && one.started >= said_at(*first);
  });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace holdfast::engine
