// Finishes full packs and puts them into the store, behind the backs of the workers that fill them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/channel.h"
#include "base/error.h"
#include "repository/pack.h"
#include "storage/backend.h"

namespace holdfast::repository {

// A pack between its first block and the store.
struct OpenPack {
  OpenPack(const SessionKey& session, std::uint32_t domain, std::size_t pack_bytes, base::Random& random)
      : builder(session, domain, pack_bytes, random) {}
  PackBuilder builder;  // reserve() under the session's mutex, the rest under this one
  std::mutex mutex;
  bool stored = false;   // durable; the bytes are gone from memory
  unsigned writing = 0;  // workers that reserved and did not append yet; under the session's mutex
  bool closed = false;   // takes no more reservations; under the session's mutex
};

// push() is thread-safe.
class PackUploader {
public:
  PackUploader(storage::Backend& backend, const Identity& identity, std::size_t pack_bytes);
  ~PackUploader();  // drops what is not sent yet
  // Blocks while one pack waits and one is on its way.  Throws what stopped the uploads.
  void push(std::shared_ptr<OpenPack> pack);
  // Returns when all packs are durable.  Throws what stopped the uploads.
  void finish();
  std::uint64_t stored_bytes() const noexcept { return stored_bytes_; }

private:
  void run(std::stop_token stop);
  void rethrow();

  storage::Backend& backend_;
  const Identity& identity_;
  const std::size_t pack_bytes_;
  base::Channel<std::shared_ptr<OpenPack>> queue_;
  std::mutex mutex_;
  std::optional<base::Error> failure_;
  std::atomic<std::uint64_t> stored_bytes_{0};
  std::jthread thread_;  // last: it uses the others
};

}  // namespace holdfast::repository
