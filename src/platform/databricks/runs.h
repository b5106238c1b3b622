// Runs of jobs.
#pragma once

#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

#include "platform/databricks/client.h"
#include "platform/runs.h"

namespace holdfast::platform::databricks {

class JobRuns : public RunsThings {
public:
  // The client outlives it.  `require_writing` is asked before anything is changed, and throws where nothing may be.
  JobRuns(const Client& client, std::function<void(std::stop_token)> require_writing)
      : client_(client), require_writing_(std::move(require_writing)) {}
  std::vector<ActiveRun> active_runs(std::stop_token stop) override;
  // One that began since it was listed is cancelled like one that waits: no call tells them apart.
  void cancel(const ActiveRun& run, std::stop_token stop) override;
  OwnRuns own_runs(const Stretch& within, std::stop_token stop) override;
  Timetable timetable(const std::string& kind, const std::string& body, const Stretch& within) const override;

private:
  const Client& client_;
  const std::function<void(std::stop_token)> require_writing_;
};

}  // namespace holdfast::platform::databricks
