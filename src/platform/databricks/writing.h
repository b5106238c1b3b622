// Whether a workspace may be written to: by its connector's setting `writable`, and by what answers there.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "platform/databricks/workspace.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

// Absent: not at all, which it is when not set.  Throws Error{config}, also
// where the connector does not name the workspace itself.
std::optional<Writing> read_writing(const std::string& connector, const Settings& settings);

// A stand-in needs no setting.  Only this machine is reached without TLS, but a tunnel may end there: so it is what
// answers that says it.
bool needs_no_consent(const std::string& host, const Workspace& workspace) noexcept;

class WritingConsent {  // thread-safe
public:
  using Look = std::function<Workspace(std::stop_token stop)>;
  // `look` asks the workspace; what it throws, require() throws.
  WritingConsent(std::string connector, std::string host, std::optional<Writing> open, Look look)
      : connector_(std::move(connector)), host_(std::move(host)), open_(open), look_(std::move(look)) {}
  // As Connector::require_writing().  The workspace is asked once at most, and not where the setting alone decides.
  void require(const WriteRequest& request, std::stop_token stop);
  // Which it is, by what answers.
  const Workspace& workspace(std::stop_token stop);

private:
  [[noreturn]] void refuse(const WriteRequest& request) const;

  const std::string connector_;
  const std::string host_;
  const std::optional<Writing> open_;
  const Look look_;
  std::mutex mutex_;
  std::optional<Workspace> workspace_;  // guarded by mutex_ until it is there
};

// A line of `doctor`: what would go through, and what a failover would need.
Diagnosis diagnose_writing(std::optional<Writing> open, const std::string& host, const Workspace* workspace);

}  // namespace holdfast::platform::databricks
