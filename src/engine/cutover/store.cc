#include "engine/cutover/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "engine/resources/journal.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;

constexpr std::string_view k_pairs = "cutover/pairs/";
constexpr std::string_view k_fences = "cutover/fences/";
constexpr std::string_view k_plans = "cutover/plans/";

std::string folder_of(std::string_view where, const std::string& source, const std::string& target) {
  return fmt::format("{}{}-{}/", where, base::to_hex(source), base::to_hex(target));
}

std::string folder_of(const std::string& connector) {
  return fmt::format("{}{}/", k_fences, base::to_hex(connector));
}

[[noreturn]] void unreadable(const std::string& name, std::string_view what) {
  throw Error(ErrorKind::corruption, fmt::format("{} cannot be read: {}", name, what),
              "Move the record away; the newest snapshots and the id map are what the next run goes by then.");
}

template <typename Work>
auto reading(const std::string& name, const Work& work) {
  try {
    return work();
  } catch (const json::exception& problem) {
    unreadable(name, problem.what());
  } catch (const Error& problem) {
    unreadable(name, problem.message());
  }
}

base::Instant instant_from(const json& value) {
  const std::optional<base::Instant> at = base::parse_instant(value.get_ref<const std::string&>());
  if (!at) throw Error(ErrorKind::corruption, "it has no instant where one must be");
  return *at;
}

json to_json(const std::vector<LeftAlone>& all) {
  json out = json::array();
  for (const LeftAlone& one : all) out.push_back({one.kind, one.source_id, one.target_id});
  return out;
}

std::vector<LeftAlone> left_alone_from(const json& in) {
  std::vector<LeftAlone> out;
  for (const json& one : in) out.push_back({one.at(0), one.at(1), one.at(2)});
  return out;
}

json to_json(const LastRun& one) {
  return {{"plan", one.plan},
          {"source_snapshot", one.source_snapshot},
          {"target_snapshot", one.target_snapshot},
          {"at", base::to_rfc3339(one.at)},
          {"differed", to_json(one.differed)},
          {"written", to_json(one.written)}};
}

LastRun last_run_from(const json& in) {
  LastRun out{.plan = in.value("plan", std::string()),  // older records have none, and a selection that nobody reads
              .source_snapshot = in.at("source_snapshot"),
              .target_snapshot = in.at("target_snapshot"),
              .at = instant_from(in.at("at")),
              .differed = left_alone_from(in.at("differed"))};
  if (in.contains("written")) out.written = left_alone_from(in.at("written"));
  return out;
}

json to_json(const GivenStates& given) {
  json out = json::array();
  for (const auto& [key, values] : given) out.push_back({key.first, key.second, values});
  return out;
}

GivenStates given_from(const json& in) {
  GivenStates out;
  for (const json& one : in) out.emplace(std::pair<std::string, std::string>(one.at(0), one.at(1)), one.at(2));
  return out;
}

json to_json(const PausedStates& all) {
  json out = json::array();
  for (const PausedState& one : all) out.push_back(to_json(one));
  return out;
}

PausedStates paused_from(const json& in) {
  PausedStates out;
  for (const json& one : in) out.push_back(paused_state_from(one));
  return out;
}

json to_json(const std::vector<LeftPaused>& left) {
  json out = json::array();
  for (const LeftPaused& one : left) out.push_back({one.snapshot, one.kind, one.id, to_json(one.beside)});
  return out;
}

// Older records have no fourth.
LeftPaused left_paused_from(const json& in) {
  return {in.at(0), in.at(1), in.at(2), in.size() > 3 ? paused_from(in.at(3)) : PausedStates()};
}

Pair pair_from(const json& in) {
  Pair out{.source = in.at("source"),
           .target = in.at("target"),
           .active = in.at("active"),
           .recorded = in.at("recorded"),
           .since = instant_from(in.at("since")),
           .complete = in.value("complete", true),
           .behind = in.value("behind", std::string()),
           .before = in.value("before", std::string())};
  const auto given = in.find("given");
  if (given != in.end() && !given->is_null()) out.given = given_from(*given);
  if (in.contains("left"))
    for (const json& one : in.at("left")) out.left.push_back(left_paused_from(one));
  if (!in.at("replicated").is_null()) out.replicated = last_run_from(in.at("replicated"));
  return out;
}

Fence fence_from(const json& in) {
  const bool confirmed = in.at("confirmed");
  return {.connector = in.at("connector"),
          .state = confirmed ? Fence::State::confirmed : Fence::State::open,
          .snapshot = in.at("snapshot"),
          .active = in.at("active"),
          .since = instant_from(in.at("since")),
          // Older records have none of these.
          .beside = paused_from(in.value("beside", json::array())),
          .left_out = in.value("left_out", std::uint64_t{0})};
}

}  // namespace

std::vector<std::string> CutoverStore::names(const std::string& folder) {
  std::vector<std::string> out;
  state_.list(folder, [&](const storage::ObjectInfo& info) { out.push_back(info.name); });
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<CutoverStore::Record> CutoverStore::newest(const std::string& folder) {
  std::map<std::string, std::string> last;  // numbers have one width: the last name is the newest
  for (const std::string& name : names(folder)) last[name.substr(0, name.rfind('/'))] = name;
  std::vector<Record> out;
  for (const auto& [below, name] : last) out.push_back({name, state_.get_all(name)});
  return out;
}

void CutoverStore::replace(const std::string& folder, const std::string& text) {
  const std::vector<std::string> old = names(folder);
  std::uint64_t next = 0;
  if (!old.empty()) {
    const std::string number = old.back().substr(folder.size());
    std::from_chars(number.data(), number.data() + number.size(), next);
    ++next;
  }
  // Somebody else may write to the same state: the number after theirs is ours.
  while (!state_.put(fmt::format("{}{:010}", folder, next), text)) ++next;
  for (const std::string& name : old) state_.remove(name);
}

std::vector<Pair> CutoverStore::pairs() {
  std::vector<Pair> out;
  for (const Record& record : newest(std::string(k_pairs)))
    out.push_back(reading(record.name, [&] { return pair_from(json::parse(record.text)); }));
  std::sort(out.begin(), out.end(),
            [](const Pair& a, const Pair& b) { return std::tie(a.source, a.target) < std::tie(b.source, b.target); });
  return out;
}

Pair CutoverStore::pair(const std::string& source, const std::string& target) {
  for (const Record& record : newest(folder_of(k_pairs, source, target)))
    return reading(record.name, [&] { return pair_from(json::parse(record.text)); });
  return {.source = source, .target = target};
}

void CutoverStore::save(const Pair& pair) {
  const json out{{"source", pair.source},
                 {"target", pair.target},
                 {"active", pair.active},
                 {"recorded", pair.recorded},
                 {"since", base::to_rfc3339(pair.since)},
                 {"complete", pair.complete},
                 {"behind", pair.behind},
                 {"given", pair.given ? to_json(*pair.given) : json(nullptr)},
                 {"before", pair.before},
                 {"left", to_json(pair.left)},
                 {"replicated", pair.replicated ? to_json(*pair.replicated) : json(nullptr)}};
  replace(folder_of(k_pairs, pair.source, pair.target), out.dump(2));
}

void CutoverStore::forget(const std::string& source, const std::string& target) {
  for (const std::string& name : names(folder_of(k_pairs, source, target))) state_.remove(name);
}

std::vector<Fence> CutoverStore::fences() {
  std::vector<Fence> out;
  for (const Record& record : newest(std::string(k_fences)))
    out.push_back(reading(record.name, [&] { return fence_from(json::parse(record.text)); }));
  return out;
}

std::optional<Fence> CutoverStore::fence(const std::string& connector) {
  for (const Record& record : newest(folder_of(connector)))
    return reading(record.name, [&] { return fence_from(json::parse(record.text)); });
  return std::nullopt;
}

void CutoverStore::save(const Fence& fence) {
  const json out{{"connector", fence.connector},
                 {"confirmed", fence.state == Fence::State::confirmed},
                 {"snapshot", fence.snapshot},
                 {"active", fence.active},
                 {"since", base::to_rfc3339(fence.since)},
                 {"beside", to_json(fence.beside)},
                 {"left_out", fence.left_out}};
  replace(folder_of(fence.connector), out.dump(2));
}

void CutoverStore::lift(const std::string& connector) {
  // The oldest first: what is left when this is interrupted is still the newest.
  for (const std::string& name : names(folder_of(connector))) state_.remove(name);
}

void CutoverStore::led_elsewhere(const std::string& connector) {
  const std::optional<Fence> fence = this->fence(connector);
  if (!fence) return;
  Fence open;
  open.connector = connector;
  open.active = fence->active;
  open.since = fence->since;
  save(open);
}

void CutoverStore::begin(const model::ResourcePlan& plan) {
  state_.put(folder_of(k_plans, plan.source, plan.target) + plan.id, model::to_json(plan));
}

// In this order: killed between the two it leaves records that nobody reads, and no plan without what it wrote.
void CutoverStore::end_plan(const std::string& record) {
  state_.remove(record);
  ResourceJournal::forget(state_, std::string_view(record).substr(record.rfind('/') + 1));
}

void CutoverStore::end(const model::ResourcePlan& plan) {
  end_plan(folder_of(k_plans, plan.source, plan.target) + plan.id);
}

bool CutoverStore::has_begun(const model::ResourcePlan& plan) {
  return state_.stat(folder_of(k_plans, plan.source, plan.target) + plan.id).has_value();
}

std::vector<CutoverStore::Begun> CutoverStore::begun(const std::string& source, const std::string& target) {
  std::vector<Begun> out;
  for (const std::string& name : names(folder_of(k_plans, source, target))) {
    const std::string text = state_.get_all(name);
    Begun one{.name = name};
    try {
      one.plan = model::resource_plan_from_json(text);
    } catch (const Error& problem) {
      one.problem = problem.message();
    }
    out.push_back(std::move(one));
  }
  const auto made = [](const Begun& one) { return one.plan ? one.plan->made : base::Instant{}; };
  std::stable_sort(out.begin(), out.end(), [&](const Begun& a, const Begun& b) { return made(a) < made(b); });
  return out;
}

void CutoverStore::drop(const Begun& begun) {
  end_plan(begun.name);
}

void CutoverStore::drop_begun(const std::string& source, const std::string& target) {
  for (const std::string& folder : {folder_of(k_plans, source, target), folder_of(k_plans, target, source)})
    for (const std::string& name : names(folder)) end_plan(name);
}

}  // namespace holdfast::engine
