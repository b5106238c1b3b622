#include "engine/known_workspace.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/error.h"
#include "engine/attributes.h"
#include "engine/reference.h"
#include "platform/platform.h"

namespace holdfast::engine {

std::string known_workspace(repository::Repository& repository, const std::string& connector) {
  const std::optional<repository::Snapshot> newest = repository.latest(connector);
  if (!newest) return {};
  std::string out = attribute_of(newest->attributes, platform::k_workspace_attribute);
  if (!out.empty()) return out;
  const std::vector<repository::Snapshot> all = snapshots_of(repository, connector);
  for (auto one = all.rbegin(); one != all.rend() && out.empty(); ++one)
    out = attribute_of(one->attributes, platform::k_workspace_attribute);
  return out;
}

void require_workspace(repository::Repository& repository, const std::string& connector, const std::string& attributes,
                       Leads leads) {
  const std::string now = attribute_of(attributes, platform::k_workspace_attribute);
  const std::string known = known_workspace(repository, connector);
  const bool elsewhere = !now.empty() && !known.empty() && known != now;
  if (elsewhere == (leads == Leads::elsewhere)) return;
  if (!elsewhere)
    throw base::Error(
        base::ErrorKind::refused,
        known.empty()
            ? fmt::format("no snapshot of {} says to which workspace it led", connector)
            : fmt::format("{} leads to {}, and its newest snapshot is of workspace {}", connector,
                          now.empty() ? "a workspace that does not say which it is" : "workspace " + now, known),
        fmt::format("Nothing was backed up.  What is kept of a workspace is given up only for another one: \"holdfast "
                    "backup {}\" goes on with this one.",
                    connector));
  throw base::Error(
      base::ErrorKind::refused,
      fmt::format("{} leads to workspace {}, and its newest snapshot is of workspace {}", connector, now, known),
      fmt::format("Nothing was backed up.  Look where its host or profile leads, also behind a tunnel.  Give another "
                  "workspace a connector of its own; where {0} is meant to lead to this one from now on, \"holdfast "
                  "backup {0} --other-workspace\" says so.",
                  connector));
}

void require_same_workspace(repository::Repository& repository, const repository::Snapshot& recorded,
                            const std::string& over) {
  const std::string was = attribute_of(recorded.attributes, platform::k_workspace_attribute);
  const std::string is = known_workspace(repository, recorded.connector);
  if (was.empty() || is.empty() || was == is) return;
  throw base::Error(base::ErrorKind::refused,
                    fmt::format("{} led to workspace {} when {} took over from it, and leads to {} now",
                                recorded.connector, was, over, is),
                    fmt::format("Nothing was paused or brought back.  Give the other workspace a connector of its own: "
                                "\"holdfast migrate {0} NAME\", then \"holdfast failover {0} NAME\".",
                                over));
}

namespace {

[[noreturn]] void throw_same_workspace(const std::string& source, const std::string& target,
                                       const std::string& workspace, const std::string& instead) {
  throw base::Error(base::ErrorKind::refused,
                    fmt::format("{} and {} lead to the same workspace {}", source, target, workspace),
                    fmt::format("{}, or let {} lead to another workspace.", instead, target));
}

}  // namespace

void refuse_wrong_workspace(const repository::Snapshot& snapshot, const std::string& target,
                            const std::string& target_attributes) {
  const std::string was = attribute_of(snapshot.attributes, platform::k_workspace_attribute);
  const std::string is = attribute_of(target_attributes, platform::k_workspace_attribute);
  if (was.empty() || is.empty()) return;
  if (snapshot.connector != target && was == is)
    throw_same_workspace(snapshot.connector, target, is,
                         fmt::format("Restore in place with --to {}", snapshot.connector));
  if (snapshot.connector == target && was != is)
    throw base::Error(base::ErrorKind::refused,
                      fmt::format("{} led to workspace {} when snapshot {} was taken, and leads to {} now", target, was,
                                  snapshot.id.short_id(), is),
                      "Give the other workspace a connector of its own: ids of one mean nothing in the other.");
}

void refuse_same_workspace(repository::Repository& repository, const repository::Snapshot& snapshot,
                           const std::string& target, const std::string& target_attributes, base::Events& events) {
  const std::string is = attribute_of(target_attributes, platform::k_workspace_attribute);
  if (snapshot.connector == target || is.empty()) return;
  if (attribute_of(snapshot.attributes, platform::k_workspace_attribute) == is)
    throw_same_workspace(snapshot.connector, target, is, fmt::format("Hold it against {} itself", snapshot.connector));
  const std::string known = known_workspace(repository, target);
  if (!known.empty() && known != is)
    events.warning(
        fmt::format("{} leads to workspace {}, and its newest snapshot is of workspace {}: look where its host or "
                    "profile leads",
                    target, is, known));
}

}  // namespace holdfast::engine
