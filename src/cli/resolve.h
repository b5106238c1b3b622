// Which snapshots a name means next to a connector.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "engine/reference.h"

namespace holdfast::cli {

// "latest" beside a connector is that connector's own latest; where none was ever taken of it, as with the target of a
// migration, it is the latest of all.  The name of a connector is that one's latest.
repository::Snapshot resolve_beside(Context& context, std::string_view snapshot, std::string_view connector);

// The snapshot of "SNAPSHOT:PATH", of --connector NAME where that is given.  The name of a configured connector in its
// place ("primary:/jobs/nightly-load") is that connector's latest.
repository::Snapshot resolve_reference(Context& context, const engine::Reference& reference,
                                       std::string_view connector);

// The snapshot that the plan in `file` was made from.  Throws Error{usage} where the plan is of another repository.
repository::Snapshot snapshot_of_plan(Context& context, const std::string& file, const std::string& repository,
                                      const std::string& snapshot);

// Says in a note whose snapshot it is where `reference` left that open ("latest", "@INSTANT") and there are others.
void say_whose(Context& context, const repository::Snapshot& snapshot, std::string_view reference,
               std::string_view connector);

// Says in a note whose snapshot it is and when it was taken; not with --json, where documents have it as a field.
void say_snapshot(Context& context, const repository::Snapshot& snapshot);

// Warns where `reference` ("latest") meant the connector's own snapshot, and the connector is kept up to date from
// another one: that it is equal to itself says nothing of what was brought there.  `command` has the place of the
// reference as {}: "holdfast verify {} secondary".
void warn_of_own(Context& context, const repository::Snapshot& snapshot, std::string_view reference,
                 const std::string& connector, std::string_view command);

// "primary:/jobs/nightly-load" and "/jobs/nightly-load": an object by its path, of one connector or of any; the slash
// before the collection may be left out, as where paths are printed.  Absent for what names an object otherwise, as
// URNs do.
struct ObjectPath {
  std::string connector;  // empty: of any
  std::string path;
};
std::optional<ObjectPath> parse_object_path(std::string_view text);

// Those of --connector NAME, or all.  Empty for a connector that is configured and was never backed up; throws
// Error{not_found} with the nearest name for one that nobody knows.  Damaged ones are left out, with a warning.
std::vector<repository::Snapshot> snapshots_named(Context& context, std::string_view connector,
                                                  engine::Forgotten forgotten = engine::Forgotten::leave_out);

}  // namespace holdfast::cli
