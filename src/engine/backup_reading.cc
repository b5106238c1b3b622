#include "engine/backup_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/key.h"
#include "engine/difference_filter.h"
#include "engine/stop_guard.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

constexpr const char* k_not_listed = "it was not listed to an account that is no administrator";

std::uint64_t largest_value(const base::RowView& row) noexcept {
  std::size_t out = 0;
  for (const base::ColumnView& value : row.columns) out = std::max(out, value ? value->size() : 0);
  return out;
}

// Hands a reader's rows to the tree.  An exception of the tree or of the store ends the backup, one of the reader ends
// its range only: `failed` keeps the two apart.
class UpdateSink : public platform::RowSink {
public:
  struct Parts {
    repository::RangeUpdate& update;
    const base::KeyRange& range;
    Losses& losses;
    std::atomic<std::uint64_t>& partial_rows;
    const std::optional<SeenBefore>& before;
    const std::optional<WithheldColumns>& withheld;
  };
  UpdateSink(const Parts& parts, Meter& meter, std::stop_token stop)
      : update_(parts.update),
        range_(parts.range),
        losses_(parts.losses),
        partial_rows_(parts.partial_rows),
        withheld_(parts.withheld),
        tally_(meter),
        stop_(std::move(stop)) {
    if (parts.before) stored([&] { unseen_.emplace(*parts.before, range_); });
  }

  void row(const base::RowView& row) override {
    throw_if_stopped(stop_);
    was_listed(row.key);
    if (is_too_large(row)) return;
    if (const std::vector<bool> missing = withheld(row); !missing.empty())
      return add_partial(row, missing, withheld_->reason());
    stored([&] { update_.add(row); });
    tally_.add(plain_size(row));
  }

  void partial(const base::RowView& row, const std::vector<bool>& missing, std::string reason) override {
    throw_if_stopped(stop_);
    was_listed(row.key);
    if (is_too_large(row)) return;
    const std::vector<bool> more = withheld(row);
    std::vector<bool> all = missing;
    for (std::size_t i = 0; i < more.size(); ++i) all[i] = all[i] || more[i];
    add_partial(row, all, std::move(reason));
  }

  void unread(const base::KeyRange& stretch, std::string reason) override {
    throw_if_stopped(stop_);
    const std::optional<base::KeyRange> keys = intersect(stretch, range_);
    if (!keys) return;
    tell_unseen(keys->from);
    if (unseen_) stored([&] { unseen_->skip_to(keys->to); });
    losses_.add(*keys, fmt::format("was not read: {}", reason));
    stored([&] { update_.unread(*keys, std::move(reason)); });
  }
  // All of the range was listed.  How many rows of the last snapshot were not.
  std::uint64_t end() {
    tell_unseen(std::nullopt);
    return unseen_ ? unseen_->count() : 0;
  }
  bool failed() const noexcept { return failed_; }

private:
  void add_partial(const base::RowView& row, const std::vector<bool>& missing, std::string reason) {
    losses_.add(base::range_of_key(row.key), fmt::format("was not read in full: {}", reason));
    ++partial_rows_;
    stored([&] { update_.add_partial(row, missing, std::move(reason)); });
    tally_.add(plain_size(row));
  }
  std::vector<bool> withheld(const base::RowView& row) {
    std::vector<bool> out;
    if (withheld_) stored([&] { out = withheld_->missing(row); });
    return out;
  }
  void was_listed(base::ByteView key) {
    if (!unseen_) return;
    tell_unseen(key);
    stored([&] { unseen_->skip_to(base::after_key(key)); });
  }
  void tell_unseen(std::optional<base::ByteView> limit) {
    if (!unseen_) return;
    stored([&] {
      while (const std::optional<base::KeyRange> keys = unseen_->next(limit)) update_.unread(*keys, k_not_listed);
    });
  }
  bool is_too_large(const base::RowView& row) {
    const std::uint64_t largest = largest_value(row);
    if (largest <= repository::k_value_bytes_max) return false;
    unread(base::range_of_key(row.key), fmt::format("it holds a value of {} bytes, and {} is the most that is stored",
                                                    largest, repository::k_value_bytes_max));
    return true;
  }
  template <class Store>
  void stored(const Store& store) {
    try {
      store();
    } catch (...) {
      failed_ = true;
      throw;
    }
  }

  repository::RangeUpdate& update_;
  const base::KeyRange& range_;
  Losses& losses_;
  std::atomic<std::uint64_t>& partial_rows_;
  const std::optional<WithheldColumns>& withheld_;
  Tally tally_;
  std::stop_token stop_;
  std::optional<UnseenRows> unseen_;
  bool failed_ = false;
};

}  // namespace

// A collection that cannot be listed does not keep the others from being read.
void Reading::list(unsigned wanted, const std::stop_token& stop) {
  try {
    ranges = capture.ranges(collection, wanted);
  } catch (...) {
    if (stop.stop_requested()) throw;
    broke_off({}, update.begin({}), base::current_error(), Began::no);
  }
}

void Reading::work(const std::stop_token& stop) {
  for (;;) {
    const std::size_t i = next.fetch_add(1);
    if (i >= ranges.size() || stop.stop_requested()) return;
    read_range(ranges[i], stop);
  }
}

void Reading::read_range(const base::KeyRange& range, const std::stop_token& stop) {
  repository::RangeUpdate part = update.begin(range);
  UpdateSink sink({.update = part,
                   .range = range,
                   .losses = losses,
                   .partial_rows = partial_rows,
                   .before = before,
                   .withheld = withheld},
                  meter, stop);
  try {
    capture.read(collection, range, sink, stop);
    throw_if_stopped(stop);  // a reader that was stopped may simply return: that is no complete listing
    unseen_rows += sink.end();
  } catch (...) {
    if (sink.failed() || stop.stop_requested()) throw;
    broke_off(range, std::move(part), base::current_error(), Began::yes);
    return;
  }
  part.complete();
}

void Reading::broke_off(const base::KeyRange& range, repository::RangeUpdate part, base::Error error, Began began) {
  part.abandon(error.message());
  losses.add(range, fmt::format("were not read{}: {}", began == Began::yes ? " to the end" : "", error.message()));
  const std::lock_guard lock(mutex);
  if (!failure) failure = std::move(error);
}

}  // namespace holdfast::engine
