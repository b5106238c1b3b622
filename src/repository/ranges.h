// Sets of key ranges: what was read, and what was not and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "base/time.h"
#include "repository/tree.h"

namespace holdfast::repository {

// The smallest key above `key`.
base::Bytes after_key(base::ByteView key);
bool is_empty(const base::KeyRange& range) noexcept;
bool overlap(const base::KeyRange& a, const base::KeyRange& b) noexcept;
// Sorted, neighbours joined, empty ones left out.
std::vector<base::KeyRange> normalized(std::vector<base::KeyRange> ranges);
// What normalized ranges leave out.
std::vector<base::KeyRange> complement(const std::vector<base::KeyRange>& ranges);

struct Unread {
  base::KeyRange range;
  std::string reason;
};
// The stale ranges of a capture that read `completed` (normalized): each gap with the reason of the listing that broke
// off there, and with the instant of its last good read: that of the parent, or older where the parent had carried it
// already. `parent` null: never read.
std::vector<StaleRange> stale_ranges(const std::vector<base::KeyRange>& completed, const std::vector<Unread>& unread,
                                     const Tree* parent, std::optional<base::Instant> parent_taken_at);

}  // namespace holdfast::repository
