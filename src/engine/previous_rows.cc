#include "engine/previous_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "engine/browse.h"
#include "model/json_depth.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t k_idle_max = 32;   // look-ups that are kept, each with a block per layer
constexpr std::size_t k_depth_max = 64;  // of attributes
constexpr const char* k_last_sweep = "last_sweep";

nlohmann::json parsed(const std::string& attributes) {
  if (model::nests_deeper_than(attributes, k_depth_max)) return nullptr;
  return nlohmann::json::parse(attributes, nullptr, false);
}

}  // namespace

bool same_layout(const model::Collection& a, const model::Collection& b) {
  const auto same = [](const model::Column& x, const model::Column& y) {
    return x.name == y.name && x.content == y.content;
  };
  return a.key == b.key && std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(), same);
}

struct SnapshotRows::Finder {
  const repository::Tree* tree;
  repository::RowFinder rows;
  base::Bytes last;  // asked for
};

SnapshotRows::SnapshotRows(repository::Repository& repository, repository::Snapshot snapshot, std::stop_token stop)
    : repository_(repository), snapshot_(std::move(snapshot)), source_(repository.blocks(), std::move(stop)) {
  for (const repository::Tree& tree : snapshot_.trees)
    known_.emplace(tree.name, Known{.tree = &tree, .collection = collection_of(tree)});
}

SnapshotRows::~SnapshotRows() = default;

std::optional<base::Row> SnapshotRows::find(const model::Collection& collection, base::ByteView key) {
  const auto known = known_.find(collection.name);
  if (known == known_.end() || !same_layout(known->second.collection, collection)) return std::nullopt;
  const repository::Tree& tree = *known->second.tree;
  if (repository::stale_at(tree.stale, key) != nullptr) return std::nullopt;
  std::unique_ptr<Finder> finder = take(tree, key);
  std::optional<base::Row> row = finder->rows.find(key);
  finder->last.assign(key);
  put_back(std::move(finder));
  return row;
}

// Of those that nobody uses, the one that stands nearest before the key: several threads, each on its way through a
// range of its own, get their own back.
std::unique_ptr<SnapshotRows::Finder> SnapshotRows::take(const repository::Tree& tree, base::ByteView key) {
  const std::lock_guard lock(mutex_);
  auto best = idle_.end();
  for (auto each = idle_.begin(); each != idle_.end(); ++each) {
    const bool fits = (*each)->tree == &tree && (*each)->last <= key;
    if (fits && (best == idle_.end() || (*best)->last < (*each)->last)) best = each;
  }
  if (best == idle_.end()) {
    return std::make_unique<Finder>(
        Finder{.tree = &tree, .rows = repository::RowFinder(source_, repository_.boundary_key(), tree), .last = {}});
  }
  std::unique_ptr<Finder> out = std::move(*best);
  idle_.erase(best);
  return out;
}

void SnapshotRows::put_back(std::unique_ptr<Finder> finder) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() >= k_idle_max) idle_.erase(idle_.begin());
  idle_.push_back(std::move(finder));
}

base::Instant last_sweep(const repository::Snapshot& snapshot) {
  const nlohmann::json attributes = parsed(snapshot.attributes);
  if (!attributes.is_object()) return snapshot.taken;
  const auto found = attributes.find(k_last_sweep);
  if (found == attributes.end() || !found->is_string()) return snapshot.taken;
  return base::parse_instant(found->get_ref<const std::string&>()).value_or(snapshot.taken);
}

std::string with_marks(const std::string& attributes, const SnapshotMarks& marks) {
  if (marks.empty()) return attributes;
  const nlohmann::json object = parsed(attributes);
  if (!object.is_object())
    throw base::Error(base::ErrorKind::internal, "the attributes of a capture are no JSON object");
  const std::size_t end = attributes.rfind('}');
  std::string out = attributes.substr(0, end);
  bool first = object.empty();
  for (const auto& [name, value] : marks) {
    out += fmt::format("{}\"{}\":{}", first ? "" : ",", name, nlohmann::json(value).dump());
    first = false;
  }
  return out + attributes.substr(end);
}

std::string with_mark(const std::string& attributes, std::string_view name, const std::string& value) {
  std::string rest = attributes;
  const nlohmann::json object = parsed(attributes);
  if (object.is_object() && object.contains(name)) {
    // As with_marks() has written it.
    const std::string text = fmt::format("\"{}\":{}", name, object.at(std::string(name)).dump());
    const std::size_t at = rest.rfind(text);
    if (at == std::string::npos)
      throw base::Error(base::ErrorKind::internal, fmt::format("{} is no mark of a snapshot", name));
    const bool first = rest[at - 1] != ',';
    const bool last = rest[at + text.size()] != ',';
    rest.erase(first ? at : at - 1, text.size() + (first && last ? 0 : 1));
  }
  return value.empty() ? rest : with_marks(rest, {{std::string(name), value}});
}

std::string with_last_sweep(const std::string& attributes, base::Instant instant) {
  return with_marks(attributes, {{k_last_sweep, base::to_rfc3339(instant)}});
}

}  // namespace holdfast::engine
