// ls, show, find, history: reading what snapshots hold.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/collection.h"
#include "model/selection.h"
#include "repository/repository.h"

namespace holdfast::engine {

model::Collection collection_of(const repository::Tree& tree);
// Throws Error{not_found} naming the collections there are.
const repository::Tree& tree_of(const repository::Snapshot& snapshot, std::string_view collection);

struct ListEntry {
  std::string name;  // next path component
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};
// The entries directly below a path: collections, then entity types, then URNs, then aspects, then versions.
std::vector<ListEntry> list(repository::Repository& repository, const repository::Snapshot& snapshot,
                            std::string_view path);

// Throws Error{not_found} with near names.
base::Row show(repository::Repository& repository, const repository::Snapshot& snapshot, std::string_view path);

// Rows whose key matches; the visitor gets path and plain size.
void find(repository::Repository& repository, const repository::Snapshot& snapshot, const model::Selection& selection,
          const std::function<void(const std::string& path, std::uint64_t bytes)>& visit);

struct HistoryEntry {
  repository::Snapshot snapshot;
  std::string path;
  enum class What { first_seen, changed, removed } what = What::first_seen;
  std::optional<base::Row> row;  // as of this snapshot
};
// Oldest first.  `aspect` empty: all of the object's rows.
std::vector<HistoryEntry> history(repository::Repository& repository, std::string_view urn, std::string_view aspect,
                                  std::string_view connector);

}  // namespace holdfast::engine
