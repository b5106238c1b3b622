// Plans: made from flags, read from files, shown.
#pragma once

#include <string>
#include <string_view>

#include "cli/capture_flags.h"
#include "cli/context.h"
#include "model/plan.h"

namespace holdfast::cli {

struct PlanFlags {
  std::vector<std::string> select;
  std::optional<model::Existing> existing;  // update, where it is not given
  bool remove = false;
  bool with_dependencies = false;  // of platforms of resources
  CaptureFlags capture;

  void declare(FlagTable& flags);  // both of these
  void declare_part(FlagTable& flags);
  void declare_whole(FlagTable& flags);

private:
  void refuse_idle_removal() const;
};

// Reads snapshot and target, writes nothing.
model::Plan make_plan(Context& context, const PlanFlags& flags, const repository::Snapshot& snapshot,
                      platform::Connector& target, const std::string& target_name);

// Says which kinds of the selection the snapshot does not show as they were when it was taken: they are brought as of
// then, or not at all.  Returns the exit code by that.
int tell_unread(Context& context, const repository::Snapshot& snapshot, const std::string& selection);

// Throw Error{config} naming the file.
std::string read_plan_text(const std::string& path);
model::Plan read_plan(const std::string& path);
// Replace the file as a whole; nobody else may read it.  Throw Error{io}, which calls it the plan, or `what`.
void write_plan(const model::Plan& plan, const std::string& path);
void write_plan_text(std::string_view json, const std::string& path);
void write_text_file(std::string_view what, std::string_view text, const std::string& path);

// Steps with their reasons and fields, then the counts.  Without --verbose at most 50 steps.
void print_plan(Context& context, const model::Plan& plan);
// Steps that change the target.
std::uint64_t changes_of(const model::Plan& plan) noexcept;
std::string counts_text(const model::Plan& plan);

}  // namespace holdfast::cli
