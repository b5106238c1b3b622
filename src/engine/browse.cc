#include "engine/browse.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/key.h"
#include "engine/meter.h"
#include "engine/places.h"
#include "engine/stop_guard.h"
#include "model/path.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using repository::Snapshot;
using repository::Tree;

constexpr std::size_t k_named_max = 5;  // rows of one name that are listed for a choice

// Sums up the rows of a range by a name that neighbouring rows share; one entry at a time is kept.
template <class Name>
void sum_up(repository::BlockSource& source, const Tree& tree, const base::KeyRange& range, Name name,
            const ListVisitor& visit) {
  std::optional<ListEntry> entry;
  for (repository::TreeCursor cursor(source, tree, range); cursor.valid(); cursor.next()) {
    std::string current = name(cursor.current().key);
    if (entry && entry->name != current) visit(*entry);
    if (!entry || entry->name != current) entry = ListEntry{.name = std::move(current), .rows = 0, .bytes = 0};
    ++entry->rows;
    entry->bytes += plain_size(cursor.current());
  }
  if (entry) visit(*entry);
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

[[noreturn]] void throw_not_there(repository::BlockSource& source, const Tree& tree,
                                  const model::Collection& collection, const Snapshot& snapshot, std::string_view path,
                                  const std::string& object) {
  const std::string message = fmt::format("snapshot {} has no '{}/{}'", snapshot.id.short_id(), tree.name, path);
  base::Bytes prefix;
  base::append_text(prefix, model::first_part_from_path(collection, object));
  std::vector<std::string> parts;
  if (collection.key.size() > 1) {
    sum_up(
        source, tree, base::range_of_prefix(prefix),
        [&](base::ByteView key) { return part_in_words(collection, key, 1); },
        [&](const ListEntry& entry) { parts.push_back(entry.name); });
  }
  if (!parts.empty()) {
    throw Error(ErrorKind::not_found, message, fmt::format("'{}' has: {}.", object, joined(parts)));
  }
  const std::vector<std::string> near = names_like(source, tree, collection, object);
  std::string hint = "The collection is empty.";
  if (!near.empty()) {
    hint = fmt::format("Near names are: \"{}\".", fmt::join(near, "\", \""));
  } else if (tree.rows != 0) {
    hint = fmt::format("See \"holdfast ls {} {}\" for those there are.", snapshot.id.short_id(), tree.name);
  }
  throw Error(ErrorKind::not_found, message, std::move(hint));
}

// The next component of paths that begin with `folder`; those of further folders end with a slash.
std::string component_below(std::string_view folder, base::ByteView key) {
  const std::string path = first_part(key);
  if (!path.starts_with(folder)) return model::to_path_below(path);  // one that does not begin with a slash
  const std::string_view rest = std::string_view(path).substr(folder.size());
  const std::size_t slash = rest.find('/');
  return std::string(rest.substr(0, slash == std::string_view::npos ? slash : slash + 1));
}

// All of a collection, one level deep.
void list_top(repository::BlockSource& source, const Tree& tree, const model::Collection& collection,
              const ListVisitor& visit) {
  if (const std::optional<std::string> folder = folder_of(collection, {})) {
    return sum_up(
        source, tree, {}, [&](base::ByteView key) { return component_below(*folder, key); }, visit);
  }
  const bool urns = model::names_are_urns(collection);
  sum_up(
      source, tree, {},
      [&](base::ByteView key) { return urns ? entity_type(first_part(key)) : part_in_words(collection, key, 0); },
      visit);
}

// The row that a path names, in whole or by its first part alone.
std::optional<base::Row> row_at(repository::Repository& repository, const Tree& tree,
                                const model::Collection& collection, std::string_view path) {
  try {
    const base::Bytes key = model::path_to_key(collection, path);
    return repository::find(repository.blocks(), repository.boundary_key(), tree, key);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage || model::names_are_urns(collection)) throw;
    return std::nullopt;  // it has too few parts
  }
}

std::optional<base::Row> only_row_of(repository::Repository& repository, const Tree& tree,
                                     const model::Collection& collection, std::string_view path) {
  const auto place = place_of(repository.blocks(), tree, collection, path);
  if (!place) return std::nullopt;
  std::vector<std::string> paths;
  std::optional<base::Row> row;
  repository::TreeCursor cursor(repository.blocks(), tree, place->range);
  for (; cursor.valid() && paths.size() < k_named_max; cursor.next()) {
    paths.push_back(fmt::format("{}/{}", tree.name, model::key_to_path(collection, cursor.current().key)));
    row = base::to_row(cursor.current());
  }
  if (paths.size() == 1) return row;
  throw Error(ErrorKind::not_found, fmt::format("'{}/{}' names several rows", tree.name, path),
              fmt::format("Choose one: {}{}.", joined(paths), cursor.valid() ? ", …" : ""));
}

}  // namespace

model::Collection collection_of(const Tree& tree) {
  return model::collection_from_json(tree.schema);
}

const Tree* find_tree(const Snapshot& snapshot, std::string_view collection) {
  const auto found = std::find_if(snapshot.trees.begin(), snapshot.trees.end(),
                                  [&](const Tree& tree) { return tree.name == collection; });
  return found == snapshot.trees.end() ? nullptr : &*found;
}

const Tree& tree_of(const Snapshot& snapshot, std::string_view collection) {
  if (const Tree* tree = find_tree(snapshot, collection)) return *tree;
  std::vector<std::string> names;
  for (const Tree& tree : snapshot.trees) names.push_back(tree.name);
  throw Error(
      ErrorKind::not_found, fmt::format("snapshot {} has no collection '{}'", snapshot.id.short_id(), collection),
      names.empty() ? std::string("It holds no collection at all.") : fmt::format("It has: {}.", joined(names)));
}

void list(repository::Repository& repository, const Snapshot& snapshot, std::string_view path, const ListVisitor& visit,
          std::stop_token stop) {
  const auto [name, rest] = split_path(path);
  if (name.empty()) {
    for (const Tree& tree : snapshot.trees) visit({.name = tree.name, .rows = tree.rows, .bytes = tree.bytes});
    return;
  }
  const Tree& tree = tree_of(snapshot, name);
  const model::Collection collection = collection_of(tree);
  StoppableSource source(repository.blocks(), std::move(stop));
  if (without_end_slashes(rest).empty()) return list_top(source, tree, collection, visit);
  const std::optional<std::string> folder = folder_of(collection, rest);
  if (folder && repository::TreeCursor(source, tree, range_of_folder(*folder)).valid()) {
    return sum_up(
        source, tree, range_of_folder(*folder), [&](base::ByteView key) { return component_below(*folder, key); },
        visit);
  }
  if (const auto place = place_of(source, tree, collection, rest)) {
    // What names a row is listed as that row, as "ls FILE" does.
    const std::size_t shown = std::min(place->next_part, collection.key.size() - 1);
    const auto name_of = [&](base::ByteView key) { return part_in_words(collection, key, shown); };
    return sum_up(source, tree, place->range, name_of, visit);
  }
  const std::string_view asked = without_end_slashes(rest);
  const bool urns = model::names_are_urns(collection);
  // Not an object: an entity type, short ("dataset") or as URNs begin ("urn:li:dataset").
  const auto type = urns ? range_of_type(source, tree, asked) : std::nullopt;
  if (type) return sum_up(source, tree, *type, first_part, visit);
  const std::string_view object = collection.key.size() > 1 ? asked.substr(0, asked.rfind('/')) : asked;
  throw_not_there(source, tree, collection, snapshot, asked, std::string(object));
}

std::string_view collection_in(std::string_view path) {
  return split_path(path).collection;
}

base::Row show(repository::Repository& repository, const Snapshot& snapshot, std::string_view path) {
  const auto [name, rest] = split_path(path);
  const Tree& tree = tree_of(snapshot, name);
  const model::Collection collection = collection_of(tree);
  const std::string_view asked = without_end_slashes(rest);
  const bool urns = model::names_are_urns(collection);
  // A name may end with slashes; the last part of a URN's key does not.
  std::optional<base::Row> row = row_at(repository, tree, collection, urns ? asked : rest);
  if (!row && !urns && asked != rest) row = row_at(repository, tree, collection, asked);
  if (!row && !urns) row = only_row_of(repository, tree, collection, asked);
  if (row) return *std::move(row);
  const std::string object = urns ? first_part(model::path_to_key(collection, asked)) : std::string(asked);
  throw_not_there(repository.blocks(), tree, collection, snapshot, asked, object);
}

}  // namespace holdfast::engine
