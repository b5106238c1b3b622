#include "engine/unseen_rows.h"

#include "base/key.h"
#include "engine/attributes.h"
#include "engine/previous_rows.h"
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

}  // namespace holdfast::engine
