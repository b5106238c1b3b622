#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover/not_given.h"
#include "cli/describe.h"
#include "cli/task_view.h"
#include "engine/cutover/charge.h"
#include "engine/cutover/other_hosts.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/cutover/store.h"
#include "engine/cutover/whole_source.h"
#include "engine/reference.h"
#include "engine/resources/task_store.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

std::string_view to_string(engine::Fence::State state) noexcept {
  return state == engine::Fence::State::confirmed ? "confirmed" : "open";
}

// "3 h": how long ago, in its largest unit.
std::string age_text(base::Duration age) {
  constexpr std::pair<std::chrono::seconds, const char*> k_units[] = {
      {std::chrono::hours(24), "d"}, {std::chrono::hours(1), "h"}, {std::chrono::minutes(1), "min"}};
  for (const auto& [unit, name] : k_units)
    if (age >= unit) return fmt::format("{} {}", age / unit, name);
  return "now";
}

// What is known of two connectors, and whether only their newest snapshots say so.
struct Known {
  engine::Pair pair;
  engine::Charge::Told told = engine::Charge::Told::by_state;
  bool doubted = false;                        // another host let the other side fire since
  std::optional<std::uint64_t> not_given = 0;  // absent: nobody can tell
};

std::string charge_text(const Known& known) {
  const engine::Pair& pair = known.pair;
  const std::string& name = pair.active.empty() ? pair.source : pair.active;
  if (known.told == engine::Charge::Told::by_snapshot && name == pair.source)
    return fmt::format("{}, as the newest snapshot of {} says", name, pair.target);
  if (known.told == engine::Charge::Told::by_snapshot) return fmt::format("{}, as its newest snapshot says", name);
  if (known.doubted) return fmt::format("not clear: {} took over, and {} was set to fire since", name, pair.source);
  if (!pair.complete) return fmt::format("{}, not all of it activated", name);
  if (known.not_given.value_or(0) != 0)
    return fmt::format("{}, {} of what fired on {} not activated", name, ui::format_count(*known.not_given),
                       pair.source);
  const std::size_t left = engine::left_paused(pair);
  return left == 0 ? name : fmt::format("{}, {} left paused", name, ui::format_count(left));
}

// What the last run could not read of its source; absent: its snapshot is gone.
std::optional<std::vector<engine::UnreadKind>> unread_of(Context& context, const engine::LastRun& last) {
  const std::optional<repository::Snapshot> source = engine::resolve_kept(context.repository(), last.source_snapshot);
  return source ? std::optional(engine::unread_kinds(*source)) : std::nullopt;
}

nlohmann::ordered_json unread_json(const std::optional<std::vector<engine::UnreadKind>>& unread) {
  if (!unread) return nullptr;
  auto out = nlohmann::ordered_json::array();
  for (const engine::UnreadKind& one : *unread)
    out.push_back(
        {{"kind", one.kind},
         {"since", one.since ? nlohmann::ordered_json(base::to_rfc3339(*one.since)) : nlohmann::ordered_json(nullptr)},
         {"never_read", one.missing}});
  return out;
}

std::vector<Known> all_known(Context& context, engine::CutoverStore& store) {
  std::vector<std::string> names;
  for (const ConnectorConfig& one : context.config().connectors) names.push_back(one.name);
  const auto told = engine::told_by_snapshots(store, context.repository(), names);
  std::vector<Known> out;
  for (const engine::Pair& pair : engine::one_of_each(engine::pairs_by_all(store, context.repository()))) {
    const auto of_these = [&](const engine::Charge& one) {
      return std::minmax(one.pair.source, one.pair.target) == std::minmax(pair.source, pair.target);
    };
    const std::optional<engine::Fence> fence = store.fence(pair.source);
    const bool ended = store.pair(pair.source, pair.target).active != pair.active;
    if (std::none_of(told.begin(), told.end(), of_these))
      out.push_back({pair, ended ? engine::Charge::Told::by_snapshot : engine::Charge::Told::by_state,
                     fence && fence->active == pair.active && engine::is_doubted(store, context.repository(), *fence),
                     not_given(context, store, pair)});
  }
  for (const engine::Charge& charge : told) out.push_back({charge.pair, charge.told});
  return out;
}

// Without those that another host lifted.
std::vector<engine::Fence> fences_of(Context& context, engine::CutoverStore& store) {
  std::vector<engine::Fence> out = store.fences();
  std::erase_if(out, [&](const engine::Fence& one) {
    return !engine::standing_fence(store, context.repository(), one.connector);
  });
  return out;
}

class StatusCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"status", "who is in charge, what is fenced, how old the snapshots are",
            "Reads the repository and the local state of this host, and asks no platform.  Where the\n"
            "local state knows nothing of two connectors, or nothing as new, their newest snapshots say\n"
            "who took over.\n"
            "What remains by hand is counted (\"holdfast tasks\"), and gates of recovery plans are shown."};
  }

  void declare(FlagTable&) override {}

  int run(Context& context) override {
    repository::Repository& repository = context.repository();  // without one no half of a table is printed
    engine::CutoverStore store(context.state());
    std::vector<Age> ages;
    for (const ConnectorConfig& one : context.config().connectors)
      ages.push_back({one.name, repository.latest(one.name)});
    if (context.json())
      print_json(context, store, ages);
    else
      print_tables(context, store, ages);
    return k_exit_ok;
  }

private:
  struct Age {
    std::string connector;
    std::optional<repository::Snapshot> newest;
  };

  // By target; without those whose tasks cannot be read, which is said: who is in charge is told all the same.
  static std::map<std::string, std::uint64_t> open_tasks(Context& context, const std::vector<Age>& ages) {
    const auto counts = engine::open_tasks_of_all(
        context.state(), [&](const base::Error& error) { context.events().warning(error.message()); });
    std::map<std::string, std::uint64_t> out;
    for (const Age& age : ages) {
      const auto known = counts.find(age.connector);
      if (known == counts.end())
        out[age.connector] = 0;
      else if (known->second)
        out[age.connector] = *known->second;
    }
    return out;
  }

  static void print_json(Context& context, engine::CutoverStore& store, const std::vector<Age>& ages) {
    auto out = document();
    auto pairs = nlohmann::ordered_json::array();
    for (const Known& known : all_known(context, store)) {
      const engine::Pair& pair = known.pair;
      const std::size_t left = engine::left_paused(pair);
      nlohmann::ordered_json last = nullptr;
      if (pair.replicated)
        last = {{"at", base::to_rfc3339(pair.replicated->at)},
                {"snapshot", pair.replicated->source_snapshot},
                {"left_alone", pair.replicated->differed.size()},
                {"not_read", unread_json(unread_of(context, *pair.replicated))}};
      pairs.push_back(
          {{"source", pair.source},
           {"target", pair.target},
           {"in_charge", pair.active.empty() ? pair.source : pair.active},
           {"told_by", known.told == engine::Charge::Told::by_state ? "state" : "snapshot"},
           {"doubted", known.doubted},
           {"activated", pair.complete && known.not_given.value_or(0) == 0 && left == 0 ? "whole" : "partly"},
           {"not_activated", known.not_given ? nlohmann::ordered_json(*known.not_given) : nullptr},
           {"left_paused", left},
           {"last_replicate", std::move(last)}});
    }
    auto fences = nlohmann::ordered_json::array();
    for (const engine::Fence& fence : fences_of(context, store))
      fences.push_back({{"connector", fence.connector},
                        {"state", to_string(fence.state)},
                        {"took_over", engine::took_over(store, fence) ? nlohmann::ordered_json(fence.active) : nullptr},
                        {"fenced_for",
                         fence.active.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(fence.active)},
                        {"since", base::to_rfc3339(fence.since)}});
    auto connectors = nlohmann::ordered_json::array();
    const std::map<std::string, std::uint64_t> open = open_tasks(context, ages);
    for (const Age& age : ages) {
      nlohmann::ordered_json taken = nullptr;
      if (age.newest) taken = base::to_rfc3339(age.newest->taken);
      connectors.push_back({{"connector", age.connector},
                            {"newest_snapshot", std::move(taken)},
                            {"open_tasks", open.contains(age.connector) ? nlohmann::ordered_json(open.at(age.connector))
                                                                        : nlohmann::ordered_json(nullptr)}});
    }
    auto recoveries = nlohmann::ordered_json::array();
    for (const RecoveryConfig& one : context.config().recoveries)
      recoveries.push_back({{"name", one.name}, {"source", one.source}, {"target", one.target}, {"gates", one.gates}});
    out["pairs"] = std::move(pairs);
    out["fences"] = std::move(fences);
    out["connectors"] = std::move(connectors);
    out["recoveries"] = std::move(recoveries);
    print_document(context, out);
  }

  static void print_tables(Context& context, engine::CutoverStore& store, const std::vector<Age>& ages) {
    const base::Instant now = context.clock().now();
    ui::Table connectors({{"CONNECTOR"}, {"NEWEST SNAPSHOT"}, {"AGE"}, {"FENCE"}});
    for (const Age& age : ages) {
      const std::optional<engine::Fence> fence = engine::standing_fence(store, context.repository(), age.connector);
      connectors.row({age.connector, age.newest ? short_time(age.newest->taken) : "none",
                      age.newest ? age_text(now - age.newest->taken) : "",
                      fence ? fmt::format("{} since {}", to_string(fence->state), short_time(fence->since)) : ""});
    }
    context.out().write(connectors.text());
    // Below the table, which is wide enough.
    for (const engine::Fence& fence : fences_of(context, store))
      if (!fence.active.empty())
        context.out().line(
            engine::took_over(store, fence)
                ? fmt::format("{}: {} took over", fence.connector, fence.active)
                : fmt::format("{}: fenced for {}, which is not in charge", fence.connector, fence.active));
    for (const auto& [target, count] : open_tasks(context, ages))
      if (count != 0) context.out().line(open_tasks_text(count, target));
    for (const RecoveryConfig& one : context.config().recoveries)
      if (!one.gates.empty())
        context.out().line(fmt::format("recovery plan {}: failover and failback of {} and {} stop before {}", one.name,
                                       one.source, one.target, fmt::join(one.gates, ", ")));
    const std::vector<Known> pairs = all_known(context, store);
    if (pairs.empty()) return;
    context.out().line("");
    ui::Table table(
        {{"SOURCE"}, {"TARGET"}, {"LAST REPLICATE"}, {"AGE"}, {"LEFT ALONE", ui::Align::right}, {"IN CHARGE"}});
    for (const Known& known : pairs) {
      const engine::Pair& pair = known.pair;
      const auto& last = pair.replicated;
      table.row({pair.source, pair.target, last ? short_time(last->at) : "never", last ? age_text(now - last->at) : "",
                 last ? ui::format_count(last->differed.size()) : "", charge_text(known)});
    }
    context.out().write(table.text());
    for (const Known& known : pairs) tell_unread_source(context, known.pair);
  }

  // Else a target that lags behind its source, night after night, looks like one that is up to date.
  static void tell_unread_source(Context& context, const engine::Pair& pair) {
    const auto unread = pair.replicated ? unread_of(context, *pair.replicated) : std::nullopt;
    if (unread && !unread->empty())
      context.out().line(fmt::format("{}: the last replicate could not read all of {}: {}", pair.target, pair.source,
                                     engine::unread_text(*unread)));
  }
};

}  // namespace

std::unique_ptr<Command> make_status_command() {
  return std::make_unique<StatusCommand>();
}

}  // namespace holdfast::cli
