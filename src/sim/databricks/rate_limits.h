// The published limits of the platform, per family of endpoints, enforced with token buckets.  They hold for a
// workspace, whoever asks.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"

namespace holdfast::sim::databricks {

// The families that routes name.  What has no published limit names none.
namespace family {
inline constexpr std::string_view k_none = "";
inline constexpr std::string_view k_jobs_create = "jobs-create";
inline constexpr std::string_view k_run_now = "run-now";
inline constexpr std::string_view k_runs_get = "runs-get";
inline constexpr std::string_view k_runs_submit = "runs-submit";
inline constexpr std::string_view k_permissions_read = "permissions-read";
inline constexpr std::string_view k_permissions_write = "permissions-write";
inline constexpr std::string_view k_workspace_export = "workspace-export";
inline constexpr std::string_view k_workspace_import = "workspace-import";
inline constexpr std::string_view k_dbfs = "dbfs";
inline constexpr std::string_view k_secrets = "secrets";
inline constexpr std::string_view k_token_management = "token-management";
inline constexpr std::string_view k_scim_read = "scim-read";
inline constexpr std::string_view k_scim_write = "scim-write";
inline constexpr std::string_view k_mlflow = "mlflow";
inline constexpr std::string_view k_mlflow_search = "mlflow-search";
}  // namespace family

class RateLimits {  // thread-safe
public:
  // Whether a request of `family` is within its limit at `now`; it is counted when it is.
  bool permit(std::string_view family, base::Duration now);

private:
  struct Bucket {
    double tokens = 0;
    base::Duration filled_at{};
  };
  std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace holdfast::sim::databricks
