#include "sim/databricks/rate_limits.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace holdfast::sim::databricks {
namespace {

struct Limit {
  std::string_view family;
  double per_second = 0;
  double burst = 0;  // requests that may come at once after a pause
};

// Limits per second let a second's worth come at once; those per minute, ten seconds' worth.  How large the platform's
// own bursts are is not published.
constexpr std::array k_limits = {
    Limit{family::k_jobs_create, 20, 20},
    Limit{family::k_run_now, 20, 20},
    Limit{family::k_runs_get, 100, 100},
    Limit{family::k_runs_submit, 35, 35},
    Limit{family::k_permissions_read, 100, 100},
    Limit{family::k_permissions_write, 30, 30},
    Limit{family::k_workspace_export, 60, 60},
    Limit{family::k_workspace_import, 30, 30},
    Limit{family::k_dbfs, 30, 30},
    Limit{family::k_secrets, 1100.0 / 60, 1100.0 / 6},
    Limit{family::k_token_management, 40, 40},
    Limit{family::k_scim_read, 255.0 / 60, 255.0 / 6},
    // Published for the account's SCIM only; a workspace is taken to have the same.
    Limit{family::k_scim_write, 5, 5},
    Limit{family::k_mlflow, 120, 120},
    Limit{family::k_mlflow_search, 7, 7},
};

}  // namespace

bool RateLimits::permit(std::string_view family, base::Duration now) {
  const auto* limit =
      std::find_if(k_limits.begin(), k_limits.end(), [&](const Limit& each) { return each.family == family; });
  if (limit == k_limits.end()) return true;
  const std::lock_guard lock(mutex_);
  auto found = buckets_.find(family);
  if (found == buckets_.end()) found = buckets_.emplace(std::string(family), Bucket{limit->burst, now}).first;
  auto& bucket = found->second;
  const std::chrono::duration<double> since = now - bucket.filled_at;
  bucket.tokens = std::min(limit->burst, bucket.tokens + since.count() * limit->per_second);
  bucket.filled_at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace holdfast::sim::databricks
