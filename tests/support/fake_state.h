// What a FakeConnector and what it opened share.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_connector.h"

namespace holdfast::test {

struct FakeTable {
  model::Collection collection;
  // Replaced as a whole: a capture keeps the map that it saw.
  std::shared_ptr<const RowMap> rows = std::make_shared<const RowMap>();
};

struct FakeConnector::State {
  explicit State(const base::Clock& given_clock, model::Collection given) : clock(given_clock) {
    tables.push_back({.collection = std::move(given)});
  }

  const base::Clock& clock;
  mutable std::mutex mutex;
  std::vector<FakeTable> tables;
  std::uint64_t version = 0;  // counts changes
  Hooks hooks;
  std::vector<Unreadable> unreadable;
  std::optional<std::string> unlistable;
  std::optional<std::size_t> modified_column;
  platform::Sweep last_sweep = platform::Sweep::everything;
  std::uint64_t fetched = 0;
  std::optional<base::Bytes> refused_key;
  bool corrupt_load = false;
  std::uint64_t applied = 0;
  std::vector<base::KeyRange> ranges;
  unsigned reading = 0;
  unsigned most_reading = 0;

  Hooks current_hooks() const {
    const std::lock_guard lock(mutex);
    return hooks;
  }
  // By name; the first one where there is none, as a target that is empty takes whatever comes.
  FakeTable& table(const std::string& name) {
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const FakeTable& each) { return each.collection.name == name; });
    return found != tables.end() ? *found : tables.front();
  }
  void replace_rows(FakeTable& of, RowMap next) {
    of.rows = std::make_shared<const RowMap>(std::move(next));
    ++version;
  }
};

void give_row(const base::Row& row, platform::RowSink& sink);
// About `wanted` ranges of as many rows each.
std::vector<base::KeyRange> cut_rows(const RowMap& rows, unsigned wanted);

std::unique_ptr<platform::Capture> make_fake_capture(std::shared_ptr<FakeConnector::State> state,
                                                     const platform::CaptureOptions& options);

}  // namespace holdfast::test
