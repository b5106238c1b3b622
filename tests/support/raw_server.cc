#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "support/http_server.h"

namespace holdfast::test {

namespace {

// A listening socket on a free port of loopback.
int listening(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || ::bind(socket, where, size) != 0 || ::listen(socket, 16) != 0 ||
      ::getsockname(socket, where, &size) != 0)
    throw base::Error(base::ErrorKind::io, "cannot listen on loopback");
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

std::string RawServer::Connection::read_request() {
  std::string all;
  std::size_t wanted = std::string::npos;
  std::array<char, 4096> buffer{};
  while (all.size() < wanted) {
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return {};
    all.append(buffer.data(), static_cast<std::size_t>(size));
    const std::size_t end = all.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const std::size_t length = all.find("Content-Length: ");
    wanted = end + 4 + (length < end ? std::strtoul(all.c_str() + length + 16, nullptr, 10) : 0);
  }
  return all;
}

void RawServer::Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void RawServer::Connection::answer(std::string_view body) {
  write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
}

void RawServer::Connection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket_);
  socket_ = -1;
}

void RawServer::Connection::wait_for_end() {
  std::array<char, 4096> buffer{};
  while (::recv(socket_, buffer.data(), buffer.size(), 0) > 0) continue;
}

struct RawServer::State {
  explicit State(Handler by) : handler(std::move(by)) {
    url.scheme = "http";
    url.host = "127.0.0.1";
    socket = listening(url.port);
    thread = std::jthread([this](std::stop_token stop) { serve(stop); });
  }
  ~State() {
    thread.request_stop();
    const std::lock_guard lock(mutex);
    if (open >= 0) ::shutdown(open, SHUT_RDWR);  // a handler that waits for the other side
  }

  void serve(const std::stop_token& stop) {
    for (int number = 1; !stop.stop_requested();) {
      pollfd waiting{socket, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int accepted = ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) continue;
      set_open(accepted);
      Connection connection(accepted);
      if (!stop.stop_requested()) handler(connection, number++);
      set_open(-1);
      if (connection.socket_ >= 0) ::close(connection.socket_);
    }
    ::close(socket);
  }

  void set_open(int connection) {
    const std::lock_guard lock(mutex);
    open = connection;
  }

  Handler handler;
  net::Url url;
  int socket = -1;
  std::mutex mutex;
  int open = -1;
  std::jthread thread;
};

RawServer::RawServer(Handler handler) : state_(std::make_unique<State>(std::move(handler))) {}

RawServer::~RawServer() = default;

const net::Url& RawServer::url() const noexcept {
  return state_->url;
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  ::close(listening(port));
  return port;
}

}  // namespace holdfast::test
