#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/task_group.h"
#include "net/http.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "support/http_server.h"

namespace holdfast::net {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::error_of;
using test::HttpServer;
using test::RawServer;
using test::Reply;
using test::Seen;

// No proxy of this machine's environment.
ClientOptions direct() {
  ClientOptions options;
  options.proxy = base::Secret("");
  return options;
}

Request request_to(Method method, const Url& base, std::string_view path, std::string body = {}) {
  Request request;
  request.method = method;
  request.url = at(base, path);
  request.body = std::move(body);
  return request;
}

Response get(HttpClient& client, const Url& base, std::string_view path) {
  return client.send(request_to(Method::get, base, path), {});
}

// Whether a request that failed may have arrived; nullopt when it did not fail that way.
std::optional<bool> may_have_arrived(HttpClient& client, const Request& request) {
  try {
    client.send(request, {});
  } catch (const TransportError& error) {
    return error.may_have_arrived();
  }
  return std::nullopt;
}

Reply describe_back(const Seen& seen) {
  Reply reply;
  reply.body = seen.method + " " + seen.target + " [" + seen.body + "] " + seen.header("content-type");
  return reply;
}

TEST(CurlClient, SendsEveryMethodWithItsBody) {
  const HttpServer server(describe_back);
  const auto client = open_curl_client(direct());
  const auto answer = [&](Method method, std::string body) {
    return client->send(request_to(method, server.url(), "/a%2Fb/..", std::move(body)), {}).body;
  };
  EXPECT_EQ(answer(Method::get, ""), "GET /a%2Fb/.. [] ");
  EXPECT_EQ(answer(Method::head, ""), "");
  EXPECT_EQ(answer(Method::post, "x=1"), "POST /a%2Fb/.. [x=1] ");
  EXPECT_EQ(answer(Method::post, ""), "POST /a%2Fb/.. [] ");
  EXPECT_EQ(answer(Method::put, std::string("\0\xff", 2)), std::string("PUT /a%2Fb/.. [\0\xff] ", 19));
  EXPECT_EQ(answer(Method::patch, "{}"), "PATCH /a%2Fb/.. [{}] ");
  EXPECT_EQ(answer(Method::remove, ""), "DELETE /a%2Fb/.. [] ");
}

TEST(CurlClient, SendsHeadersSecretsAndLogin) {
  const HttpServer server([](const Seen& seen) {
    return Reply{.body = seen.header("x-a") + "|" + seen.header("authorization") + "|" + seen.header("user-agent") +
                         "|" + seen.header("content-type")};
  });
  const auto client = open_curl_client(direct());
  Request request = request_to(Method::post, server.url(), "/", "{}");
  request.headers = {{"X-A", "1"}, {"Content-Type", "application/json"}};
  request.secrets = {{"Authorization", base::Secret("Bearer t")}};
  EXPECT_EQ(client->send(request, {}).body, "1|Bearer t|holdfast|application/json");
  request.secrets.clear();
  request.login = BasicLogin{"user", base::Secret("pass")};
  EXPECT_EQ(client->send(request, {}).body, "1|Basic dXNlcjpwYXNz|holdfast|application/json");
  // Nothing of it stays on the handle.
  EXPECT_EQ(get(*client, server.url(), "/").body, "||holdfast|");
}

TEST(CurlClient, SendsAHeaderWithoutAValue) {
  const RawServer server([](RawServer::Connection& connection, int) {
    connection.answer(connection.read_request().find("\r\nX-Empty:\r\n") != std::string::npos ? "there" : "left out");
    connection.wait_for_end();
  });
  const auto client = open_curl_client(direct());
  Request request = request_to(Method::get, server.url(), "/");
  request.headers = {{"X-Empty", ""}};
  EXPECT_EQ(client->send(request, {}).body, "there");
}

TEST(CurlClient, RefusesAHeaderWithALineBreakInIt) {
  const auto client = open_curl_client(direct());
  Request request = request_to(Method::get, parse_url("http://127.0.0.1:1"), "/");
  request.headers = {{"X-A", "1\r\nX-B: 2"}};
  EXPECT_EQ(error_of([&] { client->send(request, {}); }), ErrorKind::usage);
}

TEST(CurlClient, GivesStatusAndHeadersOfAnyAnswer) {
  const HttpServer server([](const Seen&) {
    return Reply{.status = 418, .headers = {{"X-Thing", "  a b "}, {"Retry-After", "7"}}, .body = "short"};
  });
  const auto client = open_curl_client(direct());
  const Response response = get(*client, server.url(), "/");
  EXPECT_EQ(response.status, 418);
  EXPECT_EQ(response.body, "short");
  ASSERT_NE(response.header("x-thing"), nullptr);
  EXPECT_EQ(*response.header("x-thing"), "a b");
  EXPECT_EQ(*response.header("retry-after"), "7");
  EXPECT_EQ(response.header("x-other"), nullptr);
}

TEST(CurlClient, ForgetsTheHeadersOfAnInterimAnswer) {
  const RawServer server([](RawServer::Connection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_end();
  });
  const auto client = open_curl_client(direct());
  const Response response = get(*client, server.url(), "/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("x-early"), nullptr);
}

TEST(CurlClient, TakesCompressedAnswers) {
  const std::string text(100000, 'x');
  std::atomic<bool> offered = false;
  const HttpServer server([&](const Seen& seen) {
    offered = seen.header("accept-encoding").find("gzip") != std::string::npos;
    return Reply{.body = text};
  });
  const auto client = open_curl_client(direct());
  const Response response = get(*client, server.url(), "/");
  EXPECT_TRUE(offered);
  EXPECT_EQ(*response.header("content-encoding"), "gzip");
  EXPECT_EQ(response.body, text);
}

TEST(CurlClient, RefusesAnAnswerThatIsTooLargeAlsoAfterDecompression) {
  const HttpServer server([](const Seen&) { return Reply{.body = std::string(1000000, 'x')}; });
  ClientOptions options = direct();
  options.max_body = 500000;
  const auto client = open_curl_client(options);
  Request request = request_to(Method::get, server.url(), "/");
  EXPECT_THROW(client->send(request, {}), OversizeError);
  request.max_body = 1000000;
  EXPECT_EQ(client->send(request, {}).body.size(), 1000000U);
  request.max_body = 999999;
  EXPECT_THROW(client->send(request, {}), OversizeError);
}

TEST(CurlClient, RefusesHeadersWithoutEnd) {
  const RawServer server([](RawServer::Connection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 1000; ++i) connection.write("X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n");
    connection.write("Content-Length: 0\r\n\r\n");
    connection.wait_for_end();
  });
  const auto client = open_curl_client(direct());
  EXPECT_THROW(get(*client, server.url(), "/"), base::Error);
}

class Collecting : public BodySink {
public:
  void begin() override {
    ++begun;
    bytes.clear();
  }
  void piece(base::ByteView part) override {
    if (bytes.size() + part.size() > most) throw base::Error(ErrorKind::io, "the disk is full");
    bytes.append(part);
  }
  int begun = 0;
  std::size_t most = std::size_t{1} << 30;
  std::string bytes;
};

TEST(CurlClient, StreamsALargeBodyToASinkAndAnErrorToTheAnswer) {
  const HttpServer server([](const Seen& seen) {
    if (seen.target == "/empty") return Reply{};
    if (seen.target == "/missing") return Reply{.status = 404, .body = "no such file"};
    return Reply{.body = std::string(20000000, 'x'), .type = "application/octet-stream"};
  });
  ClientOptions options = direct();
  options.max_body = 1000;
  const auto client = open_curl_client(options);
  Collecting sink;
  Request request = request_to(Method::get, server.url(), "/large");
  request.sink = &sink;
  EXPECT_EQ(client->send(request, {}).body, "");
  EXPECT_EQ(sink.bytes.size(), 20000000U);
  request.url = at(server.url(), "/empty");
  client->send(request, {});
  EXPECT_EQ(sink.begun, 2);
  EXPECT_EQ(sink.bytes, "");
  request.url = at(server.url(), "/missing");
  EXPECT_EQ(client->send(request, {}).body, "no such file");
  EXPECT_EQ(sink.begun, 2);
  sink.most = 100000;
  request.url = at(server.url(), "/large");
  EXPECT_EQ(error_of([&] { client->send(request, {}); }), ErrorKind::io);
}

TEST(CurlClient, UploadsALargeBody) {
  const HttpServer server([](const Seen& seen) { return Reply{.body = std::to_string(seen.body.size())}; });
  const auto client = open_curl_client(direct());
  EXPECT_EQ(client->send(request_to(Method::put, server.url(), "/", std::string(12345678, 'x')), {}).body, "12345678");
}

TEST(CurlClient, KeepsItsConnections) {
  std::atomic<int> connections = 0;
  const RawServer server([&](RawServer::Connection& connection, int) {
    ++connections;
    while (!connection.read_request().empty()) connection.answer("ok");
  });
  const auto client = open_curl_client(direct());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get(*client, server.url(), "/").body, "ok");
  EXPECT_EQ(connections, 1);
}

TEST(CurlClient, IsUsedByManyThreadsAtOnce) {
  const HttpServer server([](const Seen& seen) { return Reply{.body = seen.target}; });
  ClientOptions options = direct();
  options.connections = 4;
  const auto client = open_curl_client(options);
  std::atomic<int> right = 0;
  base::TaskGroup tasks({});
  for (int i = 0; i < 16; ++i)
    tasks.spawn([&, i](std::stop_token stop) {
      for (int call = 0; call < 25; ++call) {
        const std::string path = "/" + std::to_string(i) + "/" + std::to_string(call);
        if (client->send(request_to(Method::get, server.url(), path), stop).body == path) ++right;
      }
    });
  tasks.wait();
  EXPECT_EQ(right, 400);
}

TEST(CurlClient, KnowsThatARefusedConnectionCarriedNothing) {
  const auto client = open_curl_client(direct());
  Url nowhere = parse_url("http://127.0.0.1");
  nowhere.port = test::closed_port();
  EXPECT_EQ(may_have_arrived(*client, request_to(Method::post, nowhere, "/")), false);
  EXPECT_EQ(may_have_arrived(*client, request_to(Method::get, parse_url("http://no-such-host.invalid"), "/")), false);
}

TEST(CurlClient, KnowsThatARequestMayHaveArrivedWhenTheAnswerIsCutOff) {
  const RawServer server([](RawServer::Connection& connection, int number) {
    connection.read_request();
    if (number == 2) connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.reset();
  });
  const auto client = open_curl_client(direct());
  EXPECT_EQ(may_have_arrived(*client, request_to(Method::post, server.url(), "/", "create")), true);
  EXPECT_EQ(may_have_arrived(*client, request_to(Method::post, server.url(), "/", "create")), true);
}

// libcurl by itself would send it once more on a new connection.
TEST(CurlClient, SendsACreationOnceWhenAKeptConnectionDies) {
  std::atomic<int> created = 0;
  const RawServer server([&](RawServer::Connection& connection, int number) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      if (request.starts_with("POST")) ++created;
      if (request.starts_with("POST") && number == 1) return connection.reset();
      connection.answer("ok");
    }
  });
  const auto client = open_curl_client(direct());
  EXPECT_EQ(get(*client, server.url(), "/").body, "ok");
  EXPECT_EQ(may_have_arrived(*client, request_to(Method::post, server.url(), "/", "create")), true);
  EXPECT_EQ(created, 1);
  EXPECT_EQ(client->send(request_to(Method::post, server.url(), "/", "create"), {}).body, "ok");
  EXPECT_EQ(created, 2);
}

TEST(CurlClient, EndsSoonWhenStopped) {
  const RawServer server([](RawServer::Connection& connection, int) {
    connection.read_request();
    connection.wait_for_end();
  });
  const auto client = open_curl_client(direct());
  std::stop_source source;
  base::Duration asked{};
  std::jthread later([&] {
    std::this_thread::sleep_for(milliseconds(100));
    asked = base::system_clock().elapsed();
    source.request_stop();
  });
  EXPECT_EQ(error_of([&] { client->send(request_to(Method::get, server.url(), "/"), source.get_token()); }),
            ErrorKind::cancelled);
  later.join();
  EXPECT_LT(base::system_clock().elapsed() - asked, seconds(1));
}

TEST(CurlClient, LetsACallerGoThatWaitsForAConnection) {
  const RawServer server([](RawServer::Connection& connection, int) {
    connection.read_request();
    connection.wait_for_end();
  });
  ClientOptions options = direct();
  options.connections = 1;
  const auto client = open_curl_client(options);
  std::stop_source both;
  base::TaskGroup tasks({});
  std::atomic<int> cancelled = 0;
  for (int i = 0; i < 2; ++i)
    tasks.spawn([&](std::stop_token) {
      const Request request = request_to(Method::get, server.url(), "/");
      if (error_of([&] { client->send(request, both.get_token()); }) == ErrorKind::cancelled) ++cancelled;
    });
  std::this_thread::sleep_for(milliseconds(100));
  both.request_stop();
  tasks.wait();
  EXPECT_EQ(cancelled, 2);
}

TEST(CurlClient, GivesUpOnASilentServer) {
  const RawServer server([](RawServer::Connection& connection, int) {
    connection.read_request();
    connection.wait_for_end();
  });
  ClientOptions options = direct();
  options.idle_timeout = seconds(1);
  EXPECT_EQ(may_have_arrived(*open_curl_client(options), request_to(Method::get, server.url(), "/")), true);
  options.idle_timeout = seconds(60);
  options.total_timeout = milliseconds(200);
  EXPECT_EQ(may_have_arrived(*open_curl_client(options), request_to(Method::get, server.url(), "/")), true);
  Request hasty = request_to(Method::get, server.url(), "/");
  hasty.timeout = milliseconds(200);
  EXPECT_EQ(may_have_arrived(*open_curl_client(direct()), hasty), true);
}

TEST(CurlClient, FollowsARedirectWithinItsOriginForReadsOnly) {
  const HttpServer server([](const Seen& seen) {
    if (seen.target == "/old") return Reply{.status = 302, .headers = {{"Location", "/new?x=1"}}};
    // From an API to a page for people: what is there is no answer.
    if (seen.target == "/api/jobs") return Reply{.status = 302, .headers = {{"Location", "/login.html"}}};
    if (seen.target == "/api/old") return Reply{.status = 302, .headers = {{"Location", "/api/new"}}};
    if (seen.target == "/round") return Reply{.status = 302, .headers = {{"Location", "/round"}}};
    return Reply{.body = seen.method + " " + seen.target};
  });
  const auto client = open_curl_client(direct());
  EXPECT_EQ(get(*client, server.url(), "/old").body, "GET /new?x=1");
  EXPECT_EQ(client->send(request_to(Method::post, server.url(), "/old", "x"), {}).status, 302);
  EXPECT_EQ(client->send(request_to(Method::remove, server.url(), "/old"), {}).status, 302);
  EXPECT_EQ(get(*client, server.url(), "/round").status, 302);
  EXPECT_EQ(get(*client, server.url(), "/api/jobs").status, 302);
  EXPECT_EQ(get(*client, server.url(), "/api/old").body, "GET /api/new");
}

TEST(CurlClient, NeverCarriesCredentialsToAnotherOrigin) {
  std::atomic<int> reached = 0;
  const HttpServer other([&](const Seen&) {
    ++reached;
    return Reply{};
  });
  const HttpServer server([&](const Seen&) {
    return Reply{.status = 302, .headers = {{"Location", to_string(other.url())}}};
  });
  const auto client = open_curl_client(direct());
  Request request = request_to(Method::get, server.url(), "/");
  request.secrets = {{"Authorization", base::Secret("Bearer t")}};
  const Response response = client->send(request, {});
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(*response.header("location"), to_string(other.url()));
  EXPECT_EQ(reached, 0);
}

TEST(CurlClient, GoesThroughAProxy) {
  const RawServer proxy([](RawServer::Connection& connection, int) {
    const std::string request = connection.read_request();
    connection.answer(request.substr(0, request.find('\r')) +
                      (request.find("Proxy-Authorization: Basic dTpw") != std::string::npos ? " as u" : ""));
    connection.wait_for_end();
  });
  ClientOptions options;
  options.proxy = base::Secret("http://u:p@127.0.0.1:" + std::to_string(proxy.url().port));
  const auto client = open_curl_client(options);
  EXPECT_EQ(get(*client, parse_url("http://primary.databricks.test"), "/x").body,
            "GET http://primary.databricks.test/x HTTP/1.1 as u");
}

TEST(CurlClient, TakesTheProxyOfTheEnvironmentUnlessToldOtherwise) {
  const RawServer proxy([](RawServer::Connection& connection, int) {
    connection.read_request();
    connection.answer("proxy");
    connection.wait_for_end();
  });
  const HttpServer server([](const Seen&) { return Reply{.body = "server"}; });
  ::setenv("http_proxy", to_string(proxy.url()).c_str(), 1);
  ::unsetenv("no_proxy");
  ::unsetenv("NO_PROXY");
  const auto by_environment = open_curl_client(ClientOptions{});
  EXPECT_EQ(get(*by_environment, server.url(), "/").body, "proxy");
  const auto without = open_curl_client(direct());
  EXPECT_EQ(get(*without, server.url(), "/").body, "server");
  ::unsetenv("http_proxy");
}

TEST(CurlClient, KnowsThatAProxyThatRefusesATunnelPassedNothingOn) {
  const RawServer proxy([](RawServer::Connection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_end();
  });
  ClientOptions options;
  options.proxy = base::Secret(to_string(proxy.url()));
  const auto client = open_curl_client(options);
  EXPECT_EQ(may_have_arrived(*client, request_to(Method::post, parse_url("https://a.test"), "/")), false);
}

TEST(CurlClient, RefusesSettingsThatMakeNoSense) {
  for (const char* proxy : {"ftp://a.test", "http://", "gopher://x:1"}) {
    ClientOptions options;
    options.proxy = base::Secret(proxy);
    EXPECT_EQ(error_of([&] { open_curl_client(options); }), ErrorKind::config) << proxy;
  }
  ClientOptions file;
  file.ca_file = "/no/such/file.pem";
  EXPECT_EQ(error_of([&] { open_curl_client(file); }), ErrorKind::config);
  ClientOptions folder;
  folder.ca_folder = "/no/such/folder";
  EXPECT_EQ(error_of([&] { open_curl_client(folder); }), ErrorKind::config);
}

// A certificate of its own for 127.0.0.1.
class CurlTls : public testing::Test {
protected:
  void SetUp() override {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key() + " -out " + certificate() + " 2>/dev/null";
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  std::string certificate() const { return folder_.path() + "/certificate.pem"; }
  std::string key() const { return folder_.path() + "/key.pem"; }

  test::TempFolder folder_;
};

TEST_F(CurlTls, TrustsACertificateThatItWasTold) {
  const HttpServer server([](const Seen&) { return Reply{.body = "private"}; }, certificate(), key());
  ClientOptions options = direct();
  options.ca_file = certificate();
  const auto client = open_curl_client(options);
  EXPECT_EQ(get(*client, server.url(), "/").body, "private");
}

TEST_F(CurlTls, RefusesACertificateThatNobodyKnows) {
  std::atomic<int> reached = 0;
  const HttpServer server(
      [&](const Seen&) {
        ++reached;
        return Reply{};
      },
      certificate(), key());
  const auto client = open_curl_client(direct());
  EXPECT_EQ(error_of([&] { get(*client, server.url(), "/"); }), ErrorKind::unsupported);
  EXPECT_EQ(reached, 0);
}

TEST_F(CurlTls, RefusesACertificateForAnotherHost) {
  const HttpServer server([](const Seen&) { return Reply{}; }, certificate(), key());
  ClientOptions options = direct();
  options.ca_file = certificate();
  const auto client = open_curl_client(options);
  Url other = server.url();
  other.host = "localhost";
  EXPECT_EQ(error_of([&] { get(*client, other, "/"); }), ErrorKind::unsupported);
}

TEST_F(CurlTls, SaysThatAFileOfCertificatesIsNone) {
  const HttpServer server([](const Seen&) { return Reply{}; }, certificate(), key());
  ClientOptions options = direct();
  options.ca_file = folder_.path() + "/nonsense.pem";
  std::ofstream(options.ca_file) << "nonsense\n";
  const auto client = open_curl_client(options);
  EXPECT_EQ(error_of([&] { get(*client, server.url(), "/"); }), ErrorKind::config);
}

}  // namespace
}  // namespace holdfast::net
