// The rows of a snapshot, for captures that see from a listing what did not change since; and when a capture has to
// fetch everything all the same.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/time.h"
#include "engine/backup.h"
#include "engine/stop_guard.h"
#include "model/collection.h"
#include "platform/platform.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Whether rows of one can be compared with rows of the other byte by byte.  What the server calls a type does not
// matter.
bool same_layout(const model::Collection& a, const model::Collection& b);

class SnapshotRows : public platform::PreviousRows {  // thread-safe
public:
  // The repository outlives it.
  SnapshotRows(repository::Repository& repository, repository::Snapshot snapshot, std::stop_token stop);
  ~SnapshotRows() override;
  std::optional<base::Row> find(const model::Collection& collection, base::ByteView key) override;

private:
  struct Finder;
  struct Known {
    const repository::Tree* tree = nullptr;
    model::Collection collection;
  };
  std::unique_ptr<Finder> take(const repository::Tree& tree, base::ByteView key);
  void put_back(std::unique_ptr<Finder> finder);

  repository::Repository& repository_;
  const repository::Snapshot snapshot_;
  StoppableSource source_;
  std::map<std::string, Known, std::less<>> known_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Finder>> idle_;  // longest idle first
};

// When everything was last fetched for this snapshot's rows: by itself, unless its attributes name an earlier instant.
base::Instant last_sweep(const repository::Snapshot& snapshot);
// The attributes of a capture with these behind them: the platform's own bytes are not printed anew.  Throws
// Error{internal} where they are no JSON object.
std::string with_marks(const std::string& attributes, const SnapshotMarks& marks);
// The same of one text that may be in there already; empty: without it.
std::string with_mark(const std::string& attributes, std::string_view name, const std::string& value);
// The attributes of a snapshot that took over rows which were fetched at `instant` or later.  Throws Error{internal}
// when they are no JSON object.
std::string with_last_sweep(const std::string& attributes, base::Instant instant);

}  // namespace holdfast::engine
