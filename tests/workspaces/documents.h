// What a stand-in holds, as text that can be compared with what another one holds: asked of its API by code that shares
// nothing with the platform's reader, ids replaced by what they belong to, without times and states.
#pragma once

#include <string>
#include <vector>

#include "sim/databricks/stand_in.h"

namespace holdfast::test {

// One line for each object, in an order of its own: "jobs/nightly {…}".
std::vector<std::string> documents_of(sim::databricks::StandIn& stand_in);
// Lines that only one of them has, "- " those of `expected`, "+ " those of `found`; empty: they are equal.
std::string difference(const std::vector<std::string>& expected, const std::vector<std::string>& found);

}  // namespace holdfast::test
