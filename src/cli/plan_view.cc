#include "cli/plan_view.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "engine/cutover/whole_source.h"
#include "engine/resources/sides.h"
#include "engine/restore.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using model::Action;

constexpr std::uint64_t k_steps_most = 50;
constexpr std::string_view k_plan_hint = "Name a file that \"holdfast plan … --out FILE\" wrote.";

}  // namespace

void PlanFlags::declare(FlagTable& flags) {
  declare_part(flags);
  declare_whole(flags);
}

void PlanFlags::declare_part(FlagTable& flags) {
  flags.texts("--select", "CONDITIONS", select, "only these rows; may be given several times");
  flags.toggle("--with-dependencies", with_dependencies, "bring along what the selected resources need");
}

void PlanFlags::declare_whole(FlagTable& flags) {
  Flag existing_flag;
  existing_flag.name = "--existing";
  existing_flag.value_name = "HOW";
  existing_flag.doc = "what to do with rows that the target has";
  existing_flag.words = {"skip", "update", "replace", "fail"};
  existing_flag.take = [this](const std::vector<std::string>& values) {
    existing = model::parse_existing(values.back());
    refuse_idle_removal();
  };
  flags.add(std::move(existing_flag));
  flags.toggle("--remove", remove, "remove selected rows that the snapshot does not have").take =
      [this](const std::vector<std::string>&) {
        remove = true;
        refuse_idle_removal();
      };
  capture.declare(flags);
}

// It would remove nothing, and be taken for one that did.
void PlanFlags::refuse_idle_removal() const {
  if (remove && existing == model::Existing::skip)
    throw Error(ErrorKind::usage, "--remove means nothing to --existing skip, which leaves alone what the target has",
                "Leave one of them out.");
}

model::Plan make_plan(Context& context, const PlanFlags& flags, const repository::Snapshot& snapshot,
                      platform::Connector& target, const std::string& target_name) {
  engine::PlanOptions options;
  options.target_name = target_name;
  options.selection = model::Selection(flags.select);
  options.existing = flags.existing.value_or(options.existing);
  options.removes = flags.remove;
  options.capture = flags.capture.options(context.connector_config(target_name));
  return engine::make_plan(context.repository(), snapshot, target, options, context.events(), context.clock(),
                           context.random(), context.stop());
}

int tell_unread(Context& context, const repository::Snapshot& snapshot, const std::string& selection) {
  // One that cannot be told any more may be of anything.
  const std::vector<engine::UnreadKind> unread =
      engine::unread_kinds(snapshot, engine::selection_of(selection).value_or(model::Selection()));
  if (unread.empty()) return k_exit_ok;
  context.events().warning(
      fmt::format("not all of {} was read for snapshot {}, and what was changed there since is not brought: {}",
                  snapshot.connector, snapshot.id.short_id(), engine::unread_text(unread)));
  return k_exit_partial;
}

std::string read_plan_text(const std::string& path) {
  // Opening a folder succeeds; reading it would throw what nobody understands.
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw Error(ErrorKind::config, fmt::format("cannot read the plan {}: it is a folder", path),
                std::string(k_plan_hint));
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw Error(ErrorKind::config, fmt::format("cannot read the plan {}: {}", path, std::strerror(errno)),
                std::string(k_plan_hint));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

model::Plan read_plan(const std::string& path) {
  const std::string text = read_plan_text(path);
  return base::in_context([&] { return fmt::format("reading the plan {}", path); },
                          [&] { return model::plan_from_json(text); });
}

void write_plan(const model::Plan& plan, const std::string& path) {
  write_plan_text(model::to_json(plan), path);
}

void write_plan_text(std::string_view json, const std::string& path) {
  write_text_file("plan", json, path);
}

void write_text_file(std::string_view what, std::string_view text, const std::string& path) {
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  // What stands in it is in the clear: nobody else may read it, whatever the umask says.
  std::error_code ignored;
  using std::filesystem::perms;
  std::filesystem::permissions(temporary, perms::owner_read | perms::owner_write, ignored);
  file << text;
  file.close();
  const bool done = file.good() && std::rename(temporary.c_str(), path.c_str()) == 0;
  if (!done)
    throw Error(ErrorKind::io, fmt::format("cannot write the {} {}: {}", what, path, std::strerror(errno)),
                "Name a file in a folder that exists and that you may write to.");
}

void print_plan(Context& context, const model::Plan& plan) {
  const std::uint64_t most = context.global().verbose ? UINT64_MAX : k_steps_most;
  std::uint64_t shown = 0;
  std::uint64_t left_out = 0;
  for (const model::Step& step : plan.steps) {
    if (step.action == Action::skip && !context.global().verbose) continue;
    if (shown == most) {
      ++left_out;
      continue;
    }
    ++shown;
    context.out().line(fmt::format("{:<8}  {}  ({})", model::to_string(step.action),
                                   ui::printable(fmt::format("{}/{}", step.collection, step.path)),
                                   ui::printable(step.reason)));
    if (step.action == Action::update || step.action == Action::conflict) context.out().write(field_lines(step.fields));
  }
  if (left_out != 0)
    context.out().line(fmt::format("... and {} more; -v shows all of them", ui::format_count(left_out)));
  context.out().line(fmt::format("{}{}", shown != 0 ? "\n" : "", counts_text(plan)));
}

std::uint64_t changes_of(const model::Plan& plan) noexcept {
  return plan.count(Action::create) + plan.count(Action::update) + plan.count(Action::remove);
}

std::string counts_text(const model::Plan& plan) {
  std::string out =
      fmt::format("{} to create, {} to update, {} to remove", ui::format_count(plan.count(Action::create)),
                  ui::format_count(plan.count(Action::update)), ui::format_count(plan.count(Action::remove)));
  if (const auto skipped = plan.count(Action::skip))
    out += fmt::format(", {} left as they are", ui::format_count(skipped));
  if (const auto conflicts = plan.count(Action::conflict))
    out += fmt::format(", {} in conflict", ui::format_count(conflicts));
  return out;
}

}  // namespace holdfast::cli
