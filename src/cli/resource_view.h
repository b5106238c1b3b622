// Plans of resources: made from flags, shown, applied.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/context.h"
#include "cli/flags.h"
#include "cli/plan_view.h"
#include "engine/resources/apply.h"
#include "engine/resources/drift.h"
#include "engine/resources/paused_states.h"
#include "model/resource_plan.h"

namespace holdfast::cli {

// Whether the connector's platform is restored by calls, resource by resource.
bool has_resources(const platform::Connector& connector) noexcept;
// Before anything is read at length.  Throws Error{refused} where the connector of that name does not let the verb
// write, or leads to another workspace than its newest snapshot is of.
void require_writing(Context& context, platform::Connector& connector, const std::string& name,
                     platform::WriteRequest request);

// Reads snapshot and target, writes nothing.  The rules of the configuration hold; with a split, what somebody changed
// on the target since is held back.
model::ResourcePlan make_resource_plan(Context& context, const PlanFlags& flags, const repository::Snapshot& snapshot,
                                       platform::Connector& target, const std::string& target_name,
                                       const engine::Split* split = nullptr);

// Of a plan in a file, before anything is written.  Throws Error{refused} where it was applied whole, which `begun`
// says to be gone on with, or the target leads to another workspace than it was made for; says what is not looked at
// where it was applied in part.
enum class Begun { no, yes };
void require_applicable(Context& context, const model::ResourcePlan& plan, platform::Connector& target,
                        Begun begun = Begun::no);

// The text of a plan file, with the digest by which it is known that nobody changed it.
std::string plan_file_text(model::ResourcePlan plan);
// Throws Error{config} naming the file, also where somebody changed it; nullopt where it holds a plan of rows.
std::optional<model::ResourcePlan> read_resource_plan(const std::string& path);

// Steps with reasons, fields, notes and tasks, then counts and calls, with what they take at the limits that `target`
// keeps to.  Without --verbose at most 50 steps.
void print_resource_plan(Context& context, const model::ResourcePlan& plan, const platform::Connector& target);
// What is too wide goes on below, set in by four more columns.
std::string hanging(std::string_view text, std::size_t columns);
std::string counts_text(const model::ResourcePlan& plan);
// "12 calls: 3 clusters, 9 jobs; about 3 min at the platform's limits"; empty: none.  Less than a second is not said.
std::string calls_text(const model::ResourcePlan& plan, base::Duration least = base::Duration::zero());

// Says what failed, waits, is in conflict, and is to be done by hand; then the summary of `verb`, and what the snapshot
// lacks of what it was to bring.  Returns the exit code by all of these; throws Error{auth} behind the summary where
// the target took the credentials no more.
struct ResourceRun {
  const repository::Snapshot& snapshot;
  platform::Connector& target;
  std::string_view verb;  // "restore"
  DryRun dry_run = DryRun::no;
  engine::ResourceApplyResult* result = nullptr;  // what came of each step, for who asks
  const engine::RowsBeside* beside = nullptr;     // of an activation
};
int apply_resource_plan(Context& context, const model::ResourcePlan& plan, const ResourceRun& run);

}  // namespace holdfast::cli
