#include "engine/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/key.h"
#include "base/suggest.h"
#include "model/path.h"

namespace holdfast::engine {

namespace {

using repository::Tree;

constexpr std::size_t k_near_read_max = 400;  // names looked at for a suggestion
constexpr std::size_t k_near_shown_max = 3;
constexpr std::size_t k_near_bytes_max = 200;  // of a name: distances cost the product of both lengths

// The prefix of all keys whose first part begins with `text`.
base::Bytes open_prefix(std::string_view text) {
  base::Bytes key;
  base::append_open_text(key, text);
  return key;
}

bool any_in(repository::BlockSource& source, const Tree& tree, const base::KeyRange& range) {
  return repository::TreeCursor(source, tree, range).valid();
}

// Appends one component of a path to a key; false where it cannot be that part.
bool append_part(base::Bytes& key, const model::KeyPart& part, std::string_view text) {
  if (part.type != model::KeyPartType::integer) {
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
  base::append_text(prefix, model::first_part_from_path(collection, object));
  std::size_t next_part = 1;
  while (!parts.empty() && next_part < collection.key.size()) {
    const std::size_t slash = parts.find('/');
    if (!append_part(prefix, collection.key[next_part], parts.substr(0, slash))) return std::nullopt;
    parts = slash == std::string_view::npos ? std::string_view() : parts.substr(slash + 1);
    ++next_part;
  }
  if (!parts.empty()) return std::nullopt;
  return Place{.range = base::range_of_prefix(prefix), .next_part = next_part};
}

std::size_t distance(std::string_view a, std::string_view b) {
  return base::edit_distance(a.substr(0, k_near_bytes_max), b.substr(0, k_near_bytes_max));
}

// Whether a slip of the hand, or leaving something out, leads from one to the other.
bool is_near(std::string_view known, std::string_view wanted) {
  constexpr std::size_t k_part_min = 3;  // shorter ones are in many names
  if (wanted.size() >= k_part_min && known.find(wanted) != std::string_view::npos) return true;
  if (known.size() >= k_part_min && wanted.find(known) != std::string_view::npos) return true;
  // What both begin with, as URNs and paths do, makes them no nearer.
  const auto differ = std::mismatch(known.begin(), known.end(), wanted.begin(), wanted.end());
  const auto equal = static_cast<std::size_t>(differ.first - known.begin());
  const std::size_t rest = std::max(known.size(), wanted.size()) - equal;
  return !known.empty() && distance(known, wanted) <= std::max<std::size_t>(1, std::min(rest, wanted.size()) / 3);
}

}  // namespace

std::string_view without_end_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

SplitPath split_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

std::optional<Place> place_of(repository::BlockSource& source, const Tree& tree, const model::Collection& collection,
                              std::string_view path) {
  // The name may be empty: "jobs//17".
  for (std::size_t end = path.size(); end != std::string_view::npos && !path.empty();) {
    const std::string_view parts = end < path.size() ? path.substr(end + 1) : std::string_view();
    auto place = place_under(collection, path.substr(0, end), parts);
    if (place && any_in(source, tree, place->range)) return place;
    end = end == 0 ? std::string_view::npos : path.rfind('/', end - 1);
  }
  return std::nullopt;
}

std::optional<std::string> folder_of(const model::Collection& collection, std::string_view path) {
  if (collection.key.empty() || collection.key.front().type != model::KeyPartType::path) return std::nullopt;
  const std::string_view asked = without_end_slashes(path);
  return asked.empty() ? "/" : model::from_path_below(asked) + "/";
}

base::KeyRange range_of_folder(std::string_view folder) {
  return base::range_of_prefix(open_prefix(folder));
}

std::optional<base::KeyRange> range_of_path(repository::BlockSource& source, const Tree& tree,
                                            const model::Collection& collection, std::string_view path) {
  if (const auto place = place_of(source, tree, collection, path)) return place->range;
  const std::optional<std::string> folder = folder_of(collection, path);
  if (!folder || !any_in(source, tree, range_of_folder(*folder))) return std::nullopt;
  return range_of_folder(*folder);
}

std::string entity_type(std::string_view name) {
  constexpr std::string_view k_urn = "urn:li:";
  if (name.starts_with(k_urn)) name.remove_prefix(k_urn.size());
  return std::string(name.substr(0, name.find(':')));
}

std::optional<base::KeyRange> range_of_type(repository::BlockSource& source, const Tree& tree, std::string_view name) {
  const std::string type = entity_type(name);
  if (name != type && name != fmt::format("urn:li:{}", type)) return std::nullopt;
  for (const std::string& prefix : {fmt::format("urn:li:{}:", type), fmt::format("{}:", type)}) {
    base::KeyRange range = base::range_of_prefix(open_prefix(prefix));
    if (any_in(source, tree, range)) return range;
  }
  return std::nullopt;
}

std::string first_part(base::ByteView key) {
  return base::KeyReader(key).text();
}

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
  return wanted == 0 ? model::first_part_to_path(collection, reader.text()) : model::to_path_part(reader.text());
}

// Found by jumping from object to object among those that share a beginning with the wanted one.
std::vector<std::string> names_like(repository::BlockSource& source, const Tree& tree,
                                    const model::Collection& collection, std::string_view wanted) {
  const std::string name = model::first_part_from_path(collection, wanted);
  std::vector<std::string> out;
  for (std::size_t length = name.size(); out.size() < k_near_shown_max; length /= 2) {
    base::KeyRange range = base::range_of_prefix(open_prefix(std::string_view(name).substr(0, length)));
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
  std::erase_if(out, [&](const std::string& one) { return !is_near(one, name); });
  std::stable_sort(out.begin(), out.end(),
                   [&](const std::string& a, const std::string& b) { return distance(a, name) < distance(b, name); });
  if (out.size() > k_near_shown_max) out.resize(k_near_shown_max);
  for (std::string& one : out) one = model::first_part_to_path(collection, one);
  return out;
}

}  // namespace holdfast::engine
