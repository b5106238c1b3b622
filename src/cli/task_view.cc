#include "cli/task_view.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/resources/task_run.h"
#include "ui/table.h"

namespace holdfast::cli {

TaskText::TaskText(std::string_view text) : sentence(text.substr(0, text.find('\n'))) {
  for (std::size_t end = text.find('\n'); end != std::string_view::npos;) {
    const std::size_t begin = end + 1;
    end = text.find('\n', begin);
    if (begin != text.size()) content.emplace_back(text.substr(begin, end == text.npos ? end : end - begin));
  }
}

template <typename Work>
void RunTasks::kept(const Work& work) {
  try {
    work();
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    store_.reset();
    context_.events().warning(
        fmt::format("what remains to be done by hand on {} could not be kept: {}", plan_.target, error.message()));
  }
}

RunTasks::RunTasks(Context& context, const model::ResourcePlan& plan) : context_(context), plan_(plan) {
  if (!engine::brings_contents(plan)) return;
  kept([&] { store_.emplace(context.state(), plan.source, plan.target); });
}

void RunTasks::open(std::vector<engine::ManualTask> tasks) {
  store_->open(tasks, context_.clock().now());
  for (engine::ManualTask& task : tasks) new_.emplace(std::move(task.path), std::move(task.text));
}

void RunTasks::begin() {
  const bool refused =
      plan_.existing == model::Existing::fail && plan_.count(model::ResourceAction::conflict) != 0;  // writes nothing
  if (!store_ || refused) return;
  kept([&] { open(engine::tasks_of_plan(*store_, plan_)); });
}

void RunTasks::end(const engine::ResourceApplyResult& result, const repository::Snapshot& source,
                   const model::KindSet& kinds) {
  if (!store_) return;
  kept([&] {
    open(engine::tasks_of_result(*store_, plan_, result));
    store_->settle({.state = engine::ManualTask::State::closed,
                    .ids = engine::no_longer_asked(context_.repository(), kinds, *store_, {plan_, result, source},
                                                   context_.stop()),
                    .at = context_.clock().now()});
    open_ = engine::open_tasks(context_.state(), plan_.target);
  });
}

bool RunTasks::is_new(const engine::ResourceOutcome& task) const {
  return !store_ || new_.contains({task.path, task.text});
}

void RunTasks::tell() const {
  if (open_.value_or(0) == 0) return;
  std::string text = open_tasks_text(*open_, plan_.target);
  if (new_.size() < *open_)
    text.insert(text.find(':'),
                new_.empty() ? ", none of them new" : fmt::format(", {} of them new", ui::format_count(new_.size())));
  context_.events().note(text);
}

std::string open_tasks_text(std::uint64_t open, std::string_view target) {
  return fmt::format("{} {} open: holdfast tasks {}", ui::format_counted(open, "task"), open == 1 ? "is" : "are",
                     target);
}

std::map<std::string, std::string> tasks_by_path(Context& context, const std::string& source,
                                                 const std::string& target) {
  std::map<std::string, std::string> out;
  try {
    const engine::TaskStore store(context.state(), source, target);
    for (const engine::ManualTask& task : store.tasks())
      if (task.state == engine::ManualTask::State::open) out.emplace(task.path, task.id);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) throw;
    context.events().warning(error.message());
  }
  return out;
}

std::string short_task_id(std::string_view id) {
  return std::string(id.substr(0, k_task_digits));
}

}  // namespace holdfast::cli
