#include "engine/browse.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/key.h"
#include "engine/difference_filter.h"
#include "engine/meter.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using repository::Snapshot;
using repository::Tree;

constexpr std::size_t k_near_read_max = 400;  // names looked at for a suggestion
constexpr std::size_t k_near_shown_max = 3;

struct SplitPath {
  std::string_view collection;
  std::string_view rest;
};

SplitPath split(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// The prefix of all keys whose first part begins with `text`.
base::Bytes open_prefix(std::string_view text) {
  base::Bytes key;
  base::append_text(key, text);
  key.resize(key.size() - 2);  // without the mark that ends the part
  return key;
}

base::KeyRange under(const base::Bytes& prefix) {
  base::Bytes end = base::after_prefix(prefix);
  return {.from = prefix, .to = end.empty() ? std::nullopt : std::optional(std::move(end))};
}

std::string first_part(base::ByteView key) {
  return base::KeyReader(key).text();
}

// "dataset" of "urn:li:dataset:(…)"; what is no URN counts as a type of its own up to the first colon.
std::string entity_type(std::string_view name) {
  constexpr std::string_view k_urn = "urn:li:";
  if (name.starts_with(k_urn)) name.remove_prefix(k_urn.size());
  return std::string(name.substr(0, name.find(':')));
}

// A path component as it stands in a key: the n-th part in words.
std::string part_in_words(const model::Collection& collection, base::ByteView key, std::size_t wanted) {
  base::KeyReader reader(key);
  for (std::size_t i = 0; i < wanted; ++i) {
    if (collection.key[i].type == model::KeyPartType::integer) {
      (void)reader.integer();
    } else {
      (void)reader.text();
    }
  }
  return collection.key[wanted].type == model::KeyPartType::integer ? std::to_string(reader.integer()) : reader.text();
}

// Sums up the rows of a range by a name that neighbouring rows share.
template <class Name>
std::vector<ListEntry> sum_up(repository::BlockSource& source, const Tree& tree, const base::KeyRange& range,
                              Name name) {
  std::vector<ListEntry> out;
  for (repository::TreeCursor cursor(source, tree, range); cursor.valid(); cursor.next()) {
    std::string current = name(cursor.current().key);
    if (out.empty() || out.back().name != current) out.push_back({.name = std::move(current), .rows = 0, .bytes = 0});
    ++out.back().rows;
    out.back().bytes += plain_size(cursor.current());
  }
  return out;
}

// What a path below a collection stands for: the keys under it, and which key part comes next.
struct Place {
  base::KeyRange range;
  std::size_t next_part = 0;
};

std::optional<Place> place_of(repository::BlockSource& source, const Tree& tree, const model::Collection& collection,
                              std::string_view path) {
  // The first part may hold slashes: the longest one that exists is it, what follows are the further parts.
  for (std::size_t end = path.size(); end != 0 && end != std::string_view::npos;) {
    base::Bytes prefix;
    base::append_text(prefix, path.substr(0, end));
    Place place{.range = under(prefix), .next_part = 1};
    std::string_view rest = end < path.size() ? path.substr(end + 1) : std::string_view();
    while (!rest.empty() && place.next_part < collection.key.size() &&
           collection.key[place.next_part].type == model::KeyPartType::text) {
      const std::size_t slash = rest.find('/');
      base::append_text(prefix, rest.substr(0, slash));
      rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
      place = {.range = under(prefix), .next_part = place.next_part + 1};
    }
    if (rest.empty() && repository::TreeCursor(source, tree, place.range).valid()) return place;
    end = path.rfind('/', end - 1);
  }
  return std::nullopt;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// Names of first key parts that share a beginning with the wanted one, found by jumping from object to object.
std::vector<std::string> names_like(repository::BlockSource& source, const Tree& tree, std::string_view wanted) {
  std::vector<std::string> out;
  for (std::size_t length = wanted.size(); out.size() < k_near_shown_max; length /= 2) {
    base::KeyRange range = under(open_prefix(wanted.substr(0, length)));
    out.clear();
    while (out.size() < k_near_read_max) {
      const repository::TreeCursor cursor(source, tree, range);
      if (!cursor.valid()) break;
      out.push_back(first_part(cursor.current().key));
      base::Bytes object;
      base::append_text(object, out.back());
      range.from = base::after_prefix(object);
    }
    if (length == 0) break;
  }
  std::stable_sort(out.begin(), out.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(a, wanted) < edit_distance(b, wanted);
  });
  if (out.size() > k_near_shown_max) out.resize(k_near_shown_max);
  return out;
}

[[noreturn]] void throw_not_there(repository::BlockSource& source, const Tree& tree,
                                  const model::Collection& collection, const Snapshot& snapshot, std::string_view path,
                                  const std::string& object) {
  const std::string message = fmt::format("snapshot {} has no '{}/{}'", snapshot.id.short_id(), tree.name, path);
  base::Bytes prefix;
  base::append_text(prefix, object);
  std::vector<std::string> parts;
  if (collection.key.size() > 1) {
    for (const ListEntry& entry :
         sum_up(source, tree, under(prefix), [&](base::ByteView key) { return part_in_words(collection, key, 1); })) {
      parts.push_back(entry.name);
    }
  }
  if (!parts.empty()) {
    throw Error(ErrorKind::not_found, message, fmt::format("'{}' has: {}.", object, joined(parts)));
  }
  const std::vector<std::string> near = names_like(source, tree, object);
  throw Error(
      ErrorKind::not_found, message,
      near.empty() ? std::string("The collection is empty.") : fmt::format("Near names are: {}.", joined(near)));
}

}  // namespace

model::Collection collection_of(const Tree& tree) {
  return model::collection_from_json(tree.schema);
}

const Tree& tree_of(const Snapshot& snapshot, std::string_view collection) {
  std::vector<std::string> names;
  for (const Tree& tree : snapshot.trees) {
    if (tree.name == collection) return tree;
    names.push_back(tree.name);
  }
  throw Error(
      ErrorKind::not_found, fmt::format("snapshot {} has no collection '{}'", snapshot.id.short_id(), collection),
      names.empty() ? std::string("It holds no collection at all.") : fmt::format("It has: {}.", joined(names)));
}

std::vector<ListEntry> list(repository::Repository& repository, const Snapshot& snapshot, std::string_view path) {
  const auto [name, rest] = split(path);
  std::vector<ListEntry> out;
  if (name.empty()) {
    for (const Tree& tree : snapshot.trees) out.push_back({.name = tree.name, .rows = tree.rows, .bytes = tree.bytes});
    return out;
  }
  const Tree& tree = tree_of(snapshot, name);
  const model::Collection collection = collection_of(tree);
  repository::BlockSource& source = repository.blocks();
  if (rest.empty()) return sum_up(source, tree, {}, [](base::ByteView key) { return entity_type(first_part(key)); });

  if (const auto place = place_of(source, tree, collection, rest)) {
    if (place->next_part >= collection.key.size()) return {};
    return sum_up(source, tree, place->range,
                  [&](base::ByteView key) { return part_in_words(collection, key, place->next_part); });
  }
  // Not an object: an entity type, short ("dataset") or as URNs begin ("urn:li:dataset").
  const std::string type = entity_type(rest);
  for (const std::string& prefix : {fmt::format("urn:li:{}:", type), fmt::format("{}:", type)}) {
    out = sum_up(source, tree, under(open_prefix(prefix)), first_part);
    if (!out.empty() && (rest == type || rest == fmt::format("urn:li:{}", type))) return out;
  }
  const std::string object(rest.substr(0, rest.rfind('/')));
  throw_not_there(source, tree, collection, snapshot, rest, object);
}

base::Row show(repository::Repository& repository, const Snapshot& snapshot, std::string_view path) {
  const auto [name, rest] = split(path);
  const Tree& tree = tree_of(snapshot, name);
  const model::Collection collection = collection_of(tree);
  const base::Bytes key = model::path_to_key(collection, rest);
  std::optional<base::Row> row = repository::find(repository.blocks(), repository.boundary_key(), tree, key);
  if (!row) throw_not_there(repository.blocks(), tree, collection, snapshot, rest, first_part(key));
  return *std::move(row);
}

void find(repository::Repository& repository, const Snapshot& snapshot, const model::Selection& selection,
          const std::function<void(const std::string& path, std::uint64_t bytes)>& visit) {
  repository::BlockSource& source = repository.blocks();
  for (const Tree& tree : snapshot.trees) {
    const model::Collection collection = collection_of(tree);
    model::Selection chosen = selection;
    learn(chosen, source, collection, &tree);
    for (repository::TreeCursor cursor(source, tree, chosen.range(collection)); cursor.valid(); cursor.next()) {
      const base::RowView& row = cursor.current();
      if (!chosen.matches(collection, row.key)) continue;
      visit(fmt::format("{}/{}", tree.name, model::key_to_path(collection, row.key)), plain_size(row));
    }
  }
}

}  // namespace holdfast::engine
