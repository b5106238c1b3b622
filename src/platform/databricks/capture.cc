#include "platform/databricks/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <numeric>
#include <set>

#include "base/json.h"
#include "base/key.h"
#include "base/task_group.h"
#include "model/json_text.h"
#include "model/not_seen.h"
#include "platform/databricks/cluster.h"
#include "platform/databricks/inventory.h"
#include "platform/databricks/item_reader.h"
#include "platform/databricks/placeholders.h"
#include "platform/databricks/read_ahead.h"
#include "platform/databricks/workspace.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

// A reader mostly waits: this many calls of its are under way at once, so many of them for resources of one kind.  At
// 0.2 s a call the documented limits of notebooks need 36.
constexpr unsigned k_calls_per_reader = 24;
constexpr unsigned k_of_one_kind = 18;
constexpr unsigned k_threads_most = 256;
constexpr unsigned k_lists_per_reader = 6;  // of each of: kinds, the tree, DBFS
constexpr std::uint64_t k_bytes_per_row = 2000;
constexpr std::uint64_t k_bytes_per_notebook = 8000;

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

std::uint64_t expected_bytes(const KindEntry& entry, const Item& item) {
  using Content = KindEntry::Content;
  if (entry.content == Content::none) return k_bytes_per_row;
  if (entry.content == Content::notebook) return k_bytes_per_notebook;
  const std::string size =
      scalar_at(model::JsonText(item.element), entry.content == Content::dbfs ? "file_size" : "size");
  std::uint64_t content = 0;
  std::from_chars(size.data(), size.data() + size.size(), content);
  return k_bytes_per_row + std::min<std::uint64_t>(content, k_content_most);
}

std::uint64_t expected_bytes(const Stock& stock) {
  return std::accumulate(stock.items.begin(), stock.items.end(), std::uint64_t{0},
                         [&](std::uint64_t sum, const Item& item) { return sum + expected_bytes(*stock.entry, item); });
}

// How many of a kind are worth reading at once: as many as the narrowest family lets through, in each of the families
// that one of them needs.  More would only wait for their turn.
unsigned worth_at_once(const KindEntry& entry) {
  using Content = KindEntry::Content;
  std::set<std::string_view> asked;
  if (!entry.read.path.empty()) asked.insert(entry.read.family);
  if (entry.content == Content::notebook) asked.insert(k_workspace);
  if (entry.content == Content::notebook || entry.content == Content::file) asked.insert(k_export);
  if (entry.content == Content::dbfs) asked.insert(k_dbfs);
  for (const ColumnRead& column : entry.columns) asked.insert(column.ask.family);
  unsigned least = 0;
  for (const net::Family& family : families())
    if (asked.contains(family.name)) least = least == 0 ? family.parallel : std::min(least, family.parallel);
  return std::max(1U, least * static_cast<unsigned>(asked.size()));
}

class WorkspaceCapture : public Capture {
public:
  WorkspaceCapture(const Client& client, const CaptureOptions& options, const base::Clock& clock, std::stop_token stop,
                   const OptIns& opt_ins)
      : options_(options),
        clock_(clock),
        begun_(clock.elapsed()),
        pace_(options.limit_read, clock),
        workspace_(enter_workspace(client, clock, stop)),
        inventory_(listed(client, opt_ins, stop)),
        opt_ins_(tried(client, opt_ins, stop)),
        reader_(client, opt_ins_.taken.secret_values),
        ahead_(shelves(), source(), {.threads = std::min(k_threads_most, reader_count() * k_calls_per_reader)}, stop) {
    signed_out_ = inventory_.signed_out;
    for (const Stock& stock : inventory_.stocks)
      if (stock.not_available.empty())
        collections_.push_back({stock.entry->kind.collection, stock.items.size(), expected_bytes(stock)});
  }

  base::Instant taken() const override { return workspace_.taken; }
  const std::vector<CollectionEstimate>& collections() const override { return collections_; }
  std::string attributes() const override;
  std::vector<std::string> notes() const override;
  unsigned readers() const override { return reader_count(); }
  bool reuses_previous() const override { return changes_only(); }
  void expect(const std::vector<std::string>& collections) override;
  std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned wanted) override;
  void read(const model::Collection& collection, const base::KeyRange& range, RowSink& sink,
            std::stop_token stop) override;
  std::optional<Error> ended_by() const override {
    const std::lock_guard lock(mutex_);
    return signed_out_;
  }

private:
  class Handover;
  struct Tried {
    OptIns taken{};
    std::string no_secret_values{};  // why they are not read although they were asked for
  };
  Inventory listed(const Client& client, const OptIns& opt_ins, const std::stop_token& stop);
  static Tried tried(const Client& client, OptIns opt_ins, const std::stop_token& stop);
  bool changes_only() const noexcept { return options_.sweep == Sweep::changes && options_.previous != nullptr; }
  unsigned reader_count() const noexcept { return std::max(1U, options_.readers); }
  std::size_t shelf_of(std::string_view collection) const;
  std::vector<ReadAhead::Shelf> shelves() const;
  ReadAhead::Source source();
  ReadItem read_paced(const Stock& stock, const Item& item, const std::stop_token& stop);
  ReadItem read_one(const Stock& stock, const Item& item, const std::stop_token& stop);
  static std::optional<base::Row> unchanged_in(PreviousRows& rows, const Stock& stock, const Item& item);
  void refuse_when_old() const;
  std::vector<LeftOut> left_out() const;
  std::vector<model::NotSeen> not_seen() const;

  CaptureOptions options_;
  const base::Clock& clock_;
  base::Duration begun_;
  Pace pace_;
  Workspace workspace_;
  Inventory inventory_;
  Tried opt_ins_;
  ItemReader reader_;
  std::vector<CollectionEstimate> collections_;
  mutable std::mutex mutex_;
  std::optional<Error> signed_out_;
  ReadAhead ahead_;  // last: it uses everything above
};

// Beside the lists the workspace is asked for the rest of what it says of itself.
Inventory WorkspaceCapture::listed(const Client& client, const OptIns& opt_ins, const std::stop_token& stop) {
  base::TaskGroup group(stop);
  group.spawn([&](const std::stop_token& own) { describe_workspace(client, workspace_, own); });
  std::optional<Cluster> cluster;
  if (!opt_ins.commands.cluster.empty()) cluster.emplace(client, clock_, opt_ins.commands);
  Inventory out = take_inventory(client, reader_count() * k_lists_per_reader, stop,
                                 {.cluster = cluster ? &*cluster : nullptr, .dbfs_leave_out = opt_ins.dbfs_leave_out});
  group.wait();
  return out;
}

WorkspaceCapture::Tried WorkspaceCapture::tried(const Client& client, OptIns opt_ins, const std::stop_token& stop) {
  Tried out{.taken = opt_ins};
  if (opt_ins.secret_values == SecretValues::left_out) return out;
  const std::optional<std::string> refusal = refusal_of_secret_values(client, stop);
  if (!refusal) return out;
  // Once for all of them, and not an error in each scope.
  out.taken.secret_values = SecretValues::left_out;
  out.no_secret_values = *refusal;
  return out;
}

// Shelves are numbered as stocks are.
std::size_t WorkspaceCapture::shelf_of(std::string_view collection) const {
  for (std::size_t i = 0; i < inventory_.stocks.size(); ++i)
    if (inventory_.stocks[i].entry->kind.collection.name == collection) return i;
  throw Error(ErrorKind::internal, fmt::format("the capture has no collection '{}'", collection));
}

std::vector<ReadAhead::Shelf> WorkspaceCapture::shelves() const {
  std::vector<ReadAhead::Shelf> out;
  for (const Stock& stock : inventory_.stocks)
    out.push_back({.count = stock.items.size(),
                   .parallel = std::min(reader_count() * k_of_one_kind, worth_at_once(*stock.entry))});
  return out;
}

ReadAhead::Source WorkspaceCapture::source() {
  return {.read =
              [this](std::size_t shelf, std::size_t number, const std::stop_token& stop) {
                const Stock& stock = inventory_.stocks[shelf];
                return read_paced(stock, stock.items[number], stop);
              },
          .expected_bytes =
              [this](std::size_t shelf, std::size_t number) {
                const Stock& stock = inventory_.stocks[shelf];
                return expected_bytes(*stock.entry, stock.items[number]);
              }};
}

void WorkspaceCapture::expect(const std::vector<std::string>& collections) {
  std::vector<std::size_t> shelves;
  for (const std::string& collection : collections) {
    const std::size_t shelf = shelf_of(collection);
    if (!inventory_.stocks[shelf].failure) shelves.push_back(shelf);
  }
  ahead_.expect(shelves);
}

std::vector<LeftOut> WorkspaceCapture::left_out() const {
  std::vector<LeftOut> out;
  for (const Stock& stock : inventory_.stocks)
    if (!stock.not_available.empty())
      out.push_back({stock.entry->kind.collection.name, "not available here: " + stock.not_available});
  if (!opt_ins_.no_secret_values.empty())
    out.push_back({"values of secrets", "this workspace gives none: " + opt_ins_.no_secret_values});
  for (const auto& [type, count] : inventory_.unknown_types)
    out.push_back({fmt::format("{} objects of type '{}'", count, type), "this version does not know them"});
  if (inventory_.dbfs_left_out != 0)
    out.push_back({fmt::format("{} files or folders on DBFS", inventory_.dbfs_left_out),
                   "they are in dbfs_leave_out of the connector"});
  for (const std::string& path : inventory_.unfinished)
    out.push_back({fmt::format("DBFS file '{}'", path),
                   "left of a restore that was interrupted: apply its plan again, or remove the file"});
  return out;
}

std::vector<model::NotSeen> WorkspaceCapture::not_seen() const {
  std::vector<model::NotSeen> out;
  if (!opt_ins_.taken.dbfs_leave_out.empty())
    out.push_back({.kind = "dbfs-files",
                   .paths = opt_ins_.taken.dbfs_leave_out,
                   .reason = "they are in dbfs_leave_out of the connector"});
  if (!opt_ins_.no_secret_values.empty())
    out.push_back({.kind = "secret-scopes",
                   .columns = {"values"},
                   .reason = "this workspace gives none: " + opt_ins_.no_secret_values});
  return out;
}

std::string WorkspaceCapture::attributes() const {
  nlohmann::ordered_json out{{std::string(k_host_attribute), workspace_.host},
                             {std::string(k_workspace_attribute), workspace_.workspace_id},
                             {"account_id", workspace_.account_id},
                             {"cloud", workspace_.cloud},
                             {"region", workspace_.region},
                             {std::string(k_account_attribute), workspace_.me},
                             {std::string(k_administrator_attribute), workspace_.admin}};
  auto list = nlohmann::ordered_json::array();
  for (const auto& lines : {left_out(), declared_left_out(opt_ins_.taken)})
    for (const LeftOut& line : lines) list.push_back({{"what", line.what}, {"reason", line.reason}});
  out["left_out"] = std::move(list);
  std::string told;
  for (const Stock& stock : inventory_.stocks)
    if (stock.entry->source == KindEntry::Source::cluster) told += stock.entry->kind.collection.name + " ";
  if (!told.empty()) out[std::string(k_may_rest_attribute)] = told;
  // What other programs answered may be no UTF-8.
  const std::string text = out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const std::vector<model::NotSeen> more = not_seen();
  if (more.empty()) return text;
  return fmt::format("{},\"{}\":{}}}", text.substr(0, text.size() - 1), model::k_not_seen_attribute,
                     model::to_json(more));
}

std::vector<std::string> WorkspaceCapture::notes() const {
  std::vector<std::string> out;
  for (const LeftOut& line : left_out()) out.push_back(fmt::format("{}: {}", line.what, line.reason));
  if (!workspace_.admin)
    out.push_back(fmt::format("{} is no administrator: what others keep for themselves is not seen", workspace_.me));
  return out;
}

std::vector<base::KeyRange> WorkspaceCapture::ranges(const model::Collection& collection, unsigned wanted) {
  const Stock& stock = inventory_.stocks[shelf_of(collection.name)];
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

ReadItem WorkspaceCapture::read_paced(const Stock& stock, const Item& item, const std::stop_token& stop) {
  ReadItem out = read_one(stock, item, stop);
  std::uint64_t bytes = item.element.size();
  if (out.row)
    for (const auto& column : out.row->columns) bytes += column ? column->size() : 0;
  pace_.took(bytes, stop);
  return out;
}

std::optional<base::Row> WorkspaceCapture::unchanged_in(PreviousRows& rows, const Stock& stock, const Item& item) {
  std::optional<base::Row> out = rows.find(stock.entry->kind.collection, item.key);
  const bool whole = out && !out->columns.empty() && out->columns.front() &&
                     ItemReader::is_unchanged(*stock.entry, item, *out->columns.front());
  if (!whole) out.reset();
  return out;
}

ReadItem WorkspaceCapture::read_one(const Stock& stock, const Item& item, const std::stop_token& stop) {
  refuse_when_old();
  const KindEntry& entry = *stock.entry;
  const bool shows_changes = !entry.modified.empty();
  try {
    std::optional<base::Row> earlier;
    if (shows_changes && changes_only()) earlier = unchanged_in(*options_.previous, stock, item);
    if (shows_changes && !earlier && options_.kept != nullptr) earlier = unchanged_in(*options_.kept, stock, item);
    if (earlier) return reader_.renew(entry, item, *std::move(earlier), stop);
    ReadItem out = reader_.read(entry, item, stop);
    if (shows_changes && options_.kept != nullptr && out.row && out.unread.empty())
      options_.kept->keep(entry.kind.collection, *out.row);
    return out;
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    if (is_signed_out(error) && !signed_out_) signed_out_ = error;
    throw;
  }
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
  const std::size_t shelf = shelf_of(collection.name);
  const Stock& stock = inventory_.stocks[shelf];
  if (stock.failure) throw Error(*stock.failure);
  const auto& items = stock.items;
  const auto by_key = [](const Item& item, const base::Bytes& key) { return item.key < key; };
  const auto begin = std::lower_bound(items.begin(), items.end(), range.from, by_key);
  const auto end = range.to ? std::lower_bound(begin, items.end(), *range.to, by_key) : items.end();
  Handover handover(stock, range, sink);
  ahead_.hand_over(
      {.shelf = shelf,
       .begin = static_cast<std::size_t>(begin - items.begin()),
       .end = static_cast<std::size_t>(end - items.begin())},
      [&](std::size_t i, const ReadItem& read) { handover.take(items[i], read); }, std::move(stop));
  handover.end();
}

}  // namespace

std::unique_ptr<Capture> open_capture(const Client& client, const CaptureOptions& options, const base::Clock& clock,
                                      std::stop_token stop, const OptIns& opt_ins) {
  return std::make_unique<WorkspaceCapture>(client, options, clock, std::move(stop), opt_ins);
}

std::vector<LeftOut> declared_left_out(const OptIns& opt_ins) {
  const bool asked = !opt_ins.commands.cluster.empty();
  std::vector<LeftOut> out{{"data of tables and volumes", "Holdfast keeps definitions; bring data by deep clones"}};
  for (const KindEntry& entry : all_kinds())
    if (entry.source == KindEntry::Source::cluster && !asked)
      out.push_back({entry.kind.collection.name, "only a cluster tells them, and command_cluster names none"});
  for (const KindEntry& entry : all_kinds())
    if ((entry.source != KindEntry::Source::cluster || asked) && !entry.not_included.empty())
      out.push_back({entry.kind.collection.name, entry.not_included});
  return out;
}

}  // namespace holdfast::platform::databricks
