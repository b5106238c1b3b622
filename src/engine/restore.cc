#include "engine/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/task_group.h"
#include "engine/browse.h"
#include "engine/meter.h"
#include "engine/share.h"
#include "engine/stop_guard.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using repository::Tree;

// More shares than workers: one of heavy rows must not hold up the end.
constexpr unsigned k_shares_per_worker = 4;
constexpr std::size_t k_stale_told_max = 20;  // lines

// Counts and hashes what the target gives back.
class HashingSink : public platform::RowSink {
public:
  HashingSink(const repository::BoundaryKey& key, Meter& meter, std::stop_token stop)
      : hasher_(key), tally_(meter), stop_(std::move(stop)) {}
  void row(const base::RowView& row) override {
    throw_if_stopped(stop_);
    content_.add(hasher_, row);
    ++rows_;
    tally_.add(plain_size(row));
  }
  const repository::ContentHash& content() const noexcept { return content_; }
  std::uint64_t rows() const noexcept { return rows_; }

private:
  repository::RowHasher hasher_;
  Tally tally_;
  std::stop_token stop_;
  repository::ContentHash content_;
  std::uint64_t rows_ = 0;
};

// Runs `work` for each number below `count` on several threads; each takes the next that nobody has.
void share_out(std::size_t count, unsigned workers, const std::stop_token& stop,
               const std::function<void(std::size_t, const std::stop_token&)>& work) {
  std::atomic<std::size_t> next{0};
  base::TaskGroup group(stop);
  for (unsigned i = 0; i < std::max(1U, workers); ++i) {
    group.spawn([&](std::stop_token token) {
      for (std::size_t k = next++; k < count && !token.stop_requested(); k = next++) work(k, token);
    });
  }
  group.wait();
  throw_if_stopped(stop);
}

// One collection on its way back.
class WholeRestore {
public:
  WholeRestore(repository::Repository& repository, const Tree& tree, platform::Connector& target, base::Events& events,
               std::stop_token stop)
      : repository_(repository),
        tree_(tree),
        collection_(collection_of(tree)),
        target_(target),
        events_(events),
        stop_(std::move(stop)) {}

  // Asks the target about every row before anything is written.
  void admit(unsigned workers);
  void load(const platform::ReplaceOptions& options);
  // Builds the indexes and compares what was loaded with the snapshot.
  void finish(unsigned workers);
  std::string swap() { return replacement_->swap(); }
  bool target_holds_rows() { return target_.holds_rows(collection_); }
  const Tree& tree() const noexcept { return tree_; }

private:
  void verify(std::size_t parts, unsigned workers, const std::stop_token& stop);
  std::string phase(std::string_view what) const { return fmt::format("{} {}", what, tree_.name); }

  repository::Repository& repository_;
  const Tree& tree_;
  const model::Collection collection_;
  platform::Connector& target_;
  base::Events& events_;
  std::stop_token stop_;
  std::vector<base::KeyRange> ranges_;  // of about equal work
  std::unique_ptr<platform::Replacement> replacement_;
};

void WholeRestore::admit(unsigned workers) {
  const std::unique_ptr<platform::Connector::Admission> admission = target_.admission(collection_);
  Meter meter(events_, phase("checking"), tree_.rows, tree_.bytes, workers);
  StoppableSource blocks(repository_.blocks(), stop_);
  ranges_ = equal_shares(blocks, tree_, workers * k_shares_per_worker);
  share_out(ranges_.size(), workers, stop_, [&](std::size_t k, const std::stop_token& token) {
    StoppableSource source(repository_.blocks(), token);
    Tally tally(meter);
    platform::RowSink& part = admission->part();
    for (repository::TreeCursor cursor(source, tree_, ranges_[k]); cursor.valid(); cursor.next()) {
      throw_if_stopped(token);
      part.row(cursor.current());
      tally.add(plain_size(cursor.current()));
    }
  });
  admission->end();
}

void WholeRestore::load(const platform::ReplaceOptions& options) {
  replacement_ = target_.replace(collection_, options, tree_.bytes, stop_);
  Meter meter(events_, phase("loading"), tree_.rows, tree_.bytes, options.writers);
  share_out(ranges_.size(), options.writers, stop_, [&](std::size_t k, const std::stop_token& token) {
    StoppableSource source(repository_.blocks(), token);
    repository::TreeCursor cursor(source, tree_, ranges_[k]);
    Tally tally(meter);
    bool begun = false;
    const auto pull = [&]() -> const base::RowView* {
      throw_if_stopped(token);
      if (std::exchange(begun, true)) cursor.next();
      if (!cursor.valid()) return nullptr;
      tally.add(plain_size(cursor.current()));
      return &cursor.current();
    };
    replacement_->load(pull, token);
  });
}

// Building indexes leaves processors idle at its end, and reading back needs none of them.
void WholeRestore::finish(unsigned workers) {
  events_.note(fmt::format("building the indexes of {}", tree_.name));
  const std::size_t parts = replacement_->read_back_parts(workers * k_shares_per_worker);
  base::TaskGroup group(stop_);
  group.spawn([&](std::stop_token token) { replacement_->build_indexes(token); });
  group.spawn([&](std::stop_token token) { verify(parts, workers, token); });
  group.wait();
  throw_if_stopped(stop_);
}

void WholeRestore::verify(std::size_t parts, unsigned workers, const std::stop_token& stop) {
  Meter meter(events_, phase("verifying"), tree_.rows, tree_.bytes, workers);
  std::mutex mutex;
  repository::ContentHash content;
  std::uint64_t rows = 0;
  share_out(parts, workers, stop, [&](std::size_t part, const std::stop_token& token) {
    HashingSink sink(repository_.boundary_key(), meter, token);
    replacement_->read_back(part, sink, token);
    const std::lock_guard lock(mutex);
    content.add(sink.content());
    rows += sink.rows();
  });
  if (rows != tree_.rows) {
    throw Error(
        ErrorKind::corruption,
        fmt::format("the target holds {} rows of '{}' after loading, the snapshot {}", rows, tree_.name, tree_.rows),
        "The live table was not touched; run 'holdfast check --read-data' and restore again.");
  }
  if (content != tree_.content) {
    throw Error(ErrorKind::corruption,
                fmt::format("the content of '{}' after loading is not that of the snapshot", tree_.name),
                "The live table was not touched; run 'holdfast check --read-data' and restore again.");
  }
}

bool lacks_rows(const Tree& tree) noexcept {
  return std::any_of(tree.stale.begin(), tree.stale.end(),
                     [](const repository::StaleRange& stale) { return !stale.last_good; });
}

void say_what_is_stale(const repository::Snapshot& snapshot, base::Events& events) {
  if (snapshot.partial()) {
    events.warning(fmt::format("snapshot {} is partial: {} part{} could not be read when it was made",
                               snapshot.id.short_id(), snapshot.outcomes.size(),
                               snapshot.outcomes.size() == 1 ? "" : "s"));
  }
  std::size_t told = 0;
  for (const Tree& tree : snapshot.trees) {
    for (const repository::StaleRange& stale : tree.stale) {
      if (++told > k_stale_told_max) continue;
      const std::string since = stale.last_good ? fmt::format("is as of {}", base::to_rfc3339(*stale.last_good))
                                                : std::string("was never read and is missing");
      events.warning(fmt::format("a part of '{}' {}: {}", tree.name, since, stale.reason));
    }
  }
  if (told > k_stale_told_max) events.warning(fmt::format("{} more parts are not current", told - k_stale_told_max));
}

void refuse_full_target(std::vector<WholeRestore>& parts) {
  for (WholeRestore& part : parts) {
    if (!part.target_holds_rows()) continue;
    throw Error(
        ErrorKind::refused, fmt::format("the target holds rows of '{}' already", part.tree().name),
        "Give --yes to replace them; the old table is kept under a dated name unless --drop-previous is given.");
  }
}

// Not even when told to replace: she who says so means the rows of the snapshot, and does not know that most may be
// missing.
void refuse_missing_rows(std::vector<WholeRestore>& parts) {
  for (WholeRestore& part : parts) {
    if (!lacks_rows(part.tree()) || !part.target_holds_rows()) continue;
    throw Error(ErrorKind::refused,
                fmt::format("parts of '{}' were never read and are missing from this snapshot: replacing the target's "
                            "rows by it would lose them",
                            part.tree().name),
                "Bring back what it holds and leave the rest as it is with --select 'key:*', or choose a snapshot that "
                "is not partial.");
  }
}

}  // namespace

bool lacks_rows(const repository::Snapshot& snapshot) noexcept {
  return std::any_of(snapshot.trees.begin(), snapshot.trees.end(), [](const Tree& tree) { return lacks_rows(tree); });
}

WholeResult restore_whole(repository::Repository& repository, const repository::Snapshot& snapshot,
                          platform::Connector& target, const WholeOptions& options, base::Events& events,
                          const base::Clock& clock, std::stop_token stop) {
  const base::Duration begun = clock.elapsed();
  platform::ReplaceOptions replace = options.replace;
  replace.writers = std::max(1U, replace.writers);
  if (replace.snapshot.empty()) replace.snapshot = snapshot.id.short_id();
  replace.attributes = snapshot.attributes;
  WholeResult result;
  base::in_context([&] { return fmt::format("restoring snapshot {}", snapshot.id.short_id()); },
                   [&] {
                     std::vector<WholeRestore> parts;
                     parts.reserve(snapshot.trees.size());
                     for (const Tree& tree : snapshot.trees) parts.emplace_back(repository, tree, target, events, stop);
                     if (!options.yes) refuse_full_target(parts);
                     refuse_missing_rows(parts);
                     say_what_is_stale(snapshot, events);
                     for (WholeRestore& part : parts) part.admit(replace.writers);
                     for (WholeRestore& part : parts) part.load(replace);
                     for (WholeRestore& part : parts) part.finish(replace.writers);
                     throw_if_stopped(stop);
                     // From here on the target changes: all shadows are whole and verified.
                     for (WholeRestore& part : parts) {
                       const std::string previous = part.swap();
                       if (!previous.empty()) result.previous += (result.previous.empty() ? "" : ", ") + previous;
                       result.rows += part.tree().rows;
                       result.bytes += part.tree().bytes;
                     }
                   });
  result.took = clock.elapsed() - begun;
  return result;
}

}  // namespace holdfast::engine
