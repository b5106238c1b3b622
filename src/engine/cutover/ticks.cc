#include "engine/cutover/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "engine/cutover/firing_states.h"
#include "engine/resources/sides.h"
#include "model/kind_set.h"

namespace holdfast::engine {

namespace {

using platform::OwnRun;
using platform::Timetable;
using Form = Timetable::Form;

// From a tick to where the list of runs shows it.
constexpr std::chrono::seconds k_shown_after(30);

using Key = std::pair<std::string, std::string>;  // kind, id

// Of one side, in the order of time.
class Runs {
public:
  explicit Runs(const platform::OwnRuns& all) : kinds_(all.kinds) {
    for (const OwnRun& run : all.runs) runs_[{run.kind, run.id}].push_back(&run);
    for (auto& [key, runs] : runs_)
      std::stable_sort(runs.begin(), runs.end(), [](const OwnRun* a, const OwnRun* b) { return a->at < b->at; });
  }

  bool lists(const std::string& kind) const { return std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end(); }
  std::uint64_t count(const Key& key, base::Instant since) const {
    const std::vector<const OwnRun*>& all = of(key);
    return static_cast<std::uint64_t>(
        std::count_if(all.begin(), all.end(), [&](const OwnRun* run) { return run->at > since && ran(*run); }));
  }
  // The first that each tick started: a run belongs to the last tick before it.
  std::vector<const OwnRun*> by_tick(const Key& key, const std::vector<base::Instant>& due) const {
    std::vector<const OwnRun*> out(due.size(), nullptr);
    for (const OwnRun* run : of(key)) {
      if (run->cause != OwnRun::Cause::clock) continue;
      const auto after = std::upper_bound(due.begin(), due.end(), run->at);
      if (after == due.begin()) continue;
      const OwnRun*& held = out[static_cast<std::size_t>(after - due.begin() - 1)];
      if (!held) held = run;
    }
    return out;
  }
  static bool ran(const OwnRun& run) { return run.outcome == OwnRun::Outcome::ran; }

private:
  const std::vector<const OwnRun*>& of(const Key& key) const {
    static const std::vector<const OwnRun*> none;
    const auto found = runs_.find(key);
    return found == runs_.end() ? none : found->second;
  }

  const std::vector<std::string>& kinds_;
  std::map<Key, std::vector<const OwnRun*>> runs_;
};

class Reckoning {
public:
  Reckoning(const SideRuns& runs, const TakeoverSpan& takeover)
      : left_(runs.left), entered_(runs.entered), takeover_(takeover) {
    out_.within = takeover.within;
    for (const platform::OwnRuns* side : {&runs.left, &runs.entered})
      out_.within.from = std::max(out_.within.from, side->complete_since);
  }

  void add(const Ticking& one) {
    if (one.timetable.form == Form::none) return;
    const bool listed = left_.lists(one.kind) && entered_.lists(one.kind);
    if (!one.otherwise.empty())
      return add_not_reckoned(one, fmt::format("its schedule is {} by now", one.otherwise), listed);
    if (one.timetable.form != Form::ticks) return add_not_reckoned(one, one.timetable.why, listed);
    if (!listed) return add_not_reckoned(one, "no list of its runs is kept", listed);
    const auto left = left_.by_tick({one.kind, one.left_id}, one.timetable.due);
    const auto entered = entered_.by_tick({one.kind, one.entered_id}, one.timetable.due);
    for (std::size_t i = 0; i < one.timetable.due.size(); ++i) add_tick(one, i, left[i], entered[i]);
  }

  TickReport take() { return std::move(out_); }

private:
  void add_not_reckoned(const Ticking& one, std::string why, bool listed) {
    const std::uint64_t left = left_.count({one.kind, one.left_id}, takeover_.activated);
    const std::uint64_t entered = entered_.count({one.kind, one.entered_id}, takeover_.activated);
    // What has no ticks can miss none, and ran on one side only.
    if (listed && one.timetable.form == Form::no_grid && one.otherwise.empty() && left == 0) return;
    out_.not_reckoned.push_back(
        {.path = one.path, .why = std::move(why), .listed = listed, .left_runs = left, .entered_runs = entered});
  }

  void add_tick(const Ticking& one, std::size_t i, const OwnRun* left, const OwnRun* entered) {
    TickReport::Tick tick{.path = one.path, .due = one.timetable.due[i]};
    if (tick.due <= out_.within.from) return;
    if (!left && !entered) {
      const bool young = tick.due > out_.within.until - k_shown_after;
      (young ? out_.too_young : out_.missed).push_back(std::move(tick));
    } else if (left && entered && Runs::ran(*left) && Runs::ran(*entered)) {
      tick.left_at = left->at;
      tick.entered_at = entered->at;
      out_.ran_twice.push_back(std::move(tick));
    }
  }

  const Runs left_;
  const Runs entered_;
  const TakeoverSpan& takeover_;
  TickReport out_;
};

// Of everything else a snapshot may have very much.
model::KindSet firing_kinds(const std::vector<model::Kind>& kinds) {
  std::vector<model::Kind> out;
  for (const model::Kind& kind : kinds)
    if (!kind.firing.empty()) out.push_back(kind);
  return model::KindSet(out);
}

std::string body_of(const model::Resource& one, const model::KindSet& kinds) {
  const auto& body = one.row.columns.at(kinds.at(one.kind).body);
  return body ? std::string(*body) : std::string("{}");
}

// What each resource of a snapshot is due by now, where that can be said.
std::map<Key, std::string> rules_of(const TickingSource& source, const repository::Snapshot& snapshot,
                                    const model::KindSet& kinds, const std::stop_token& stop) {
  std::map<Key, std::string> out;
  for (const model::Resource& one : read_stored_side(source.repository, snapshot, kinds, stop)) {
    const std::string& kind = kinds.at(one.kind).label();
    std::string rule = source.runs.timetable(kind, body_of(one, kinds), {}).rule;
    if (!rule.empty()) out.emplace(Key(kind, one.id), std::move(rule));
  }
  return out;
}

}  // namespace

TickReport reckon_ticks(const std::vector<Ticking>& ticking, const SideRuns& runs, const TakeoverSpan& takeover) {
  Reckoning reckoning(runs, takeover);
  for (const Ticking& one : ticking) reckoning.add(one);
  return reckoning.take();
}

std::vector<Ticking> ticking_of(const TickingSource& source, const TakeoverSpan& takeover, std::stop_token stop) {
  const model::KindSet kinds = firing_kinds(source.kinds);
  std::map<std::string, std::map<Key, std::string>> now;  // by connector
  for (const repository::Snapshot& one : source.newest)
    if (one.id != source.recorded.id) now[one.connector] = rules_of(source, one, kinds, stop);
  const auto otherwise = [&](const std::string& connector, const std::string& id, const Ticking& one) {
    const auto side = now.find(connector);
    if (side == now.end()) return std::string();
    const auto rule = side->second.find({one.kind, id});
    if (rule == side->second.end() || rule->second == one.timetable.rule) return std::string();
    return fmt::format("{} on {}", rule->second, connector);
  };
  std::vector<Ticking> out;
  for (const model::Resource& one : read_stored_side(source.repository, source.recorded, kinds, stop)) {
    if (!firing_state(one, kinds).fires) continue;
    const std::string& kind = kinds.at(one.kind).label();
    Ticking ticking{.path = kinds.path_of(one),
                    .kind = kind,
                    .timetable = source.runs.timetable(kind, body_of(one, kinds), takeover.within)};
    if (ticking.timetable.form == Form::none) continue;
    const bool of_left = source.recorded.connector == takeover.left;
    const model::IdEntry* other =
        of_left ? source.ids.by_source(ticking.kind, one.id) : source.ids.by_target(ticking.kind, one.id);
    const std::string other_id = !other ? std::string() : of_left ? other->target_id : other->source_id;
    ticking.left_id = of_left ? one.id : other_id;
    ticking.entered_id = of_left ? other_id : one.id;
    ticking.otherwise = otherwise(takeover.left, ticking.left_id, ticking);
    if (ticking.otherwise.empty()) ticking.otherwise = otherwise(takeover.entered, ticking.entered_id, ticking);
    out.push_back(std::move(ticking));
  }
  std::stable_sort(out.begin(), out.end(), [](const Ticking& a, const Ticking& b) { return a.path < b.path; });
  return out;
}

}  // namespace holdfast::engine
