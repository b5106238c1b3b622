// What remains to be done by hand on a target: manual tasks in the local state, from the run that lists them until
// somebody ticks them off or waives them, or nothing asks for them any more.  Write-once records
// tasks/<source>-<target>/<number>, names in hex: each says what became open, or what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "storage/backend.h"

namespace holdfast::engine {

struct ManualTask {
  std::string id{};         // of the target, and of what makes it this task: kind, resource and text
  std::string kind{};       // of the resource
  std::string path{};       // as people write it
  std::string source_id{};  // empty: only the target has it
  std::string text{};       // a full sentence, and lines that come along
  // Two of a call (platform::ByHand::Way) and one that only a plan can tell.
  enum class Way {
    instead,  // of a write: every run lists it for as long as the target lacks what it is about
    beside,   // a write, and listed with that only
    removal,  // in place of a removal, so that only runs which remove list it
  } way = Way::instead;
  enum class State { open, done, waived, closed } state = State::open;
  base::Instant since{};  // open since then
  base::Instant until{};  // it is no longer: then it was ticked off, waived, or asked for no more
  std::string who{};      // ticked it off or waived it
  std::string reason{};   // of a waiver
};
std::string_view to_string(ManualTask::State state) noexcept;

// Sixteen hexadecimal digits, of which the first that tell it from others will do.
std::string task_id(std::string_view target, std::string_view kind, std::string_view path, std::string_view text);

class TaskStore {  // not thread-safe
public:
  // Reads what there is.  Throws Error{corruption} naming a record that cannot be read.
  TaskStore(storage::Backend& state, std::string source, std::string target);

  const std::string& source() const noexcept { return source_; }
  const std::string& target() const noexcept { return target_; }
  const std::vector<ManualTask>& tasks() const noexcept { return tasks_; }  // in the order in which they were listed
  const ManualTask* find(std::string_view id) const noexcept;               // the whole one

  // Durable on return; those are open from then on, whatever they were before.  Throws Error{busy} where others write
  // without end.
  void open(const std::vector<ManualTask>& tasks, base::Instant at);
  struct Settled {
    ManualTask::State state = ManualTask::State::done;
    std::vector<std::string> ids{};  // whole ones
    base::Instant at{};
    std::string who{};
    std::string reason{};
  };
  void settle(const Settled& settled);

private:
  void write(const std::string& record);
  void take(const std::string& record);
  void take(ManualTask task);
  void take(const Settled& settled);

  storage::Backend& state_;
  const std::string source_;
  const std::string target_;
  const std::string folder_;
  std::uint64_t next_ = 0;
  std::vector<ManualTask> tasks_;
  std::map<std::string, std::size_t, std::less<>> places_;  // in tasks_, by id
};

// Of one target, or of all: one store for each source that something was brought from, by target and source.
std::vector<TaskStore> task_stores(storage::Backend& state, const std::optional<std::string>& target = std::nullopt);
std::uint64_t open_tasks(storage::Backend& state, const std::string& target);
// The same of each target that there are tasks of; absent where a record of it cannot be read, which `unreadable` is
// told.
std::map<std::string, std::optional<std::uint64_t>> open_tasks_of_all(
    storage::Backend& state, const std::function<void(const base::Error&)>& unreadable);

}  // namespace holdfast::engine
