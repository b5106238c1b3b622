// What ends a run as a power cut does: at one of its events everything stops, and nothing that comes later happens.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "net/http.h"
#include "storage/backend.h"

namespace holdfast::test {

// Not derived from std::exception: nobody who handles errors may go on after it.
struct PowerCut {};

// Counts events, and cuts the power at one of them, before or after it took effect.
class PowerSwitch {  // thread-safe
public:
  enum class Strike { never, before, after };

  void arm(Strike strike, std::uint64_t at) {
    const std::lock_guard lock(mutex_);
    strike_ = strike;
    at_ = at;
    count_ = 0;
    off_ = false;
  }
  std::uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  // For what is no event, and does not happen either once the power is gone.
  void require_on() const {
    const std::lock_guard lock(mutex_);
    if (off_) throw PowerCut{};
  }
  template <typename Work>
  auto event(const Work& work) {
    const std::uint64_t own = begin();
    auto out = work();
    end(own);
    return out;
  }

private:
  std::uint64_t begin() {
    const std::lock_guard lock(mutex_);
    if (off_) throw PowerCut{};
    ++count_;
    off_ = strike_ == Strike::before && count_ == at_;
    if (off_) throw PowerCut{};
    return count_;
  }
  void end(std::uint64_t own) {
    const std::lock_guard lock(mutex_);
    off_ = off_ || (strike_ == Strike::after && own == at_);
    if (off_) throw PowerCut{};
  }

  mutable std::mutex mutex_;
  Strike strike_ = Strike::never;
  std::uint64_t at_ = 0;
  std::uint64_t count_ = 0;
  bool off_ = false;
};

// Calls that are events.
class SwitchedHttp : public net::HttpClient {
public:
  // Told of each request before it is sent, and before it counts.
  using Witness = std::function<void(const net::Request&)>;
  SwitchedHttp(std::unique_ptr<net::HttpClient> inner, PowerSwitch& power, Witness witness)
      : inner_(std::move(inner)), power_(power), witness_(std::move(witness)) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    if (witness_) witness_(request);
    return power_.event([&] { return inner_->send(request, stop); });
  }

private:
  std::unique_ptr<net::HttpClient> inner_;
  PowerSwitch& power_;
  Witness witness_;
};

// Records of a journal that are events.
class SwitchedBackend : public storage::Backend {
public:
  SwitchedBackend(storage::Backend& inner, PowerSwitch& power) : inner_(inner), power_(power) {}
  storage::Properties properties() const override { return inner_.properties(); }
  std::optional<storage::ObjectInfo> stat(std::string_view name) override { return inner_.stat(name); }
  base::Bytes get(std::string_view name, const storage::Range& range) override { return inner_.get(name, range); }
  bool put(std::string_view name, base::ByteView bytes) override {
    return power_.event([&] { return inner_.put(name, bytes); });
  }
  bool remove(std::string_view name) override {
    power_.require_on();
    return inner_.remove(name);
  }
  void list(std::string_view prefix, const std::function<void(const storage::ObjectInfo&)>& visit) override {
    inner_.list(prefix, visit);
  }

private:
  storage::Backend& inner_;
  PowerSwitch& power_;
};

}  // namespace holdfast::test
