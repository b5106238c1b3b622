#include "sim/databricks/stand_in.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stop_token>

#include "base/error.h"
#include "base/json.h"
#include "sim/databricks/auth.h"
#include "sim/databricks/endpoints.h"
#include "sim/databricks/identity.h"

namespace holdfast::sim::databricks {
namespace {

Reply error_reply(const ApiError& error, Dialect dialect) {
  Reply out;
  out.status = error.status();
  out.body = error_body(error, dialect);
  if (dialect == Dialect::scim) out.content_type = "application/scim+json";
  return out;
}

ApiError throttled(std::string_view family) {
  if (family.empty()) return {429, "REQUEST_LIMIT_EXCEEDED", "Current request rate exceeds the limit; please retry."};
  return {429, "RESOURCE_EXHAUSTED", fmt::format("RPC token bucket limit has been exceeded for {}.", family)};
}

PageFault page_fault_of(const std::optional<Fault>& fault) {
  if (!fault) return PageFault::none;
  if (fault->kind == FaultKind::empty_page) return PageFault::empty;
  return fault->kind == FaultKind::short_page ? PageFault::shorter : PageFault::none;
}

bool is(const std::optional<Fault>& fault, FaultKind kind) {
  return fault && fault->kind == kind;
}

void conceal(Json& json, std::string_view field, FaultKind how) {
  if (json.is_array())
    for (Json& item : json) conceal(item, field, how);
  if (!json.is_object()) return;
  const auto dot = field.find('.');
  const auto member = json.find(std::string(field.substr(0, dot)));
  if (member == json.end()) return;
  if (dot != std::string_view::npos) {
    conceal(*member, field.substr(dot + 1), how);
  } else if (how == FaultKind::masked) {
    *member = "[REDACTED]";
  } else {
    json.erase(member);
  }
}

// What the workspace has stays as it is: only this answer does not show it.
void conceal(Reply& reply, const std::optional<Fault>& fault) {
  if (!is(fault, FaultKind::hidden) && !is(fault, FaultKind::masked)) return;
  Json json = Json::parse(reply.body, nullptr, false);
  if (json.is_discarded()) return;
  conceal(json, fault->field, fault->kind);
  reply.body = json.dump();
}

}  // namespace

StandIn::StandIn(StandInOptions options, const base::Clock& clock)
    : options_(std::move(options)), clock_(clock), world_(options_.world, clock), log_(options_.log_file) {
  add_all_routes(router_);
  found_workspace(world_);
  admin_ = principal_of(add_user(world_, options_.admin, "Administrator"));
  add_member(world_, find_group(world_, "admins")->id, admin_.id);
  if (options_.token.empty()) options_.token = "dapi" + world_.new_hex(32);
  add_token(world_, options_.token, admin_);
  for (const auto& rule : options_.faults) faults_.add(rule);
}

// Throws the ApiError that a fault stands for; returns for one that lets the request through.
void StandIn::refuse_for(const Fault& fault, const HttpRequest& request) {
  switch (fault.kind) {
    case FaultKind::throttled:
      throw throttled({});
    case FaultKind::unavailable:
      throw ApiError(503, "TEMPORARILY_UNAVAILABLE", "The service at this path is temporarily unavailable.");
    case FaultKind::failed:
      throw ApiError(500, "INTERNAL_ERROR", "An internal error occurred.");
    case FaultKind::feature_disabled:
      throw ApiError(500, "INTERNAL_ERROR", "FEATURE_DISABLED: this feature is not available on your tier.");
    case FaultKind::denied:
      throw denied("The caller does not have permission to perform this action.");
    case FaultKind::token_expired: {
      const auto* token = token_of(world_, request);
      if (token != nullptr && token->oauth) world_.part<Tokens>().by_value.erase(token->value);
      throw token_expired();
    }
    default:
      return;
  }
}

Reply StandIn::stale_or_fresh(const HttpRequest& request, Reply fresh, bool stale) {
  if (faults_.empty() || request.method != "GET") return fresh;
  const auto target = request.raw_path + "?" + request.raw_query;
  const auto earlier = earlier_answers_.find(target);
  if (stale) return earlier == earlier_answers_.end() ? fresh : earlier->second;
  earlier_answers_[target] = fresh;
  return fresh;
}

Reply StandIn::run(const HttpRequest& request, const Router::Match& match, const Principal& caller,
                   PageFault page_fault) {
  Call call({world_, request, match.placeholders, caller, page_fault});
  return match.route->handler(call);
}

StandIn::Answer StandIn::answer(const HttpRequest& request, const Router::Match& match,
                                const std::optional<Fault>& fault) {
  Answer out;
  const auto dialect = match.route == nullptr ? Dialect::rest : match.route->dialect;
  try {
    const std::lock_guard lock(world_.mutex());
    world_.run_daemons();
    if (fault) refuse_for(*fault, request);
    Principal caller;
    if (match.route == nullptr || match.route->access == Access::authenticated) caller = authenticate(world_, request);
    out.caller = caller.name;
    if (match.route == nullptr) {
      throw ApiError(404, "ENDPOINT_NOT_FOUND", fmt::format("No API found for '{} {}'", request.method, request.path));
    }
    const bool limited = options_.rate_limits != RateLimiting::off;
    if (limited && !limits_.permit(match.route->family, clock_.elapsed())) {
      out.reply = error_reply(throttled(match.route->family), dialect);
      if (options_.rate_limits == RateLimiting::with_retry_after) out.reply.headers.emplace_back("Retry-After", "1");
      return out;
    }
    out.reply = stale_or_fresh(request, run(request, match, caller, page_fault_of(fault)), is(fault, FaultKind::stale));
    conceal(out.reply, fault);
  } catch (const ApiError& error) {
    out.reply = error_reply(error, dialect);
    if (fault && fault->retry_after) out.reply.headers.emplace_back("Retry-After", std::to_string(*fault->retry_after));
  }
  return out;
}

HttpResponse StandIn::respond(const Answer& answer, const std::optional<Fault>& fault) const {
  HttpResponse response;
  response.status = answer.reply.status;
  response.body = answer.reply.body;
  response.headers = answer.reply.headers;
  response.headers.emplace_back("Content-Type", answer.reply.content_type);
  response.headers.emplace_back("X-Databricks-Org-Id", options_.world.workspace_id);
  // No workspace says so: what writes to stand-ins unasked knows by this what answers.
  response.headers.emplace_back("X-Holdfast-Stand-In", "databricks");
  if (is(fault, FaultKind::reset_after)) response.delivery = Delivery::reset;
  return response;
}

// What was cut off, and happens all the same: seen by whoever asks next.
void StandIn::let_late_ones_happen() {
  std::vector<LateRequest> due;
  {
    const std::lock_guard lock(late_mutex_);
    const auto first = std::stable_partition(late_.begin(), late_.end(),
                                             [&](const LateRequest& one) { return one.at > clock_.elapsed(); });
    due.assign(std::make_move_iterator(first), std::make_move_iterator(late_.end()));
    late_.erase(first, late_.end());
  }
  for (const LateRequest& one : due)
    (void)answer(one.request, router_.find(one.request.method, one.request.raw_path), std::nullopt);
}

HttpResponse StandIn::handle(const HttpRequest& request) {
  let_late_ones_happen();
  const auto match = router_.find(request.method, request.raw_path);
  const auto fault = faults_.strike(request.method, request.path);
  clock_.sleep(options_.latency + (is(fault, FaultKind::slow) ? fault->delay : base::Duration{}), std::stop_token{});
  HttpResponse response;
  LoggedRequest logged;
  if (is(fault, FaultKind::reset_before) || is(fault, FaultKind::late)) {
    response.delivery = Delivery::reset;
    if (is(fault, FaultKind::late)) {
      const std::lock_guard lock(late_mutex_);
      late_.push_back({clock_.elapsed() + fault->delay, request});
    }
  } else if (is(fault, FaultKind::html)) {
    response.status = 502;
    response.headers.emplace_back("Content-Type", "text/html");
    response.body = "<html><body><h1>502</h1><pre>Bad Gateway</pre></body></html>";
  } else {
    const auto made = answer(request, match, fault);
    logged.caller = made.caller;
    response = respond(made, fault);
  }
  logged.at = clock_.now();
  logged.method = request.method;
  logged.target = request.raw_query.empty() ? request.raw_path : request.raw_path + "?" + request.raw_query;
  if (match.route != nullptr) logged.route = fmt::format("{} {}", match.route->method, match.route->pattern);
  logged.status = response.delivery == Delivery::reset ? 0 : response.status;
  logged.received = request.body.size();
  logged.sent = response.body.size();
  if (fault) logged.fault = fault->text;
  log_.add(std::move(logged));
  return response;
}

Json StandIn::call(std::string_view method, std::string_view target, const Json& body) {
  HttpRequest request;
  request.method = method;
  const auto question = target.find('?');
  request.raw_path = target.substr(0, question);
  request.path = percent_decode(request.raw_path, PlusSign::literal);
  if (question != std::string_view::npos) request.query = parse_query(target.substr(question + 1));
  if (!body.is_null()) request.body = body.dump();
  const auto match = router_.find(method, request.raw_path);
  if (match.route == nullptr) {
    throw base::Error(base::ErrorKind::internal, fmt::format("the stand-in has no {} {}", method, target));
  }
  try {
    const std::lock_guard lock(world_.mutex());
    return Json::parse(run(request, match, admin_, PageFault::none).body);
  } catch (const ApiError& error) {
    throw base::Error(base::ErrorKind::internal,
                      fmt::format("the stand-in refused {} {}: {} {}", method, target, error.code(), error.message()));
  }
}

Json StandIn::get(std::string_view target) {
  return call("GET", target, Json());
}

}  // namespace holdfast::sim::databricks
