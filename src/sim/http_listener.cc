#include "sim/http_listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/task_group.h"

namespace holdfast::sim {
namespace {

constexpr std::size_t k_largest_head = 128 * 1024;
constexpr int k_backlog = 256;

[[noreturn]] void fail_to_listen(const ListenerOptions& options) {
  throw base::Error(base::ErrorKind::config,
                    fmt::format("cannot listen on {}:{}: {}", options.address, options.port, std::strerror(errno)),
                    "Choose another port, or leave it out to get a free one.");
}

// Tue, 03 Nov 2026 08:49:37 GMT
std::string http_date(base::Instant now) {
  static constexpr std::array<std::string_view, 7> k_days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", k_days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), k_months[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

// A connection that is to end with a reset: what is not yet sent is thrown away, and the peer is told so.
void reset_on_close(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

class Connection {
public:
  Connection(int socket, int wake, const ListenerOptions& options) : socket_(socket), wake_(wake), options_(options) {}

  // The bytes before the empty line; false when there will be no further request.
  bool read_head(std::string& head) {
    std::size_t searched = 0;
    while (true) {
      const auto end = buffer_.find("\r\n\r\n", searched);
      if (end != std::string::npos) {
        head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        return true;
      }
      if (buffer_.size() > k_largest_head) throw BadHttp{431, "the head of the request is too large"};
      searched = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
      if (!fill()) return false;
    }
  }

  bool read_body(HttpRequest& request, const BodyFraming& framing) {
    if (framing.length > options_.largest_body) throw BadHttp{413, "the body is too large"};
    if (framing.expects_continue && !send("HTTP/1.1 100 Continue\r\n\r\n")) return false;
    if (framing.chunked) return read_chunks(request);
    while (buffer_.size() < framing.length) {
      if (!fill()) return false;
    }
    request.body = buffer_.substr(0, framing.length);
    buffer_.erase(0, framing.length);
    return true;
  }

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

private:
  bool read_chunks(HttpRequest& request) {
    ChunkedBody chunks(options_.largest_body);
    while (true) {
      buffer_.erase(0, chunks.feed(buffer_));
      if (chunks.finished()) break;
      if (!fill()) return false;
    }
    request.body = chunks.take();
    return true;
  }

  // Waits for bytes; false when the peer is gone, idles too long, or the listener stops.
  bool fill() {
    std::array<pollfd, 2> waits = {pollfd{socket_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
    const int ready = ::poll(waits.data(), waits.size(), options_.idle_timeout_ms);
    if (ready < 0 && errno == EINTR) return true;
    if (ready <= 0 || waits[1].revents != 0) return false;
    std::array<char, 64 * 1024> piece;
    const auto count = ::recv(socket_, piece.data(), piece.size(), 0);
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) return false;
    buffer_.append(piece.data(), static_cast<std::size_t>(count));
    return true;
  }

  int socket_ = -1;
  int wake_ = -1;
  const ListenerOptions& options_;
  std::string buffer_;
};

}  // namespace

struct HttpListener::Impl {
  Impl(ListenerOptions wanted, const base::Clock& time, Handler handle)
      : options(std::move(wanted)),
        clock(time),
        handler(std::move(handle)),
        listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        wake(::eventfd(0, EFD_CLOEXEC)) {
    if (listening.get() < 0 || wake.get() < 0) fail_to_listen(options);
    const int yes = 1;
    ::setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    if (::inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) {
      throw base::Error(base::ErrorKind::usage, "'" + options.address + "' is no IPv4 address",
                        "Name an address of this machine, such as 127.0.0.1.");
    }
    if (::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening.get(), k_backlog) != 0) {
      fail_to_listen(options);
    }
    socklen_t size = sizeof address;
    if (::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail_to_listen(options);
    port = ntohs(address.sin_port);
    for (std::size_t i = 0; i < options.threads; ++i) {
      threads.spawn([this](std::stop_token stop) { accept_loop(stop); });
    }
  }

  ~Impl() {
    threads.request_stop();
    // Nobody reads it back, so every thread that polls it wakes up.
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
  }

  void accept_loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::string peer;
      const base::Descriptor socket(next_connection(peer));
      if (socket.get() < 0) continue;
      const int yes = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const timeval patience{10, 0};  // a peer that does not read its answer must not hold the listener's end up
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      serve(socket.get(), peer, stop);
    }
  }

  // One thread waits, the others queue behind it: a connection wakes one of them instead of all.
  int next_connection(std::string& peer) {
    const std::lock_guard lock(accepting);
    std::array<pollfd, 2> waits = {pollfd{listening.get(), POLLIN, 0}, pollfd{wake.get(), POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0 || waits[0].revents == 0) return -1;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const int socket = ::accept4(listening.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
    peer = text.data();
    return socket;
  }

  void serve(int socket, const std::string& peer, const std::stop_token& stop) {
    Connection connection(socket, wake.get(), options);
    try {
      bool more = true;
      while (more && !stop.stop_requested()) more = serve_one(connection, socket, peer);
    } catch (const BadHttp& bad) {
      HttpResponse response;
      response.status = bad.status;
      response.headers.emplace_back("Content-Type", "text/plain");
      response.body = bad.reason;
      connection.send(text_of(response, true, false));
    }
  }

  bool serve_one(Connection& connection, int socket, const std::string& peer) {
    std::string head;
    if (!connection.read_head(head)) return false;
    HttpRequest request = parse_request_head(head);
    request.peer = peer;
    const auto framing = body_framing(request);
    if (!connection.read_body(request, framing)) return false;
    const auto response = answer(request);
    if (response.delivery == Delivery::reset) {
      reset_on_close(socket);
      return false;
    }
    return connection.send(text_of(response, framing.close_after, request.method == "HEAD")) && !framing.close_after;
  }

  HttpResponse answer(const HttpRequest& request) const {
    try {
      return handler(request);
    } catch (...) {
      HttpResponse response;
      response.status = 500;
      response.headers.emplace_back("Content-Type", "text/plain");
      response.body = base::current_error().message();
      return response;
    }
  }

  std::string text_of(const HttpResponse& response, bool close, bool head_only) const {
    std::string out = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_phrase(response.status),
                                  http_date(clock.now()));
    for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
    if (response.status != 204 && response.status != 304) {
      out += fmt::format("Content-Length: {}\r\n", response.body.size());
    }
    if (close) out += "Connection: close\r\n";
    out += "\r\n";
    if (!head_only) out += response.body;
    return out;
  }

  const ListenerOptions options;
  const base::Clock& clock;
  const Handler handler;
  const base::Descriptor listening;
  const base::Descriptor wake;
  std::uint16_t port = 0;
  std::mutex accepting;
  base::TaskGroup threads{std::stop_token{}};  // last: its threads use everything above
};

HttpListener::HttpListener(ListenerOptions options, const base::Clock& clock, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), clock, std::move(handler))) {}

HttpListener::~HttpListener() = default;

std::uint16_t HttpListener::port() const noexcept {
  return impl_->port;
}

std::string HttpListener::url() const {
  return fmt::format("http://{}:{}", impl_->options.address, impl_->port);
}

}  // namespace holdfast::sim
