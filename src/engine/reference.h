// How people name snapshots: latest, latest~2, an id prefix, @2026-11-20T10:00Z (the newest at or before), each with an
// optional ":path", and an optional "connector/" in front of latest and @ ("catalog/latest~1").
#pragma once

#include <optional>
#include <string>
#include <string_view>

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

}  // namespace holdfast::engine
