#include "support/workspace_world.h"

#include "base/time.h"

namespace holdfast::test {

using namespace sim;

std::string Asked::header(std::string_view name) const {
  for (const auto& [each, value] : response.headers) {
    if (each == name) return value;
  }
  return "";
}

std::string Asked::code() const {
  if (!json.is_object() || !json.contains("error_code")) return "";
  return json["error_code"].is_string() ? json["error_code"].get<std::string>() : json["error_code"].dump();
}

WorkspaceWorld::WorkspaceWorld(databricks::StandInOptions options)
    : clock(*base::parse_instant("2026-11-20T10:00:00Z")),
      stand_in(std::move(options), clock),
      token(stand_in.token()) {}

Asked WorkspaceWorld::ask(const std::string& method, const std::string& target, const std::string& body) {
  auto request = parse_request_head(method + " " + target + " HTTP/1.1\r\nHost: workspace.test\r\n");
  if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
  for (const auto& header : more_headers) request.headers.push_back(header);
  request.body = body;
  Asked asked;
  asked.response = stand_in.handle(request);
  asked.status = asked.response.status;
  asked.json = nlohmann::json::parse(asked.response.body, nullptr, false);
  if (asked.json.is_discarded()) asked.json = nullptr;
  return asked;
}

}  // namespace holdfast::test
