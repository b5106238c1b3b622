#include "engine/difference_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/browse.h"
#include "repository/ranges.h"

namespace holdfast::engine {

using repository::Difference;

DifferenceFilter::DifferenceFilter(const model::Collection& collection, const model::Selection& selection,
                                   std::vector<const repository::Tree*> trees, CompareCounts& counts,
                                   const Visitor& visit)
    : collection_(collection),
      selection_(selection),
      looks_into_rows_(selection.needs_scan(collection)),
      trees_(std::move(trees)),
      counts_(counts),
      visit_(visit) {}

bool DifferenceFilter::wanted(const base::RowView* before, const base::RowView* after) const {
  const base::RowView* any = before != nullptr ? before : after;
  if (selection_.matches(collection_, any->key)) return true;
  if (!looks_into_rows_) return false;
  return (before != nullptr && selection_.matches(collection_, *before)) ||
         (after != nullptr && selection_.matches(collection_, *after));
}

Freshness DifferenceFilter::freshness_of(base::ByteView key) const noexcept {
  const bool stale = std::any_of(trees_.begin(), trees_.end(), [&](const repository::Tree* tree) {
    return tree != nullptr && repository::stale_at(tree->stale, key) != nullptr;
  });
  return stale ? Freshness::stale : Freshness::fresh;
}

void DifferenceFilter::operator()(const Difference& difference) {
  const base::RowView key_only{.key = difference.key, .columns = {}};
  const base::RowView* before = difference.before ? &*difference.before : nullptr;
  const base::RowView* after = difference.after ? &*difference.after : nullptr;
  if (!wanted(before == nullptr && after == nullptr ? &key_only : before, after)) return;
  const Freshness freshness = freshness_of(difference.key);
  if (freshness == Freshness::stale) {
    ++counts_.stale;
  } else if (difference.kind == Difference::Kind::added) {
    ++counts_.added;
  } else if (difference.kind == Difference::Kind::changed) {
    ++counts_.changed;
  } else {
    ++counts_.removed;
  }
  if (visit_) visit_(collection_, difference, freshness);
}

void DifferenceFilter::unread(const Difference& difference) {
  ++counts_.unread;
  if (visit_) visit_(collection_, difference, Freshness::unread);
}

void learn(model::Selection& selection, repository::BlockSource& source, const model::Collection& collection,
           const repository::Tree* tree, Learn what) {
  const bool needed = what == Learn::all ? selection.needs_scan(collection) : selection.other_rows_decide(collection);
  if (tree == nullptr || !needed) return;
  for (repository::TreeCursor cursor(source, *tree, selection.range(collection)); cursor.valid(); cursor.next()) {
    selection.learn(collection, cursor.current());
  }
}

void SelectsSeen::see(const std::vector<model::Selection>& taught, const model::Collection& collection,
                      const base::RowView& row) {
  if (unseen_ == 0) return;
  for (std::size_t i = 0; i < seen_.size(); ++i)
    if (!seen_[i] && taught[i].matches(collection, row) && !seen_[i].exchange(true)) --unseen_;
}

void SelectsSeen::require_all() const {
  for (std::size_t i = 0; i < seen_.size(); ++i)
    if (!seen_[i]) throw nothing_selected(each_[i]);
}

base::Error nothing_selected(const model::Selection& selection) {
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("neither side has a row that '{}' selects", selection.text()),
                     "Check the condition for a typing mistake: a glob is matched against the whole URN, as in "
                     "'urn:li:dataset:*finance*', or the whole path, as in '/notebooks/Users/anna/**'.");
}

std::optional<Difference> difference_of(const base::RowView* before, const base::RowView* after) {
  if (before != nullptr && after != nullptr) {
    if (base::equal(*before, *after)) return std::nullopt;
    return Difference{.kind = Difference::Kind::changed, .key = before->key, .before = *before, .after = *after};
  }
  if (before != nullptr) {
    return Difference{.kind = Difference::Kind::removed, .key = before->key, .before = *before, .after = {}};
  }
  if (after != nullptr) {
    return Difference{.kind = Difference::Kind::added, .key = after->key, .before = {}, .after = *after};
  }
  return std::nullopt;
}

std::optional<base::KeyRange> intersect(const base::KeyRange& a, const base::KeyRange& b) {
  base::KeyRange out = repository::intersection(a, b);
  if (repository::is_empty(out)) return std::nullopt;
  return out;
}

ProjectedCursor::ProjectedCursor(repository::BlockSource& source, const repository::Tree* tree,
                                 const base::KeyRange& range, const model::Collection& to)
    : projection_(tree != nullptr ? collection_of(*tree) : to, to) {
  if (tree != nullptr) cursor_.emplace(source, *tree, range);
  take();
}

void ProjectedCursor::take() {
  valid_ = cursor_ && cursor_->valid();
  if (valid_) view_ = projection_(cursor_->current());
}

void ProjectedCursor::next() {
  cursor_->next();
  take();
}

}  // namespace holdfast::engine
