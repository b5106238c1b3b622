#include "repository/snapshot_order.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace holdfast::repository {

namespace {

// How far back the chain of one snapshot is followed to find out whether another lies on it.
constexpr std::size_t k_ancestors_max = 10'000;

bool shows_earlier(const Snapshot& a, const Snapshot& b) {
  return std::tie(a.taken, a.id) < std::tie(b.taken, b.id);
}

// What an order needs to know of a snapshot, without its trees.
Snapshot brief(const Snapshot& snapshot) {
  Snapshot out;
  out.id = snapshot.id;
  out.parent = snapshot.parent;
  out.connector = snapshot.connector;
  out.taken = snapshot.taken;
  return out;
}

}  // namespace

std::vector<Snapshot> in_order(std::vector<Snapshot> all) {
  std::map<SnapshotId, std::size_t> places;
  std::map<std::string, NewestFirst::Ids> ids;  // by connector
  for (std::size_t i = 0; i < all.size(); ++i) places.emplace(all[i].id, i);
  for (const auto& [id, place] : places) ids[all[place].connector][id.writer].push_back(id);
  const auto read = [&](const SnapshotId& id) -> std::optional<Snapshot> {
    const auto found = places.find(id);
    return found == places.end() ? std::nullopt : std::optional(brief(all[found->second]));
  };
  std::vector<NewestFirst> connectors;
  std::vector<std::optional<Snapshot>> heads;
  for (const auto& [connector, its_ids] : ids) {
    connectors.emplace_back(its_ids, connector, read);
    heads.push_back(connectors.back().next());
  }
  std::vector<Snapshot> out;
  while (out.size() < places.size()) {
    const auto newest = std::max_element(
        heads.begin(), heads.end(), [](const auto& a, const auto& b) { return b && (!a || shows_earlier(*a, *b)); });
    out.push_back(std::move(all[places.at((*newest)->id)]));
    *newest = connectors[static_cast<std::size_t>(newest - heads.begin())].next();
  }
  std::reverse(out.begin(), out.end());
  return out;
}

NewestFirst::NewestFirst(const Ids& ids, std::string_view connector, Read read)
    : connector_(connector), read_(std::move(read)) {
  for (const auto& [writer, all] : ids) {
    Line line{all, {}};
    if (advance(line)) lines_.push_back(std::move(line));
  }
}

bool NewestFirst::advance(Line& line) {
  while (!line.ids.empty()) {
    std::optional<Snapshot> found = read(line.ids.back());
    line.ids.pop_back();
    if (!found || (!connector_.empty() && found->connector != connector_)) continue;
    line.newest = *std::move(found);
    return true;
  }
  return false;
}

std::optional<Snapshot> NewestFirst::read(const SnapshotId& id) {
  std::optional<Snapshot> out = read_(id);
  parents_[id] = out ? out->parent : std::nullopt;
  return out;
}

std::optional<SnapshotId> NewestFirst::parent_of(const SnapshotId& id) {
  if (const auto known = parents_.find(id); known != parents_.end()) return known->second;
  read(id);
  return parents_.at(id);
}

// The nearest that `id` builds on and another writer made.  Kept for all on the way: chains of one writer are long, and
// are asked for again with each step back.
std::optional<SnapshotId> NewestFirst::foreign_ancestor(const SnapshotId& id) {
  std::vector<SnapshotId> passed;
  std::optional<SnapshotId> at = id;
  while (at && at->writer == id.writer) {
    if (const auto known = foreign_.find(*at); known != foreign_.end()) {
      at = known->second;
      break;
    }
    passed.push_back(*at);
    at = parent_of(*at);
    // A writer only counts upwards; what says otherwise was made to lead in a circle.
    if (at && at->writer == id.writer && at->sequence >= passed.back().sequence) at.reset();
  }
  for (const SnapshotId& one : passed) foreign_[one] = at;
  return at;
}

bool NewestFirst::leads_to(const SnapshotId& wanted, const SnapshotId& from) {
  std::optional<SnapshotId> at = foreign_ancestor(from);
  for (std::size_t steps = 0; at && steps < k_ancestors_max; ++steps) {
    if (*at == wanted) return true;
    const bool above = at->writer == wanted.writer && at->sequence > wanted.sequence;
    if (at->writer == wanted.writer && !above) return false;  // further back there is nothing to look for
    at = above ? parent_of(*at) : foreign_ancestor(*at);
  }
  return false;
}

bool NewestFirst::is_followed(const Line& line) {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const Line& other) { return &other != &line && leads_to(line.newest.id, other.newest.id); });
}

std::optional<Snapshot> NewestFirst::next() {
  if (lines_.empty()) return std::nullopt;
  const auto shows_earlier_line = [](const Line& a, const Line& b) { return shows_earlier(a.newest, b.newest); };
  std::sort(lines_.begin(), lines_.end(), shows_earlier_line);
  auto best = lines_.end() - 1;
  // Most often the latest instant is the answer, and no parent needs to be read; in a circle the clock decides.
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (is_followed(*line)) continue;
    best = line.base() - 1;
    break;
  }
  Snapshot out = std::move(best->newest);
  if (!advance(*best)) lines_.erase(best);
  return out;
}

}  // namespace holdfast::repository
