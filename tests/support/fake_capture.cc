#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "support/fake_state.h"

namespace holdfast::test {

using base::Error;
using base::ErrorKind;
using base::Row;

void give_row(const Row& row, platform::RowSink& sink) {
  std::vector<base::ColumnView> columns;
  sink.row(base::to_view(row, columns));
}

std::vector<base::KeyRange> cut_rows(const RowMap& rows, unsigned wanted) {
  std::vector<base::KeyRange> out(1);
  const std::size_t share = std::max<std::size_t>(1, rows.size() / std::max(1U, wanted));
  std::size_t count = 0;
  for (const auto& [key, row] : rows) {
    if (count != 0 && count % share == 0 && out.size() < wanted) {
      out.back().to = key;
      out.push_back({.from = key, .to = std::nullopt});
    }
    ++count;
  }
  return out;
}

namespace {

std::uint64_t size_of(const Row& row) {
  std::uint64_t size = row.key.size();
  for (const auto& column : row.columns) size += column ? column->size() : 0;
  return size;
}

class FakeCapture : public platform::Capture {
public:
  FakeCapture(std::shared_ptr<FakeConnector::State> state, const platform::CaptureOptions& options)
      : state_(std::move(state)),
        readers_(std::max(1U, options.readers)),
        sweep_(options.sweep),
        previous_(options.previous) {
    const std::lock_guard lock(state_->mutex);
    tables_ = state_->tables;
    unreadable_ = state_->unreadable;
    modified_column_ = state_->modified_column;
    state_->last_sweep = options.sweep;
    taken_ = state_->clock.now();
    for (const FakeTable& table : tables_) {
      std::uint64_t bytes = 0;
      for (const auto& [key, row] : *table.rows) bytes += size_of(row);
      collections_.push_back({.collection = table.collection, .rows = table.rows->size(), .bytes = bytes});
    }
  }

  base::Instant taken() const override { return taken_; }
  const std::vector<platform::CollectionEstimate>& collections() const override { return collections_; }
  std::string attributes() const override { return R"({"engine":"fake"})"; }
  std::vector<std::string> notes() const override { return {}; }
  unsigned readers() const override { return readers_; }
  bool reuses_previous() const override { return modified_column_.has_value() && sweep_ == platform::Sweep::changes; }

  std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned wanted) override {
    std::vector<base::KeyRange> out = cut_rows(rows_of(collection), wanted);
    const std::lock_guard lock(state_->mutex);
    if (state_->unlistable == collection.name) {
      throw Error(ErrorKind::unavailable, fmt::format("listing {} is not possible now", collection.name));
    }
    state_->ranges = out;
    return out;
  }

  void read(const model::Collection& collection, const base::KeyRange& range, platform::RowSink& sink,
            std::stop_token stop) override {
    const FakeConnector::Hooks hooks = state_->current_hooks();
    const std::size_t number = enter(range);
    struct Leave {
      FakeConnector::State& state;
      ~Leave() {
        const std::lock_guard lock(state.mutex);
        --state.reading;
      }
    } leave{*state_};
    const RowMap& rows = rows_of(collection);
    std::vector<FakeConnector::Unreadable> holes = holes_of(collection, range);
    std::uint64_t given = 0;
    for (auto row = rows.lower_bound(range.from); row != rows.end() && range.contains(row->first); ++row) {
      if (hooks.read) hooks.read(number, given, stop);
      if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading was stopped");
      tell_holes(holes, row->first, sink);
      const FakeConnector::Unreadable* hole = hole_at(collection, row->first);
      if (hole != nullptr && hole->missing.empty()) continue;
      give(as_read(collection, row->second), hole, sink);
      ++given;
    }
    tell_holes(holes, std::nullopt, sink);
    if (hooks.read) hooks.read(number, given, stop);
  }

private:
  const RowMap& rows_of(const model::Collection& collection) const {
    const auto found = std::find_if(tables_.begin(), tables_.end(),
                                    [&](const FakeTable& each) { return each.collection.name == collection.name; });
    return found != tables_.end() ? *found->rows : *tables_.front().rows;
  }

  // In key order, last first; those that lie outside are given all the same, as a capture that does not look may do.
  std::vector<FakeConnector::Unreadable> holes_of(const model::Collection& collection,
                                                  const base::KeyRange& range) const {
    std::vector<FakeConnector::Unreadable> out;
    for (const FakeConnector::Unreadable& hole : unreadable_) {
      const bool before = hole.keys.to && *hole.keys.to <= range.from;
      if (hole.collection == collection.name && !before && hole.missing.empty()) out.push_back(hole);
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.keys.from > b.keys.from; });
    return out;
  }
  static void tell_holes(std::vector<FakeConnector::Unreadable>& holes, const std::optional<base::Bytes>& before,
                         platform::RowSink& sink) {
    for (; !holes.empty() && (!before || holes.back().keys.from <= *before); holes.pop_back()) {
      sink.unread(holes.back().keys, holes.back().reason);
    }
  }
  const FakeConnector::Unreadable* hole_at(const model::Collection& collection, const base::Bytes& key) const {
    const auto found = std::find_if(unreadable_.begin(), unreadable_.end(), [&](const FakeConnector::Unreadable& hole) {
      return hole.collection == collection.name && hole.keys.contains(key);
    });
    return found == unreadable_.end() ? nullptr : &*found;
  }
  static void give(Row row, const FakeConnector::Unreadable* hole, platform::RowSink& sink) {
    if (hole == nullptr) return give_row(row, sink);
    for (std::size_t i = 0; i < row.columns.size(); ++i)
      if (hole->missing[i]) row.columns[i].reset();
    std::vector<base::ColumnView> columns;
    sink.partial(base::to_view(row, columns), hole->missing, hole->reason);
  }

  // What a connector does that compares instants of a listing.
  Row as_read(const model::Collection& collection, const Row& row) const {
    if (reuses_previous()) {
      std::optional<Row> old = previous_->find(collection, row.key);
      if (old && old->columns[*modified_column_] == row.columns[*modified_column_]) return *std::move(old);
    }
    const std::lock_guard lock(state_->mutex);
    ++state_->fetched;
    return row;
  }

  // Counts the reader in; the number of the listed range that this one begins in.
  std::size_t enter(const base::KeyRange& range) {
    const std::lock_guard lock(state_->mutex);
    if (++state_->reading > readers_) throw Error(ErrorKind::internal, "more ranges are read at once than was agreed");
    state_->most_reading = std::max(state_->most_reading, state_->reading);
    for (std::size_t i = 0; i < state_->ranges.size(); ++i) {
      if (state_->ranges[i].contains(range.from)) return i;
    }
    return 0;
  }

  std::shared_ptr<FakeConnector::State> state_;
  const unsigned readers_;
  const platform::Sweep sweep_;
  platform::PreviousRows* const previous_;
  std::vector<FakeTable> tables_;
  std::vector<FakeConnector::Unreadable> unreadable_;
  std::optional<std::size_t> modified_column_;
  base::Instant taken_;
  std::vector<platform::CollectionEstimate> collections_;
};

}  // namespace

std::unique_ptr<platform::Capture> make_fake_capture(std::shared_ptr<FakeConnector::State> state,
                                                     const platform::CaptureOptions& options) {
  return std::make_unique<FakeCapture>(std::move(state), options);
}

}  // namespace holdfast::test
