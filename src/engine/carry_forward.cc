#include "engine/carry_forward.h"

#include <utility>
#include <vector>

#include "engine/browse.h"
#include "engine/row_layout.h"
#include "engine/stop_guard.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

// Which columns of a row could not be read is known no more; a column that is empty in a stale stretch proves nothing.
base::RowView filled_up(const base::RowView& read, const base::RowView& old, std::vector<base::ColumnView>& columns) {
  columns.assign(read.columns.begin(), read.columns.end());
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (!columns[i]) columns[i] = old.columns[i];
  return {.key = read.key, .columns = columns};
}

// The rows of a stretch that was not read: what the last snapshot has there.  Where stale ranges were joined, what was
// read in between goes before it.
void carry_rows(repository::RangeUpdate& part, repository::TreeCursor read, repository::TreeCursor old,
                RowProjection& project) {
  std::vector<base::ColumnView> columns;
  while (read.valid() || old.valid()) {
    const bool from_read = read.valid() && (!old.valid() || read.current().key <= old.current().key);
    const bool both = from_read && old.valid() && read.current().key == old.current().key;
    if (both) {
      part.add(filled_up(read.current(), project(old.current()), columns));
    } else {
      part.add(from_read ? read.current() : project(old.current()));
    }
    if (!from_read || both) old.next();
    if (from_read) read.next();
  }
}

}  // namespace

repository::Tree carry_forward(repository::Tree read, const model::Collection& collection, const CarryParts& parts) {
  const repository::Tree* previous = find_tree(parts.parent, collection.name);
  if (!previous) return read;
  const model::Collection before = model::collection_from_json(previous->schema);
  if (before.key != collection.key) return read;
  RowProjection project(before, collection);
  repository::TreeUpdate update(parts.source, parts.sink, parts.key, read.name, read.schema, read.shape, read,
                                std::nullopt);
  std::vector<repository::Unread> unread;
  for (const repository::StaleRange& gap : read.stale) {
    repository::RangeUpdate part = update.begin(gap.range);
    carry_rows(part, repository::TreeCursor(parts.source, read, gap.range),
               repository::TreeCursor(parts.source, *previous, gap.range), project);
    part.complete();
    unread.push_back({gap.range, gap.reason});
  }
  repository::Tree out = update.finish();
  out.delta.reset();  // it leads from what was read, not from the last snapshot
  out.completed = std::move(read.completed);
  out.stale = repository::stale_ranges(out.completed, unread, &*previous, parts.parent.taken);
  repository::bound_stale(out);
  return out;
}

repository::Tree carry_whole(const repository::Tree& tree, base::Instant taken, std::string reason) {
  repository::Tree out = tree;
  out.delta.reset();
  out.completed.clear();
  out.stale = repository::stale_ranges({}, {{.range = {}, .reason = std::move(reason)}}, &tree, taken);
  repository::bound_stale(out);
  return out;
}

std::uint64_t stale_rows(repository::Repository& repository, const repository::Snapshot& snapshot,
                         std::stop_token stop) {
  StoppableSource source(repository.blocks(), std::move(stop));
  std::uint64_t rows = 0;
  for (const repository::Tree& tree : snapshot.trees) {
    for (const repository::StaleRange& stale : tree.stale) {
      if (stale.range == base::KeyRange{}) {
        rows += tree.rows;
        continue;
      }
      for (repository::TreeCursor cursor(source, tree, stale.range); cursor.valid(); cursor.next()) ++rows;
    }
  }
  return rows;
}

}  // namespace holdfast::engine
