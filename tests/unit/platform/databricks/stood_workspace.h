// A workspace that a stand-in is: who enters it, and all that it holds.
#pragma once

#include <vector>

#include "model/kind_set.h"
#include "platform/databricks/capture.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/session.h"
#include "sim/databricks/stand_in.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {

inline sim::databricks::StandInOptions stand_in_options() {
  sim::databricks::StandInOptions out;
  out.token = "dapi1";
  return out;
}

// Who may enter what was made with those, and use all that its limits permit.
inline platform::databricks::Account stand_in_account() {
  platform::databricks::Account out;
  out.host = "https://primary.test";
  out.token = base::Secret("dapi1");
  out.rate_share_percent = 100;
  return out;
}

inline const model::KindSet& every_kind_set() {
  static const model::KindSet set([] {
    std::vector<model::Kind> kinds;
    for (const auto& entry : platform::databricks::all_kinds()) kinds.push_back(entry.kind);
    return kinds;
  }());
  return set;
}

inline std::vector<model::Resource> captured(const platform::databricks::Session& session, const base::Clock& clock) {
  std::vector<model::Resource> out;
  const auto opened = platform::databricks::open_capture(session.client(), {}, clock, {});
  for (const auto& estimate : opened->collections()) {
    const auto kind = every_kind_set().find(estimate.collection.name);
    Rows rows;
    for (const base::KeyRange& range : opened->ranges(estimate.collection, 1))
      opened->read(estimate.collection, range, rows, {});
    for (auto& [key, row] : rows.rows) out.push_back(every_kind_set().resource(*kind, std::move(row)));
  }
  return out;
}

}  // namespace holdfast::test
