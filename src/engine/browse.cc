#include "engine/browse.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <set>

#include "base/error.h"
#include "base/key.h"
#include "base/suggest.h"
#include "engine/difference_filter.h"
#include "engine/meter.h"
#include "engine/stop_guard.h"
#include "model/path.h"

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

std::string_view without_end_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// What follows the collection stays as it is: names may begin and end with slashes.
SplitPath split(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
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
  if (collection.key[wanted].type == model::KeyPartType::integer) return std::to_string(reader.integer());
  return wanted == 0 ? reader.text() : model::to_path_part(reader.text());
}

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

// What a path below a collection stands for: the keys under it, and which key part comes next.
struct Place {
  base::KeyRange range;
  std::size_t next_part = 0;
};

// Appends one component of a path to a key; false where it cannot be that part.
bool append_part(base::Bytes& key, const model::KeyPart& part, std::string_view text) {
  if (part.type == model::KeyPartType::text) {
    base::append_text(key, model::from_path_part(text));
    return true;
  }
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return false;
  base::append_int(key, number);
  return true;
}

// The keys of an object, or below it: `parts` are the components behind its name.
std::optional<Place> place_under(const model::Collection& collection, std::string_view object, std::string_view parts) {
  base::Bytes prefix;
  base::append_text(prefix, object);
  std::size_t next_part = 1;
  while (!parts.empty() && next_part < collection.key.size()) {
    const std::size_t slash = parts.find('/');
    if (!append_part(prefix, collection.key[next_part], parts.substr(0, slash))) return std::nullopt;
    parts = slash == std::string_view::npos ? std::string_view() : parts.substr(slash + 1);
    ++next_part;
  }
  if (!parts.empty()) return std::nullopt;
  return Place{.range = under(prefix), .next_part = next_part};
}

std::optional<Place> place_of(repository::BlockSource& source, const Tree& tree, const model::Collection& collection,
                              std::string_view path) {
  // The first part may hold slashes: the longest one that exists is it, what follows are the further parts.
  for (std::size_t end = path.size(); end != 0 && end != std::string_view::npos;) {
    const std::string_view parts = end < path.size() ? path.substr(end + 1) : std::string_view();
    auto place = place_under(collection, path.substr(0, end), parts);
    if (place && repository::TreeCursor(source, tree, place->range).valid()) return place;
    end = path.rfind('/', end - 1);
  }
  return std::nullopt;
}

// The objects of an entity type, if there are any.
std::optional<base::KeyRange> range_of_type(repository::BlockSource& source, const Tree& tree, std::string_view name) {
  const std::string type = entity_type(name);
  if (name != type && name != fmt::format("urn:li:{}", type)) return std::nullopt;
  for (const std::string& prefix : {fmt::format("urn:li:{}:", type), fmt::format("{}:", type)}) {
    base::KeyRange range = under(open_prefix(prefix));
    if (repository::TreeCursor(source, tree, range).valid()) return range;
  }
  return std::nullopt;
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
    return base::edit_distance(a, wanted) < base::edit_distance(b, wanted);
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
    sum_up(
        source, tree, under(prefix), [&](base::ByteView key) { return part_in_words(collection, key, 1); },
        [&](const ListEntry& entry) { parts.push_back(entry.name); });
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

void list(repository::Repository& repository, const Snapshot& snapshot, std::string_view path, const ListVisitor& visit,
          std::stop_token stop) {
  const auto [name, rest] = split(path);
  if (name.empty()) {
    for (const Tree& tree : snapshot.trees) visit({.name = tree.name, .rows = tree.rows, .bytes = tree.bytes});
    return;
  }
  const Tree& tree = tree_of(snapshot, name);
  const model::Collection collection = collection_of(tree);
  StoppableSource source(repository.blocks(), std::move(stop));
  if (without_end_slashes(rest).empty())
    return sum_up(
        source, tree, {}, [](base::ByteView key) { return entity_type(first_part(key)); }, visit);

  if (const auto place = place_of(source, tree, collection, rest)) {
    // What names a row is listed as that row, as "ls FILE" does.
    const std::size_t shown = std::min(place->next_part, collection.key.size() - 1);
    const auto name_of = [&](base::ByteView key) { return part_in_words(collection, key, shown); };
    return sum_up(source, tree, place->range, name_of, visit);
  }
  const std::string_view asked = without_end_slashes(rest);
  // Not an object: an entity type, short ("dataset") or as URNs begin ("urn:li:dataset").
  if (const auto type = range_of_type(source, tree, asked)) return sum_up(source, tree, *type, first_part, visit);
  throw_not_there(source, tree, collection, snapshot, asked, std::string(asked.substr(0, asked.rfind('/'))));
}

base::Row show(repository::Repository& repository, const Snapshot& snapshot, std::string_view path) {
  const auto [name, rest] = split(path);
  const Tree& tree = tree_of(snapshot, name);
  const model::Collection collection = collection_of(tree);
  const std::string_view asked = without_end_slashes(rest);
  const base::Bytes key = model::path_to_key(collection, asked);
  std::optional<base::Row> row = repository::find(repository.blocks(), repository.boundary_key(), tree, key);
  if (!row) throw_not_there(repository.blocks(), tree, collection, snapshot, asked, first_part(key));
  return *std::move(row);
}

namespace {

std::set<std::string> collections_of(const std::vector<Snapshot>& snapshots) {
  std::set<std::string> out;
  for (const Snapshot& snapshot : snapshots)
    for (const Tree& tree : snapshot.trees) out.insert(tree.name);
  return out;
}

// Matches of one collection, over all snapshots, for as many keys from `from` on as fit into memory.
class SightingWindow {
public:
  SightingWindow(repository::BlockSource& source, std::string_view name, base::Bytes from, std::size_t keys_max)
      : source_(source), name_(name), keys_max_(keys_max), range_{.from = std::move(from), .to = std::nullopt} {}

  void look_at(const Snapshot& snapshot, const model::Selection& selection, std::size_t number) {
    for (const Tree& tree : snapshot.trees) {
      if (tree.name != name_) continue;
      const model::Collection collection = collection_of(tree);
      model::Selection chosen = selection;
      learn(chosen, source_, collection, &tree);
      const auto wanted = intersect(chosen.range(collection), range_);
      if (!wanted) continue;
      for (repository::TreeCursor cursor(source_, tree, *wanted); cursor.valid(); cursor.next()) {
        const base::ByteView key = cursor.current().key;
        // The window grows narrower while it is filled.
        if (!range_.contains(key)) break;
        if (chosen.matches(collection, key)) see(key, collection, number);
      }
    }
  }

  void tell(const std::function<void(const Sighting&)>& visit) const {
    for (const auto& [key, sighting] : found_) visit(sighting);
  }
  // Where the next window begins; absent at the end.
  const std::optional<base::Bytes>& end() const noexcept { return range_.to; }

private:
  void see(base::ByteView key, const model::Collection& collection, std::size_t number) {
    auto place = found_.find(key);
    if (place == found_.end()) {
      const std::string path = fmt::format("{}/{}", name_, model::key_to_path(collection, key));
      place = found_.emplace(base::Bytes(key), Sighting{.path = path, .first = number, .last = number}).first;
    }
    place->second.last = number;
    ++place->second.snapshots;
    if (found_.size() <= keys_max_) return;
    // Keys behind the last one that fits are left to the next window, in every snapshot.
    const auto last = std::prev(found_.end());
    range_.to = last->first;
    found_.erase(last);
  }

  repository::BlockSource& source_;
  std::string_view name_;
  std::size_t keys_max_;
  base::KeyRange range_;
  std::map<base::Bytes, Sighting, std::less<>> found_;
};

}  // namespace

void find(repository::Repository& repository, const Snapshot& snapshot, const model::Selection& selection,
          const std::function<void(const std::string& path, std::uint64_t bytes)>& visit, std::stop_token stop) {
  StoppableSource source(repository.blocks(), std::move(stop));
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

void find_in_all(repository::Repository& repository, const std::vector<Snapshot>& snapshots,
                 const model::Selection& selection, const std::function<void(const Sighting&)>& visit,
                 std::stop_token stop, std::size_t keys_max) {
  StoppableSource source(repository.blocks(), std::move(stop));
  for (const std::string& name : collections_of(snapshots)) {
    for (std::optional<base::Bytes> from = base::Bytes(); from;) {
      SightingWindow window(source, name, *std::move(from), keys_max);
      for (std::size_t i = 0; i < snapshots.size(); ++i) window.look_at(snapshots[i], selection, i);
      window.tell(visit);
      from = window.end();
    }
  }
}

}  // namespace holdfast::engine
