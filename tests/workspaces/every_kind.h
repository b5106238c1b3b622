// A small workspace with something of every kind that can be written back, and of what is hard about them: two clusters
// and two jobs of one name, jobs that run each other, everything that fires.
#pragma once

#include "sim/databricks/stand_in.h"

namespace holdfast::test {

void seed_every_kind(sim::databricks::StandIn& stand_in);
// The workspace's account has the group that the seed assigns, and that it does.
void bring_account_group(sim::databricks::StandIn& stand_in);
void assign_account_group(sim::databricks::StandIn& stand_in);

// What runs definitions in SQL in a target that has nothing yet.
inline constexpr const char* k_warehouse = "definitions";
void bring_warehouse(sim::databricks::StandIn& stand_in);

// Somebody who is at work in the target while it is being filled.
struct Human {
  static constexpr const char* k_name = "human@example.test";
  static constexpr const char* k_token = "dapi-human";
};
void let_human_in(sim::databricks::StandIn& stand_in);
// Makes a job, a cluster and a registered model of names that the seed has.
void human_makes_namesakes(sim::databricks::StandIn& stand_in);

}  // namespace holdfast::test
