#include "engine/cutover/unseen_firing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "engine/attributes.h"
#include "engine/browse.h"
#include "engine/carry_forward.h"
#include "engine/cutover/firing_states.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/resources/unknown.h"

namespace holdfast::engine {

namespace {

using base::ErrorKind;
using repository::Snapshot;

// Where a repository has no such snapshot any more.
constexpr int k_back_most = 100;

// The snapshots of a fence, newest first: back to the one before it recorded the states.
class Back {
public:
  Back(repository::Repository& repository, const Snapshot& now)
      : repository_(repository), recorded_(states_of(now)), at_(now) {}
  // nullptr: there are no more of them, or it is gone.
  const Snapshot* next() {
    if (begun_ && !step()) return nullptr;
    begun_ = true;
    return &at_;
  }

private:
  bool step() {
    if (last_ || !at_.parent || ++steps_ > k_back_most) return false;
    last_ = at_.id.name() == recorded_;
    try {
      at_ = repository_.snapshot(*at_.parent);
      return true;
    } catch (const base::Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
      return false;
    }
  }

  repository::Repository& repository_;
  const std::string recorded_;
  Snapshot at_;
  bool begun_ = false;
  bool last_ = false;  // nothing before this one counts
  int steps_ = 0;
};

// Those of `kinds`, of which nothing was listed, that held something which fired before, and nobody proved empty since:
// a snapshot that was taken in full holds no memory of what there was.
std::vector<std::string> fired_before(repository::Repository& repository, const Snapshot& now,
                                      const model::KindSet& set, std::set<std::string> kinds,
                                      const std::stop_token& stop) {
  std::vector<std::string> out;
  Back back(repository, now);
  while (const Snapshot* one = kinds.empty() ? nullptr : back.next()) {
    std::optional<FiringStates> states;
    for (auto kind = kinds.begin(); kind != kinds.end();) {
      const repository::Tree* tree = find_tree(*one, *kind);
      if (!tree || (tree->rows == 0 && tree->delta)) {
        ++kind;
        continue;
      }
      if (tree->rows != 0) {
        if (!states) states = firing_states(repository, *one, set, model::Selection(), stop);
        const auto fires = std::count_if(states->begin(), states->end(), [&](const auto& state) {
          return state.first.first == *kind && state.second.fires;
        });
        if (fires != 0)
          out.push_back(
              fmt::format("there are no {} any more, and {} of them fired in snapshot {}: where they are gone indeed, "
                          "take a backup with --full, then run the fence again",
                          *kind, fires, one->id.short_id()));
      }
      kind = kinds.erase(kind);
    }
  }
  return out;
}

// Of a kind at a time, in the order of the kinds.
struct Shown {
  std::vector<std::uint64_t> there{};
  const std::vector<std::vector<base::KeyRange>>& unread;
  const std::vector<std::size_t>& partial;
  const std::string& attributes;
};

std::vector<std::string> unseen_of(repository::Repository& repository, const Snapshot& now, const model::KindSet& kinds,
                                   const Shown& shown, const KnownGap& known, const std::stop_token& stop) {
  std::vector<std::string> out;
  if (sees_only_its_own(shown.attributes))
    out.emplace_back(
        "the account is no administrator, and what others keep for themselves may fire: run the fence as an "
        "administrator of the workspace");
  std::set<std::string> empty;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    if (!may_fire(kinds.at(kind).kind)) continue;
    const std::string& label = kinds.at(kind).label();
    const repository::Tree* tree = find_tree(now, label);
    const bool refused = std::find(shown.partial.begin(), shown.partial.end(), kind) != shown.partial.end();
    const auto is_known = [&](const base::KeyRange& gap) {
      return known(label, {.range = gap, .last_good = now.taken, .reason = {}});
    };
    const std::vector<base::KeyRange>& unread = shown.unread[kind];
    // What a workspace does not offer at all it did not have in its snapshot either.
    if ((refused || tree) && std::any_of(unread.begin(), unread.end(), is_known))
      out.push_back(
          fmt::format("not all {} could be read, and some may fire: run the fence again when they can", label));
    else if (tree && shown.there[kind] == 0 && tree->rows >= k_vanishing_rows)
      out.push_back(
          fmt::format("there are no {} any more, which is hard to believe of {}: where they are gone indeed, take a "
                      "backup with --full, then run the fence again",
                      label, tree->rows));
    else if (shown.there[kind] == 0)
      empty.insert(label);
  }
  for (std::string& why : fired_before(repository, now, kinds, std::move(empty), stop)) out.push_back(std::move(why));
  return out;
}

}  // namespace

std::vector<std::string> unseen_firing(repository::Repository& repository, const Snapshot& now,
                                       const model::KindSet& kinds, const LiveSide& live, const KnownGap& known,
                                       std::stop_token stop) {
  Shown shown{.there = std::vector<std::uint64_t>(kinds.size(), 0),
              .unread = live.unread,
              .partial = live.partial,
              .attributes = live.attributes};
  for (const model::Resource& one : live.resources) ++shown.there[one.kind];
  return unseen_of(repository, now, kinds, shown, known, stop);
}

std::vector<std::string> unseen_in(repository::Repository& repository, const Snapshot& now, const model::KindSet& kinds,
                                   const std::string& attributes, const KnownGap& known, std::stop_token stop) {
  const UnknownKeys unread = unknown_of(now, kinds);
  const std::vector<std::size_t> partial;  // what was not offered is in no tree
  Shown shown{.there = {}, .unread = unread, .partial = partial, .attributes = attributes};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const repository::Tree* tree = find_tree(now, kinds.at(kind).label());
    shown.there.push_back(tree ? tree->rows : 0);
  }
  return unseen_of(repository, now, kinds, shown, known, stop);
}

}  // namespace holdfast::engine
