// An account sees less than the one that read the last snapshots did: that it does not list something proves nothing.
#pragma once

#include <optional>
#include <string>

#include "base/row.h"
#include "base/time.h"
#include "repository/repository.h"
#include "repository/tree.h"

namespace holdfast::engine {

// Until when an account saw more than the one that `attributes` tell of, whose backup builds on `parent`; nullopt: as
// far as is known none did.
std::optional<base::Instant> more_seen_until(const std::string& attributes, const repository::Snapshot& parent);
// The attributes of a snapshot that carries forward what was seen until then.
std::string with_more_seen(const std::string& attributes, base::Instant until);

// What the last snapshot has of one collection, and since when it may be there without being listed.
struct SeenBefore {
  repository::BlockSource& source;
  const repository::Tree& tree;
  base::Instant taken;  // of that snapshot
  base::Instant until;  // more_seen_until()
};

// The rows of a range of it, walked along with those that are listed.  Not thread-safe.
class UnseenRows {
public:
  UnseenRows(const SeenBefore& before, const base::KeyRange& range);
  // The next stretch of keys, all before `limit`, whose rows were seen by the other account last and by this one not at
  // all; nullopt: there is none.  Absent `limit`: to the end of the range.
  std::optional<base::KeyRange> next(std::optional<base::ByteView> limit);
  // Rows before this key are spoken of already; absent: all are.
  void skip_to(const std::optional<base::Bytes>& key);
  std::uint64_t count() const noexcept { return count_; }  // rows in the stretches that were told

private:
  bool was_seen_by_other(base::ByteView key) const;

  const SeenBefore& before_;
  repository::TreeCursor rows_;
  std::uint64_t count_ = 0;
};

}  // namespace holdfast::engine
