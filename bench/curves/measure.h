// Stores that measure, and references to measure against.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "repository/block_store.h"

namespace holdfast::bench {

// zstd -3 with a context that is used again.  Not thread-safe.
class Compressor {
public:
  Compressor();
  ~Compressor();
  std::uint64_t size(base::ByteView plain);  // as one frame
  // As one frame over all appended since the last end().
  void append(base::ByteView plain);
  std::uint64_t end();
  void use_dictionary(base::ByteView dictionary);  // for size()

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Blocks in memory that count what they would take when stored.  Not thread-safe.
class MeasuringStore : public repository::BlockSource, public repository::BlockSink {
public:
  base::Bytes get(const repository::BlockId& id) override;
  repository::BlockId put(repository::BlockKind kind, base::ByteView plain) override;
  std::uint64_t stored() const noexcept { return stored_; }
  std::uint64_t gets() const noexcept { return gets_; }
  // Stops compressing, so that only trees are timed.
  void stop_measuring() noexcept { measuring_ = false; }

private:
  Compressor compressor_;
  std::unordered_map<repository::BlockId, base::Bytes, repository::BlockIdHash> blocks_;
  std::uint64_t stored_ = 0;
  std::uint64_t gets_ = 0;
  bool measuring_ = true;
};

// CPU time of this process, which has one thread: what a core does, whatever else the machine is doing.
class Stopwatch {
public:
  double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

private:
  std::clock_t start_ = std::clock();
};

}  // namespace holdfast::bench
