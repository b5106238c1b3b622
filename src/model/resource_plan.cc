#include "model/resource_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "model/plan_file.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;

constexpr std::pair<ResourceAction, std::string_view> k_actions[] = {
    {ResourceAction::create, "create"},     {ResourceAction::update, "update"}, {ResourceAction::recreate, "recreate"},
    {ResourceAction::activate, "activate"}, {ResourceAction::remove, "remove"}, {ResourceAction::skip, "skip"},
    {ResourceAction::conflict, "conflict"}, {ResourceAction::manual, "manual"},
};
constexpr std::pair<FiringMode, std::string_view> k_modes[] = {
    {FiringMode::paused, "paused"},
    {FiringMode::kept, "kept"},
    {FiringMode::recorded, "recorded"},
};
constexpr std::pair<Learnt, std::string_view> k_learnt[] = {
    {Learnt::created, "created"},
    {Learnt::matched, "matched"},
    {Learnt::imported, "imported"},
    {Learnt::adopted, "adopted"},
};

json texts_to_json(const std::vector<std::string>& texts) {
  json out = json::array();
  for (const std::string& text : texts) out.push_back(text_to_json(text));
  return out;
}

std::vector<std::string> texts_from(const json& value) {
  std::vector<std::string> out;
  for (const json& one : value) out.push_back(text_from_json(one));
  return out;
}

// Pairs, so that names which are no UTF-8 may stand on either side.
json rules_to_json(const Mapping::Rules& rules) {
  json out = json::array();
  for (const auto& [old, mapped] : rules) out.push_back({text_to_json(old), text_to_json(mapped)});
  return out;
}

Mapping::Rules rules_from(const json& value) {
  Mapping::Rules out;
  for (const json& rule : value) out.emplace(text_from_json(rule.at(0)), text_from_json(rule.at(1)));
  return out;
}

json mapping_to_json(const Mapping& mapping) {
  json out{{"names", json::object()}, {"paths", json::object()}, {"storage", rules_to_json(mapping.storage)}};
  for (const auto& [kind, rules] : mapping.names) out["names"][kind] = rules_to_json(rules);
  for (const auto& [space, rules] : mapping.paths) out["paths"][space] = rules_to_json(rules);
  return out;
}

template <typename Table>
auto value_of(const Table& table, const json& value, std::string_view what) {
  const auto& text = value.get_ref<const std::string&>();
  for (const auto& [known, name] : table)
    if (name == text) return known;
  throw Error(ErrorKind::config, fmt::format("the plan has the unknown {} '{}'", what, text), std::string(k_plan_hint));
}

Mapping mapping_from(const json& value) {
  refuse_unknown_fields(value, {"names", "paths", "storage"}, "the mapping of the plan");
  Mapping out;
  for (const auto& [kind, rules] : value.at("names").items()) out.names.emplace(kind, rules_from(rules));
  for (const auto& [space, rules] : value.at("paths").items()) out.paths.emplace(space, rules_from(rules));
  out.storage = rules_from(value.at("storage"));
  return out;
}

json entry_to_json(const IdEntry& entry) {
  return json{{"kind", entry.kind},
              {"source_id", text_to_json(entry.source_id)},
              {"target_id", text_to_json(entry.target_id)},
              {"source_name", text_to_json(entry.source_name)},
              {"target_name", text_to_json(entry.target_name)},
              {"learnt", to_string(entry.learnt)}};
}

IdEntry entry_from(const json& value) {
  refuse_unknown_fields(value, {"kind", "source_id", "target_id", "source_name", "target_name", "learnt"},
                        "a match of the plan");
  return {.kind = value.at("kind"),
          .source_id = text_from_json(value.at("source_id")),
          .target_id = text_from_json(value.at("target_id")),
          .source_name = text_from_json(value.at("source_name")),
          .target_name = text_from_json(value.at("target_name")),
          .learnt = value_of(k_learnt, value.at("learnt"), "origin of a match")};
}

json fields_to_json(const std::vector<FieldChange>& changes) {
  json out = json::array();
  for (const FieldChange& change : changes)
    out.push_back({{"path", text_to_json(change.path)},
                   {"before", optional_text_to_json(change.before)},
                   {"after", optional_text_to_json(change.after)}});
  return out;
}

json seen_to_json(const std::map<std::string, std::string>& seen) {
  json out = json::object();
  for (const auto& [column, text] : seen) out[column] = text;
  return out;
}

json removed_to_json(const std::vector<RemovedItem>& items) {
  json out = json::array();
  for (const RemovedItem& item : items)
    out.push_back({{"column", item.column}, {"key", text_to_json(item.key)}, {"one", item.one}});
  return out;
}

std::vector<RemovedItem> removed_from(const json& value) {
  std::vector<RemovedItem> out;
  for (const json& item : value) {
    refuse_unknown_fields(item, {"column", "key", "one"}, "an item to be removed by the plan");
    out.push_back({.column = item.at("column"), .key = text_from_json(item.at("key")), .one = item.at("one")});
  }
  return out;
}

json step_to_json(const ResourceStep& step) {
  return json{{"kind", step.kind},
              {"path", text_to_json(step.path)},
              {"action", to_string(step.action)},
              {"reason", text_to_json(step.reason)},
              {"fields", fields_to_json(step.fields)},
              {"writes_body", step.writes_body},
              {"columns", step.columns},
              {"notes", texts_to_json(step.notes)},
              {"tasks", texts_to_json(step.tasks)},
              {"candidates", texts_to_json(step.candidates)},
              {"needs", step.needs},
              {"after", step.after},
              {"patched", step.patched},
              {"key", base64_encode(step.key)},
              {"source_id", text_to_json(step.source_id)},
              {"source_name", text_to_json(step.source_name)},
              {"target_id", text_to_json(step.target_id)},
              {"target_name", text_to_json(step.target_name)},
              {"seen", step.seen},
              {"seen_columns", seen_to_json(step.seen_columns)},
              {"removed_items", removed_to_json(step.removed_items)},
              {"calls", step.calls}};
}

ResourceStep step_from(const json& value, std::size_t index) {
  refuse_unknown_fields(value, {"kind",        "path",    "action",       "reason",       "fields",      "writes_body",
                                "columns",     "notes",   "tasks",        "needs",        "after",       "candidates",
                                "key",         "patched", "seen",         "source_id",    "source_name", "target_id",
                                "target_name", "calls",   "seen_columns", "removed_items"},
                        "a step of the plan");
  ResourceStep step;
  step.kind = value.at("kind");
  step.path = text_from_json(value.at("path"));
  step.action = value_of(k_actions, value.at("action"), "action");
  step.reason = text_from_json(value.at("reason"));
  for (const json& change : value.at("fields"))
    step.fields.push_back({text_from_json(change.at("path")), optional_text_from_json(change.at("before")),
                           optional_text_from_json(change.at("after"))});
  step.writes_body = value.at("writes_body");
  step.columns = texts_from(value.at("columns"));
  step.notes = texts_from(value.at("notes"));
  step.tasks = texts_from(value.at("tasks"));
  step.candidates = texts_from(value.at("candidates"));
  step.needs = value.at("needs").get<std::vector<std::uint32_t>>();
  step.after = value.at("after").get<std::vector<std::uint32_t>>();
  step.patched = value.at("patched");
  step.key = base64_decode(value.at("key").get_ref<const std::string&>());
  step.source_id = text_from_json(value.at("source_id"));
  step.source_name = text_from_json(value.at("source_name"));
  step.target_id = text_from_json(value.at("target_id"));
  step.target_name = text_from_json(value.at("target_name"));
  step.seen = value.at("seen");
  step.seen_columns = value.at("seen_columns").get<std::map<std::string, std::string>>();
  step.removed_items = removed_from(value.at("removed_items"));
  step.calls = value.at("calls");
  for (const std::vector<std::uint32_t>* before : {&step.needs, &step.after})
    for (const std::uint32_t one : *before)
      if (one >= index)
        throw Error(ErrorKind::config,
                    fmt::format("the plan's step '{}' waits for one that comes behind it", step.path),
                    std::string(k_plan_hint));
  return step;
}

json head_to_json(const ResourcePlan& plan) {
  json absent = json::array();
  for (const std::string& name : plan.absent) absent.push_back(text_to_json(name));
  json matches = json::array();
  for (const IdEntry& entry : plan.matches) matches.push_back(entry_to_json(entry));
  json out{{"format", "resources"},
           {"format_version", ResourcePlan::k_version},
           {"id", plan.id},
           {"repository", plan.repository},
           {"snapshot", plan.snapshot},
           {"source", plan.source},
           {"target", plan.target},
           {"selection", text_to_json(plan.selection)},
           {"existing", to_string(plan.existing)},
           {"removes", plan.removes},
           {"firing", to_string(plan.firing)},
           {"made", base::to_rfc3339(plan.made)},
           {"mapping", mapping_to_json(plan.mapping)},
           {"absent", std::move(absent)},
           {"calls", plan.calls},
           {"matches", std::move(matches)}};
  // Left out where it is not known: plans of before did not have it, and their digests are of what they had.
  if (!plan.target_workspace.empty()) out["target_workspace"] = text_to_json(plan.target_workspace);
  if (!plan.sha256.empty()) out["sha256"] = plan.sha256;
  return out;
}

void head_from(const json& in, ResourcePlan& plan) {
  plan.id = in.at("id");
  plan.repository = in.at("repository");
  plan.snapshot = in.at("snapshot");
  plan.source = in.at("source");
  plan.target = in.at("target");
  plan.selection = text_from_json(in.at("selection"));
  const std::optional<Existing> existing = parse_existing(in.at("existing").get_ref<const std::string&>());
  if (!existing) throw Error(ErrorKind::config, "the plan has an unknown rule for existing resources");
  plan.existing = *existing;
  plan.removes = in.at("removes");
  plan.firing = value_of(k_modes, in.at("firing"), "way to treat what fires");
  const std::optional<base::Instant> made = base::parse_instant(in.at("made").get_ref<const std::string&>());
  if (!made) throw Error(ErrorKind::config, "the plan does not say when it was made");
  plan.made = *made;
  plan.mapping = mapping_from(in.at("mapping"));
  for (const json& name : in.at("absent")) plan.absent.insert(text_from_json(name));
  plan.calls = in.at("calls").get<std::map<std::string, std::uint64_t>>();
  for (const json& entry : in.at("matches")) plan.matches.push_back(entry_from(entry));
  if (in.contains("target_workspace")) plan.target_workspace = text_from_json(in.at("target_workspace"));
  if (in.contains("sha256")) plan.sha256 = in.at("sha256");
}

// What the head excludes no step does.
void refuse_excluded(const ResourcePlan& plan, const ResourceStep& step) {
  const auto refuse = [&](std::string_view head) {
    throw Error(ErrorKind::config,
                fmt::format("the plan says {}, and its step '{}' is to {} it", head, step.path, to_string(step.action)),
                std::string(k_plan_hint));
  };
  const bool removes = step.action == ResourceAction::remove || !step.removed_items.empty();
  if (removes && !plan.removes) refuse("that nothing is removed");
  if (step.action == ResourceAction::recreate && plan.existing != Existing::replace)
    refuse("that nothing is removed to be created again");
  const bool lets_be = plan.existing == Existing::skip || plan.existing == Existing::fail;
  if (step.action == ResourceAction::update && lets_be) refuse("that what is there stays as it is");
}

ResourcePlan plan_from(const json& in) {
  refuse_unknown_fields(
      in,
      {"format", "format_version", "id", "repository", "snapshot", "source", "target", "selection", "existing",
       "removes", "firing", "made", "mapping", "absent", "calls", "matches", "target_workspace", "sha256", "steps"},
      "the plan");
  if (in.at("format") != "resources" || in.at("format_version") != ResourcePlan::k_version)
    throw Error(ErrorKind::unsupported,
                fmt::format("the plan is of format {} {}, this program reads \"resources\" {}", in.at("format").dump(),
                            in.at("format_version").dump(), ResourcePlan::k_version),
                std::string(k_plan_hint));
  ResourcePlan plan;
  head_from(in, plan);
  for (const json& step : in.at("steps")) {
    plan.steps.push_back(step_from(step, plan.steps.size()));
    refuse_excluded(plan, plan.steps.back());
  }
  return plan;
}

}  // namespace

std::string_view to_string(ResourceAction action) noexcept {
  for (const auto& [value, name] : k_actions)
    if (value == action) return name;
  return "skip";
}

std::string_view to_string(FiringMode mode) noexcept {
  for (const auto& [value, name] : k_modes)
    if (value == mode) return name;
  return "paused";
}

std::uint64_t ResourcePlan::count(ResourceAction action) const noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(steps.begin(), steps.end(), [&](const ResourceStep& step) { return step.action == action; }));
}

std::map<std::string, std::uint64_t> ResourcePlan::removed_items() const {
  std::map<std::string, std::uint64_t> out;
  for (const ResourceStep& step : steps)
    if (step.writes())
      for (const RemovedItem& item : step.removed_items) ++out[item.one];
  return out;
}

bool ResourcePlan::does_nothing() const noexcept {
  return std::none_of(steps.begin(), steps.end(), [](const ResourceStep& step) { return step.writes(); });
}

std::string to_json(const ResourcePlan& plan) {
  return plan_text(head_to_json(plan), plan.steps.size(), [&](std::size_t i) { return step_to_json(plan.steps[i]); });
}

ResourcePlan resource_plan_from_json(std::string_view text) {
  ResourcePlan out;
  read_plan(text, [&](const json& in) { out = plan_from(in); });
  return out;
}

}  // namespace holdfast::model
