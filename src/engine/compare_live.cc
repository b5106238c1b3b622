#include "engine/compare_live.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/channel.h"
#include "base/key.h"
#include "base/task_group.h"
#include "engine/browse.h"
#include "engine/difference_filter.h"
#include "engine/losses.h"
#include "engine/meter.h"
#include "engine/stop_guard.h"

namespace holdfast::engine {

namespace {

using repository::Difference;
using repository::Tree;

constexpr unsigned k_ranges_per_reader = 8;
// Differences wait here until those of the ranges before theirs have been shown.
constexpr std::size_t k_batch_bytes = 128 * 1024;
constexpr std::size_t k_batch_items = 256;
constexpr std::size_t k_range_bytes = 1024 * 1024;

struct HeldDifference {
  Difference::Kind kind = Difference::Kind::added;
  bool unread = false;
  std::optional<base::Row> before;
  std::optional<base::Row> after;
};
using Batch = std::vector<HeldDifference>;
using Queue = base::Channel<Batch>;

// Rows of one collection that the selection holds.
struct SelectedRows {
  SelectsSeen& seen;
  const std::vector<model::Selection> taught;
  const model::Collection& collection;

  void see(const base::RowView* before, const base::RowView* after) const {
    for (const base::RowView* row : {before, after})
      if (row != nullptr) seen.see(taught, collection, *row);
  }
};

// Merges the live rows of one range with the snapshot's.
class RangeComparison : public platform::RowSink {
public:
  struct Sources {
    ProjectedCursor stored;
    RowProjection live;
    base::KeyRange wanted;  // the range
  };
  struct Targets {
    const DifferenceFilter& filter;
    const SelectedRows& selected;
    Losses& losses;
    Queue& queue;
  };
  RangeComparison(Sources sources, const Targets& targets, Meter& meter, std::stop_token stop)
      : stored_(std::move(sources.stored)),
        live_(std::move(sources.live)),
        range_(std::move(sources.wanted)),
        filter_(targets.filter),
        selected_(targets.selected),
        losses_(targets.losses),
        queue_(targets.queue),
        tally_(meter),
        stop_(std::move(stop)) {}

  void row(const base::RowView& row) override {
    throw_if_stopped(stop_);
    const base::RowView live = live_(row);
    while (stored_.current() != nullptr && stored_.current()->key < live.key) take_removed();
    const bool meets = stored_.current() != nullptr && stored_.current()->key == live.key;
    keep(meets ? stored_.current() : nullptr, &live);
    if (meets) stored_.next();
    tally_.add(plain_size(live));
  }

  // Nobody knows what the platform has there: what the snapshot has is neither equal nor gone.
  void unread(const base::KeyRange& stretch, std::string reason) override {
    const std::optional<base::KeyRange> keys = intersect(stretch, range_);
    if (!keys || (keys->to == base::after_key(keys->from) && !filter_.may_want(keys->from))) return;
    bool any = false;
    while (stored_.current() != nullptr && stored_.current()->key < keys->from) take_removed();
    for (; stored_.current() != nullptr && keys->contains(stored_.current()->key); stored_.next()) {
      throw_if_stopped(stop_);
      if (!filter_.wanted(stored_.current(), nullptr)) continue;
      any = true;
      selected_.see(stored_.current(), nullptr);
      ++compared_;
      hold(
          {.kind = Difference::Kind::removed, .unread = true, .before = base::to_row(*stored_.current()), .after = {}});
    }
    if (!any) ++unread_alone_;
    losses_.add(*keys, fmt::format("was not read: {}", reason));
  }

  void end() {
    while (stored_.current() != nullptr) take_removed();
    flush();
    queue_.close();
  }
  std::uint64_t compared() const noexcept { return compared_; }
  // Stretches of which the snapshot has no row.
  std::uint64_t unread_alone() const noexcept { return unread_alone_; }

private:
  void take_removed() {
    throw_if_stopped(stop_);
    keep(stored_.current(), nullptr);
    stored_.next();
  }

  void keep(const base::RowView* before, const base::RowView* after) {
    if (!filter_.wanted(before, after)) return;
    selected_.see(before, after);
    ++compared_;
    const std::optional<Difference> difference = difference_of(before, after);
    if (!difference) return;
    HeldDifference held{.kind = difference->kind, .unread = false, .before = {}, .after = {}};
    if (difference->before) held.before = base::to_row(*difference->before);
    if (difference->after) held.after = base::to_row(*difference->after);
    hold(std::move(held));
  }

  void hold(HeldDifference held) {
    batch_bytes_ += (held.before ? plain_size(*held.before) : 0) + (held.after ? plain_size(*held.after) : 0);
    batch_.push_back(std::move(held));
    if (batch_.size() >= k_batch_items || batch_bytes_ >= k_batch_bytes) flush();
  }

  void flush() {
    if (batch_.empty()) return;
    queue_.push(std::exchange(batch_, {}), std::exchange(batch_bytes_, 0), stop_);
    throw_if_stopped(stop_);
  }

  ProjectedCursor stored_;
  RowProjection live_;
  const base::KeyRange range_;
  const DifferenceFilter& filter_;
  const SelectedRows& selected_;
  Losses& losses_;
  Queue& queue_;
  Tally tally_;
  std::stop_token stop_;
  Batch batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t unread_alone_ = 0;
};

class LearningSink : public platform::RowSink {
public:
  LearningSink(model::Selection& selection, const model::Collection& collection, std::mutex& mutex)
      : selection_(selection), collection_(collection), mutex_(mutex) {}
  void row(const base::RowView& row) override {
    const std::lock_guard lock(mutex_);
    selection_.learn(collection_, row);
  }
  void unread(const base::KeyRange&, std::string) override {}  // there is nothing to be learnt from it

private:
  model::Selection& selection_;
  const model::Collection& collection_;
  std::mutex& mutex_;
};

class LiveComparison {
public:
  LiveComparison(repository::Repository& repository, platform::Capture& capture, unsigned readers,
                 const model::Selection& selection, std::stop_token stop, const Visitor& visit)
      : repository_(repository),
        selection_(selection),
        seen_(selection),
        capture_(capture),
        readers_(std::max(1U, std::min(readers, capture.readers()))),
        stop_(std::move(stop)),
        visit_(visit) {}

  // Either may be nullptr: the collection is on one side only.
  void compare(const Tree* tree, const platform::CollectionEstimate* live, Meter& meter);
  // Throws Error{not_found} where one of the selection has no row on either side.
  void require_all_selected() const { seen_.require_all(); }
  // Says what the platform did not let us read.
  void tell_losses(base::Events& events) const;
  CompareCounts counts() const {
    CompareCounts out = counts_;
    out.compared = compared_;
    out.unread += unread_alone_;
    return out;
  }

private:
  struct Sides {
    const Tree* tree;
    const model::Collection* live;  // as the platform has it
    const model::Collection& united;
  };
  void learn_live(model::Selection& selection, const model::Collection& live);
  std::vector<base::KeyRange> ranges(const Sides& sides, const base::KeyRange& wanted);
  void compare_range(const Sides& sides, const base::KeyRange& range, const RangeComparison::Targets& targets,
                     Meter& meter, const std::stop_token& stop);
  void take_losses(const Losses& losses);

  repository::Repository& repository_;
  const model::Selection& selection_;
  SelectsSeen seen_;
  platform::Capture& capture_;
  const unsigned readers_;
  std::stop_token stop_;
  const Visitor& visit_;
  CompareCounts counts_;
  std::atomic<std::uint64_t> compared_{0};
  std::atomic<std::uint64_t> unread_alone_{0};
  std::vector<std::string> unread_lines_;
  std::uint64_t unread_left_out_ = 0;
};

std::vector<base::KeyRange> LiveComparison::ranges(const Sides& sides, const base::KeyRange& wanted) {
  if (sides.live == nullptr) return {wanted};
  std::vector<base::KeyRange> out;
  for (const base::KeyRange& range : capture_.ranges(*sides.live, readers_ * k_ranges_per_reader)) {
    if (auto common = intersect(range, wanted)) out.push_back(std::move(*common));
  }
  return out;
}

void LiveComparison::compare_range(const Sides& sides, const base::KeyRange& range,
                                   const RangeComparison::Targets& targets, Meter& meter, const std::stop_token& stop) {
  StoppableSource source(repository_.blocks(), stop);
  RangeComparison comparison({.stored = ProjectedCursor(source, sides.tree, range, sides.united),
                              .live = RowProjection(sides.live != nullptr ? *sides.live : sides.united, sides.united),
                              .wanted = range},
                             targets, meter, stop);
  if (sides.live != nullptr) capture_.read(*sides.live, range, comparison, stop);
  throw_if_stopped(stop);
  comparison.end();
  compared_ += comparison.compared();
  unread_alone_ += comparison.unread_alone();
}

void LiveComparison::take_losses(const Losses& losses) {
  Losses::Lines told = losses.lines(k_loss_lines_max - unread_lines_.size());
  unread_left_out_ += told.left_out;
  for (std::string& line : told.lines) unread_lines_.push_back(std::move(line));
}

void LiveComparison::tell_losses(base::Events& events) const {
  for (const std::string& line : unread_lines_) events.warning(line);
  if (unread_left_out_ != 0) events.warning(fmt::format("{} more could not be read", unread_left_out_));
}

void LiveComparison::learn_live(model::Selection& selection, const model::Collection& live) {
  const std::vector<base::KeyRange> all =
      ranges({.tree = nullptr, .live = &live, .united = live}, selection.range(live));
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  base::TaskGroup group(stop_);
  for (unsigned i = 0; i < readers_; ++i) {
    group.spawn([&](std::stop_token stop) {
      LearningSink sink(selection, live, mutex);
      for (std::size_t k = next++; k < all.size() && !stop.stop_requested(); k = next++) {
        capture_.read(live, all[k], sink, stop);
      }
    });
  }
  group.wait();
  throw_if_stopped(stop_);
}

// Shows what the ranges found, range by range, so that the visitor sees keys in order and from one thread.
void show(const std::vector<std::unique_ptr<Queue>>& queues, DifferenceFilter& filter, const std::stop_token& stop) {
  std::vector<base::ColumnView> before;
  std::vector<base::ColumnView> after;
  for (const std::unique_ptr<Queue>& queue : queues) {
    while (const std::optional<Batch> batch = queue->pop(stop)) {
      for (const HeldDifference& held : *batch) {
        Difference difference{
            .kind = held.kind, .key = held.before ? held.before->key : held.after->key, .before = {}, .after = {}};
        if (held.before) difference.before = base::to_view(*held.before, before);
        if (held.after) difference.after = base::to_view(*held.after, after);
        if (held.unread) {
          filter.unread(difference);
        } else {
          filter(difference);
        }
      }
    }
  }
}

void LiveComparison::compare(const Tree* tree, const platform::CollectionEstimate* live, Meter& meter) {
  const model::Collection* live_collection = live != nullptr ? &live->collection : nullptr;
  model::Collection united = tree != nullptr ? collection_of(*tree) : *live_collection;
  if (live_collection != nullptr) united = unite(united, *live_collection);
  if (!selection_.touches(united)) return;  // a platform need not list what nobody asked for
  const Sides sides{.tree = tree, .live = live_collection, .united = united};

  model::Selection selection = selection_;
  StoppableSource source(repository_.blocks(), stop_);
  learn(selection, source, united, tree, Learn::other_rows);
  if (live_collection != nullptr && selection.other_rows_decide(united)) learn_live(selection, *live_collection);

  DifferenceFilter filter(united, selection, {tree}, counts_, visit_);
  const SelectedRows selected{.seen = seen_, .taught = selection.each(), .collection = united};
  Losses losses(united);
  const std::vector<base::KeyRange> all = ranges(sides, selection.range(united));
  std::vector<std::unique_ptr<Queue>> queues;
  for (std::size_t i = 0; i < all.size(); ++i) queues.push_back(std::make_unique<Queue>(64, k_range_bytes));
  std::atomic<std::size_t> next{0};
  base::TaskGroup group(stop_);
  for (unsigned i = 0; i < readers_; ++i) {
    // Ranges are taken in order, so the first one that is not finished always has a worker: nobody waits for ever.
    group.spawn([&](std::stop_token stop) {
      for (std::size_t k = next++; k < all.size() && !stop.stop_requested(); k = next++) {
        compare_range(sides, all[k], {.filter = filter, .selected = selected, .losses = losses, .queue = *queues[k]},
                      meter, stop);
      }
    });
  }
  show(queues, filter, group.stop_token());
  group.wait();
  throw_if_stopped(stop_);
  take_losses(losses);
}

// As compare_capture() goes through them.
std::vector<std::string> names_in_order(const repository::Snapshot& before,
                                        const std::vector<platform::CollectionEstimate>& live) {
  std::vector<std::string> known;
  for (const Tree& tree : before.trees) known.push_back(tree.name);
  const auto place = [&](const std::string& name) { return std::find(known.begin(), known.end(), name); };
  std::vector<std::string> out;
  for (const platform::CollectionEstimate& estimate : live) out.push_back(estimate.collection.name);
  std::stable_sort(out.begin(), out.end(),
                   [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
  return out;
}

}  // namespace

CompareCounts compare_capture(repository::Repository& repository, const repository::Snapshot& before,
                              platform::Capture& capture, unsigned readers, const model::Selection& selection,
                              base::Events& events, std::stop_token stop, const Visitor& visit) {
  const std::vector<platform::CollectionEstimate>& live = capture.collections();
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const platform::CollectionEstimate& estimate : live) {
    rows += estimate.rows;
    bytes += estimate.bytes;
  }
  Meter meter(events, "comparing", rows, bytes, capture.readers());
  if (selection.everything()) capture.expect(names_in_order(before, live));
  LiveComparison comparison(repository, capture, readers, selection, std::move(stop), visit);
  for (const Tree& tree : before.trees) {
    const auto same = std::find_if(live.begin(), live.end(),
                                   [&](const auto& estimate) { return estimate.collection.name == tree.name; });
    comparison.compare(&tree, same != live.end() ? &*same : nullptr, meter);
  }
  for (const platform::CollectionEstimate& estimate : live) {
    const bool known = std::any_of(before.trees.begin(), before.trees.end(),
                                   [&](const Tree& tree) { return tree.name == estimate.collection.name; });
    if (!known) comparison.compare(nullptr, &estimate, meter);
  }
  comparison.tell_losses(events);
  comparison.require_all_selected();
  return comparison.counts();
}

CompareCounts compare_live(repository::Repository& repository, const repository::Snapshot& before,
                           platform::Connector& connector, const platform::CaptureOptions& options,
                           const model::Selection& selection, base::Events& events, std::stop_token stop,
                           const Visitor& visit) {
  const std::unique_ptr<platform::Capture> capture = connector.capture(options, stop);
  for (const std::string& note : capture->notes()) events.note(note);
  return compare_capture(repository, before, *capture, options.readers, selection, events, std::move(stop), visit);
}

}  // namespace holdfast::engine
