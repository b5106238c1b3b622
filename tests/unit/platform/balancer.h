// A balancer of connections, as stands before replicas: each connection to its port goes to a server of its own choice.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast::test {

class Balancer {
public:
  // `choose` gives the port on loopback for the next connection.
  explicit Balancer(std::function<std::uint16_t()> choose) : choose_(std::move(choose)), listener_(open_socket()) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the balancer cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](std::stop_token stop) { accept_all(stop); });
  }
  ~Balancer() {
    acceptor_.request_stop();
    acceptor_.join();
    pumps_.clear();  // asks each to stop, and waits for it
    close(listener_);
  }
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;
  std::uint16_t port() const { return port_; }

private:
  static constexpr int k_tick_ms = 20;

  static int open_socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
  }

  void accept_all(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{listener_, POLLIN, 0};
      if (poll(&waiting, 1, k_tick_ms) <= 0) continue;
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const int server = open_socket();
      const sockaddr_in address = loopback(choose_());
      if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        shutdown(client, SHUT_RDWR);
      pumps_.emplace_back([client, server](std::stop_token ended) { pump(client, server, ended); });
    }
  }

  // Both ways until one side closes.
  static void pump(int client, int server, const std::stop_token& stop) {
    bool open = true;
    while (open && !stop.stop_requested()) {
      pollfd waiting[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (poll(waiting, 2, k_tick_ms) <= 0) continue;
      for (int i = 0; i < 2 && open; ++i)
        if (waiting[i].revents != 0) open = pass(waiting[i].fd, i == 0 ? server : client);
    }
    close(client);
    close(server);
  }

  static bool pass(int from, int to) {
    char buffer[16384];
    const ssize_t got = read(from, buffer, sizeof buffer);
    for (ssize_t sent = 0; sent < got;) {
      const ssize_t now = send(to, buffer + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += now;
    }
    return got > 0;
  }

  std::function<std::uint16_t()> choose_;
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<std::jthread> pumps_;  // made by the acceptor, ended after it
  std::jthread acceptor_;
};

}  // namespace holdfast::test
