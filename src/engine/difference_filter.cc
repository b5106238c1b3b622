#include "engine/difference_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/browse.h"

namespace holdfast::engine {

using repository::Difference;

DifferenceFilter::DifferenceFilter(const model::Collection& collection, const model::Selection& selection,
                                   std::vector<const repository::Tree*> trees, CompareCounts& counts,
                                   const Visitor& visit)
    : collection_(collection), selection_(selection), trees_(std::move(trees)), counts_(counts), visit_(visit) {}

Freshness DifferenceFilter::freshness_of(base::ByteView key) const noexcept {
  const auto holds = [key](const repository::StaleRange& stale) { return stale.range.contains(key); };
  const bool stale = std::any_of(trees_.begin(), trees_.end(), [&](const repository::Tree* tree) {
    return tree != nullptr && std::any_of(tree->stale.begin(), tree->stale.end(), holds);
  });
  return stale ? Freshness::stale : Freshness::fresh;
}

void DifferenceFilter::operator()(const Difference& difference) {
  if (!wanted(difference.key)) return;
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

void learn(model::Selection& selection, repository::BlockSource& source, const model::Collection& collection,
           const repository::Tree* tree) {
  if (tree == nullptr || !selection.needs_scan()) return;
  for (repository::TreeCursor cursor(source, *tree, selection.range(collection)); cursor.valid(); cursor.next()) {
    selection.learn(collection, cursor.current());
  }
}

base::Error nothing_selected(const model::Selection& selection) {
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("neither side has a row that '{}' selects", selection.text()),
                     "Check the condition for a typing mistake: a glob is matched against the whole URN, as in "
                     "'urn:li:dataset:*finance*'.");
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
  base::KeyRange out{.from = std::max(a.from, b.from), .to = a.to};
  if (b.to && (!out.to || *b.to < *out.to)) out.to = b.to;
  if (out.to && *out.to <= out.from) return std::nullopt;
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
