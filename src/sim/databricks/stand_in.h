// A workspace that answers: the router, the world, and everything that stands before them: who asks, faults, limits,
// latency, the log.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "sim/databricks/faults.h"
#include "sim/databricks/json.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/request_log.h"
#include "sim/databricks/router.h"
#include "sim/databricks/world.h"
#include "sim/http_listener.h"

namespace holdfast::sim::databricks {

enum class RateLimiting { off, with_retry_after, without_retry_after };

struct StandInOptions {
  WorldOptions world;
  std::string admin = "admin@example.test";
  std::string token = {};  // of the administrator; empty: one is drawn
  base::Duration latency{};
  RateLimiting rate_limits = RateLimiting::off;
  std::vector<std::string> faults = {};
  std::optional<std::string> log_file = std::nullopt;
};

class StandIn {  // thread-safe
public:
  StandIn(StandInOptions options, const base::Clock& clock);
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  HttpResponse handle(const HttpRequest& request);

  // As the administrator, past faults, limits, latency and the log: how seeds fill a workspace and how tests look into
  // one.  `target` is a path with its query.  Throws Error{internal} when the answer is not 2xx.
  Json call(std::string_view method, std::string_view target, const Json& body);
  Json get(std::string_view target);

  World& world() noexcept { return world_; }
  FaultPlan& faults() noexcept { return faults_; }
  RequestLog& log() noexcept { return log_; }
  const Router& router() const noexcept { return router_; }
  const std::string& token() const noexcept { return options_.token; }
  const StandInOptions& options() const noexcept { return options_; }

private:
  struct Answer {
    Reply reply;
    std::string caller;
  };
  Answer answer(const HttpRequest& request, const Router::Match& match, const std::optional<Fault>& fault);
  Reply run(const HttpRequest& request, const Router::Match& match, const Principal& caller, PageFault page_fault);
  Reply stale_or_fresh(const HttpRequest& request, Reply fresh, bool stale);
  HttpResponse respond(const Answer& answer, const std::optional<Fault>& fault) const;
  void refuse_for(const Fault& fault, const HttpRequest& request);
  void let_late_ones_happen();
  struct LateRequest {
    base::Duration at{};  // by clock_.elapsed()
    HttpRequest request;
  };

  StandInOptions options_;
  const base::Clock& clock_;
  World world_;
  Router router_;
  FaultPlan faults_;
  RateLimits limits_;
  RequestLog log_;
  Principal admin_;
  std::mutex late_mutex_;
  std::vector<LateRequest> late_;                 // guarded by late_mutex_
  std::map<std::string, Reply> earlier_answers_;  // by target, for stale ones; guarded by the world's mutex
};

// A stand-in that listens.
class Server {
public:
  Server(StandInOptions options, ListenerOptions listen, const base::Clock& clock)
      : stand_in_(std::move(options), clock),
        listener_(std::move(listen), clock, [this](const HttpRequest& request) { return stand_in_.handle(request); }) {}

  StandIn& stand_in() noexcept { return stand_in_; }
  std::string url() const { return listener_.url(); }
  std::uint16_t port() const noexcept { return listener_.port(); }

private:
  StandIn stand_in_;
  HttpListener listener_;
};

}  // namespace holdfast::sim::databricks
