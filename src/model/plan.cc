#include "model/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "model/plan_file.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;

constexpr std::pair<Action, std::string_view> k_actions[] = {
    {Action::create, "create"}, {Action::update, "update"},     {Action::remove, "remove"},
    {Action::skip, "skip"},     {Action::conflict, "conflict"},
};
constexpr std::pair<Existing, std::string_view> k_existing[] = {
    {Existing::skip, "skip"},
    {Existing::update, "update"},
    {Existing::replace, "replace"},
    {Existing::fail, "fail"},
};

json row_to_json(const std::optional<base::Row>& row) {
  if (!row) return nullptr;
  json out = json::array();
  for (const auto& column : row->columns) out.push_back(optional_text_to_json(column));
  return out;
}

std::optional<base::Row> row_from_json(const json& value, const base::Bytes& key) {
  if (value.is_null()) return std::nullopt;
  base::Row row{.key = key, .columns = {}};
  for (const json& column : value) row.columns.push_back(optional_text_from_json(column));
  return row;
}

json step_to_json(const Step& step) {
  json fields = json::array();
  for (const FieldChange& change : step.fields)
    fields.push_back({{"path", change.path},
                      {"before", optional_text_to_json(change.before)},
                      {"after", optional_text_to_json(change.after)}});
  return json{{"collection", step.collection},      {"path", text_to_json(step.path)},
              {"action", to_string(step.action)},   {"reason", step.reason},
              {"fields", std::move(fields)},        {"key", base64_encode(step.key)},
              {"before", row_to_json(step.before)}, {"after", row_to_json(step.after)}};
}

Action action_from(std::string_view text) {
  for (const auto& [action, name] : k_actions)
    if (name == text) return action;
  throw Error(ErrorKind::config, fmt::format("the plan has a step with the unknown action '{}'", text));
}

Step step_from_json(const json& value) {
  refuse_unknown_fields(value, {"collection", "path", "action", "reason", "fields", "key", "before", "after"},
                        "a step of the plan");
  Step step;
  step.collection = value.at("collection");
  step.path = text_from_json(value.at("path"));
  step.action = action_from(value.at("action").get_ref<const std::string&>());
  step.reason = value.at("reason");
  for (const json& change : value.at("fields"))
    step.fields.push_back(
        {change.at("path"), optional_text_from_json(change.at("before")), optional_text_from_json(change.at("after"))});
  step.key = base64_decode(value.at("key").get_ref<const std::string&>());
  step.before = row_from_json(value.at("before"), step.key);
  step.after = row_from_json(value.at("after"), step.key);
  return step;
}

Plan plan_from(const json& in) {
  refuse_unknown_fields(
      in,
      {"format_version", "id", "repository", "snapshot", "target", "selection", "existing", "removes", "made", "steps"},
      "the plan");
  if (in.at("format_version") != Plan::k_version)
    throw Error(ErrorKind::unsupported,
                fmt::format("the plan has format version {}, this program reads {}", in.at("format_version").dump(),
                            Plan::k_version),
                "Make the plan again with this version of holdfast.");
  Plan plan;
  plan.id = in.at("id");
  plan.repository = in.at("repository");
  plan.snapshot = in.at("snapshot");
  plan.target = in.at("target");
  plan.selection = text_from_json(in.at("selection"));
  const std::optional<Existing> existing = parse_existing(in.at("existing").get_ref<const std::string&>());
  if (!existing) throw Error(ErrorKind::config, "the plan has an unknown rule for existing rows");
  plan.existing = *existing;
  plan.removes = in.at("removes");
  const std::optional<base::Instant> made = base::parse_instant(in.at("made").get_ref<const std::string&>());
  if (!made) throw Error(ErrorKind::config, "the plan does not say when it was made");
  plan.made = *made;
  for (const json& step : in.at("steps")) plan.steps.push_back(step_from_json(step));
  return plan;
}

}  // namespace

std::string_view to_string(Action action) noexcept {
  for (const auto& [value, name] : k_actions)
    if (value == action) return name;
  return "skip";
}

std::string_view to_string(Existing existing) noexcept {
  for (const auto& [value, name] : k_existing)
    if (value == existing) return name;
  return "update";
}

std::optional<Existing> parse_existing(std::string_view text) noexcept {
  for (const auto& [value, name] : k_existing)
    if (name == text) return value;
  return std::nullopt;
}

std::uint64_t Plan::count(Action action) const noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(steps.begin(), steps.end(), [&](const Step& step) { return step.action == action; }));
}

std::string to_json(const Plan& plan) {
  const json head{{"format_version", Plan::k_version},
                  {"id", plan.id},
                  {"repository", plan.repository},
                  {"snapshot", plan.snapshot},
                  {"target", plan.target},
                  {"selection", text_to_json(plan.selection)},
                  {"existing", to_string(plan.existing)},
                  {"removes", plan.removes},
                  {"made", base::to_rfc3339(plan.made)}};
  return plan_text(head, plan.steps.size(), [&](std::size_t i) { return step_to_json(plan.steps[i]); });
}

Plan plan_from_json(std::string_view text) {
  Plan out;
  read_plan(text, [&](const json& in) { out = plan_from(in); });
  return out;
}

}  // namespace holdfast::model
