#include "net/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "net/http_date.h"

namespace holdfast::net {

namespace {

using base::Duration;
using base::Error;
using base::ErrorKind;

// A wait that nobody means.
constexpr Duration k_longest_hold = std::chrono::hours(24);

struct Meaning {
  int http_status;
  Status status;
};

// Every status that is known to be sent by REST APIs and what lies in front of them.  What is not here is `unknown`.
// What lies in front answers 501 for what it does not understand: that the other side lacks something is its own to
// say.
constexpr std::array k_meanings = {
    Meaning{301, Status::redirected},      Meaning{302, Status::redirected},  Meaning{303, Status::redirected},
    Meaning{307, Status::redirected},      Meaning{308, Status::redirected},  Meaning{400, Status::invalid},
    Meaning{401, Status::unauthenticated}, Meaning{403, Status::denied},      Meaning{404, Status::not_found},
    Meaning{405, Status::invalid},         Meaning{406, Status::invalid},     Meaning{407, Status::denied},
    Meaning{408, Status::unavailable},     Meaning{409, Status::conflict},    Meaning{410, Status::not_found},
    Meaning{411, Status::invalid},         Meaning{412, Status::conflict},    Meaning{413, Status::too_large},
    Meaning{414, Status::invalid},         Meaning{415, Status::invalid},     Meaning{416, Status::invalid},
    Meaning{422, Status::invalid},         Meaning{423, Status::conflict},    Meaning{425, Status::not_yet},
    Meaning{429, Status::throttled},       Meaning{431, Status::too_large},   Meaning{451, Status::denied},
    Meaning{499, Status::unavailable},     Meaning{500, Status::failed},      Meaning{501, Status::failed},
    Meaning{502, Status::unavailable},     Meaning{503, Status::unavailable}, Meaning{504, Status::unavailable},
};

bool only_reads(const Call& call) {
  return call.request.method == Method::get || call.request.method == Method::head;
}

bool is_safe(const Call& call) {
  if (call.repeat != Repeat::by_method) return call.repeat == Repeat::safe;
  return call.request.method != Method::post && call.request.method != Method::patch;
}

// A number from 0 up to 1.
double chance(base::Random& random) {
  std::array<char, 8> bytes{};
  random.fill(bytes);
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes.data(), bytes.size());
  return static_cast<double>(bits >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

// One call from its first attempt to its last.
class Attempts {
public:
  Attempts(const Api::Parts& parts, const ApiOptions& options, Api::Health& health, Call call, std::stop_token stop)
      : parts_(parts),
        options_(options),
        health_(health),
        call_(std::move(call)),
        stop_(std::move(stop)),
        safe_(is_safe(call_)),
        patience_(call_.patience.value_or(health.patience(options.patience))),
        own_secrets_(call_.request.secrets.size()) {
    answer_.request = describe(call_.request);
    answer_.attempts = 0;
    // Zero would be no limit.
    if (call_.patience) call_.request.timeout = std::max<Duration>(*call_.patience, std::chrono::milliseconds(1));
  }

  Answer run() {
    for (;;) {
      std::optional<Duration> wait;
      try {
        wait = attempt();
        if (!wait) return std::move(answer_);
        if (*wait == Duration::zero()) continue;  // with other credentials
        problem_ = problem_in_words();
        if (!has_time_for(*wait)) return given_up(*wait);
      } catch (const HeldTooLong& held) {
        return held_back(held);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) return interrupted();
        const auto* transport = dynamic_cast<const TransportError*>(&error);
        // A login that cannot be asked now: the request itself did not go out.
        const bool login_away = asking_login_ && error.kind() == ErrorKind::unavailable;
        if (transport == nullptr && !login_away) throw;
        if (!asking_login_ && transport->may_have_arrived()) {
          if (!safe_) return lost(error.message());
          answer_.echo_possible = true;
        }
        problem_ = error.message();
        wait = backoff();
        if (!has_time_for(*wait)) throw;
      }
      tell(*wait);
      if (!parts_.clock.sleep(*wait, stop_)) return interrupted();
    }
  }

private:
  // How long to wait before the same again; nullopt when the answer stands.
  std::optional<Duration> attempt() {
    asking_login_ = false;
    const auto kind = answer_.attempts++ == 0 ? Budget::Attempt::first : Budget::Attempt::repeat;
    Budget::Permit permit = parts_.budget.admit(call_.family, kind, stop_, patience_);
    if (!started_) started_ = parts_.clock.elapsed();
    const Credentials credentials = log_in();
    answer_.response = parts_.client.send(call_.request, only_reads(call_) ? stop_ : std::stop_token{});
    answer_.verdict = judge();
    const Status status = answer_.verdict.status;
    const Duration wait = asked_wait();
    if (status == Status::throttled || answer_.response.status == 503)
      permit.throttled(std::min(wait, k_longest_hold));
    else
      permit.answered();
    note_health(status);
    switch (status) {
      case Status::throttled:
      case Status::not_yet:
        return wait;
      case Status::unavailable:
        answer_.echo_possible = answer_.echo_possible || safe_;
        if (safe_) return wait;
        answer_.verdict.status = Status::lost;
        return std::nullopt;
      case Status::unauthenticated:
        if (asked_again_ || !parts_.tokens.refused(credentials)) return std::nullopt;
        asked_again_ = true;
        return Duration::zero();
      default:
        return std::nullopt;
    }
  }

  Credentials log_in() {
    asking_login_ = true;
    Credentials credentials = parts_.tokens.credentials(stop_);
    asking_login_ = false;
    auto& secrets = call_.request.secrets;
    secrets.resize(own_secrets_);
    secrets.insert(secrets.end(), credentials.begin(), credentials.end());
    return credentials;
  }

  Verdict judge() const {
    const Response& response = answer_.response;
    const Status by_http = classify(response.status);
    if (by_http == Status::ok) return {.status = by_http, .code = {}, .message = {}};
    Verdict verdict = options_.refine ? options_.refine(response, by_http) : Verdict{by_http, {}, {}};
    const std::string* location = response.header("location");
    if (verdict.status == Status::redirected && verdict.message.empty() && location != nullptr)
      verdict.message = "it leads to " + location->substr(0, location->find_first_of("?#"));
    return verdict;
  }

  // What the other side asks for, else twice as long with each attempt, a quarter more or less so that callers part.
  Duration asked_wait() const {
    const auto asked = retry_after(answer_.response, parts_.clock.now());
    return asked ? std::max(*asked, options_.first_pause) : backoff();
  }

  Duration backoff() const {
    const double doubled = std::ldexp(static_cast<double>(options_.first_pause.count()),
                                      static_cast<int>(std::min(answer_.attempts, 30U)) - 1);
    const double bounded = std::min(doubled, static_cast<double>(options_.longest_pause.count()));
    return Duration(static_cast<Duration::rep>(bounded * (0.75 + chance(parts_.random) / 2)));
  }

  void note_health(Status status) {
    if (status == Status::unavailable) return;
    if (status == Status::throttled || status == Status::not_yet) {
      health_.there();
    } else {
      health_.answered(call_.family);
    }
  }

  Duration patience() const {
    const bool nobody = options_.first_patience && !health_.anybody_there();
    return nobody ? std::min(*options_.first_patience, patience_) : patience_;
  }

  bool has_time_for(Duration wait) {
    const Duration now = parts_.clock.elapsed();
    // Who has so little patience has seen nothing that others should give up for.
    if (call_.patience) return now - started_.value_or(now) + wait <= patience_;
    const Duration outage = health_.failed(call_.family, now, patience_);
    const bool has = outage < patience_ && now - started_.value_or(now) + wait <= patience();
    if (!has) health_.given_up(call_.family);
    return has;
  }

  void tell(Duration wait) const {
    if (!options_.retrying) return;
    const Duration now = parts_.clock.elapsed();
    options_.retrying({.problem = problem_,
                       .attempt = answer_.attempts,
                       .failing = now - started_.value_or(now),
                       .wait = wait,
                       .patience = patience()});
  }

  std::string problem_in_words() const {
    const Status status = answer_.verdict.status;
    std::string out =
        fmt::format("{}: {} (HTTP {})", answer_.request,
                    status == Status::throttled ? "throttled" : "not available now", answer_.response.status);
    if (!answer_.verdict.message.empty()) out += ": " + answer_.verdict.message;
    return out;
  }

  Answer interrupted() {
    std::string text = problem_.empty() ? fmt::format("{}: interrupted", answer_.request)
                                        : fmt::format("interrupted; what went wrong before: {}", problem_);
    if (answer_.echo_possible && !only_reads(call_)) return lost(std::move(text));
    throw Error(ErrorKind::cancelled, std::move(text));
  }

  Answer given_up(Duration wait) {
    std::string& message = answer_.verdict.message;
    if (wait > patience_)
      message += fmt::format("{}asked to wait for {}", message.empty() ? "" : "; ", base::to_short(wait));
    return std::move(answer_);
  }

  // Another call of the family was told to wait, or this one before.
  Answer held_back(const HeldTooLong& held) {
    answer_.verdict = {.status = Status::throttled, .code = {}, .message = held.message()};
    return std::move(answer_);
  }

  Answer lost(std::string why) {
    answer_.verdict = {.status = Status::lost, .code = {}, .message = std::move(why)};
    answer_.response = {};
    return std::move(answer_);
  }

  const Api::Parts& parts_;
  const ApiOptions& options_;
  Api::Health& health_;
  Call call_;
  const std::stop_token stop_;
  const bool safe_;
  const Duration patience_;
  const std::size_t own_secrets_;
  Answer answer_;
  std::optional<Duration> started_;
  std::string problem_;  // of the last attempt; empty before the first one failed
  bool asking_login_ = false;
  bool asked_again_ = false;  // for a token, after 401
};

struct Wording {
  ErrorKind kind;
  std::string_view words;
  std::string_view hint;
};

Wording wording(Status status) {
  switch (status) {
    case Status::redirected:
      return {ErrorKind::config, "redirected elsewhere", "Check the host in the configuration."};
    case Status::invalid:
      return {ErrorKind::unsupported, "refused as wrong", "If the message does not help, report it with this line."};
    case Status::unauthenticated:
      return {ErrorKind::auth, "not believed who we are", "Check the credentials; a token may have expired."};
    case Status::denied:
      return {ErrorKind::auth, "not allowed", "Grant the right, or run as somebody who has it."};
    case Status::not_found:
      return {ErrorKind::not_found, "not there", ""};
    case Status::conflict:
      return {ErrorKind::conflict, "changed meanwhile, or in a state that forbids this", "Look at it and try again."};
    case Status::already_exists:
      return {ErrorKind::conflict, "there already", ""};
    case Status::feature_absent:
      return {ErrorKind::unsupported, "not available here", ""};
    case Status::quota:
      return {ErrorKind::unsupported, "no more of them are allowed", "Remove what is not needed, or raise the quota."};
    case Status::too_large:
      return {ErrorKind::unsupported, "too large for the other side", ""};
    case Status::throttled:
      return {ErrorKind::unavailable, "throttled for too long", "Lower the share of the rate limits, or wait a while."};
    case Status::not_yet:
    case Status::unavailable:
      return {ErrorKind::unavailable, "not available now", "Run the command again in a while."};
    case Status::failed:
      return {ErrorKind::unavailable, "the other side failed", "Run the command again in a while."};
    case Status::lost:
      return {ErrorKind::unavailable, "no answer, it may have been done or not",
              "Run the command again: it looks first."};
    case Status::ok:
    case Status::unknown:
      break;
  }
  return {ErrorKind::unsupported, "an answer that Holdfast does not know", "Report it with this line."};
}

}  // namespace

std::string_view to_string(Status status) noexcept {
  constexpr std::array<std::string_view, 17> names = {
      "ok",        "redirected", "invalid",        "unauthenticated", "denied",
      "not_found", "conflict",   "already_exists", "feature_absent",  "quota",
      "too_large", "throttled",  "not_yet",        "unavailable",     "failed",
      "lost",      "unknown"};
  return names.at(static_cast<std::size_t>(status));
}

Status classify(int http_status) noexcept {
  if (http_status >= 200 && http_status < 300) return Status::ok;
  for (const Meaning& meaning : k_meanings)
    if (meaning.http_status == http_status) return meaning.status;
  return Status::unknown;
}

Api::Api(Parts parts, ApiOptions options) : parts_(parts), options_(std::move(options)) {}

Answer Api::call(Call call, std::stop_token stop) {
  return Attempts(parts_, options_, health_, std::move(call), std::move(stop)).run();
}

void Api::Health::answered(std::string_view family) {
  const std::lock_guard lock(mutex_);
  there_ = true;
  if (const auto at = outages_.find(family); at != outages_.end()) outages_.erase(at);
  if (given_up_ == family) given_up_.reset();
}

void Api::Health::there() {
  const std::lock_guard lock(mutex_);
  there_ = true;
}

bool Api::Health::anybody_there() const {
  const std::lock_guard lock(mutex_);
  return there_;
}

void Api::Health::given_up(std::string_view family) {
  const std::lock_guard lock(mutex_);
  if (most_ && !given_up_) given_up_ = family;
}

void Api::Health::limit_patience(base::Duration most) {
  const std::lock_guard lock(mutex_);
  most_ = most;
}

base::Duration Api::Health::patience(base::Duration usual) const {
  const std::lock_guard lock(mutex_);
  return most_ ? std::min(*most_, usual) : usual;
}

base::Duration Api::Health::failed(std::string_view family, base::Duration now, base::Duration patience) {
  const std::lock_guard lock(mutex_);
  Outage& outage = outages_.try_emplace(std::string(family), Outage{now, now}).first->second;
  // Two failures that lie far apart are two outages: nobody asked in between.
  if (now - outage.last > patience) outage.since = now;
  outage.last = now;
  const Duration lasted = now - outage.since;
  return given_up_ ? std::max(lasted, patience) : lasted;
}

base::Error to_error(const Answer& answer) {
  constexpr std::size_t longest = 500;
  const Wording known = wording(answer.verdict.status);
  std::string text = fmt::format("{}: {}", answer.request, known.words);
  if (answer.response.status != 0) text += fmt::format(" (HTTP {})", answer.response.status);
  if (!answer.verdict.code.empty()) text += fmt::format(", {}", answer.verdict.code);
  std::string_view message = answer.verdict.message;
  if (message.size() > longest) {
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0U) == 0x80U) --end;  // not inside of a character
    message = message.substr(0, end);
  }
  if (!message.empty()) text += fmt::format(": {}", message);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return {known.kind, std::move(text), std::string(known.hint)};
}

}  // namespace holdfast::net
