// A small HTTP/1.1 server on sockets for the stand-ins.  It is our own because a stand-in must do what servers are made
// never to do: reset a connection after the request took effect, take the absolute-form targets that clients send to a
// proxy, and take paths of tens of kilobytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "sim/http_message.h"

namespace holdfast::sim {

struct ListenerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;    // 0: a free one
  std::size_t threads = 96;  // a connection holds one for as long as it lives
  std::size_t largest_body = std::size_t{64} << 20;
  int idle_timeout_ms = 30'000;  // after that a connection that asks nothing is closed
};

class HttpListener {
public:
  // Called by several threads at once.  What it throws becomes a 500.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Listens when it returns.  Throws Error{config} when the port is taken.  `clock` is what the Date header tells.
  HttpListener(ListenerOptions options, const base::Clock& clock, Handler handler);
  ~HttpListener();  // breaks off what is under way and joins
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  std::uint16_t port() const noexcept;
  std::string url() const;  // http://127.0.0.1:PORT

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::sim
