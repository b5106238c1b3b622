#include "sim/databricks/router.h"

#include <stdexcept>

namespace holdfast::sim::databricks {
namespace {

constexpr std::string_view k_rest_mark = "…}";

std::string_view cut_segment(std::string_view& path) noexcept {
  const auto end = path.find('/');
  const auto segment = path.substr(0, end);
  path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  return segment;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view raw_path, NamedValues& placeholders) {
  placeholders.clear();
  while (true) {
    if (pattern.starts_with('{') && pattern.ends_with(k_rest_mark) && pattern.find('/') == std::string_view::npos) {
      placeholders.emplace_back(pattern.substr(1, pattern.size() - 1 - k_rest_mark.size()),
                                percent_decode(raw_path, PlusSign::literal));
      return true;
    }
    if (pattern.empty() || raw_path.empty()) return pattern.empty() && raw_path.empty();
    const auto wanted = cut_segment(pattern);
    const auto segment = cut_segment(raw_path);
    if (wanted.starts_with('{')) {
      if (segment.empty()) return false;
      placeholders.emplace_back(wanted.substr(1, wanted.size() - 2), percent_decode(segment, PlusSign::literal));
    } else if (wanted != segment) {
      return false;
    }
  }
}

void Router::add(Route route) {
  const auto index = routes_.size();
  if (route.pattern.find('{') == std::string::npos) {
    const bool added = literal_.emplace(std::string(route.method) + " " + route.pattern, index).second;
    if (!added) throw std::logic_error("two routes for " + std::string(route.method) + " " + route.pattern);
  } else {
    with_placeholders_.push_back(index);
  }
  routes_.push_back(std::move(route));
}

void Router::add_versions(std::initializer_list<std::string_view> versions, const Route& route) {
  for (const auto version : versions) {
    Route one = route;
    const auto at = one.pattern.find("{v}");
    if (at == std::string::npos) throw std::logic_error("no {v} in " + one.pattern);
    one.pattern.replace(at, 3, version);
    add(std::move(one));
  }
}

void RouteGroup::operator()(std::string_view method, std::string_view path, Handler handler,
                            std::string_view doc) const {
  router_.add({method, std::string(prefix_) + std::string(path), std::move(handler), family_, doc, dialect_});
}

Router::Match Router::find(std::string_view method, std::string_view raw_path) const {
  Match match;
  if (raw_path.size() > 1 && raw_path.ends_with('/')) raw_path.remove_suffix(1);
  const auto literal = literal_.find(std::string(method) + " " + std::string(raw_path));
  if (literal != literal_.end()) {
    match.route = &routes_[literal->second];
    return match;
  }
  for (const auto index : with_placeholders_) {
    const auto& route = routes_[index];
    if (route.method != method || !matches_pattern(route.pattern, raw_path, match.placeholders)) continue;
    match.route = &route;
    return match;
  }
  match.placeholders.clear();
  return match;
}

}  // namespace holdfast::sim::databricks
