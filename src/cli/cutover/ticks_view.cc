#include "cli/cutover/ticks_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/cutover/ticks.h"
#include "engine/reference.h"
#include "engine/resources/id_map_store.h"
#include "platform/runs.h"
#include "ui/printers.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using engine::TickReport;
using json = nlohmann::ordered_json;

constexpr std::size_t k_times_shown = 12;  // of one resource

// The record by which `entered` is in charge; nullopt where it is not.
std::optional<engine::Pair> takeover_of(engine::CutoverStore& store, const std::string& left,
                                        const std::string& entered) {
  for (engine::Pair pair : {store.pair(left, entered), store.pair(entered, left)})
    if (pair.active == entered && !pair.recorded.empty()) return pair;
  return std::nullopt;
}

class TicksView {
public:
  TicksView(Cutover& cutover, std::string left, std::string entered)
      : context_(cutover.context()),
        cutover_(cutover),
        takeover_{.left = std::move(left), .entered = std::move(entered)} {}

  void tell(const engine::Pair& pair) {
    const repository::Snapshot recorded = cutover_.named(pair.recorded);
    takeover_.activated = pair.since;
    takeover_.within = {recorded.taken, context_.clock().now()};
    platform::Connector& entered_side = cutover_.connector(takeover_.entered);
    platform::RunsThings* left_runs = cutover_.connector(takeover_.left).runs();
    platform::RunsThings* entered_runs = entered_side.runs();
    if (!left_runs || !entered_runs) return;
    engine::SideRuns runs{left_runs->own_runs(takeover_.within, context_.stop()),
                          entered_runs->own_runs(takeover_.within, context_.stop())};
    takeover_.within.from = std::max(runs.left.complete_since, runs.entered.complete_since);
    const model::IdMap ids = engine::ids_between(context_.state(), takeover_.left, takeover_.entered);
    const std::vector<engine::Ticking> ticking =
        engine::ticking_of({context_.repository(), recorded, newest(), ids, entered_side.kinds(), *entered_runs},
                           takeover_, context_.stop());
    const TickReport report = engine::reckon_ticks(ticking, runs, takeover_);
    if (!context_.json() && !context_.global().quiet) print(report);
    if (context_.json() || says_something(report)) sum_up(report);
  }

private:
  static bool says_something(const TickReport& report) {
    return !(report.ran_twice.empty() && report.missed.empty() && report.too_young.empty() &&
             report.not_reckoned.empty());
  }

  std::vector<repository::Snapshot> newest() {
    std::vector<repository::Snapshot> out;
    for (const std::string& name : {takeover_.left, takeover_.entered}) {
      try {
        out.push_back(engine::resolve(context_.repository(), "latest", name));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found) throw;
      }
    }
    return out;
  }

  void print(const TickReport& report) {
    print(fmt::format("ran on both {} and {}", takeover_.left, takeover_.entered), report.ran_twice);
    print("ran on neither", report.missed);
    print("ran on neither, and were due only just now", report.too_young);
    if (!report.not_reckoned.empty()) context_.out().line("not reckoned tick by tick");
    for (const TickReport::NotReckoned& one : report.not_reckoned)
      context_.out().line(fmt::format("  {}: {}{}", ui::printable(one.path), ui::printable(one.why), counted(one)));
    context_.out().flush();
  }

  std::string counted(const TickReport::NotReckoned& one) const {
    if (!one.listed) return {};
    return fmt::format("; since {}: {} on {}, {} on {}", base::to_rfc3339(takeover_.activated),
                       ui::format_counted(one.left_runs, "run"), takeover_.left,
                       ui::format_counted(one.entered_runs, "run"), takeover_.entered);
  }

  // One line for each resource: ticks come by path.
  void print(const std::string& heading, const std::vector<TickReport::Tick>& ticks) {
    if (ticks.empty()) return;
    context_.out().line(heading);
    const std::size_t most = context_.global().verbose ? SIZE_MAX : k_times_shown;
    for (auto from = ticks.begin(); from != ticks.end();) {
      const auto to = std::find_if(from, ticks.end(), [&](const auto& tick) { return tick.path != from->path; });
      const auto count = static_cast<std::size_t>(to - from);
      std::string line = fmt::format("  {}", ui::printable(from->path));
      for (std::size_t i = 0; i < std::min(count, most); ++i)
        line +=
            fmt::format("{} {}", i == 0 ? " " : ",", base::to_rfc3339((from + static_cast<std::ptrdiff_t>(i))->due));
      if (count > most)
        line += fmt::format(", and {} more until {}: --verbose shows them", ui::format_count(count - most),
                            base::to_rfc3339((to - 1)->due));
      context_.out().line(line);
      from = to;
    }
  }

  json to_json(const std::vector<TickReport::Tick>& ticks) const {
    json out = json::array();
    for (const TickReport::Tick& tick : ticks) {
      json one{{"path", tick.path}, {"due", base::to_rfc3339(tick.due)}};
      if (tick.left_at != base::Instant()) {
        one["runs"] = {{takeover_.left, base::to_rfc3339(tick.left_at)},
                       {takeover_.entered, base::to_rfc3339(tick.entered_at)}};
      }
      out.push_back(std::move(one));
    }
    return out;
  }

  json not_reckoned(const TickReport& report) const {
    json out = json::array();
    for (const TickReport::NotReckoned& one : report.not_reckoned) {
      json entry{{"path", one.path}, {"why", one.why}};
      if (one.listed) entry["runs"] = {{takeover_.left, one.left_runs}, {takeover_.entered, one.entered_runs}};
      out.push_back(std::move(entry));
    }
    return out;
  }

  void sum_up(const TickReport& report) {
    const auto list = [](std::string name, std::size_t count, const json& entries) {
      return base::Fact{std::move(name), ui::format_count(count),
                        entries.dump(-1, ' ', false, json::error_handler_t::replace)};
    };
    context_.events().summary("ticks", {ui::fact_text("from", base::to_rfc3339(report.within.from)),
                                        ui::fact_text("until", base::to_rfc3339(report.within.until)),
                                        list("ran_on_both", report.ran_twice.size(), to_json(report.ran_twice)),
                                        list("ran_on_neither", report.missed.size(), to_json(report.missed)),
                                        list("due_just_now", report.too_young.size(), to_json(report.too_young)),
                                        list("not_reckoned", report.not_reckoned.size(), not_reckoned(report))});
  }

  Context& context_;
  Cutover& cutover_;
  engine::TakeoverSpan takeover_;
};

}  // namespace

void tell_ticks(Cutover& cutover, const std::string& left, const std::string& entered) {
  if (cutover.dry()) return;
  const std::optional<engine::Pair> pair = takeover_of(cutover.store(), left, entered);
  if (!pair) return;
  const std::optional<engine::Fence> fence = cutover.store().fence(left);
  if (fence && fence->state == engine::Fence::State::open) {
    cutover.context().events().note(fmt::format(
        "once {0} is fenced, \"holdfast fence {0}\" lists schedules that ran on both sides or on neither", left));
    return;
  }
  try {
    TicksView(cutover, left, entered).tell(*pair);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    cutover.context().events().warning(fmt::format(
        "which ticks ran on both {} and {}, and which on neither, cannot be told: {}", left, entered, error.message()));
  }
}

}  // namespace holdfast::cli
