#include "cli/resolve.h"

#include <fmt/format.h>

#include <set>

#include "base/error.h"
#include "base/time.h"
#include "engine/cutover/store.h"

namespace holdfast::cli {

repository::Snapshot resolve_beside(Context& context, std::string_view snapshot, std::string_view connector) {
  const bool has_own = context.repository().latest(connector).has_value();
  return resolve_reference(context, {.snapshot = std::string(snapshot), .path = {}},
                           has_own ? connector : std::string_view());
}

repository::Snapshot resolve_reference(Context& context, const engine::Reference& reference,
                                       std::string_view connector) {
  if (context.config().connector(reference.snapshot) != nullptr)
    return engine::resolve(context.repository(), "latest", reference.snapshot);
  return engine::resolve(context.repository(), reference.snapshot, connector);
}

repository::Snapshot snapshot_of_plan(Context& context, const std::string& file, const std::string& repository,
                                      const std::string& snapshot) {
  if (repository != context.repository().id())
    throw base::Error(
        base::ErrorKind::usage, fmt::format("the plan {} was made for repository {}", file, repository),
        fmt::format("The one that is open is {}: choose the other with --repository.", context.repository().id()));
  return engine::resolve(context.repository(), snapshot);
}

void say_whose(Context& context, const repository::Snapshot& snapshot, std::string_view reference,
               std::string_view connector) {
  const bool open = reference.starts_with("latest") || reference.starts_with('@');
  const bool named = !connector.empty() || reference.find('/') != std::string_view::npos ||
                     context.config().connector(reference) != nullptr;
  if (!open || named) return;
  std::set<std::string> others;
  for (const repository::Snapshot& one : engine::snapshots_of(context.repository(), {}))
    if (one.connector != snapshot.connector) others.insert(one.connector);
  if (others.empty()) return;
  context.events().note(fmt::format("this is {} of {}; there are also snapshots of {}: choose with --connector",
                                    snapshot.id.short_id(), snapshot.connector, fmt::join(others, ", ")));
}

void say_snapshot(Context& context, const repository::Snapshot& snapshot) {
  if (context.json()) return;
  context.events().note(fmt::format("snapshot {} of {}, taken {}", snapshot.id.short_id(), snapshot.connector,
                                    base::to_rfc3339(snapshot.taken)));
}

void warn_of_own(Context& context, const repository::Snapshot& snapshot, std::string_view reference,
                 const std::string& connector, std::string_view command) {
  if (!reference.starts_with("latest") || snapshot.connector != connector) return;
  std::string source;
  for (const engine::Pair& pair : engine::CutoverStore(context.state()).pairs()) {
    // Which is in charge has a state of its own.
    if (pair.active == connector) return;
    if (pair.target == connector && source.empty()) source = pair.source;
  }
  if (source.empty()) return;
  const std::string form = fmt::format("{}/{}", source, reference);
  context.events().warning(
      fmt::format("{} is {}'s own snapshot, and says nothing of what was brought there from {}: write \"{}\" for that",
                  reference, connector, source, fmt::format(fmt::runtime(command), form)));
}

std::optional<ObjectPath> parse_object_path(std::string_view text) {
  // As commands print it: a collection comes first, and no URN has a slash before its first colon.
  const auto begins_path = [](std::string_view rest) {
    const std::size_t at = rest.find_first_of(":/");
    return at != std::string_view::npos && rest[at] == '/';
  };
  const auto path_of = [](std::string_view rest) {
    return rest.starts_with('/') ? std::string(rest) : fmt::format("/{}", rest);
  };
  if (begins_path(text)) return ObjectPath{.connector = {}, .path = path_of(text)};
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.starts_with("urn:") || !begins_path(text.substr(colon + 1)))
    return std::nullopt;
  return ObjectPath{.connector = std::string(text.substr(0, colon)), .path = path_of(text.substr(colon + 1))};
}

std::vector<repository::Snapshot> snapshots_named(Context& context, std::string_view connector,
                                                  engine::Forgotten forgotten) {
  std::vector<std::string> damaged;
  auto out = engine::snapshots_of(context.repository(), connector, forgotten, &damaged);
  for (const std::string& problem : damaged) context.events().warning(fmt::format("damaged and left out: {}", problem));
  const bool unknown = out.empty() && !connector.empty() && context.config().connector(connector) == nullptr;
  if (unknown) engine::throw_no_snapshot(context.repository(), connector);
  return out;
}

}  // namespace holdfast::cli
