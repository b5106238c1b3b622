#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "cli/outside_view.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using platform::Diagnosis;

std::string_view word_of(Diagnosis::Level level) noexcept {
  switch (level) {
    case Diagnosis::Level::ok:
      return "ok";
    case Diagnosis::Level::note:
      return "note";
    case Diagnosis::Level::warning:
      return "warning";
    case Diagnosis::Level::problem:
      return "problem";
  }
  return "?";
}

struct Examined {
  std::string name;  // "repository", "connector catalog"
  std::vector<Diagnosis> lines;
  std::vector<platform::LeftOut> left_out;
  std::optional<OutsideReport> outside;
};

Diagnosis from_error(std::string subject, const base::Error& error) {
  return {Diagnosis::Level::problem, std::move(subject), error.message(), error.hint()};
}

Examined examine_repository(Context& context) {
  Examined out{"repository", {}, {}, {}};
  const auto add = [&](Diagnosis::Level level, std::string subject, std::string text, std::string advice = {}) {
    out.lines.push_back({level, std::move(subject), std::move(text), std::move(advice)});
  };
  try {
    repository::Repository& repository = context.repository();
    add(Diagnosis::Level::ok, "opens", fmt::format("{}, id {}", context.repository_url(), repository.id()));
    const auto slots = repository.key_slots();
    add(slots.size() == 1 ? Diagnosis::Level::note : Diagnosis::Level::ok, "key slots", fmt::format("{}", slots.size()),
        slots.size() == 1
            ? "Add a second key with \"holdfast key add\" and keep it apart: one lost key is a lost repository."
            : "");
    std::vector<std::string> damaged;
    const auto snapshots = repository.snapshots(&damaged);
    std::uint64_t highest = 0;
    for (const auto& snapshot : snapshots) highest = std::max(highest, snapshot.id.sequence);
    add(Diagnosis::Level::ok, "snapshots", fmt::format("{}, highest sequence {}", snapshots.size(), highest));
    for (const std::string& problem : damaged)
      add(Diagnosis::Level::problem, "damaged snapshot", problem,
          "Run \"holdfast check --read-data\" to see what else is touched.");
  } catch (const base::Error& error) {
    out.lines.push_back(from_error("opens", error));
  }
  return out;
}

// A scratch target is there to be filled: what hinders only its own backup is no problem.
void expect_target(std::vector<Diagnosis>& lines) {
  for (Diagnosis& line : lines)
    if (line.level == Diagnosis::Level::problem && line.hinders == Diagnosis::Hinders::backup)
      line.level = Diagnosis::Level::note;
}

void add_outside(Context& context, const std::string& name, platform::Connector& connector, Examined& out) {
  try {
    out.outside = look_outside(context, name, connector);
    if (out.outside)
      out.lines.insert(out.lines.end(), out.outside->cloud.lines.begin(), out.outside->cloud.lines.end());
  } catch (const base::Error& error) {
    out.lines.push_back(from_error("what lies outside", error));
  }
}

bool has_problem(const Examined& examined) {
  return std::any_of(examined.lines.begin(), examined.lines.end(),
                     [](const Diagnosis& line) { return line.level == Diagnosis::Level::problem; });
}

void add_where_it_leads(Context& context, const std::string& name, platform::Connector& connector, Examined& out) {
  if (has_problem(out)) return;  // what does not answer leads nowhere
  for (platform::Diagnosis& line : look_where_it_leads(context, name, connector)) out.lines.push_back(std::move(line));
}

Examined examine_connector(Context& context, const std::string& name) {
  Examined out{fmt::format("connector {}", name), {}, {}, {}};
  try {
    const auto connector = context.open_connector(name);
    out.lines = connector->diagnose();
    if (context.connector_config(name).scratch) expect_target(out.lines);
    out.left_out = connector->left_out();
    add_where_it_leads(context, name, *connector, out);
    add_outside(context, name, *connector, out);
  } catch (const base::Error& error) {
    // What cannot be listed once the server is gone is not a second problem.
    if (out.lines.empty()) out.lines.push_back(from_error("connection", error));
  }
  return out;
}

// One item of a list, over several lines where the screen is too narrow.
void print_item(Context& context, const std::string& subject, const std::string& text) {
  constexpr std::size_t k_indent = 4;
  const std::string item = fmt::format("{}: {}", ui::printable(subject), ui::printable(text));
  std::vector<std::string> lines{item};
  if (ui::is_terminal(STDOUT_FILENO))
    lines = ui::wrap(item, std::max<std::size_t>(ui::terminal_columns(STDOUT_FILENO), 2 * k_indent) - k_indent);
  for (std::size_t i = 0; i < lines.size(); ++i) context.out().line((i == 0 ? "  - " : "    ") + lines[i]);
}

void print_text(Context& context, const Examined& examined) {
  context.out().line(examined.name);
  ui::Table table({{"", ui::Align::left}, {"WHAT", ui::Align::left}, {"FOUND", ui::Align::left}});
  for (const Diagnosis& line : examined.lines) table.row({std::string(word_of(line.level)), line.subject, line.text});
  context.out().write(table.text(ui::is_terminal(STDOUT_FILENO) ? ui::terminal_columns(STDOUT_FILENO) : SIZE_MAX));
  bool headed = false;
  for (const Diagnosis& line : examined.lines) {
    if (line.advice.empty()) continue;
    if (!std::exchange(headed, true)) context.out().write("\nwhat to do\n");
    print_item(context, line.subject, line.advice);
  }
  // Where something has to be done first, a long list would only push it off the screen.
  const bool list = context.global().verbose || !has_problem(examined);
  if (list && !examined.left_out.empty()) context.out().write("\nwhat does not come along\n");
  if (list)
    for (const platform::LeftOut& left : examined.left_out) print_item(context, left.what, left.reason);
  if (examined.outside) print_outside(context, *examined.outside);
  context.out().line("");
}

nlohmann::ordered_json as_json(const Examined& examined) {
  auto lines = nlohmann::ordered_json::array();
  for (const Diagnosis& line : examined.lines)
    lines.push_back(
        {{"level", word_of(line.level)},
         {"what", line.subject},
         {"found", line.text},
         {"advice", line.advice.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(line.advice)}});
  auto left_out = nlohmann::ordered_json::array();
  for (const platform::LeftOut& left : examined.left_out)
    left_out.push_back({{"what", left.what}, {"reason", left.reason}});
  nlohmann::ordered_json out{{"name", examined.name}, {"lines", std::move(lines)}, {"left_out", std::move(left_out)}};
  if (examined.outside) out["outside"] = to_json(*examined.outside);
  return out;
}

class DoctorCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"doctor", "can we connect, what may we read, what would hinder a backup",
            "Examines the repository and the named connectors (all of them, when none is\n"
            "named) and says what to do about what it finds.  It also lists what exists on a\n"
            "platform and does not come along in a backup, with the reason; where a problem was\n"
            "found, only with -v and --json.\n\n"
            "Of a workspace it lists what its definitions refer to outside of it, by the\n"
            "newest snapshot: storage accounts, and other endpoints that Holdfast does not\n"
            "protect, with who refers to them (all of these with -v and --json).\n\n"
            "Of two workspaces it also says what they do not have in common, and what to do\n"
            "about it before one is moved to the other; both leading to one is refused.\n\n"
            "Exit 1 when a problem was found; notes and warnings alone are exit 0."};
  }

  void declare(FlagTable& flags) override {
    flags.arguments("CONNECTOR", Times::any, connectors_, "connectors to examine").offer = Offer::connectors;
  }

  int run(Context& context) override {
    std::vector<std::string> names = connectors_;
    if (names.empty())
      for (const ConnectorConfig& connector : context.config().connectors) names.push_back(connector.name);
    for (const std::string& name : names) context.connector_config(name);

    std::vector<Examined> all{examine_repository(context)};
    for (const std::string& name : names) all.push_back(examine_connector(context, name));
    if (connectors_.size() == 2) add_comparison(context, all);
    const bool problem = std::any_of(all.begin(), all.end(), has_problem);
    if (context.json()) {
      auto out = document();
      out["healthy"] = !problem;
      auto examined = nlohmann::ordered_json::array();
      for (const Examined& one : all) examined.push_back(as_json(one));
      out["examined"] = std::move(examined);
      print_document(context, out);
    } else {
      for (const Examined& one : all) print_text(context, one);
      if (!context.global().quiet) context.out().line(problem ? "a problem was found" : "no problem was found");
    }
    return problem ? k_exit_failed : k_exit_ok;
  }

private:
  void add_comparison(Context& context, std::vector<Examined>& all) const {
    auto lines = look_at_both(context, connectors_[0], connectors_[1]);
    if (lines.empty()) return;
    all.push_back({fmt::format("{} and {}", connectors_[0], connectors_[1]), std::move(lines), {}, {}});
  }

  std::vector<std::string> connectors_;
};

}  // namespace

std::unique_ptr<Command> make_doctor_command() {
  return std::make_unique<DoctorCommand>();
}

}  // namespace holdfast::cli
