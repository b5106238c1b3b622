#include "engine/resources/task_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "engine/fingerprint.h"
#include "model/plan_file.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;
using model::text_from_json;
using model::text_to_json;
using State = ManualTask::State;
using Way = ManualTask::Way;

// One record for each time that something is opened or settled, and never put together: most runs do neither, and 1,000
// records of twenty tasks each are read in 0.15 s (from the cache, on two cores that were busy with compilers).
constexpr std::string_view k_folder = "tasks/";
constexpr int k_version = 1;
constexpr int k_names_tried = 100;  // others may run at the same moment, and not that many

constexpr std::pair<State, std::string_view> k_states[] = {
    {State::open, "open"}, {State::done, "done"}, {State::waived, "waived"}, {State::closed, "closed"}};
constexpr std::pair<Way, std::string_view> k_ways[] = {
    {Way::instead, "instead"}, {Way::beside, "beside"}, {Way::removal, "removal"}};

template <typename Value, std::size_t Count>
std::string_view word_of(const std::pair<Value, std::string_view> (&words)[Count], Value value) noexcept {
  for (const auto& [one, word] : words)
    if (one == value) return word;
  return "?";
}

template <typename Value, std::size_t Count>
Value value_of(const std::pair<Value, std::string_view> (&words)[Count], const std::string& text) {
  for (const auto& [one, word] : words)
    if (word == text) return one;
  throw Error(ErrorKind::corruption, fmt::format("'{}' is no word that it may hold there", text));
}

base::Instant instant_from(const json& value) {
  const std::optional<base::Instant> at = base::parse_instant(value.get_ref<const std::string&>());
  if (!at) throw Error(ErrorKind::corruption, "it has no instant where one must be");
  return *at;
}

json to_json(const ManualTask& task) {
  return {{"kind", task.kind},
          {"path", text_to_json(task.path)},
          {"source_id", text_to_json(task.source_id)},
          {"way", word_of(k_ways, task.way)},
          {"text", text_to_json(task.text)}};
}

json to_json(const TaskStore::Settled& settled) {
  return {{"state", word_of(k_states, settled.state)},
          {"ids", settled.ids},
          {"who", text_to_json(settled.who)},
          {"reason", text_to_json(settled.reason)}};
}

}  // namespace

std::string_view to_string(State state) noexcept {
  return word_of(k_states, state);
}

std::string task_id(std::string_view target, std::string_view kind, std::string_view path, std::string_view text) {
  base::ByteWriter named;
  for (const std::string_view one : {target, kind, path, text}) named.sized(one);
  return fingerprint_of(named.bytes());
}

TaskStore::TaskStore(storage::Backend& state, std::string source, std::string target)
    : state_(state),
      source_(std::move(source)),
      target_(std::move(target)),
      folder_(fmt::format("{}{}-{}/", k_folder, base::to_hex(source_), base::to_hex(target_))) {
  std::vector<std::string> names;
  state_.list(folder_, [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
  std::sort(names.begin(), names.end());  // numbers have one width
  for (const std::string& name : names) {
    try {
      take(state_.get_all(name));
    } catch (const json::exception& problem) {
      throw Error(ErrorKind::corruption, fmt::format("{} cannot be read: {}", name, problem.what()),
                  "Move the record away; what it said of manual tasks has to be said again.");
    } catch (const Error& problem) {
      if (problem.kind() != ErrorKind::corruption && problem.kind() != ErrorKind::config) throw;
      throw Error(ErrorKind::corruption, fmt::format("{} cannot be read: {}", name, problem.message()),
                  "Move the record away; what it said of manual tasks has to be said again.");
    }
  }
  if (names.empty()) return;
  const std::string number = names.back().substr(folder_.size());
  std::from_chars(number.data(), number.data() + number.size(), next_);
  ++next_;
}

const ManualTask* TaskStore::find(std::string_view id) const noexcept {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : &tasks_[found->second];
}

void TaskStore::take(const std::string& record) {
  const json in = json::parse(record);
  if (in.at("version").get<int>() != k_version)
    throw Error(ErrorKind::corruption, "it was written by another version of Holdfast");
  const base::Instant at = instant_from(in.at("at"));
  if (in.contains("opened"))
    for (const json& one : in.at("opened")) {
      ManualTask task{.kind = one.at("kind"),
                      .path = text_from_json(one.at("path")),
                      .source_id = text_from_json(one.at("source_id")),
                      .text = text_from_json(one.at("text")),
                      .way = value_of(k_ways, one.at("way")),
                      .since = at};
      task.id = task_id(target_, task.kind, task.path, task.text);
      take(std::move(task));
    }
  if (!in.contains("settled")) return;
  const json& settled = in.at("settled");
  take(Settled{.state = value_of(k_states, settled.at("state")),
               .ids = settled.at("ids").get<std::vector<std::string>>(),
               .at = at,
               .who = text_from_json(settled.at("who")),
               .reason = text_from_json(settled.at("reason"))});
}

void TaskStore::take(ManualTask task) {
  const auto [known, fresh] = places_.try_emplace(task.id, tasks_.size());
  if (fresh)
    tasks_.push_back(std::move(task));
  else
    tasks_[known->second] = std::move(task);
}

void TaskStore::take(const Settled& settled) {
  for (const std::string& id : settled.ids) {
    const auto known = places_.find(id);
    if (known == places_.end()) continue;
    ManualTask& task = tasks_[known->second];
    task.state = settled.state;
    task.until = settled.at;
    // Who ticked it off is told also when nothing asks for it any more.
    if (settled.state == State::closed) continue;
    task.who = settled.who;
    task.reason = settled.reason;
  }
}

void TaskStore::write(const std::string& record) {
  // Somebody else may write to the same state: the number after theirs is ours.
  for (int tries = 0; tries < k_names_tried; ++tries)
    if (state_.put(fmt::format("{}{:010}", folder_, next_++), record)) return;
  throw Error(ErrorKind::busy, fmt::format("{} others wrote to {} at the same moment", k_names_tried, folder_),
              "Run it again when they have ended.");
}

void TaskStore::open(const std::vector<ManualTask>& tasks, base::Instant at) {
  if (tasks.empty()) return;
  json opened = json::array();
  for (const ManualTask& task : tasks) opened.push_back(to_json(task));
  const std::string record =
      json{{"version", k_version}, {"at", base::to_rfc3339(at)}, {"opened", std::move(opened)}}.dump(1);
  write(record);
  take(record);
}

void TaskStore::settle(const Settled& settled) {
  if (settled.ids.empty()) return;
  const std::string record =
      json{{"version", k_version}, {"at", base::to_rfc3339(settled.at)}, {"settled", to_json(settled)}}.dump(1);
  write(record);
  take(record);
}

namespace {

// Target and source of each folder.  What was put there by somebody else is none of ours.
std::set<std::pair<std::string, std::string>> pairs_in(storage::Backend& state) {
  std::set<std::pair<std::string, std::string>> out;
  state.list(k_folder, [&](const storage::ObjectInfo& info) {
    const std::string names = info.name.substr(k_folder.size(), info.name.rfind('/') - k_folder.size());
    const std::size_t between = names.find('-');
    if (between == std::string::npos) return;
    try {
      out.emplace(base::from_hex(names.substr(between + 1)), base::from_hex(names.substr(0, between)));
    } catch (const Error&) {
      return;
    }
  });
  return out;
}

// What two sources ask for alike is to be done once.
void add_open(const TaskStore& store, std::set<std::string>& ids) {
  for (const ManualTask& task : store.tasks())
    if (task.state == State::open) ids.insert(task.id);
}

}  // namespace

std::vector<TaskStore> task_stores(storage::Backend& state, const std::optional<std::string>& target) {
  std::vector<TaskStore> out;
  for (const auto& [to, from] : pairs_in(state))
    if (!target || *target == to) out.emplace_back(state, from, to);
  return out;
}

std::uint64_t open_tasks(storage::Backend& state, const std::string& target) {
  std::set<std::string> out;
  for (const TaskStore& store : task_stores(state, target)) add_open(store, out);
  return out.size();
}

std::map<std::string, std::optional<std::uint64_t>> open_tasks_of_all(
    storage::Backend& state, const std::function<void(const base::Error&)>& unreadable) {
  std::map<std::string, std::set<std::string>> ids;  // by target
  std::set<std::string> unknown;
  for (const auto& [to, from] : pairs_in(state)) {
    std::set<std::string>& open = ids[to];  // also where it turns out to be unknown how many
    try {
      add_open(TaskStore(state, from, to), open);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corruption) throw;
      unknown.insert(to);
      unreadable(error);
    }
  }
  std::map<std::string, std::optional<std::uint64_t>> out;
  for (const auto& [to, open] : ids)
    out.emplace(to, unknown.contains(to) ? std::nullopt : std::optional<std::uint64_t>(open.size()));
  return out;
}

}  // namespace holdfast::engine
