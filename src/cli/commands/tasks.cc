#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "cli/task_view.h"
#include "engine/resources/task_store.h"
#include "ui/output.h"
#include "ui/printers.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using engine::ManualTask;
using engine::TaskStore;
using State = ManualTask::State;

constexpr std::size_t k_digits_least = 2;  // of an id that somebody writes

struct Found {
  const TaskStore* store;
  const ManualTask* task;
};

std::vector<Found> all_of(const std::vector<TaskStore>& stores) {
  std::vector<Found> out;
  for (const TaskStore& store : stores)
    for (const ManualTask& task : store.tasks()) out.push_back({&store, &task});
  return out;
}

// How many digits tell all of them from one another.
std::size_t digits_of(const std::vector<Found>& all) {
  std::set<std::string> ids;
  for (const Found& one : all) ids.insert(one.task->id);
  const auto differ = [&](std::size_t digits) {
    std::set<std::string> beginnings;
    for (const std::string& id : ids) beginnings.insert(id.substr(0, digits));
    return beginnings.size() == ids.size();
  };
  std::size_t out = k_task_digits;
  while (!differ(out)) ++out;
  return out;
}

// Of several sources it may be the same task.
std::vector<Found> named(const std::vector<Found>& all, const std::string& id, const std::string& list) {
  const std::string hint = fmt::format("\"{}\" lists those that there are.", list);
  if (id.size() < k_digits_least)
    throw Error(ErrorKind::not_found, fmt::format("\"{}\" is too short for a task", id),
                fmt::format("Write at least {} digits of its id: {}", k_digits_least, hint));
  std::vector<Found> out;
  std::set<std::string> ids;
  for (const Found& one : all)
    if (one.task->id.starts_with(id)) {
      out.push_back(one);
      ids.insert(one.task->id);
    }
  if (out.empty()) throw Error(ErrorKind::not_found, fmt::format("there is no task {}", id), hint);
  if (ids.size() > 1)
    throw Error(ErrorKind::not_found, fmt::format("{} stands for {} tasks", id, ids.size()),
                fmt::format("Write more of it: {}.", fmt::join(ids, ", ")));
  return out;
}

nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

nlohmann::ordered_json to_json(const Found& found) {
  const ManualTask& task = *found.task;
  return {{"id", task.id},
          {"target", found.store->target()},
          {"source", found.store->source()},
          {"kind", task.kind},
          {"path", task.path},
          {"state", engine::to_string(task.state)},
          {"since", base::to_rfc3339(task.since)},
          {"until", or_null(task.state == State::open ? "" : base::to_rfc3339(task.until))},
          {"who", or_null(task.who)},
          {"reason", or_null(task.reason)},
          {"text", task.text}};
}

// "waived 2026-11-22 10:00:00 by anna: nobody uses it"
std::string state_of(const ManualTask& task) {
  std::string out(engine::to_string(task.state));
  out += task.state == State::open ? fmt::format(" since {}", short_time(task.since))
                                   : fmt::format(" {}", short_time(task.until));
  if (!task.who.empty()) out += fmt::format(" by {}", task.who);
  if (!task.reason.empty()) out += fmt::format(": {}", task.reason);
  return ui::printable(out);
}

void print_whole(Context& context, const Found& found, std::size_t digits) {
  const TaskText text(found.task->text);
  context.out().line(ui::printable(fmt::format("{}  {} on {}, from {}", found.task->id.substr(0, digits),
                                               found.task->path, found.store->target(), found.store->source())));
  context.out().line(fmt::format("{}\n", state_of(*found.task)));
  const std::size_t columns = ui::is_terminal(STDOUT_FILENO) ? ui::terminal_columns(STDOUT_FILENO) : SIZE_MAX;
  context.out().line(fmt::format("{}", fmt::join(ui::wrap(ui::printable(text.sentence), columns), "\n")));
  if (!text.content.empty()) context.out().line({});
  for (const std::string& line : text.content) context.out().line(ui::printable(line, ui::Tabs::kept));
}

class TasksCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"tasks", "what remains to be done by hand",
            "Restores, migrations and replications keep in the local state what no API can do: on\n"
            "TARGET, or on all.  A task is open until \"holdfast tasks done\" ticks it off, \"tasks\n"
            "waive\" says that it shall not be done, or a whole run from the same source finds it done.\n"
            "-v shows what comes along with each, such as a notebook; so does \"tasks show ID\".\n\n"
            "Exit 0; with --exit-code 3 where one is open: only then all is done."};
  }
  void declare(FlagTable& flags) override {
    flags.optional_argument("TARGET", target_, "the connector that was written to").offer = Offer::connectors;
    flags.toggle("--all", all_, "also those that are ticked off, waived or closed, when and by whom");
    flags.toggle("--exit-code", exit_code_, "exit 3 where one is open");
  }

  int run(Context& context) override {
    const std::optional<std::string> target = target_.empty() ? std::nullopt : std::optional(target_);
    const std::vector<TaskStore> stores = engine::task_stores(context.state(), target);
    if (target && stores.empty()) context.connector_config(target_);
    const std::vector<Found> known = all_of(stores);
    std::vector<Found> shown;
    std::uint64_t open = 0;
    for (const Found& one : known) {
      if (one.task->state == State::open) ++open;
      if (all_ || one.task->state == State::open) shown.push_back(one);
    }
    print(context, shown, digits_of(known));
    return exit_code_ && open != 0 ? k_exit_partial : k_exit_ok;
  }

private:
  void print(Context& context, const std::vector<Found>& shown, std::size_t digits) const {
    if (context.json()) {
      auto out = document();
      out["tasks"] = nlohmann::ordered_json::array();
      for (const Found& one : shown) out["tasks"].push_back(to_json(one));
      return print_document(context, out);
    }
    if (shown.empty()) return context.events().note(all_ ? "there are no tasks" : "no task is open");
    if (!context.global().verbose) return context.out().write(table_of(shown, digits));
    for (const Found& one : shown) {
      if (one.task != shown.front().task) context.out().line({});
      print_whole(context, one, digits);
    }
  }

  std::string table_of(const std::vector<Found>& shown, std::size_t digits) const {
    std::vector<ui::Table::Heading> headings{{"ID"}};
    if (target_.empty()) headings.push_back({"TARGET"});
    if (all_) headings.push_back({"STATE"});
    headings.insert(headings.end(), {{"RESOURCE"}, {"TASK"}});
    ui::Table table(headings);
    for (const Found& one : shown) {
      std::vector<std::string> row{one.task->id.substr(0, digits)};
      if (target_.empty()) row.push_back(one.store->target());
      if (all_) row.push_back(state_of(*one.task));
      const TaskText text(one.task->text);
      row.push_back(ui::printable(one.task->path));
      row.push_back(ui::printable(text.sentence + (text.content.empty() ? "" : " (-v shows it)")));
      table.row(row);
    }
    return table.text(ui::is_terminal(STDOUT_FILENO) ? ui::terminal_columns(STDOUT_FILENO) : SIZE_MAX);
  }

  std::string target_;
  bool all_ = false;
  bool exit_code_ = false;
};

class TasksShowCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"tasks show", "one task, with all that comes along with it",
            "The lines below its sentence are as they are to be copied: a notebook, a script."};
  }
  void declare(FlagTable& flags) override {
    flags.argument("ID", id_, "the id that \"holdfast tasks\" shows, or its first digits");
  }

  int run(Context& context) override {
    const std::vector<TaskStore> stores = engine::task_stores(context.state());
    const std::vector<Found> known = all_of(stores);
    const Found found = named(known, id_, "holdfast tasks --all").front();
    if (!context.json()) {
      print_whole(context, found, digits_of(known));
      return k_exit_ok;
    }
    auto out = document();
    out["task"] = to_json(found);
    print_document(context, out);
    return k_exit_ok;
  }

private:
  std::string id_;
};

// Who runs this, as the system calls them.
std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found) return entry.pw_name;
  return fmt::format("uid {}", ::geteuid());
}

// What becomes of tasks by somebody's word.
class TasksSettleCommand : public Command {
public:
  void declare(FlagTable& flags) override {
    flags.argument("TARGET", target_, "the connector that they are to be done on").offer = Offer::connectors;
    flags.arguments("ID", Times::at_least_one, ids_, "ids that \"holdfast tasks\" shows, or their first digits");
    if (to_ == State::waived)
      flags.text("--reason", "TEXT", reason_, "why it shall not be done").times = Times::required;
    flags.dry_run(dry_run_);
  }

  int run(Context& context) override {
    if (to_ == State::waived && reason_.empty())
      throw Error(ErrorKind::usage, "the reason is empty", "Write why they shall not be done: it is all that is left.");
    std::vector<TaskStore> stores = engine::task_stores(context.state(), target_);
    if (stores.empty()) context.connector_config(target_);
    std::set<std::string> chosen;
    const std::vector<Found> known = all_of(stores);
    for (const std::string& id : ids_)
      chosen.insert(named(known, id, fmt::format("holdfast tasks {} --all", target_)).front().task->id);
    std::set<std::string> changed;
    for (TaskStore& store : stores) settle(context, store, chosen, changed);
    const std::uint64_t open = engine::open_tasks(context.state(), target_);
    std::vector<base::Fact> facts{ui::fact_text("target", target_), ui::fact_count("tasks", changed.size())};
    facts.push_back(dry_run_ == DryRun::yes ? dry_run_fact() : ui::fact_count("open_tasks", open));
    context.events().summary(doc().name, facts);
    return k_exit_ok;
  }

protected:
  explicit TasksSettleCommand(State to) : to_(to) {}

private:
  void settle(Context& context, TaskStore& store, const std::set<std::string>& chosen, std::set<std::string>& changed) {
    const base::Instant now = context.clock().now();
    std::vector<ManualTask> tasks;
    TaskStore::Settled settled{.state = to_, .at = now, .who = user_name(), .reason = reason_};
    for (const ManualTask& task : store.tasks()) {
      if (!chosen.contains(task.id)) continue;
      const std::string said = ui::printable(fmt::format("{}  {}", short_task_id(task.id), task.path));
      if (task.state == to_ || task.state == State::closed) {
        context.events().note(fmt::format("{}: it is {}", said, state_of(task)));
        continue;
      }
      if (changed.insert(task.id).second) context.events().note(said);
      tasks.push_back(task);
      settled.ids.push_back(task.id);
    }
    if (dry_run_ == DryRun::yes) return;
    if (to_ == State::open)
      store.open(tasks, now);
    else
      store.settle(settled);
  }

  const State to_;
  std::string target_;
  std::vector<std::string> ids_;
  std::string reason_;
  DryRun dry_run_ = DryRun::no;
};

class TasksDoneCommand final : public TasksSettleCommand {
public:
  TasksDoneCommand() : TasksSettleCommand(State::done) {}
  CommandDoc doc() const override {
    return {"tasks done", "tick off what was done by hand",
            "It stays ticked off until something else is to be done there, or what it belongs to is\n"
            "made anew.  \"holdfast tasks reopen\" takes it back.",
            Kind::run};
  }
};

class TasksWaiveCommand final : public TasksSettleCommand {
public:
  TasksWaiveCommand() : TasksSettleCommand(State::waived) {}
  CommandDoc doc() const override {
    return {"tasks waive", "say that something shall not be done by hand, and why",
            "It stays waived until something else is to be done there.  \"holdfast tasks reopen\" takes\n"
            "it back.",
            Kind::run};
  }
};

class TasksReopenCommand final : public TasksSettleCommand {
public:
  TasksReopenCommand() : TasksSettleCommand(State::open) {}
  CommandDoc doc() const override {
    return {"tasks reopen", "take back that a task was ticked off or waived", "It is open again from now on.",
            Kind::run};
  }
};

}  // namespace

std::unique_ptr<Command> make_tasks_command() {
  return std::make_unique<TasksCommand>();
}
std::unique_ptr<Command> make_tasks_show_command() {
  return std::make_unique<TasksShowCommand>();
}
std::unique_ptr<Command> make_tasks_done_command() {
  return std::make_unique<TasksDoneCommand>();
}
std::unique_ptr<Command> make_tasks_waive_command() {
  return std::make_unique<TasksWaiveCommand>();
}
std::unique_ptr<Command> make_tasks_reopen_command() {
  return std::make_unique<TasksReopenCommand>();
}

}  // namespace holdfast::cli
