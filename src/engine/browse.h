// ls, show, find, history: reading what snapshots hold.  A stop request ends what may take long with Error{cancelled}.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/collection.h"
#include "model/selection.h"
#include "repository/repository.h"

namespace holdfast::engine {

model::Collection collection_of(const repository::Tree& tree);
// nullptr: there is none.  It lives as long as the snapshot.
const repository::Tree* find_tree(const repository::Snapshot& snapshot, std::string_view collection);
// Throws Error{not_found} naming the collections there are.
const repository::Tree& tree_of(const repository::Snapshot& snapshot, std::string_view collection);

struct ListEntry {
  std::string name;  // next path component
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};
using ListVisitor = std::function<void(const ListEntry&)>;
// The entries directly below a path, in the order of their keys: collections, then what their names are made of: entity
// types of URNs, components of paths (folders end with a slash), else objects, and then the further parts of their
// keys; a row is listed as itself.  Below a collection every row is read, for its size; one entry is kept in
// memory.  Throws Error{not_found} with near names, before the first visit.
void list(repository::Repository& repository, const repository::Snapshot& snapshot, std::string_view path,
          const ListVisitor& visit, std::stop_token stop = {});

// The collection that a path begins with.
std::string_view collection_in(std::string_view path);
// A row by its path, which may end with the first part of its key where no other row has that: Error{usage} lists those
// that there are.  Throws Error{not_found} with near names.
base::Row show(repository::Repository& repository, const repository::Snapshot& snapshot, std::string_view path);

// Rows whose key matches; the visitor gets path and plain size.
void find(repository::Repository& repository, const repository::Snapshot& snapshot, const model::Selection& selection,
          const std::function<void(const std::string& path, std::uint64_t bytes)>& visit, std::stop_token stop = {});

// One row in several snapshots.
struct Sighting {
  std::string path;
  std::size_t first = 0;  // which of the snapshots that were given
  std::size_t last = 0;
  std::uint64_t snapshots = 0;  // in how many it is
};
// Rows whose key matches in any of the snapshots, which come oldest first; in the order of their keys.  What is kept in
// memory is `keys_max` paths: where more match, the snapshots are gone through again for the next ones.
void find_in_all(repository::Repository& repository, const std::vector<repository::Snapshot>& snapshots,
                 const model::Selection& selection, const std::function<void(const Sighting&)>& visit,
                 std::stop_token stop = {}, std::size_t keys_max = 100'000);

// What became of one row of the object in one snapshot.  Lives until the visitor returns.
struct HistoryEntry {
  const repository::Snapshot& snapshot;
  const model::Collection& collection;
  std::string path;
  enum class What { first_seen, changed, removed } what = What::first_seen;
  const base::Row* before = nullptr;  // nullptr: there was none
  const base::Row* after = nullptr;
};
struct ObjectName {
  std::string_view urn{};
  std::string_view aspect{};  // empty: all of the object's rows
  // In place of both: a collection and an object, a row or a folder of it ("jobs/nightly-load").
  std::string_view path{};
};
// The snapshots come oldest first and are followed connector by connector.
// In memory are the rows of the object as of one snapshot of each connector.  Throws Error{usage} where nothing is
// named.
void history(repository::Repository& repository, const std::vector<repository::Snapshot>& snapshots,
             const ObjectName& object, std::stop_token stop, const std::function<void(const HistoryEntry&)>& visit);

}  // namespace holdfast::engine
