#include "engine/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "base/suggest.h"
#include "base/time.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using repository::Repository;
using repository::Snapshot;

constexpr std::string_view k_latest = "latest";
constexpr std::size_t k_listed_max = 5;

// Where the path begins behind an instant, which holds colons itself: the longest text that is an instant wins.
std::size_t end_of_instant(std::string_view text) {
  if (base::parse_instant(text)) return text.size();
  for (std::size_t colon = text.rfind(':'); colon != std::string_view::npos && colon != 0;
       colon = text.rfind(':', colon - 1)) {
    if (base::parse_instant(text.substr(0, colon))) return colon;
  }
  return text.find(':');
}

// "latest", "latest~2": how many steps back; nullopt for anything else.
std::optional<std::uint64_t> steps_back(std::string_view name) {
  if (!name.starts_with(k_latest)) return std::nullopt;
  std::string_view rest = name.substr(k_latest.size());
  if (rest.empty()) return 0;
  if (rest.front() != '~') return std::nullopt;
  rest.remove_prefix(1);
  if (rest.empty()) return 1;
  std::uint64_t steps = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), steps);
  if (problem != std::errc{} || end != rest.data() + rest.size()) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not a snapshot: a number must follow the '~'", name),
                "Write it like latest~2.");
  }
  return steps;
}

std::string of_connector(std::string_view connector) {
  return connector.empty() ? std::string() : fmt::format(" of connector '{}'", connector);
}

// The snapshot `steps` before `tip` in its connector's list.
Snapshot back_from(Repository& repository, const Snapshot& tip, std::uint64_t steps) {
  if (steps == 0) return tip;
  if (auto found = repository.latest(tip.connector, steps)) return *std::move(found);
  const std::size_t all = snapshots_of(repository, tip.connector).size();
  throw Error(ErrorKind::not_found,
              fmt::format("there is no latest~{}: connector '{}' has {} snapshot{}", steps, tip.connector, all,
                          all == 1 ? "" : "s"),
              "See 'holdfast snapshots' for those there are.");
}

Snapshot at_instant(Repository& repository, std::string_view text, std::string_view connector) {
  const std::optional<base::Instant> instant = base::parse_instant(text);
  if (!instant) {
    throw Error(ErrorKind::usage, fmt::format("'@{}' is not a point in time", text),
                "Write it like @2026-11-20T10:00Z.");
  }
  const std::vector<Snapshot> all = snapshots_of(repository, connector);
  const Snapshot* best = nullptr;
  const Snapshot* oldest = nullptr;
  for (const Snapshot& snapshot : all) {
    if (oldest == nullptr || snapshot.taken < oldest->taken) oldest = &snapshot;
    if (snapshot.taken <= *instant && (best == nullptr || snapshot.taken >= best->taken)) best = &snapshot;
  }
  if (oldest == nullptr) throw_no_snapshot(repository, connector);
  if (best == nullptr) {
    throw Error(ErrorKind::not_found,
                fmt::format("there is no snapshot{} at or before {}: the oldest is {} of {}", of_connector(connector),
                            base::to_rfc3339(*instant), oldest->id.short_id(), base::to_rfc3339(oldest->taken)),
                "See 'holdfast snapshots' for those there are.");
  }
  return *best;
}

std::string listed(const std::vector<Snapshot>& snapshots) {
  std::string out;
  const std::size_t shown = std::min(snapshots.size(), k_listed_max);
  for (std::size_t i = snapshots.size() - shown; i < snapshots.size(); ++i) {
    out += fmt::format("{}{}", out.empty() ? "" : ", ", snapshots[i].id.short_id());
  }
  return shown < snapshots.size() ? fmt::format("{} and {} older", out, snapshots.size() - shown) : out;
}

Snapshot by_prefix(Repository& repository, std::string_view prefix) {
  if (const auto id = repository::SnapshotId::parse(prefix)) return repository.snapshot(*id);
  const std::vector<Snapshot> all = repository.snapshots();
  std::vector<Snapshot> found;
  for (const Snapshot& snapshot : all) {
    if (snapshot.id.short_id().starts_with(prefix) || snapshot.id.name().starts_with(prefix)) found.push_back(snapshot);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    throw Error(ErrorKind::usage, fmt::format("'{}' begins the names of several snapshots: {}", prefix, listed(found)),
                "Give more digits.");
  }
  if (all.empty()) throw_no_snapshot(repository, {});
  throw Error(ErrorKind::not_found, fmt::format("there is no snapshot '{}': there are {}", prefix, listed(all)),
              "See 'holdfast snapshots' for those there are, or write latest, latest~1 or @2026-11-20T10:00Z.");
}

}  // namespace

Reference parse_reference(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::size_t colon = text.find(':');
  std::size_t end = colon;
  // An '@' that comes before any colon begins an instant; one behind it belongs to the path.
  if (at != std::string_view::npos && (colon == std::string_view::npos || at < colon)) {
    const std::size_t length = end_of_instant(text.substr(at + 1));
    end = length == std::string_view::npos ? length : at + 1 + length;
  }
  if (end == std::string_view::npos || end >= text.size()) return {.snapshot = std::string(text), .path = {}};
  return {.snapshot = std::string(text.substr(0, end)), .path = std::string(text.substr(end + 1))};
}

Snapshot resolve(Repository& repository, std::string_view snapshot, std::string_view connector) {
  const std::size_t slash = snapshot.find('/');
  std::string_view name = snapshot;
  if (slash != std::string_view::npos) {
    connector = snapshot.substr(0, slash);
    name = snapshot.substr(slash + 1);
  }
  if (name.empty()) {
    throw Error(ErrorKind::usage, fmt::format("'{}' does not name a snapshot", snapshot),
                "Write latest, latest~1, an id or @2026-11-20T10:00Z.");
  }
  if (name.starts_with('@')) return at_instant(repository, name.substr(1), connector);
  if (const std::optional<std::uint64_t> steps = steps_back(name)) {
    const std::optional<Snapshot> tip = repository.latest(connector);
    if (!tip) throw_no_snapshot(repository, connector);
    return back_from(repository, *tip, *steps);
  }
  return by_prefix(repository, name);
}

std::optional<Snapshot> resolve_kept(Repository& repository, const std::string& name) {
  if (name.empty()) return std::nullopt;
  try {
    return resolve(repository, name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::corruption) return std::nullopt;
    throw;
  }
}

std::vector<Snapshot> snapshots_of(Repository& repository, std::string_view connector, Forgotten forgotten,
                                   std::vector<std::string>* damaged) {
  std::vector<Snapshot> out = repository.snapshots(damaged);
  std::erase_if(out, [&](const Snapshot& snapshot) {
    return (snapshot.forgotten && forgotten == Forgotten::leave_out) ||
           (!connector.empty() && snapshot.connector != connector);
  });
  return out;
}

void throw_no_snapshot(Repository& repository, std::string_view connector) {
  std::set<std::string> known;
  for (const Snapshot& snapshot : repository.snapshots())
    if (!snapshot.forgotten) known.insert(snapshot.connector);
  std::string hint = "Make one with 'holdfast backup'.";
  if (!connector.empty() && !known.empty()) {
    const std::string other = base::hint_for(connector, {known.begin(), known.end()});
    if (!other.empty()) hint = other;
  }
  throw Error(ErrorKind::not_found, fmt::format("there is no snapshot{} yet", of_connector(connector)),
              std::move(hint));
}

}  // namespace holdfast::engine
