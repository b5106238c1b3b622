#include "engine/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <exception>
#include <numeric>
#include <optional>
#include <utility>

#include "base/task_group.h"
#include "engine/attributes.h"
#include "engine/backup_reading.h"
#include "engine/browse.h"
#include "engine/carry_forward.h"
#include "engine/kept_rows.h"
#include "engine/known_workspace.h"
#include "engine/losses.h"
#include "engine/meter.h"
#include "engine/previous_rows.h"
#include "engine/stop_guard.h"
#include "engine/unseen_rows.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

// More ranges than readers, so that one reader with heavy rows does not keep the others waiting at the end.
constexpr unsigned k_ranges_per_reader = 8;
constexpr std::uint64_t k_row_bytes_assumed = 1024;  // where the server knows nothing of its table's size

repository::TreeShape shape_for(const platform::CollectionEstimate& estimate, std::uint32_t block_bytes) {
  const std::uint64_t known = estimate.rows != 0 ? estimate.bytes / estimate.rows : 0;
  const std::uint64_t row_bytes = known != 0 ? known : k_row_bytes_assumed;
  const std::uint64_t ideal = std::clamp<std::uint64_t>(block_bytes / row_bytes, 16, 4096);
  repository::TreeShape shape;
  shape.columns = static_cast<std::uint32_t>(estimate.collection.columns.size());
  // The nearest power of two rather than the one below.
  shape.rows_per_block = static_cast<std::uint32_t>(std::bit_floor(ideal + ideal / 3));
  return shape;
}

// Counts what would be stored.  Every block gets an id of its own, which is all that a tree under construction asks
// for.
class CountingSink : public repository::BlockSink {  // thread-safe
public:
  repository::BlockId put(repository::BlockKind, base::ByteView plain) override {
    bytes_ += plain.size();
    const std::uint64_t number = ++blocks_;
    repository::BlockId id;
    for (std::size_t i = 0; i < sizeof number; ++i) id.bytes[i] = static_cast<char>(number >> (8 * i));
    return id;
  }
  std::uint64_t bytes() const noexcept { return bytes_; }

private:
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> blocks_{0};
};

// What the last backup could not read comes first, while the connections are fresh.
void stale_first(std::vector<base::KeyRange>& ranges, const std::vector<repository::StaleRange>& stale) {
  const auto overlaps = [&](const base::KeyRange& range) {
    return std::any_of(stale.begin(), stale.end(),
                       [&](const repository::StaleRange& one) { return repository::overlap(range, one.range); });
  };
  std::stable_partition(ranges.begin(), ranges.end(), overlaps);
}

void add(repository::UpdateCounts& sum, const repository::UpdateCounts& counts) {
  sum.added += counts.added;
  sum.changed += counts.changed;
  sum.gone += counts.gone;
  sum.unchanged += counts.unchanged;
  sum.bytes += counts.bytes;
}

class BackupRun {
public:
  BackupRun(repository::Repository& repository, const BackupOptions& options, base::Events& events,
            std::stop_token stop)
      : repository_(repository), options_(options), events_(events), stop_(std::move(stop)) {}

  repository::Snapshot run(platform::Connector& connector, const std::string& name, const base::Clock& clock);
  BackupResult outcome() const { return outcome_; }  // without the snapshot
  void ends_early();                                 // after run() has thrown

private:
  void begin_keeping(const platform::Capture& capture);
  void tell_age_of_rows();
  platform::CaptureOptions capture_options(const std::string& name, const base::Clock& clock);
  void choose_parent(const std::string& name);
  void read_all(platform::Capture& capture);
  std::vector<std::size_t> reading_order(const std::vector<platform::CollectionEstimate>& collections) const;
  enum class Look { first, second };
  repository::Tree read_collection(platform::Capture& capture, const platform::CollectionEstimate& estimate,
                                   Meter& meter, Look look = Look::first);
  const repository::Tree* vanished(const repository::Tree& read) const;
  repository::Tree look_again(const repository::Tree& before, const repository::Tree& read, Meter& meter);
  std::optional<repository::Tree> parent_tree(const model::Collection& collection);
  std::optional<SeenBefore> seen_before(const model::Collection& collection, repository::BlockSource& blocks) const;
  void take_losses(const Reading& reading);
  void take_unseen(const Reading& reading);
  void tell_losses();
  void count(const Reading& reading, const repository::Tree& tree, std::uint64_t listed);
  void carry_what_is_not_offered(const platform::Capture& capture);
  void tell_carried(std::string line, std::uint64_t rows);
  repository::BlockSource& source() { return session_ ? session_->blocks() : repository_.blocks(); }
  repository::BlockSink& sink() { return session_ ? static_cast<repository::BlockSink&>(*session_) : counting_; }

  repository::Repository& repository_;
  const BackupOptions& options_;
  base::Events& events_;
  std::stop_token stop_;
  platform::Connector* connector_ = nullptr;   // what is backed up
  std::unique_ptr<platform::Capture> second_;  // of what the first one found wholly empty
  std::optional<SnapshotRows> previous_;       // where only changes are fetched
  std::optional<base::Instant> last_sweep_;    // of those rows
  std::optional<KeptRowStore> kept_;           // where a backup goes on that ended early
  platform::Sweep sweep_ = platform::Sweep::everything;
  std::optional<repository::Snapshot> parent_;  // what this backup compares with
  std::optional<base::Instant> more_seen_;      // until when an account saw more than the one that reads now
  bool told_unseen_ = false;
  std::unique_ptr<repository::Session> session_;  // absent in a dry run
  CountingSink counting_;
  repository::Snapshot snapshot_;
  std::optional<base::Error> first_failure_;
  LossReport losses_;
  BackupResult outcome_;  // what of it is known so far
  std::uint64_t rows_read_ = 0;
};

repository::Snapshot BackupRun::run(platform::Connector& connector, const std::string& name, const base::Clock& clock) {
  snapshot_.started = clock.now();
  snapshot_.connector = name;
  snapshot_.platform = std::string(connector.platform());
  connector_ = &connector;
  // Tables are read at one instant: rows of another would tear the snapshot.
  if (options_.state != nullptr && !options_.dry_run && !connector.kinds().empty())
    kept_.emplace(KeptRowStore::Parts{*options_.state, repository_, clock, events_}, name);
  std::unique_ptr<platform::Capture> capture = connector.capture(capture_options(name, clock), stop_);
  for (const std::string& note : capture->notes()) events_.note(note);
  snapshot_.taken = capture->taken();
  snapshot_.attributes = capture->attributes();
  // This is the workspace that all that writes is held against from then on.
  require_workspace(repository_, name, snapshot_.attributes,
                    options_.other_workspace ? Leads::elsewhere : Leads::as_before);
  if (!capture->reuses_previous()) last_sweep_.reset();
  if (last_sweep_)
    events_.note(fmt::format("what shows no change is not read again, nor are its permissions, since {} (--sweep does)",
                             base::to_rfc3339(*last_sweep_)));
  choose_parent(name);
  if (parent_ && !options_.full) more_seen_ = more_seen_until(snapshot_.attributes, *parent_);
  if (more_seen_) snapshot_.attributes = with_more_seen(snapshot_.attributes, *more_seen_);
  begin_keeping(*capture);
  read_all(*capture);
  tell_age_of_rows();
  outcome_.ended_by = capture->ended_by();
  second_.reset();
  capture.reset();  // the server need not hold its instant while the last packs are written
  throw_if_stopped(stop_);
  // A snapshot in which nothing at all was read would only push good ones out of retention.
  if (first_failure_ && rows_read_ == 0) throw base::Error(outcome_.ended_by.value_or(*first_failure_));
  tell_losses();
  if (options_.marks) snapshot_.attributes = with_marks(snapshot_.attributes, options_.marks(snapshot_.trees));
  if (session_) {
    repository::Snapshot committed = session_->commit(std::move(snapshot_));
    if (kept_) kept_->end(committed);
    return committed;
  }
  snapshot_.bytes_added_raw = counting_.bytes();
  return std::move(snapshot_);
}

void BackupRun::begin_keeping(const platform::Capture& capture) {
  if (!kept_) return;
  // Where there is a newer snapshot than the one that those rows were read upon, that is what to compare with: what it
  // does not show as changed is in it, and younger.
  kept_->begin({.origin = attribute_of(snapshot_.attributes, platform::k_workspace_attribute),
                .upon = parent_ ? parent_->id.name() : std::string(),
                .sweep = sweep_},
               options_.anew ? KeptRowStore::Earlier::thrown_away : KeptRowStore::Earlier::taken_up);
  if (kept_->taken_up() == 0) return;
  std::uint64_t rows = 0;
  for (const platform::CollectionEstimate& estimate : capture.collections()) rows += estimate.rows;
  events_.note(fmt::format("goes on: {} of {} resource{} read before (--anew reads all of them again)",
                           kept_->taken_up(), rows, rows == 1 ? " was" : "s were"));
}

// Whatever was taken over, the next sweep is due by the oldest of it.
void BackupRun::tell_age_of_rows() {
  std::optional<base::Instant> since = last_sweep_;
  if (const auto oldest = kept_ ? kept_->oldest_given() : std::nullopt)
    since = since ? std::min(*since, *oldest) : *oldest;
  if (since) snapshot_.attributes = with_last_sweep(snapshot_.attributes, *since);
}

void BackupRun::ends_early() {
  if (!kept_) return;
  kept_->flush();
  if (const std::uint64_t rows = kept_->taken_up() + kept_->kept(); rows != 0)
    events_.note(fmt::format("{} that {} read {} kept on this host: the next backup goes on from there, within {} h",
                             rows == 1 ? "1 resource" : fmt::format("{} resources", rows), rows == 1 ? "was" : "were",
                             rows == 1 ? "is" : "are",
                             std::chrono::duration_cast<std::chrono::hours>(k_kept_for).count()));
}

// The parent is chosen later, when the instant is open: should another snapshot come in between, these rows are older
// than the parent's, and as good.
platform::CaptureOptions BackupRun::capture_options(const std::string& name, const base::Clock& clock) {
  platform::CaptureOptions out = options_.capture;
  out.sweep = platform::Sweep::everything;
  out.previous = nullptr;
  out.kept = kept_ ? &*kept_ : nullptr;
  if (options_.full || options_.other_workspace || options_.sweep == platform::Sweep::everything) return out;
  std::optional<repository::Snapshot> before = repository_.latest(name);
  if (!before) return out;
  const base::Instant swept = last_sweep(*before);
  const base::Duration age = clock.now() - swept;
  if (age < base::Duration(0) || age >= options_.sweep_after) return out;  // or nobody knows how old it is
  last_sweep_ = swept;
  previous_.emplace(repository_, *std::move(before), stop_);
  sweep_ = out.sweep = platform::Sweep::changes;
  out.previous = &*previous_;
  return out;
}

void BackupRun::choose_parent(const std::string& name) {
  // Of another workspace nothing is taken over, and nothing leads on.
  if (!options_.other_workspace) parent_ = repository_.latest(name);
  // A full backup is a link of the chain like any other; it only takes over nothing from the one before.
  if (!options_.dry_run) {
    session_ = repository_.begin_session(parent_ ? std::optional(parent_->id) : std::nullopt);
    if (!session_->parent()) parent_.reset();  // forgotten between the two looks
  }
}

void BackupRun::read_all(platform::Capture& capture) {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const platform::CollectionEstimate& estimate : capture.collections()) {
    rows += estimate.rows;
    if (connector_->kinds().empty()) bytes += estimate.bytes;  // a list tells how many there are, not how large
  }
  Meter meter(events_, fmt::format("reading {}", snapshot_.connector), rows, bytes, capture.readers());
  snapshot_.trees.resize(capture.collections().size());
  const std::vector<std::size_t> order = reading_order(capture.collections());
  std::vector<std::string> names;
  for (const std::size_t i : order) names.push_back(capture.collections()[i].collection.name);
  capture.expect(names);
  for (const std::size_t i : order) {
    const platform::CollectionEstimate& estimate = capture.collections()[i];
    snapshot_.trees[i] =
        base::in_context([&] { return fmt::format("backing up collection '{}'", estimate.collection.name); },
                         [&] { return read_collection(capture, estimate, meter); });
  }
  rows_read_ = meter.rows();
  carry_what_is_not_offered(capture);
}

// Collections of which the last backup could not read all come first, then the largest: a capture that reads ahead
// keeps small ones until it is their turn, and has no room for large ones.
std::vector<std::size_t> BackupRun::reading_order(const std::vector<platform::CollectionEstimate>& collections) const {
  std::vector<std::size_t> order(collections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return collections[a].bytes > collections[b].bytes; });
  std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
    const repository::Tree* before = parent_ ? find_tree(*parent_, collections[i].collection.name) : nullptr;
    return before && !before->stale.empty();
  });
  return order;
}

std::optional<repository::Tree> BackupRun::parent_tree(const model::Collection& collection) {
  if (!parent_ || options_.full) return std::nullopt;
  for (const repository::Tree& tree : parent_->trees) {
    if (tree.name != collection.name) continue;
    if (same_layout(model::collection_from_json(tree.schema), collection)) return tree;
    events_.note(fmt::format("the columns of '{}' changed since the last backup: it is stored in full", tree.name));
  }
  return std::nullopt;
}

repository::Tree BackupRun::read_collection(platform::Capture& capture, const platform::CollectionEstimate& estimate,
                                            Meter& meter, Look look) {
  const model::Collection& collection = estimate.collection;
  const unsigned readers = std::max(1U, std::min(options_.capture.readers, capture.readers()));
  StoppableSource blocks(source(), stop_);
  StoppableSink store(sink(), stop_);
  const repository::BoundaryKey& key = repository_.boundary_key();

  std::optional<repository::Tree> parent = parent_tree(collection);
  repository::TreeShape shape = shape_for(estimate, repository_.block_bytes());
  std::optional<base::Instant> parent_taken;
  std::vector<repository::StaleRange> stale;
  if (parent) {
    shape = parent->shape;
    stale = parent->stale;
    parent_taken = parent_->taken;
  }
  repository::TreeUpdate update(blocks, store, key, collection.name, model::to_json(collection), shape,
                                std::move(parent), parent_taken);
  Reading reading{.collection = collection,
                  .capture = capture,
                  .update = update,
                  .ranges = {},
                  .meter = meter,
                  .losses = Losses(collection),
                  .next = {},
                  .mutex = {},
                  .failure = {},
                  .partial_rows = {},
                  .before = seen_before(collection, blocks)};
  if (parent_ && !options_.full)
    reading.withheld = WithheldColumns::of(snapshot_.attributes, collection, *parent_, blocks, key);
  reading.list(readers * k_ranges_per_reader, stop_);
  stale_first(reading.ranges, stale);
  base::TaskGroup group(stop_);
  for (unsigned i = 0; i < readers; ++i) {
    group.spawn([&reading](std::stop_token stop) { reading.work(stop); });
  }
  group.wait();
  throw_if_stopped(stop_);
  repository::Tree tree = update.finish();
  if (const repository::Tree* before = vanished(tree))
    return look == Look::first ? look_again(*before, tree, meter) : tree;
  add(snapshot_.counts, update.counts());
  // A dry run keeps no blocks that could be read again.
  if (!tree.delta && !tree.stale.empty() && parent_ && session_)
    tree = carry_forward(std::move(tree), collection, {blocks, store, key, *parent_});
  take_losses(reading);
  take_unseen(reading);
  count(reading, tree, estimate.rows);
  return tree;
}

// What the parent has in many rows and this capture in none at all, although nothing went wrong.  Tables are seen
// within one transaction; resources are what a call of the platform says, which may be wrong.
const repository::Tree* BackupRun::vanished(const repository::Tree& read) const {
  if (!parent_ || options_.full || connector_->kinds().empty() || read.rows != 0 || !read.stale.empty()) return nullptr;
  const repository::Tree* before = find_tree(*parent_, read.name);
  return before && before->rows >= k_vanishing_rows ? before : nullptr;
}

repository::Tree BackupRun::look_again(const repository::Tree& before, const repository::Tree& read, Meter& meter) {
  if (!second_) second_ = connector_->capture(options_.capture, stop_);
  for (const platform::CollectionEstimate& estimate : second_->collections()) {
    if (estimate.collection.name != read.name) continue;
    repository::Tree again = read_collection(*second_, estimate, meter, Look::second);
    if (vanished(again) == nullptr) return again;
  }
  tell_carried(
      fmt::format("{}: the platform has none of {} any more, which is hard to believe: they are carried over from "
                  "the last backup until one with --full finds none either",
                  read.name, before.rows),
      before.rows);
  return carry_whole(before, parent_->taken, "all of it was gone at once");
}

// What came was compared with the last snapshot: all other rows of the tree were taken over from there.
void BackupRun::count(const Reading& reading, const repository::Tree& tree, std::uint64_t listed) {
  const repository::UpdateCounts counts = reading.update.counts();
  const std::uint64_t came = counts.added + counts.changed + counts.unchanged;
  outcome_.stale_rows += tree.rows - std::min(tree.rows, came) + reading.partial_rows;
  if (!connector_->kinds().empty() && !tree.stale.empty())
    outcome_.missing_rows += listed - std::min(listed, tree.rows);
}

// "Not available here" may be a platform's mistake, or that of something before it, as easily as a kind that was
// switched off: nobody said of these rows that they were deleted.
void BackupRun::carry_what_is_not_offered(const platform::Capture& capture) {
  if (!parent_) return;
  for (const repository::Tree& tree : parent_->trees) {
    const auto& offered = capture.collections();
    if (std::any_of(offered.begin(), offered.end(), [&](const auto& one) { return one.collection.name == tree.name; }))
      continue;
    if (tree.rows == 0 || options_.full) {
      events_.warning(fmt::format("collection '{}' of the last backup is not there any more", tree.name));
      continue;
    }
    tell_carried(fmt::format("{} is not there any more: it is carried over from the last backup", tree.name),
                 tree.rows);
    snapshot_.trees.push_back(carry_whole(tree, parent_->taken, "it was not offered any more"));
  }
}

void BackupRun::tell_carried(std::string line, std::uint64_t rows) {
  outcome_.stale_rows += rows;
  if (!first_failure_) first_failure_ = base::Error(base::ErrorKind::unavailable, line);
  losses_.add_line(std::move(line));
}

void BackupRun::take_losses(const Reading& reading) {
  if (!reading.losses.any()) return;
  losses_.add(reading.collection.name, reading.losses);
  if (!first_failure_) {
    first_failure_ = reading.failure.value_or(base::Error(
        base::ErrorKind::unavailable, fmt::format("nothing could be read: {}", reading.losses.lines(1).lines.front())));
  }
}

// Where its key has other parts now, nothing of it can be found again.
std::optional<SeenBefore> BackupRun::seen_before(const model::Collection& collection,
                                                 repository::BlockSource& blocks) const {
  const repository::Tree* before = more_seen_ ? find_tree(*parent_, collection.name) : nullptr;
  if (!before || model::collection_from_json(before->schema).key != collection.key) return std::nullopt;
  return SeenBefore{.source = blocks, .tree = *before, .taken = parent_->taken, .until = *more_seen_};
}

void BackupRun::take_unseen(const Reading& reading) {
  const std::uint64_t rows = reading.unseen_rows;
  if (rows == 0) return;
  const std::string_view verb = rows == 1 ? "is" : "are";
  std::string line =
      fmt::format("{}: {} of the last backup {} not listed to an account that is no administrator, and {} carried over",
                  reading.collection.name, rows, verb, verb);
  if (!first_failure_) first_failure_ = base::Error(base::ErrorKind::unavailable, line);
  losses_.add_line(std::move(line));
  if (!std::exchange(told_unseen_, true))
    events_.warning(
        fmt::format("{} saw more until {}: make the account that reads it an administrator again, or say "
                    "by --full that what it does not see shall leave the backup",
                    snapshot_.connector, base::to_rfc3339(*more_seen_)));
}

void BackupRun::tell_losses() {
  outcome_.failures = losses_.failures();
  snapshot_.outcomes = losses_.lines();
  for (const std::string& line : snapshot_.outcomes) events_.warning(line);
}

// Keeps what was read, where it goes out of scope before all was.
class EarlyEnd {
public:
  explicit EarlyEnd(BackupRun& run) : run_(&run) {}
  EarlyEnd(const EarlyEnd&) = delete;
  EarlyEnd& operator=(const EarlyEnd&) = delete;
  ~EarlyEnd() {
    if (run_ == nullptr) return;
    try {
      run_->ends_early();
    } catch (const std::exception&) {
      // What ended the run is what is to be told; rows that are not kept are read again.
    }
  }
  void is_none() noexcept { run_ = nullptr; }

private:
  BackupRun* run_;
};

}  // namespace

BackupResult backup(repository::Repository& repository, platform::Connector& connector, const std::string& name,
                    const BackupOptions& options, base::Events& events, const base::Clock& clock,
                    std::stop_token stop) {
  const base::Duration begun = clock.elapsed();
  BackupRun run(repository, options, events, std::move(stop));
  EarlyEnd early(run);
  repository::Snapshot snapshot = base::in_context([&] { return fmt::format("backing up connector '{}'", name); },
                                                   [&] { return run.run(connector, name, clock); });
  early.is_none();
  BackupResult out = run.outcome();
  out.snapshot = std::move(snapshot);
  out.took = clock.elapsed() - begun;
  return out;
}

}  // namespace holdfast::engine
