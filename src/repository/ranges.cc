#include "repository/ranges.h"

#include <algorithm>

namespace holdfast::repository {

namespace {

constexpr const char* k_never_begun = "it was not read";

// Ends: absent is the end of all keys.
bool end_below(const std::optional<base::Bytes>& a, const std::optional<base::Bytes>& b) noexcept {
  return a && (!b || *a < *b);
}

void add_cuts(std::vector<base::Bytes>& cuts, const base::KeyRange& range) {
  cuts.push_back(range.from);
  if (range.to) cuts.push_back(*range.to);
}

StaleRange stale_piece(base::KeyRange piece, const std::vector<Unread>& unread, const Tree* parent,
                       std::optional<base::Instant> parent_taken_at) {
  StaleRange stale{.range = std::move(piece), .last_good = {}, .reason = k_never_begun};
  for (const Unread& known : unread) {
    if (known.range.contains(stale.range.from)) stale.reason = known.reason;
  }
  if (parent == nullptr) return stale;
  stale.last_good = parent_taken_at;
  for (const StaleRange& older : parent->stale) {
    if (older.range.contains(stale.range.from)) stale.last_good = older.last_good;
  }
  return stale;
}

}  // namespace

base::Bytes after_key(base::ByteView key) {
  base::Bytes out(key);
  out.push_back('\0');
  return out;
}

bool is_empty(const base::KeyRange& range) noexcept {
  return range.to && *range.to <= range.from;
}

bool overlap(const base::KeyRange& a, const base::KeyRange& b) noexcept {
  if (is_empty(a) || is_empty(b)) return false;
  return (!a.to || b.from < *a.to) && (!b.to || a.from < *b.to);
}

std::vector<base::KeyRange> normalized(std::vector<base::KeyRange> ranges) {
  std::erase_if(ranges, [](const base::KeyRange& range) { return is_empty(range); });
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  std::vector<base::KeyRange> out;
  for (base::KeyRange& range : ranges) {
    const bool joins = !out.empty() && (!out.back().to || range.from <= *out.back().to);
    if (!joins) {
      out.push_back(std::move(range));
    } else if (end_below(out.back().to, range.to)) {
      out.back().to = std::move(range.to);
    }
  }
  return out;
}

std::vector<base::KeyRange> complement(const std::vector<base::KeyRange>& ranges) {
  std::vector<base::KeyRange> out;
  base::Bytes from;
  for (const base::KeyRange& range : ranges) {
    if (from < range.from) out.push_back({.from = from, .to = range.from});
    if (!range.to) return out;
    from = *range.to;
  }
  out.push_back({.from = from, .to = {}});
  return out;
}

std::vector<StaleRange> stale_ranges(const std::vector<base::KeyRange>& completed, const std::vector<Unread>& unread,
                                     const Tree* parent, std::optional<base::Instant> parent_taken_at) {
  std::vector<base::Bytes> cuts;
  for (const Unread& known : unread) add_cuts(cuts, known.range);
  if (parent != nullptr) {
    for (const StaleRange& older : parent->stale) add_cuts(cuts, older.range);
  }
  std::sort(cuts.begin(), cuts.end());
  std::vector<StaleRange> out;
  for (const base::KeyRange& gap : complement(completed)) {
    base::Bytes from = gap.from;
    auto cut = std::upper_bound(cuts.begin(), cuts.end(), from);
    for (bool more = true; more;) {
      more = cut != cuts.end() && (!gap.to || *cut < *gap.to);
      StaleRange piece =
          stale_piece({.from = from, .to = more ? std::optional(*cut) : gap.to}, unread, parent, parent_taken_at);
      if (more) from = *cut;
      if (more) cut = std::upper_bound(cut, cuts.end(), from);
      const bool joins = !out.empty() && out.back().range.to == piece.range.from && out.back().reason == piece.reason &&
                         out.back().last_good == piece.last_good;
      if (joins) {
        out.back().range.to = piece.range.to;
      } else {
        out.push_back(std::move(piece));
      }
    }
  }
  return out;
}

}  // namespace holdfast::repository
