// How people name snapshots: latest, latest~2, an id prefix, @2026-11-20T10:00Z (the newest at or before), each with an
// optional ":path", and an optional "connector/" in front of latest and @ ("catalog/latest~1").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repository/repository.h"

namespace holdfast::engine {

struct Reference {
  std::string snapshot;  // "catalog/latest~1"
  std::string path;      // "aspect/urn:li:…"; empty when none was given
};
Reference parse_reference(std::string_view text);

// Throws Error{not_found} that names what there is, Error{usage} for a prefix of several.  Forgotten snapshots are
// found by prefix only.
repository::Snapshot resolve(repository::Repository& repository, std::string_view snapshot,
                             std::string_view connector = {});
// Of a name that was recorded once, and may be "".  Absent: it is gone, cannot be read, or there is none.
std::optional<repository::Snapshot> resolve_kept(repository::Repository& repository, const std::string& name);

enum class Forgotten { leave_out, include };
// Oldest first; `connector` empty: of all.  Damaged ones are left out and reported by `damaged`, when given.
std::vector<repository::Snapshot> snapshots_of(repository::Repository& repository, std::string_view connector,
                                               Forgotten forgotten = Forgotten::leave_out,
                                               std::vector<std::string>* damaged = nullptr);
// Throws Error{not_found}: there is no snapshot of this connector (of any, when empty), with the nearest name that
// there is one of.
[[noreturn]] void throw_no_snapshot(repository::Repository& repository, std::string_view connector);

}  // namespace holdfast::engine
