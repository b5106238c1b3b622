// A workspace whose answers are written down, and a session to it.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "platform/databricks/session.h"
#include "support/fakes.h"

namespace holdfast::test {

inline net::Response answer(int status, std::string body) {
  return {.status = status, .headers = {{"date", "Sat, 21 Nov 2026 10:00:00 GMT"}}, .body = std::move(body)};
}
inline net::Response missing() {
  return answer(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no such thing"})");
}
inline net::Response forbidden() {
  return answer(403, R"({"error_code":"PERMISSION_DENIED","message":"not you"})");
}
inline net::Response no_endpoint() {
  return answer(404, R"({"error_code":"ENDPOINT_NOT_FOUND","message":"no such API"})");
}

// "GET /path?query" → answer.  Records what was asked.
class AnsweringHttp : public net::HttpClient {  // thread-safe when the script is
public:
  using Script = std::function<net::Response(const std::string& target)>;
  explicit AnsweringHttp(Script script) : script_(std::move(script)) {}

  net::Response send(const net::Request& request, std::stop_token) override {
    std::string target = request.url.path;
    if (!request.url.query.empty()) target += "?" + request.url.query;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(target);
    }
    return script_(target);
  }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

private:
  Script script_;
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
};

class ScriptedSession {
public:
  explicit ScriptedSession(AnsweringHttp::Script script)
      : http_(new AnsweringHttp(std::move(script))),
        session_(account(), std::unique_ptr<net::HttpClient>(http_), clock, random_) {}

  const platform::databricks::Client& client() const { return session_.client(); }
  std::vector<std::string> asked() const { return http_->asked(); }

  static platform::databricks::Account account() {
    platform::databricks::Account out;
    out.host = "https://adb-42.7.azuredatabricks.test";
    out.token = base::Secret("dapi1");
    out.rate_share_percent = 100;
    return out;
  }

  ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};

private:
  SeededRandom random_{1};
  AnsweringHttp* http_;  // the session's
  platform::databricks::Session session_;
};

}  // namespace holdfast::test
