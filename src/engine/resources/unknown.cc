#include "engine/resources/unknown.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/key.h"
#include "model/not_seen.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

// Keys that a resource of this natural name has; nullopt: its name does not tell.
std::optional<base::KeyRange> keys_of_name(const model::Kind& kind, const std::string& name) {
  const std::size_t parts = kind.names == model::Names::unique ? 1 : 2;
  if (kind.collection.key.size() != parts || kind.name_case == model::Kind::Case::ignored) return std::nullopt;
  base::Bytes key;
  base::append_text(key, name);
  return base::range_of_prefix(key);
}

bool is_one_key(const base::KeyRange& range) {
  return range.to == base::after_key(range.from);
}

// The last part of a key; nullopt where it is none of ours.
std::optional<std::string> id_in(const model::Kind& kind, base::ByteView key) {
  try {
    base::KeyReader reader(key);
    std::string last;
    for (const model::KeyPart& part : kind.collection.key)
      last = part.type == model::KeyPartType::integer ? std::to_string(reader.integer()) : reader.text();
    return last;
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

}  // namespace

UnknownKeys unknown_of(const repository::Snapshot& snapshot, const model::KindSet& kinds) {
  UnknownKeys out(kinds.size(), {base::KeyRange{}});
  for (const repository::Tree& tree : snapshot.trees) {
    const std::optional<std::size_t> kind = kinds.find(tree.name);
    if (!kind) continue;
    out[*kind].clear();
    for (const repository::StaleRange& one : tree.stale) out[*kind].push_back(one.range);
  }
  return out;
}

void add_left_out(UnknownKeys& unknown, const std::string& attributes, const model::KindSet& kinds,
                  const std::vector<model::Resource>& others) {
  const std::vector<model::NotSeen> all = model::not_seen_of(attributes);
  if (all.empty()) return;
  for (const model::Resource& one : others)
    if (model::leaves_out(all, kinds.at(one.kind).label(), one.name))
      unknown[one.kind].push_back(base::range_of_key(one.row.key));
}

bool may_hold(const std::vector<base::KeyRange>& unknown, const model::Kind& kind,
              const std::optional<std::string>& name) {
  if (unknown.empty()) return false;
  const std::optional<base::KeyRange> keys = name ? keys_of_name(kind, *name) : std::nullopt;
  return std::any_of(unknown.begin(), unknown.end(),
                     [&](const base::KeyRange& one) { return !keys || repository::overlap(one, *keys); });
}

bool may_hold_id(const std::vector<base::KeyRange>& unknown, const model::Kind& kind, const std::string& id) {
  return std::any_of(unknown.begin(), unknown.end(), [&](const base::KeyRange& one) {
    if (kind.names == model::Names::unique || !is_one_key(one)) return true;
    return id_in(kind, one.from).value_or(id) == id;
  });
}

bool holds_key(const std::vector<base::KeyRange>& unknown, base::ByteView key) {
  return std::any_of(unknown.begin(), unknown.end(), [&](const base::KeyRange& one) { return one.contains(key); });
}

UnknownKeys without_those_there(UnknownKeys unknown, const std::vector<model::Resource>& there) {
  std::vector<std::set<base::ByteView>> keys(unknown.size());
  for (const model::Resource& one : there)
    if (!unknown[one.kind].empty()) keys[one.kind].insert(one.row.key);
  for (std::size_t kind = 0; kind < unknown.size(); ++kind)
    std::erase_if(unknown[kind],
                  [&](const base::KeyRange& one) { return is_one_key(one) && keys[kind].contains(one.from); });
  return unknown;
}

}  // namespace holdfast::engine
