#include "sim/http_listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "base/error.h"
#include "base/time.h"
#include "support/fakes.h"

namespace holdfast::sim {
namespace {

// What a client sees: the bytes, and whether the connection was reset.
struct Seen {
  std::string text;
  bool reset = false;
};

class Client {
public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) const {
    ASSERT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // Until `ending` was seen, or the connection ends.
  Seen read_until(const std::string& ending) const {
    Seen seen;
    std::array<char, 4096> piece{};
    while (ending.empty() || seen.text.find(ending) == std::string::npos) {
      const auto count = ::recv(socket_, piece.data(), piece.size(), 0);
      seen.reset = count < 0 && errno == ECONNRESET;
      if (count <= 0) break;
      seen.text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return seen;
  }

private:
  int socket_ = -1;
};

struct HttpListenerTest : testing::Test {
  test::ManualClock clock{*base::parse_instant("2026-11-03T08:49:37Z")};
  std::atomic<int> handled = 0;
  HttpListener listener{{}, clock, [this](const HttpRequest& request) {
                          ++handled;
                          if (request.path == "/throws") throw base::Error(base::ErrorKind::internal, "no luck");
                          HttpResponse response;
                          response.body = "<" + request.method + " " + request.path + " " + request.body + ">";
                          if (request.path == "/reset") response.delivery = Delivery::reset;
                          return response;
                        }};
};

TEST_F(HttpListenerTest, AnswersSeveralRequestsOnOneConnection) {
  const Client client(listener.port());
  client.send("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyzGET /b HTTP/1.1\r\n\r\n");
  const auto seen = client.read_until("<GET /b >").text;
  EXPECT_NE(seen.find("<POST /a xyz>"), std::string::npos);
  EXPECT_NE(seen.find("Date: Tue, 03 Nov 2026 08:49:37 GMT\r\n"), std::string::npos);
}

TEST_F(HttpListenerTest, TakesAbsoluteTargetsAndLongPaths) {
  const Client client(listener.port());
  const std::string name(60'000, 'n');
  client.send("GET http://primary.databricks.test/" + name + " HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_until("").text.find("<GET /" + name + " >"), std::string::npos);
}

TEST_F(HttpListenerTest, TakesChunksAndSaysGoOn) {
  const Client client(listener.port());
  client.send("PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n").text, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  EXPECT_NE(client.read_until("abc>").text.find("<PUT /c abc>"), std::string::npos);
}

TEST_F(HttpListenerTest, ResetsAConnectionAfterTheHandlerDidItsWork) {
  const Client client(listener.port());
  client.send("POST /reset HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  const auto seen = client.read_until("");
  EXPECT_TRUE(seen.reset);
  EXPECT_EQ(seen.text, "");
  EXPECT_EQ(handled, 1);
}

TEST_F(HttpListenerTest, SaysWhatWentWrongWithItAndWithTheHandler) {
  const Client broken(listener.port());
  broken.send("nonsense\r\n\r\n");
  EXPECT_TRUE(broken.read_until("").text.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  const Client client(listener.port());
  client.send("GET /throws HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.read_until("no luck").text.starts_with("HTTP/1.1 500 "));
}

TEST_F(HttpListenerTest, GivesHeadsWithoutBodies) {
  const Client client(listener.port());
  client.send("HEAD /h HTTP/1.1\r\nConnection: close\r\n\r\n");
  const auto seen = client.read_until("").text;
  EXPECT_NE(seen.find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_TRUE(seen.ends_with("\r\n\r\n"));
}

TEST_F(HttpListenerTest, EndsWhileConnectionsIdle) {
  const Client client(listener.port());
  client.send("GET /a HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.read_until(">").text, "");
  // The fixture goes while `client` still holds its connection: it must not wait for it.
}

TEST_F(HttpListenerTest, RefusesATakenPort) {
  ListenerOptions options;
  options.port = listener.port();
  try {
    const HttpListener second(options, clock, [](const HttpRequest&) { return HttpResponse{}; });
    FAIL() << "it listens twice";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::config);
  }
}

}  // namespace
}  // namespace holdfast::sim
