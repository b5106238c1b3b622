// A stand-in of a workspace with a clock that stands still, asked as over the wire.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "sim/databricks/stand_in.h"
#include "support/fakes.h"

namespace holdfast::test {

struct Asked {
  int status = 0;
  nlohmann::json json;  // null when the body is none
  sim::HttpResponse response;

  std::string header(std::string_view name) const;
  std::string code() const;  // error_code as text
};

class WorkspaceWorld {
public:
  explicit WorkspaceWorld(sim::databricks::StandInOptions options = {});

  Asked get(const std::string& target) { return ask("GET", target, ""); }
  Asked post(const std::string& target, const nlohmann::json& body) { return ask("POST", target, body.dump()); }
  Asked put(const std::string& target, const nlohmann::json& body) { return ask("PUT", target, body.dump()); }
  Asked patch(const std::string& target, const nlohmann::json& body) { return ask("PATCH", target, body.dump()); }
  Asked remove(const std::string& target) { return ask("DELETE", target, ""); }
  Asked ask(const std::string& method, const std::string& target, const std::string& body);

  ManualClock clock;
  sim::databricks::StandIn stand_in;
  std::string token;  // what the next requests carry
  sim::NamedValues more_headers;
};

}  // namespace holdfast::test
