// What every comparison does with a difference it found: is it asked for, is it stale, count it, show it.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "base/error.h"
#include "engine/compare.h"
#include "engine/row_layout.h"
#include "model/collection.h"
#include "model/selection.h"
#include "repository/tree.h"

namespace holdfast::engine {

// Which of several --select held a row: each is judged by itself, so that a mistyped one does not go unseen beside a
// good one.
class SelectsSeen {  // thread-safe
public:
  explicit SelectsSeen(const model::Selection& selection)
      : each_(selection.each()), seen_(each_.size()), unseen_(each_.size()) {}
  // A row that the selection holds; `taught` is each() of it, with what it learnt.
  void see(const std::vector<model::Selection>& taught, const model::Collection& collection, const base::RowView& row);
  // Throws Error{not_found} naming the first that held none.
  void require_all() const;

private:
  const std::vector<model::Selection> each_;
  std::vector<std::atomic<bool>> seen_;
  std::atomic<std::size_t> unseen_;  // that nothing is asked any more once all were seen
};

class DifferenceFilter {  // not thread-safe
public:
  // All outlive the filter.  Trees may be nullptr: a side that does not have the collection has nothing stale.
  DifferenceFilter(const model::Collection& collection, const model::Selection& selection,
                   std::vector<const repository::Tree*> trees, CompareCounts& counts, const Visitor& visit);
  // Of two rows with one key, in the layout of the collection; either may be nullptr.
  bool wanted(const base::RowView* before, const base::RowView* after) const;
  bool may_want(base::ByteView key) const { return selection_.may_match(collection_, key); }
  void operator()(const repository::Difference& difference);
  // A row of the tree that the live platform did not let us read.
  void unread(const repository::Difference& difference);

private:
  Freshness freshness_of(base::ByteView key) const noexcept;

  const model::Collection& collection_;
  const model::Selection& selection_;
  const bool looks_into_rows_;
  std::vector<const repository::Tree*> trees_;
  CompareCounts& counts_;
  const Visitor& visit_;
};

// Shows every row of the tree to the selection where that has to look into rows before it can decide: into this row
// where keys alone are asked about later, into others where only they decide.
enum class Learn { all, other_rows };
void learn(model::Selection& selection, repository::BlockSource& source, const model::Collection& collection,
           const repository::Tree* tree, Learn what = Learn::all);

// Error{not_found}: no side of a comparison has a row of the selection.
base::Error nothing_selected(const model::Selection& selection);

// The difference of two rows of which either may be absent, in one layout; nullopt when they are equal.
std::optional<repository::Difference> difference_of(const base::RowView* before, const base::RowView* after);

// The keys that both hold; nullopt when there are none.
std::optional<base::KeyRange> intersect(const base::KeyRange& a, const base::KeyRange& b);

// Rows of one tree within a range, in the layout of a comparison; a tree that is absent has none.
class ProjectedCursor {  // not thread-safe
public:
  ProjectedCursor(repository::BlockSource& source, const repository::Tree* tree, const base::KeyRange& range,
                  const model::Collection& to);
  // nullptr at the end; the view lives until next().
  const base::RowView* current() const noexcept { return valid_ ? &view_ : nullptr; }
  void next();

private:
  void take();
  std::optional<repository::TreeCursor> cursor_;
  RowProjection projection_;
  base::RowView view_;
  bool valid_ = false;
};

}  // namespace holdfast::engine
