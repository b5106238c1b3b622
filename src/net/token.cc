#include "net/token.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view k_bearer = "Bearer ";

SecretHeader authorization(const base::Secret& token) {
  return {"Authorization", base::Secret(std::string(k_bearer).append(token.reveal()))};
}

// Several threads get the same failure, and each adds frames to what it caught: so each gets an error of its own.
[[noreturn]] void throw_copy(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const TransportError& error) {
    throw TransportError(error);
  } catch (const Error& error) {
    throw Error(error);
  }
}

class FixedToken : public TokenSource {
public:
  explicit FixedToken(base::Secret token) : token_(std::move(token)) {}
  std::string_view kind() const noexcept override { return "personal access token"; }
  Credentials credentials(std::stop_token) override { return {authorization(token_)}; }
  bool refused(const Credentials&) override { return false; }

private:
  const base::Secret token_;
};

class Bearer : public TokenSource {
public:
  Bearer(std::string_view kind, CachedToken::Fetch fetch, const base::Clock& clock)
      : kind_(kind), token_(std::move(fetch), clock) {}
  std::string_view kind() const noexcept override { return kind_; }
  Credentials credentials(std::stop_token stop) override { return {authorization(token_.get(stop))}; }
  bool refused(const Credentials& used) override {
    for (const SecretHeader& header : used)
      if (header.name == "Authorization")
        token_.forget(base::Secret(std::string(header.value.reveal().substr(k_bearer.size()))));
    return true;
  }

private:
  const std::string kind_;
  CachedToken token_;
};

}  // namespace

struct CachedToken::State {
  State(Fetch with, const base::Clock& by) : fetch(std::move(with)), clock(by) {}

  bool usable(base::Instant now) const { return token && now < usable_until; }
  // Not asked for at every call while the login is out of order and the old token still does.
  bool due(base::Instant now) const { return !token || (now >= renew_at && now >= next_try); }

  void keep(Token fresh, base::Instant asked) {
    const base::Duration life = fresh.expires - asked;
    if (life <= base::Duration::zero())
      throw Error(ErrorKind::auth, "the login gave a token that has expired already",
                  "Check this machine's clock and its time zone.");
    renew_at = fresh.expires - std::min<base::Duration>(std::chrono::minutes(5), life / 4);
    usable_until = fresh.expires - std::min<base::Duration>(std::chrono::seconds(40), life / 8);
    token = std::move(fresh);
  }

  // By the one thread that fetches, without the lock while the login is asked.
  void renew(std::unique_lock<std::mutex>& lock, std::stop_token stop) {
    fetching = true;
    const base::Instant asked = clock.now();
    std::exception_ptr failed;
    std::optional<Token> fresh;
    lock.unlock();
    try {
      fresh = fetch(stop);
    } catch (...) {
      failed = std::current_exception();
    }
    lock.lock();
    try {
      if (fresh) keep(std::move(*fresh), asked);
    } catch (const Error&) {
      failed = std::current_exception();
    }
    fetching = false;
    ++rounds;
    failure = failed;
    fetcher_stopped = stop.stop_requested();
    if (failed) next_try = clock.now() + std::chrono::seconds(30);
    done.notify_all();
  }

  const Fetch fetch;
  const base::Clock& clock;
  std::mutex mutex;
  std::condition_variable_any done;
  std::optional<Token> token;
  base::Instant renew_at;
  base::Instant usable_until;
  base::Instant next_try;
  std::exception_ptr failure;  // of the last round
  std::uint64_t rounds = 0;
  bool fetching = false;
  bool fetcher_stopped = false;
};

CachedToken::CachedToken(Fetch fetch, const base::Clock& clock)
    : state_(std::make_unique<State>(std::move(fetch), clock)) {}

CachedToken::~CachedToken() = default;

base::Secret CachedToken::get(std::stop_token stop) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  for (;;) {
    const base::Instant now = state.clock.now();
    const bool usable = state.usable(now);
    if (usable && (!state.due(now) || state.fetching)) return state.token->value;
    if (!state.fetching) {
      state.renew(lock, stop);
      if (!state.failure || state.usable(state.clock.now())) {
        if (state.token) return state.token->value;
        continue;  // forgotten meanwhile by somebody it was refused to
      }
      throw_copy(state.failure);
    }
    const std::uint64_t round = state.rounds;
    if (!state.done.wait(lock, stop, [&] { return state.rounds != round; }))
      throw Error(ErrorKind::cancelled, "stopped while waiting for a token");
    if (!state.failure) continue;
    // Whoever fetched was stopped: that is not our business.
    if (state.fetcher_stopped) continue;
    throw_copy(state.failure);
  }
}

void CachedToken::forget(const base::Secret& value) {
  const std::lock_guard lock(state_->mutex);
  if (state_->token && state_->token->value.reveal() == value.reveal()) state_->token.reset();
}

std::unique_ptr<TokenSource> open_fixed_token(base::Secret token) {
  return std::make_unique<FixedToken>(std::move(token));
}

std::unique_ptr<TokenSource> open_bearer(std::string_view kind, CachedToken::Fetch fetch, const base::Clock& clock) {
  return std::make_unique<Bearer>(kind, std::move(fetch), clock);
}

}  // namespace holdfast::net
