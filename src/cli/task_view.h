// Manual tasks: kept behind a run, and shown.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/context.h"
#include "engine/resources/apply.h"
#include "engine/resources/task_store.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "repository/repository.h"

namespace holdfast::cli {

// The text of a task: its sentence, and what comes along line by line, which is to be copied and never laid out anew.
struct TaskText {
  explicit TaskText(std::string_view text);
  std::string sentence{};
  std::vector<std::string> content{};
};

// What a run leaves to people.  That it cannot be kept is said, and stops no run.
class RunTasks {
public:
  RunTasks(Context& context, const model::ResourcePlan& plan);  // which outlives it

  void begin();  // before anything is written
  void end(const engine::ResourceApplyResult& result, const repository::Snapshot& source, const model::KindSet& kinds);
  // Whether it was not open before: who was told of it once, and did not do it, is told by a count.
  bool is_new(const engine::ResourceOutcome& task) const;
  // On the target, of all runs; absent where that is not known, or none of the plan's business.
  std::optional<std::uint64_t> open() const noexcept { return open_; }
  void tell() const;

private:
  template <typename Work>
  void kept(const Work& work);
  void open(std::vector<engine::ManualTask> tasks);

  Context& context_;
  const model::ResourcePlan& plan_;
  std::optional<engine::TaskStore> store_{};             // absent: it could not be read, or there is nothing to keep
  std::set<std::pair<std::string, std::string>> new_{};  // path and text
  std::optional<std::uint64_t> open_{};
};

// "3 tasks are open: holdfast tasks secondary"
std::string open_tasks_text(std::uint64_t open, std::string_view target);

// Of open ones: the id by the path of the resource.  Where they cannot be read that is said, and there are none.
std::map<std::string, std::string> tasks_by_path(Context& context, const std::string& source,
                                                 const std::string& target);
// So much of an id is shown where that tells it from others.
inline constexpr std::size_t k_task_digits = 8;
std::string short_task_id(std::string_view id);

}  // namespace holdfast::cli
