// One request as a handler sees it, and what it answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/databricks/json.h"
#include "sim/databricks/world.h"
#include "sim/http_message.h"

namespace holdfast::sim::databricks {

// Who asks.  `name` is what the platform writes down as creator: the login of a user, the application id of a service
// principal.
struct Principal {
  std::string id;
  std::string name;
  bool service_principal = false;
};

// What a fault makes of the pages of a list.
enum class PageFault { none, empty, shorter };

struct Reply {
  int status = 200;
  std::string body = "{}";
  std::string content_type = "application/json";
  NamedValues headers;
};
Reply reply(const Json& body, int status = 200);
Reply bytes_reply(std::string body);  // application/octet-stream

class Call {
public:
  struct Parts {
    World& world;
    const HttpRequest& request;
    NamedValues placeholders;
    Principal caller;
    PageFault page_fault = PageFault::none;
  };
  explicit Call(Parts parts);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  World& world() const noexcept { return parts_.world; }
  const HttpRequest& request() const noexcept { return parts_.request; }
  const Principal& caller() const noexcept { return parts_.caller; }
  PageFault page_fault() const noexcept { return parts_.page_fault; }

  // The value of a placeholder of the route's pattern, decoded.
  const std::string& placeholder(std::string_view name) const;
  std::optional<std::string> query(std::string_view name) const;
  std::string required_query(std::string_view name) const;                 // 400 when it is not there, or empty
  std::optional<std::int64_t> query_integer(std::string_view name) const;  // 400 when it is no integer
  bool query_flag(std::string_view name) const;                            // "true"
  // The JSON object that was sent; an empty one when nothing was.  400 MALFORMED_REQUEST when it is none.
  const Json& body() const;

private:
  Parts parts_;
  mutable std::unique_ptr<Json> body_;
};

}  // namespace holdfast::sim::databricks
