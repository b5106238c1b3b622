// The table of what the stand-in answers.  Each group of endpoints adds its rows by one function; that is all there is
// to do to add an endpoint.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/databricks/api_error.h"
#include "sim/databricks/call.h"

namespace holdfast::sim::databricks {

using Handler = std::function<Reply(Call&)>;

// Who may ask.
enum class Access { authenticated, anyone };

struct Route {
  std::string_view method;
  // "/api/2.0/repos/{id}"; "{path…}" at the end takes the rest, slashes included.
  std::string pattern;
  Handler handler;
  std::string_view family;  // of the rate limits (rate_limits.h); empty: no limit is published
  std::string_view doc;     // one line
  Dialect dialect = Dialect::rest;
  Access access = Access::authenticated;
};

class Router {  // filled first, then asked by several threads
public:
  void add(Route route);
  // The same endpoint under several versions: "/api/{v}/jobs/get" of {"2.0", "2.1"}.
  void add_versions(std::initializer_list<std::string_view> versions, const Route& route);

  struct Match {
    const Route* route = nullptr;  // nullptr: nothing has this method and path
    NamedValues placeholders;
  };
  // `raw_path` is still encoded: an encoded slash does not part segments.
  Match find(std::string_view method, std::string_view raw_path) const;
  const std::vector<Route>& all() const noexcept { return routes_; }

private:
  std::vector<Route> routes_;
  std::unordered_map<std::string, std::size_t> literal_;  // "GET /api/2.0/jobs/get" → its row
  std::vector<std::size_t> with_placeholders_;
};

// Adds routes whose paths begin alike and which share a limit.
class RouteGroup {
public:
  RouteGroup(Router& router, std::string_view prefix, std::string_view family, Dialect dialect = Dialect::rest)
      : router_(router), prefix_(prefix), family_(family), dialect_(dialect) {}
  void operator()(std::string_view method, std::string_view path, Handler handler, std::string_view doc) const;

private:
  Router& router_;
  std::string_view prefix_;
  std::string_view family_;
  Dialect dialect_;
};

// "/a/{x}/b" and "/a/{rest…}" against a path.  The placeholders' values are decoded.
bool matches_pattern(std::string_view pattern, std::string_view raw_path, NamedValues& placeholders);

}  // namespace holdfast::sim::databricks
