#include "support/http_server.h"

#include <httplib.h>

#include <thread>

namespace holdfast::test {

namespace {

constexpr std::size_t k_payload_max = std::size_t{256} << 20;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

net::Url loopback(std::string scheme, int port) {
  net::Url url;
  url.scheme = std::move(scheme);
  url.host = "127.0.0.1";
  url.port = static_cast<std::uint16_t>(port);
  return url;
}

}  // namespace

std::string Seen::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

struct HttpServer::State {
  State(std::unique_ptr<httplib::Server> with, Handler by, std::string scheme)
      : server(std::move(with)), handler(std::move(by)) {
    server->set_payload_max_length(k_payload_max);
    server->set_keep_alive_max_count(1000000);
    // A connection that is kept holds a thread, and clients keep up to 40.
    server->new_task_queue = [] { return new httplib::ThreadPool(64); };  // NOLINT: the library takes it
    const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
      Seen seen{request.method, request.target, {}, request.body};
      for (const auto& [name, value] : request.headers) seen.headers.emplace(lower(name), value);
      const Reply reply = handler(seen);
      response.status = reply.status;
      for (const auto& [name, value] : reply.headers) response.set_header(name, value);
      response.set_content(reply.body, reply.type);
    };
    server->Get(".*", serve);
    server->Post(".*", serve);
    server->Put(".*", serve);
    server->Patch(".*", serve);
    server->Delete(".*", serve);
    url = loopback(std::move(scheme), server->bind_to_any_port("127.0.0.1"));
    thread = std::jthread([this] { server->listen_after_bind(); });
    // To stop a server that does not listen yet does nothing.
    while (!server->is_running()) std::this_thread::yield();
  }
  ~State() { server->stop(); }

  std::unique_ptr<httplib::Server> server;
  Handler handler;
  net::Url url;
  std::jthread thread;
};

HttpServer::HttpServer(Handler handler)
    : state_(std::make_unique<State>(std::make_unique<httplib::Server>(), std::move(handler), "http")) {}

HttpServer::HttpServer(Handler handler, const std::string& certificate, const std::string& key)
    : state_(std::make_unique<State>(std::make_unique<httplib::SSLServer>(certificate.c_str(), key.c_str()),
                                     std::move(handler), "https")) {}

HttpServer::~HttpServer() = default;

const net::Url& HttpServer::url() const noexcept {
  return state_->url;
}

}  // namespace holdfast::test
