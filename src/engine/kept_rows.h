// What a backup has read of a platform of resources, kept in the local state until a snapshot has it: where a backup
// ends early, however it ends, the next one goes on from there.  docs/design/0006-resumed-backups.md says why here.
//
//   kept/<repository>/<connector in hex>/<run>-<number>-<seconds>     batches (kept_batch.h), sealed; numbers in hex,
//                                                                     the last is when the youngest row was read
//
// Losing them costs the calls that they saved, nothing else.  What no run comes to take up, of a connector or a
// repository that is used no more, is thrown away by the next backup of any other.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/events.h"
#include "engine/kept_batch.h"
#include "platform/platform.h"
#include "repository/repository.h"
#include "storage/backend.h"

namespace holdfast::engine {

// A row that was read longer ago is read again.
inline constexpr base::Duration k_kept_for = std::chrono::hours(24);

class KeptRowStore : public platform::KeptRows {  // thread-safe where it is a KeptRows
public:
  struct Parts {  // all outlive it
    storage::Backend& state;
    repository::Repository& repository;
    const base::Clock& clock;
    base::Events& events;
  };
  // Neither gives nor keeps anything before begin().
  KeptRowStore(const Parts& parts, const std::string& connector);
  ~KeptRowStore() override;

  // Takes up what earlier runs of the same kind have left, or throws it away.  What cannot serve any more goes.
  enum class Earlier { taken_up, thrown_away };
  void begin(KeptRun run, Earlier earlier);
  std::uint64_t taken_up() const;  // rows
  std::uint64_t kept() const;      // rows of this run that lie on disk
  // When the oldest row was read that find() gave.
  std::optional<base::Instant> oldest_given() const;

  std::optional<base::Row> find(const model::Collection& collection, base::ByteView key) override;
  // Lies on disk after a second, or when there is enough of it.  Where the disk takes nothing any more, that is said
  // once and the backup goes on.
  void keep(const model::Collection& collection, const base::Row& row) override;

  // The run ends without a snapshot.
  void flush();
  // The snapshot has what was read: what it has not, since a range broke off, is kept for the next run.
  void end(const repository::Snapshot& snapshot);

private:
  struct Place {  // of a row
    std::size_t batch = 0;
    std::size_t row = 0;
    base::Instant read;
  };
  struct Cached {
    std::shared_ptr<const KeptBatch> batch;
    std::size_t size = 0;
    std::uint64_t used = 0;
  };
  std::vector<std::string> names() const;
  void sweep() const;
  std::string next_name(const KeptBatch& batch);
  std::shared_ptr<const KeptBatch> open(const std::string& name) const;
  std::shared_ptr<const KeptBatch> cached(std::size_t number);
  bool take_up(const std::string& name, const KeptBatch& batch);  // false: nobody needs it any more
  bool is_fresh(base::Instant read) const;
  const std::string& schema_of(const model::Collection& collection);
  void add(const std::string& schema, KeptRow row);
  KeptBatch take_current();
  void put(const KeptBatch& batch);
  void keep_what_is_missing(const repository::Snapshot& snapshot, const std::vector<std::string>& old);
  void give_up(const base::Error& error);

  const Parts parts_;
  const std::string folder_;
  mutable std::mutex mutex_;
  bool begun_ = false;
  bool broken_ = false;  // the disk took nothing any more
  KeptRun run_;
  std::uint32_t number_ = 0;  // of the run
  std::uint32_t batches_ = 0;
  KeptBatch current_;
  std::size_t current_bytes_ = 0;
  base::Duration current_since_{};
  std::uint64_t kept_ = 0;
  std::vector<std::string> taken_;                   // names of batches of earlier runs
  std::unordered_map<std::uint64_t, Place> places_;  // by hash: what is found is looked at
  std::map<std::size_t, Cached> cache_;              // by number in taken_
  std::size_t cached_bytes_ = 0;
  std::uint64_t uses_ = 0;
  std::map<std::string, std::string, std::less<>> schemas_;
  std::optional<base::Instant> oldest_given_;
};

}  // namespace holdfast::engine
