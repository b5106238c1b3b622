// What a capture does not give although it may be there: an account sees less than the one that read the last snapshot,
// or a platform holds columns back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "base/time.h"
#include "model/collection.h"
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

// Columns that a platform gave of no resource although they were asked for: what the last snapshot has of them stays.
class WithheldColumns {  // thread-safe
public:
  // nullopt: there are none of this collection, or the last snapshot has none of them.
  static std::optional<WithheldColumns> of(const std::string& attributes, const model::Collection& collection,
                                           const repository::Snapshot& parent, repository::BlockSource& source,
                                           const repository::BoundaryKey& key);
  // Those that a row lacks and the last snapshot has, one value for each column; empty: none.
  std::vector<bool> missing(const base::RowView& row) const;
  const std::string& reason() const noexcept { return reason_; }

private:
  struct Place {
    std::size_t now = 0;  // columns
    std::size_t before = 0;
  };
  WithheldColumns(const repository::Tree& tree, repository::BlockSource& source, const repository::BoundaryKey& key)
      : tree_(&tree), source_(&source), key_(&key) {}

  const repository::Tree* tree_;
  repository::BlockSource* source_;
  const repository::BoundaryKey* key_;
  std::vector<Place> places_;
  std::string reason_;
};

}  // namespace holdfast::engine
