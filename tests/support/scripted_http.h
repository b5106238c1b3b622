// A client that answers from a function and remembers what it was asked.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/http.h"

namespace holdfast::test {

class ScriptedHttp : public net::HttpClient {
public:
  // `number` counts requests from 1.
  using Script = std::function<net::Response(const net::Request&, std::size_t number)>;
  explicit ScriptedHttp(Script script) : script_(std::move(script)) {}

  net::Response send(const net::Request& request, std::stop_token stop) override {
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
      number = seen_.size();
    }
    net::Response response = script_(request, number);
    // Stopped while it waited for that answer.
    if (stop.stop_requested()) throw base::Error(base::ErrorKind::cancelled, net::describe(request) + ": stopped");
    return response;
  }

  std::vector<net::Request> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

private:
  const Script script_;
  mutable std::mutex mutex_;
  std::vector<net::Request> seen_;
};

inline net::Response reply(int status, std::string body = {}, std::vector<net::Header> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

}  // namespace holdfast::test
