// What engine tests share: a repository in memory, a clock that stands still, a connector in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/events.h"
#include "engine/backup.h"
#include "repository/repository.h"
#include "storage/backend.h"
#include "support/fake_connector.h"
#include "support/fakes.h"

namespace holdfast::test {

// Remembers what was said.
class RecordedEvents : public base::Events {  // thread-safe
public:
  void progress(const base::Progress& progress) override;
  void note(std::string_view text) override;
  void detail(std::string_view) override {}
  void warning(std::string_view text) override;
  void summary(std::string_view, const std::vector<base::Fact>&) override {}
  void error(const base::Error&) override {}
  std::vector<std::string> notes() const;
  std::vector<std::string> warnings() const;
  base::Progress last_progress() const;

private:
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
  std::vector<std::string> warnings_;
  base::Progress last_;
};

class EngineWorld {
public:
  explicit EngineWorld(std::uint64_t seed = 1);
  ~EngineWorld();

  // Opens what lies in `backend`, which this world's init() filled; the key derivation was paid once.
  std::unique_ptr<repository::Repository> open(storage::Backend& backend);
  engine::BackupResult backup(const engine::BackupOptions& options = small(), std::stop_token stop = {});
  // Two readers: enough to be parallel, few enough to be quick.
  static engine::BackupOptions small();

  // The rows of a snapshot as a map, read through a cursor.
  RowMap rows_of(const repository::Snapshot& snapshot);
  RowMap rows_of(repository::Repository& repository, const repository::Snapshot& snapshot);

  ManualClock clock;
  SeededRandom random;
  RecordedEvents events;
  std::unique_ptr<storage::Backend> backend;
  std::unique_ptr<repository::Repository> repository;
  FakeConnector connector;

private:
  repository::Environment environment();
  repository::MasterKey master_;
};

// `count` rows over many entity types, aspects and versions; the same for the same seed.
RowMap some_rows(std::size_t count, std::uint64_t seed);
// Adds, changes and removes about `changes` rows.
void mutate(RowMap& rows, std::size_t changes, std::mt19937_64& random);

}  // namespace holdfast::test
