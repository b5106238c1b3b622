// HTTP servers on loopback, for tests of what speaks HTTP: one that behaves, and one that answers with any bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/url.h"

namespace holdfast::test {

struct Seen {
  std::string method;
  std::string target;                               // as in the request line
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const;  // empty when there is none
};

struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string type = "application/json";
};

// Keeps connections, compresses for who accepts it.  Stops when it goes.
class HttpServer {
public:
  using Handler = std::function<Reply(const Seen&)>;
  explicit HttpServer(Handler handler);
  // With TLS.  Both are PEM files.
  HttpServer(Handler handler, const std::string& certificate, const std::string& key);
  ~HttpServer();

  const net::Url& url() const noexcept;

private:
  struct State;
  std::unique_ptr<State> state_;
};

// Hands every connection to the test, one after the other.
class RawServer {
public:
  class Connection {
  public:
    explicit Connection(int socket) : socket_(socket) {}
    // Up to the end of the headers, and the body that Content-Length announces.  Empty when the other side is gone.
    std::string read_request();
    void write(std::string_view bytes);
    // Answers a request with 200 and a body.
    void answer(std::string_view body);
    // Closes so that the other side gets a reset.
    void reset();
    // Until the other side closes.
    void wait_for_end();

  private:
    friend class RawServer;
    int socket_;
  };

  // `number` counts connections from 1.
  using Handler = std::function<void(Connection&, int number)>;
  explicit RawServer(Handler handler);
  ~RawServer();

  const net::Url& url() const noexcept;

private:
  struct State;
  std::unique_ptr<State> state_;
};

// A port of 127.0.0.1 where nobody listens.
std::uint16_t closed_port();

}  // namespace holdfast::test
