#include "engine/unseen_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/key.h"
#include "engine/attributes.h"
#include "engine/browse.h"
#include "engine/previous_rows.h"
#include "model/not_seen.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

constexpr const char* k_more_seen_until = "more_seen_until";

}  // namespace

std::optional<base::Instant> more_seen_until(const std::string& attributes, const repository::Snapshot& parent) {
  if (!sees_only_its_own(attributes)) return std::nullopt;
  if (may_see_less(attributes, parent.attributes)) return parent.taken;
  return base::parse_instant(attribute_of(parent.attributes, k_more_seen_until));
}

std::string with_more_seen(const std::string& attributes, base::Instant until) {
  return with_marks(attributes, {{k_more_seen_until, base::to_rfc3339(until)}});
}

UnseenRows::UnseenRows(const SeenBefore& before, const base::KeyRange& range)
    : before_(before), rows_(before.source, before.tree, range) {}

// What was read after that was read by an account that sees no more than this one, and is gone as far as it can tell.
bool UnseenRows::was_seen_by_other(base::ByteView key) const {
  const repository::StaleRange* stale = repository::stale_at(before_.tree.stale, key);
  return (stale ? stale->last_good.value_or(before_.until) : before_.taken) <= before_.until;
}

std::optional<base::KeyRange> UnseenRows::next(std::optional<base::ByteView> limit) {
  std::optional<base::KeyRange> out;
  for (; rows_.valid() && (!limit || rows_.current().key < *limit); rows_.next()) {
    const base::ByteView key = rows_.current().key;
    if (!was_seen_by_other(key)) {
      if (out) return out;
      continue;
    }
    ++count_;
    if (!out) out = base::KeyRange{.from = base::Bytes(key), .to = {}};
    out->to = base::after_key(key);
  }
  return out;
}

void UnseenRows::skip_to(const std::optional<base::Bytes>& key) {
  while (rows_.valid() && (!key || rows_.current().key < *key)) rows_.next();
}

std::optional<WithheldColumns> WithheldColumns::of(const std::string& attributes, const model::Collection& collection,
                                                   const repository::Snapshot& parent, repository::BlockSource& source,
                                                   const repository::BoundaryKey& key) {
  const repository::Tree* tree = find_tree(parent, collection.name);
  if (tree == nullptr) return std::nullopt;
  const model::Collection before = model::collection_from_json(tree->schema);
  if (before.key != collection.key) return std::nullopt;
  const auto place = [](const model::Collection& in, const std::string& name) {
    const auto& all = in.columns;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    return found == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - all.begin()));
  };
  WithheldColumns out(*tree, source, key);
  for (const model::NotSeen& one : model::not_seen_of(attributes)) {
    if (one.kind != collection.name) continue;
    for (const std::string& name : one.columns) {
      const auto now = place(collection, name);
      const auto then = place(before, name);
      if (!now || !then) continue;
      out.places_.push_back({*now, *then});
      out.reason_ = fmt::format("{}: {}", name, one.reason);
    }
  }
  return out.places_.empty() ? std::nullopt : std::optional(std::move(out));
}

std::vector<bool> WithheldColumns::missing(const base::RowView& row) const {
  std::vector<bool> out;
  const auto lacks = [&](const Place& one) { return !row.columns[one.now]; };
  if (std::none_of(places_.begin(), places_.end(), lacks)) return out;
  const std::optional<base::Row> before = repository::find(*source_, *key_, *tree_, row.key);
  for (const Place& one : places_) {
    if (!before || !lacks(one) || !before->columns[one.before]) continue;
    out.resize(row.columns.size());
    out[one.now] = true;
  }
  return out;
}

}  // namespace holdfast::engine
