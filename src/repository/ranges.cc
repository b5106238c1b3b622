#include "repository/ranges.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::repository {

namespace {

constexpr const char* k_never_begun = "it was not read";
constexpr const char* k_several = "several parts could not be read";

// Ends: absent is the end of all keys.
bool end_below(const std::optional<base::Bytes>& a, const std::optional<base::Bytes>& b) noexcept {
  return a && (!b || *a < *b);
}

void add_cuts(std::vector<base::Bytes>& cuts, const base::KeyRange& range) {
  cuts.push_back(range.from);
  if (range.to) cuts.push_back(*range.to);
}

void take_in(Unread& first, const Unread& second) {
  if (end_below(first.range.to, second.range.to)) first.range.to = second.range.to;
  if (first.reason != second.reason) first.reason = k_several;
}

void take_in(StaleRange& first, const StaleRange& second) {
  if (end_below(first.range.to, second.range.to)) first.range.to = second.range.to;
  if (first.reason != second.reason) first.reason = k_several;
  if (!second.last_good || (first.last_good && *second.last_good < *first.last_good)) {
    first.last_good = second.last_good;
  }
}

// Pairs become one each time: which rows lie between two ranges is not known here.
template <class Range>
void halve_until(std::vector<Range>& ranges, std::size_t most) {
  while (ranges.size() > std::max<std::size_t>(1, most)) {
    std::vector<Range> half;
    half.reserve((ranges.size() + 1) / 2);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (i % 2 == 0) {
        half.push_back(std::move(ranges[i]));
      } else {
        take_in(half.back(), ranges[i]);
      }
    }
    ranges = std::move(half);
  }
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

base::KeyRange intersection(const base::KeyRange& a, const base::KeyRange& b) {
  return {.from = std::max(a.from, b.from), .to = end_below(a.to, b.to) ? a.to : b.to};
}

std::vector<base::KeyRange> without(const std::vector<base::KeyRange>& ranges,
                                    const std::vector<base::KeyRange>& holes) {
  std::vector<base::KeyRange> out;
  for (const base::KeyRange& rest : complement(holes)) {
    for (const base::KeyRange& range : ranges) {
      if (overlap(range, rest)) out.push_back(intersection(range, rest));
    }
  }
  return normalized(std::move(out));
}

void coarsen(std::vector<Unread>& unread, std::size_t most) {
  if (unread.size() <= most) return;
  std::sort(unread.begin(), unread.end(), [](const Unread& a, const Unread& b) { return a.range.from < b.range.from; });
  halve_until(unread, most);
}

void bound_stale(Tree& tree, std::size_t most) {
  if (tree.stale.size() <= most) return;
  halve_until(tree.stale, most);
  std::vector<base::KeyRange> ranges;
  for (const StaleRange& stale : tree.stale) ranges.push_back(stale.range);
  tree.completed = complement(normalized(std::move(ranges)));
}

const StaleRange* stale_at(const std::vector<StaleRange>& stale, base::ByteView key) noexcept {
  const auto behind =
      std::upper_bound(stale.begin(), stale.end(), key,
                       [](base::ByteView wanted, const StaleRange& one) { return wanted < one.range.from; });
  if (behind == stale.begin()) return nullptr;
  const StaleRange& found = *std::prev(behind);
  return found.range.contains(key) ? &found : nullptr;
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
