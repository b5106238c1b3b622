#include "platform/databricks/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/json.h"
#include "base/key.h"
#include "platform/databricks/inventory.h"
#include "platform/databricks/item_reader.h"
#include "platform/databricks/ordered_reads.h"
#include "platform/databricks/workspace.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

constexpr unsigned k_calls_per_reader = 6;  // a reader mostly waits: this many of its calls are under way at once
constexpr std::uint64_t k_bytes_per_row = 2000;

// limit_read, over all readers.
class Pace {
public:
  Pace(std::uint64_t bytes_a_second, const base::Clock& clock) : rate_(bytes_a_second), clock_(clock) {}
  void took(std::uint64_t bytes, const std::stop_token& stop) {
    if (rate_ == 0) return;
    base::Duration wait{};
    {
      const std::lock_guard lock(mutex_);
      const base::Duration now = clock_.elapsed();
      free_ = std::max(free_, now) + base::Duration(bytes * 1'000'000 / rate_);
      wait = free_ - now;
    }
    clock_.sleep(wait, stop);
  }

private:
  const std::uint64_t rate_;
  const base::Clock& clock_;
  std::mutex mutex_;
  base::Duration free_{};
};

class WorkspaceCapture : public Capture {
public:
  WorkspaceCapture(const Client& client, const CaptureOptions& options, const base::Clock& clock, std::stop_token stop)
      : reader_(client),
        options_(options),
        clock_(clock),
        begun_(clock.elapsed()),
        pace_(options.limit_read, clock),
        workspace_(look_at_workspace(client, clock, stop)),
        inventory_(take_inventory(client, std::max(1U, options.readers) * k_calls_per_reader, stop)) {
    for (const Stock& stock : inventory_.stocks)
      if (stock.not_available.empty())
        collections_.push_back(
            {stock.entry->kind.collection, stock.items.size(), stock.items.size() * k_bytes_per_row});
  }

  base::Instant taken() const override { return workspace_.taken; }
  const std::vector<CollectionEstimate>& collections() const override { return collections_; }
  std::string attributes() const override;
  std::vector<std::string> notes() const override;
  unsigned readers() const override { return std::max(1U, options_.readers); }
  bool reuses_previous() const override { return changes_only(); }
  std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned wanted) override;
  void read(const model::Collection& collection, const base::KeyRange& range, RowSink& sink,
            std::stop_token stop) override;

private:
  class Handover;
  bool changes_only() const noexcept { return options_.sweep == Sweep::changes && options_.previous != nullptr; }
  const Stock& stock_of(const model::Collection& collection) const;
  ReadItem read_one(const Stock& stock, const Item& item, const std::stop_token& stop);
  void refuse_when_old() const;
  std::vector<LeftOut> left_out() const;

  ItemReader reader_;
  CaptureOptions options_;
  const base::Clock& clock_;
  base::Duration begun_;
  Pace pace_;
  HeldBytes held_;
  Workspace workspace_;
  Inventory inventory_;
  std::vector<CollectionEstimate> collections_;
};

const Stock& WorkspaceCapture::stock_of(const model::Collection& collection) const {
  for (const Stock& stock : inventory_.stocks)
    if (stock.entry->kind.collection.name == collection.name) return stock;
  throw Error(ErrorKind::internal, fmt::format("the capture has no collection '{}'", collection.name));
}

std::vector<LeftOut> WorkspaceCapture::left_out() const {
  std::vector<LeftOut> out;
  for (const Stock& stock : inventory_.stocks)
    if (!stock.not_available.empty())
      out.push_back({stock.entry->kind.collection.name, "not available here: " + stock.not_available});
  for (const auto& [type, count] : inventory_.unknown_types)
    out.push_back({fmt::format("{} objects of type '{}'", count, type), "this version does not know them"});
  return out;
}

std::string WorkspaceCapture::attributes() const {
  nlohmann::ordered_json out{{"host", workspace_.host},
                             {"workspace_id", workspace_.workspace_id},
                             {"account_id", workspace_.account_id},
                             {"cloud", workspace_.cloud},
                             {"region", workspace_.region},
                             {"me", workspace_.me},
                             {"admin", workspace_.admin}};
  auto list = nlohmann::ordered_json::array();
  for (const auto& lines : {left_out(), declared_left_out()})
    for (const LeftOut& line : lines) list.push_back({{"what", line.what}, {"reason", line.reason}});
  out["left_out"] = std::move(list);
  // What other programs answered may be no UTF-8.
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::string> WorkspaceCapture::notes() const {
  std::vector<std::string> out;
  for (const LeftOut& line : left_out()) out.push_back(fmt::format("{}: {}", line.what, line.reason));
  if (!workspace_.admin)
    out.push_back(fmt::format("{} is no administrator: what others keep for themselves is not seen", workspace_.me));
  return out;
}

std::vector<base::KeyRange> WorkspaceCapture::ranges(const model::Collection& collection, unsigned wanted) {
  const Stock& stock = stock_of(collection);
  if (stock.failure) throw Error(*stock.failure);
  const std::size_t parts = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(1, stock.items.size()));
  std::vector<base::KeyRange> out{{.from = {}, .to = {}}};
  for (std::size_t i = 1; i < parts; ++i) {
    const base::Bytes& cut = stock.items[stock.items.size() * i / parts].key;
    out.back().to = cut;
    out.push_back({.from = cut, .to = {}});
  }
  return out;
}

void WorkspaceCapture::refuse_when_old() const {
  if (options_.max_snapshot_age && clock_.elapsed() - begun_ > *options_.max_snapshot_age)
    throw Error(ErrorKind::unavailable,
                fmt::format("reading took longer than {}", base::to_short(*options_.max_snapshot_age)),
                "Raise max_snapshot_age, or rate_share_percent.");
}

ReadItem WorkspaceCapture::read_one(const Stock& stock, const Item& item, const std::stop_token& stop) {
  refuse_when_old();
  if (changes_only() && !stock.entry->modified.empty()) {
    auto earlier = options_.previous->find(stock.entry->kind.collection, item.key);
    const bool whole = earlier && !earlier->columns.empty() && earlier->columns.front() &&
                       ItemReader::is_unchanged(*stock.entry, item, *earlier->columns.front());
    if (whole) return {.row = std::move(earlier), .unread = {}};
  }
  return reader_.read(*stock.entry, item, stop);
}

// Rows and unread stretches, both in key order.
class WorkspaceCapture::Handover {
public:
  Handover(const Stock& stock, const base::KeyRange& range, RowSink& sink) : sink_(sink) {
    for (const Unlisted& one : stock.unlisted) {
      const bool before = one.stretch.to && *one.stretch.to <= range.from;
      const bool behind = range.to && one.stretch.from >= *range.to;
      if (!before && !behind) unlisted_.push_back(&one);
    }
  }

  void take(const Item& item, const ReadItem& read) {
    tell_up_to(item.key);
    if (until_ && item.key < *until_) return;  // it lies in a stretch that is told already
    const Unlisted* doubt = nullptr;
    for (; next_ < unlisted_.size() && unlisted_[next_]->stretch == base::range_of_key(item.key); ++next_)
      doubt = unlisted_[next_];
    if (read.row && doubt != nullptr) {
      // Nobody knows which of several it is: it is better than nothing, and worse than what was read before.
      sink_.partial(base::to_view(*read.row, columns_), std::vector<bool>(read.row->columns.size(), true),
                    doubt->reason);
    } else if (!read.row) {
      if (!read.unread.empty()) sink_.unread(base::range_of_key(item.key), read.unread);
    } else if (read.unread.empty()) {
      sink_.row(base::to_view(*read.row, columns_));
    } else {
      sink_.partial(base::to_view(*read.row, columns_), read.missing, read.unread);
    }
  }
  void end() {
    while (next_ < unlisted_.size()) tell();
  }

private:
  void tell_up_to(const base::Bytes& key) {
    while (next_ < unlisted_.size() && unlisted_[next_]->stretch.from < key) tell();
  }
  void tell() {
    const Unlisted& one = *unlisted_[next_++];
    sink_.unread(one.stretch, one.reason);
    if (one.stretch.to && (!until_ || *until_ < *one.stretch.to)) until_ = one.stretch.to;
  }

  RowSink& sink_;
  std::vector<const Unlisted*> unlisted_;
  std::size_t next_ = 0;
  std::optional<base::Bytes> until_;
  std::vector<base::ColumnView> columns_;
};

void WorkspaceCapture::read(const model::Collection& collection, const base::KeyRange& range, RowSink& sink,
                            std::stop_token stop) {
  const Stock& stock = stock_of(collection);
  if (stock.failure) throw Error(*stock.failure);
  const auto by_key = [](const Item& item, const base::Bytes& key) { return item.key < key; };
  const auto begin = std::lower_bound(stock.items.begin(), stock.items.end(), range.from, by_key);
  const auto end = range.to ? std::lower_bound(begin, stock.items.end(), *range.to, by_key) : stock.items.end();
  Handover handover(stock, range, sink);
  const auto item = [&](std::size_t i) -> const Item& { return *(begin + static_cast<std::ptrdiff_t>(i)); };
  read_in_order({.count = static_cast<std::size_t>(end - begin),
                 .parallel = k_calls_per_reader,
                 .read = [&](std::size_t i, const std::stop_token& own) { return read_one(stock, item(i), own); },
                 .take =
                     [&](std::size_t i, const ReadItem& read) {
                       handover.take(item(i), read);
                       std::uint64_t bytes = item(i).element.size();
                       if (read.row)
                         for (const auto& column : read.row->columns) bytes += column ? column->size() : 0;
                       pace_.took(bytes, stop);
                     }},
                held_, stop);
  handover.end();
}

}  // namespace

std::unique_ptr<Capture> open_capture(const Client& client, const CaptureOptions& options, const base::Clock& clock,
                                      std::stop_token stop) {
  return std::make_unique<WorkspaceCapture>(client, options, clock, std::move(stop));
}

std::vector<LeftOut> declared_left_out() {
  std::vector<LeftOut> out{{"data of tables and volumes", "Holdfast keeps definitions; bring data by deep clones"},
                           {"mounts, table ACLs of the hive metastore", "only a running cluster could tell them"}};
  for (const KindEntry& entry : all_kinds())
    if (!entry.not_included.empty()) out.push_back({entry.kind.collection.name, entry.not_included});
  return out;
}

}  // namespace holdfast::platform::databricks
