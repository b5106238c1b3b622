// Sets of key ranges: what was read, and what was not and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "base/time.h"
#include "repository/tree.h"

namespace holdfast::repository {

bool is_empty(const base::KeyRange& range) noexcept;
bool overlap(const base::KeyRange& a, const base::KeyRange& b) noexcept;
// Sorted, neighbours joined, empty ones left out.
std::vector<base::KeyRange> normalized(std::vector<base::KeyRange> ranges);
// What normalized ranges leave out.
std::vector<base::KeyRange> complement(const std::vector<base::KeyRange>& ranges);
// Normalized ranges without the normalized holes.
std::vector<base::KeyRange> without(const std::vector<base::KeyRange>& ranges,
                                    const std::vector<base::KeyRange>& holes);
// The keys that both hold; empty where there are none.
base::KeyRange intersection(const base::KeyRange& a, const base::KeyRange& b);

struct Unread {
  base::KeyRange range;
  std::string reason;
};
// The stale ranges of a capture that read `completed` (normalized): each gap with the reason of the listing that broke
// off there, and with the instant of its last good read: that of the parent, or older where the parent had carried it
// already. `parent` null: never read.
std::vector<StaleRange> stale_ranges(const std::vector<base::KeyRange>& completed, const std::vector<Unread>& unread,
                                     const Tree* parent, std::optional<base::Instant> parent_taken_at);

// A snapshot keeps no more stale ranges than this for a tree.
inline constexpr std::size_t k_stale_ranges_max = 1000;
// Where there are more than `most`, neighbours become one, with what lies between them: what was read there then counts
// as stale too, of which nobody draws a conclusion.  `unread` in any order; `tree.completed` becomes the rest.
void coarsen(std::vector<Unread>& unread, std::size_t most);
void bound_stale(Tree& tree, std::size_t most = k_stale_ranges_max);
// The range that holds the key; nullptr where none does.  `stale` is in key order, as trees keep it.
const StaleRange* stale_at(const std::vector<StaleRange>& stale, base::ByteView key) noexcept;

}  // namespace holdfast::repository
