// One collection on its way from a capture into a tree: what each reader of a backup does with its ranges.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/error.h"
#include "engine/losses.h"
#include "engine/meter.h"
#include "engine/unseen_rows.h"
#include "model/collection.h"
#include "platform/platform.h"
#include "repository/tree.h"

namespace holdfast::engine {

// Shared by the readers; list() comes before them.
struct Reading {
  const model::Collection& collection;
  platform::Capture& capture;
  repository::TreeUpdate& update;
  std::vector<base::KeyRange> ranges;  // in the order in which they are read
  Meter& meter;
  Losses losses;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<base::Error> failure;  // one of those that ended a range
  std::atomic<std::uint64_t> partial_rows{0};
  std::optional<SeenBefore> before{};  // where not to list something proves nothing
  std::optional<WithheldColumns> withheld{};
  std::atomic<std::uint64_t> unseen_rows{0};

  void list(unsigned wanted, const std::stop_token& stop);
  void work(const std::stop_token& stop);
  void read_range(const base::KeyRange& range, const std::stop_token& stop);
  enum class Began { no, yes };
  void broke_off(const base::KeyRange& range, repository::RangeUpdate part, base::Error error, Began began);
};

}  // namespace holdfast::engine
