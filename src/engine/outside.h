// What the resources of a snapshot refer to outside of their platform, with who refers to it.  No value of a resource
// is kept: a place's name, and where it stands.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/row.h"
#include "model/collection.h"
#include "model/endpoint.h"
#include "platform/outside.h"
#include "repository/repository.h"

namespace holdfast::engine {

struct Referrer {
  std::string kind;   // "jobs"
  std::string path;   // "nightly-load/17"
  std::string field;  // "settings.tasks[0].new_cluster.spark_conf", "content"
  friend auto operator<=>(const Referrer&, const Referrer&) = default;
};

struct OutsidePlace {
  model::Endpoint endpoint;
  std::vector<Referrer> referrers;  // in the order in which they were seen, each once
};

struct Outside {
  std::vector<OutsidePlace> storage;  // by name
  std::vector<OutsidePlace> services;
};

// Rows of any collection, one after the other.  Not thread-safe.
class OutsideFinder {
public:
  // Fields that the server fills in (`kinds`) do not count.
  OutsideFinder(const std::vector<model::Kind>& kinds, const std::vector<platform::OutsideField>& fields);
  ~OutsideFinder();
  OutsideFinder(const OutsideFinder&) = delete;
  OutsideFinder& operator=(const OutsideFinder&) = delete;

  // Throws Error{corruption} for a document that is no JSON.
  void look_at(const model::Collection& collection, const base::RowView& row);
  Outside found() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Outside find_outside(repository::Repository& repository, const repository::Snapshot& snapshot,
                     const std::vector<model::Kind>& kinds, const std::vector<platform::OutsideField>& fields,
                     std::stop_token stop);

}  // namespace holdfast::engine
