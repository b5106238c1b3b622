#include "engine/resources/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/resources/seen_column.h"
#include "engine/resources/users.h"
#include "model/json_text.h"
#include "model/removal.h"
#include "model/secret_column.h"

namespace holdfast::engine {

namespace {

using model::JsonText;
using model::KindColumn;
using model::Manual;
using model::ReadyKind;
using model::Resource;
using model::ResourceAction;
using model::ResourceStep;
using Keys = std::vector<std::string>;

constexpr std::string_view k_users = "{users}";

void put_in(std::string& text, std::string_view mark, const std::string& value) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
}

void note(ResourceStep& step, std::string text) {
  if (std::find(step.notes.begin(), step.notes.end(), text) == step.notes.end()) step.notes.push_back(std::move(text));
}

const std::optional<std::string>* column_of(const Resource& resource, std::size_t at) {
  return at < resource.row.columns.size() && resource.row.columns[at] ? &resource.row.columns[at] : nullptr;
}

// The column of secrets that the task is about; nullptr: it is about something else.
const KindColumn* secrets_of(const ReadyKind& kind, const Manual& manual) {
  if (!model::is_secret(kind.kind.collection.columns[kind.column(manual.column)])) return nullptr;
  const auto& columns = kind.kind.columns;
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const KindColumn& one) { return one.name == manual.column; });
  return found == columns.end() ? nullptr : &*found;
}

// nullopt: which there are is not known.
std::optional<Keys> keys_of(const ReadyKind& kind, const KindColumn& column, const Resource& resource) {
  if (column.kept.items.empty() || !column_of(resource, kind.column(telling_column(column)))) return std::nullopt;
  Keys out = kept_keys(kind, column, resource.row);
  std::sort(out.begin(), out.end());
  return out;
}

// Those that the snapshot names without their values, and the target does not have.
Keys lacking(const ReadyKind& kind, const KindColumn& column, const Resource& resource, const Resource& live) {
  const std::optional<Keys> wanted = keys_of(kind, column, resource);
  const std::optional<Keys> there = keys_of(kind, column, live);
  Keys out;
  if (wanted && there)
    std::set_difference(wanted->begin(), wanted->end(), there->begin(), there->end(), std::back_inserter(out));
  return out;
}

std::string lacking_text(const KindColumn& column, const Keys& keys) {
  constexpr std::size_t k_named = 3;
  const std::size_t others = keys.size() - std::min(keys.size(), k_named);
  return fmt::format("the target lacks the {}{} {}{}", column.kept.one, keys.size() == 1 ? "" : "s",
                     fmt::join(keys.begin(), keys.end() - static_cast<std::ptrdiff_t>(others), ", "),
                     others == 0 ? "" : fmt::format(" and {} more", others));
}

// What the target has of them nobody knows where it did not show it: then they remain to be put.
bool secrets_are_due(const ReadyKind& kind, const KindColumn& column, const Resource& resource, const Resource* live) {
  if (column_of(resource, kind.column(column.name)) || keys_of(kind, column, resource) == Keys{}) return false;
  return !live || !keys_of(kind, column, *live) || !lacking(kind, column, resource, *live).empty();
}

bool holds(const ReadyKind& kind, std::size_t manual, const Resource& resource) {
  if (!kind.manual[manual]) return true;
  const std::optional<std::string>* text = column_of(resource, kind.column(kind.kind.manual[manual].column));
  return kind.manual[manual]->holds(JsonText(text ? **text : std::string("{}")));
}

bool is_never_written(const ReadyKind& kind, const std::string& column) {
  return std::any_of(kind.kind.columns.begin(), kind.kind.columns.end(), [&](const KindColumn& one) {
    return one.name == column && one.written == KindColumn::Written::never;
  });
}

// Whether the step does what the task is about.
bool is_due(const ReadyKind& kind, const Manual& manual, const Resource& resource, const Resource* live,
            const ResourceStep& step) {
  const bool whole = step.action != ResourceAction::update;
  if (const KindColumn* secrets = secrets_of(kind, manual))
    return secrets_are_due(kind, *secrets, resource, step.action == ResourceAction::recreate ? nullptr : live);
  // What no call writes is brought by nobody when the resource is made, and is left as it is by all that comes later.
  if (manual.column == model::k_body || is_never_written(kind, manual.column)) return whole;
  return std::find(step.columns.begin(), step.columns.end(), manual.column) != step.columns.end();
}

// Other keys are another task: who brought those of before has not brought these.
std::string with_keys(std::string text, const ReadyKind& kind, const Manual& manual, const Resource& resource) {
  const KindColumn* secrets = secrets_of(kind, manual);
  const std::optional<Keys> keys = secrets ? keys_of(kind, *secrets, resource) : std::nullopt;
  return keys ? fmt::format("{}\n{}\n", text, fmt::join(*keys, "\n")) : text;
}

std::string task_text(const PlanFacts& facts, const Resource& resource, const Manual& manual, ResourceStep& step) {
  std::string text = manual.text;
  put_in(text, "{name}", step.target_name);
  if (text.find(k_users) != std::string::npos) put_in(text, k_users, users_text(facts.kinds, facts.wanted, resource));
  if (manual.content == nullptr) return with_keys(std::move(text), facts.kinds.at(resource.kind), manual, resource);
  LinkReport report;
  const std::string body = prepared_body(facts.context, resource, nullptr, report).print();
  for (std::string& one : report.notes) note(step, std::move(one));
  try {
    text += "\n" + manual.content(body);
  } catch (const base::Error& error) {  // one odd resource keeps no other from its plan
    note(step, fmt::format("what the task shows could not be made: {}", error.message()));
  }
  return text;
}

}  // namespace

bool by_hand_only(const ReadyKind& kind) {
  return std::any_of(kind.kind.manual.begin(), kind.kind.manual.end(), [](const Manual& one) {
    return one.what == Manual::What::instead && one.when.field.empty() && one.column == model::k_body;
  });
}

bool of_its_side_only(const ReadyKind& kind) {
  return by_hand_only(kind) && kind.kind.names == model::Names::shared;
}

void add_tasks(const PlanFacts& facts, const Resource& resource, const Resource* live, ResourceStep& step) {
  const ReadyKind& kind = facts.kinds.at(resource.kind);
  for (std::size_t i = 0; i < kind.kind.manual.size(); ++i) {
    const Manual& manual = kind.kind.manual[i];
    if (!is_due(kind, manual, resource, live, step)) continue;
    if (!holds(kind, i, resource)) continue;
    if (manual.what == Manual::What::instead) {
      step.action = ResourceAction::manual;
      step.reason = "no API of the platform can create it";
    }
    step.tasks.push_back(task_text(facts, resource, manual, step));
  }
}

void add_lacking(const PlanFacts& facts, const Resource& resource, const Resource& live, ResourceStep& step) {
  const ReadyKind& kind = facts.kinds.at(resource.kind);
  for (std::size_t i = 0; i < kind.kind.manual.size(); ++i) {
    const Manual& manual = kind.kind.manual[i];
    const KindColumn* secrets = secrets_of(kind, manual);
    if (!secrets || !secrets_are_due(kind, *secrets, resource, &live) || !holds(kind, i, resource)) continue;
    if (!keys_of(kind, *secrets, live)) {
      // No task is opened by that, and none is closed.
      step.reason = fmt::format("the target did not show which {}s it has", secrets->kept.one);
      continue;
    }
    step.action = ResourceAction::manual;
    step.reason = lacking_text(*secrets, lacking(kind, *secrets, resource, live));
    step.writes_body = false;
    step.tasks.push_back(task_text(facts, resource, manual, step));
  }
}

void leave_to_people(const PlanFacts& facts, const Resource& live, ResourceStep& step) {
  const ReadyKind& kind = facts.kinds.at(live.kind);
  const std::optional<std::string>* body = column_of(live, kind.body);
  std::optional<std::string> task =
      model::removal_task(kind.kind, live.id, JsonText(body ? **body : std::string("{}")));
  if (!task) return;
  step.action = ResourceAction::manual;
  step.reason = fmt::format("{}, and {} would go with it", step.reason, kind.kind.removal.loses);
  step.tasks.push_back(*std::move(task));
}

}  // namespace holdfast::engine
