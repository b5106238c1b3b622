// A workspace's stand-in as a net::HttpClient: no sockets, so that tests may use clocks that stand still.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stop_token>

#include "base/error.h"
#include "net/http.h"
#include "sim/databricks/stand_in.h"

namespace holdfast::test {

class StandInHttp : public net::HttpClient {  // thread-safe
public:
  // `stand_in` outlives it.
  explicit StandInHttp(sim::databricks::StandIn& stand_in) : stand_in_(stand_in) {}
  net::Response send(const net::Request& request, std::stop_token stop) override;

private:
  sim::databricks::StandIn& stand_in_;
};

inline net::Response StandInHttp::send(const net::Request& request, std::stop_token stop) {
  if (stop.stop_requested()) throw base::Error(base::ErrorKind::cancelled, "the call was stopped");
  std::string head = fmt::format("{} {}{}{} HTTP/1.1\r\n", net::to_string(request.method), request.url.path,
                                 request.url.query.empty() ? "" : "?", request.url.query);
  for (const net::Header& header : request.headers) head += fmt::format("{}: {}\r\n", header.name, header.value);
  for (const net::SecretHeader& header : request.secrets)
    head += fmt::format("{}: {}\r\n", header.name, header.value.reveal());
  sim::HttpRequest asked = sim::parse_request_head(head);
  asked.body = request.body;
  const sim::HttpResponse answer = stand_in_.handle(asked);
  if (answer.delivery == sim::Delivery::reset)
    throw net::TransportError(net::TransportError::Sent::perhaps, net::describe(request) + ": the connection was reset",
                              "Try again.");
  net::Response out{.status = answer.status, .headers = {}, .body = answer.body};
  for (const auto& [name, value] : answer.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    out.headers.push_back({lower, value});
  }
  return out;
}

}  // namespace holdfast::test
