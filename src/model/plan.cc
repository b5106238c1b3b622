#include "model/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "model/base64.h"
#include "model/json_depth.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;

constexpr std::size_t k_depth_max = 20;

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

bool is_utf8(base::ByteView bytes) {
  try {
    (void)nlohmann::json(bytes).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

// Text as a JSON string; bytes that are not UTF-8, or that would not survive, as {"base64": "…"}.
json bytes_to_json(base::ByteView bytes) {
  if (is_utf8(bytes)) return json(bytes);
  return json{{"base64", base64_encode(bytes)}};
}

base::Bytes bytes_from_json(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return base64_decode(value.at("base64").get_ref<const std::string&>());
}

json row_to_json(const std::optional<base::Row>& row) {
  if (!row) return nullptr;
  json out = json::array();
  for (const auto& column : row->columns) out.push_back(column ? bytes_to_json(*column) : json(nullptr));
  return out;
}

std::optional<base::Row> row_from_json(const json& value, const base::Bytes& key) {
  if (value.is_null()) return std::nullopt;
  base::Row row{.key = key, .columns = {}};
  for (const json& column : value) {
    if (column.is_null()) {
      row.columns.emplace_back(std::nullopt);
    } else {
      row.columns.emplace_back(bytes_from_json(column));
    }
  }
  return row;
}

json optional_text(const std::optional<std::string>& text) {
  return text ? bytes_to_json(*text) : json(nullptr);
}

std::optional<std::string> optional_text_from(const json& value) {
  if (value.is_null()) return std::nullopt;
  return bytes_from_json(value);
}

json step_to_json(const Step& step) {
  json fields = json::array();
  for (const FieldChange& change : step.fields)
    fields.push_back(
        {{"path", change.path}, {"before", optional_text(change.before)}, {"after", optional_text(change.after)}});
  return json{{"collection", step.collection},      {"path", bytes_to_json(step.path)},
              {"action", to_string(step.action)},   {"reason", step.reason},
              {"fields", std::move(fields)},        {"key", base64_encode(step.key)},
              {"before", row_to_json(step.before)}, {"after", row_to_json(step.after)}};
}

void refuse_unknown(const json& value, const std::set<std::string_view>& known, std::string_view where) {
  for (const auto& [name, ignored] : value.items())
    if (!known.contains(name))
      throw Error(
          ErrorKind::config, fmt::format("{} has the unknown field '{}'", where, name),
          "Plans are not written by hand: make it again with `holdfast plan`, or use the version that made it.");
}

Action action_from(std::string_view text) {
  for (const auto& [action, name] : k_actions)
    if (name == text) return action;
  throw Error(ErrorKind::config, fmt::format("the plan has a step with the unknown action '{}'", text));
}

Step step_from_json(const json& value) {
  refuse_unknown(value, {"collection", "path", "action", "reason", "fields", "key", "before", "after"},
                 "a step of the plan");
  Step step;
  step.collection = value.at("collection");
  step.path = bytes_from_json(value.at("path"));
  step.action = action_from(value.at("action").get_ref<const std::string&>());
  step.reason = value.at("reason");
  for (const json& change : value.at("fields"))
    step.fields.push_back(
        {change.at("path"), optional_text_from(change.at("before")), optional_text_from(change.at("after"))});
  step.key = base64_decode(value.at("key").get_ref<const std::string&>());
  step.before = row_from_json(value.at("before"), step.key);
  step.after = row_from_json(value.at("after"), step.key);
  return step;
}

Plan plan_from(const json& in) {
  refuse_unknown(
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
  plan.selection = bytes_from_json(in.at("selection"));
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
  json head{{"format_version", Plan::k_version},
            {"id", plan.id},
            {"repository", plan.repository},
            {"snapshot", plan.snapshot},
            {"target", plan.target},
            {"selection", bytes_to_json(plan.selection)},
            {"existing", to_string(plan.existing)},
            {"removes", plan.removes},
            {"made", base::to_rfc3339(plan.made)}};
  // Head on lines of its own and one step a line: a plan is read, and reviewed as a text file.
  std::string out = head.dump(2);
  out.resize(out.size() - 2);  // the closing "\n}"
  out += ",\n  \"steps\": [";
  const char* comma = "\n";
  for (const Step& step : plan.steps)
    out += fmt::format("{}    {}", std::exchange(comma, ",\n"), step_to_json(step).dump());
  out += plan.steps.empty() ? "]\n}\n" : "\n  ]\n}\n";
  return out;
}

Plan plan_from_json(std::string_view text) {
  if (nests_deeper_than(text, k_depth_max))
    throw Error(ErrorKind::config, "the plan cannot be read: it nests deeper than any that we write",
                "Make the plan again with `holdfast plan`.");
  try {
    return plan_from(json::parse(text));
  } catch (const nlohmann::json::exception& problem) {
    throw Error(ErrorKind::config, fmt::format("the plan cannot be read: {}", problem.what()),
                "Make the plan again with `holdfast plan`.");
  }
}

}  // namespace holdfast::model
