#include "model/plan_file.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "model/json_depth.h"

namespace holdfast::model {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t k_depth_max = 20;

}  // namespace

json text_to_json(base::ByteView text) {
  try {
    json out(text);
    (void)out.dump();
    return out;
  } catch (const json::exception&) {
    return json{{"base64", base64_encode(text)}};
  }
}

json optional_text_to_json(const std::optional<std::string>& text) {
  return text ? text_to_json(*text) : json(nullptr);
}

std::string text_from_json(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return base64_decode(value.at("base64").get_ref<const std::string&>());
}

std::optional<std::string> optional_text_from_json(const json& value) {
  if (value.is_null()) return std::nullopt;
  return text_from_json(value);
}

void refuse_unknown_fields(const json& value, const std::set<std::string_view>& known, std::string_view where) {
  for (const auto& [name, ignored] : value.items())
    if (!known.contains(name))
      throw Error(ErrorKind::config, fmt::format("{} has the unknown field '{}'", where, name),
                  std::string(k_plan_hint));
}

std::string plan_text(const json& head, std::size_t steps, const std::function<json(std::size_t)>& step) {
  std::string out = head.dump(2);
  out.resize(out.size() - 2);  // the closing "\n}"
  out += ",\n  \"steps\": [";
  const char* comma = "\n";
  for (std::size_t i = 0; i < steps; ++i) out += fmt::format("{}    {}", std::exchange(comma, ",\n"), step(i).dump());
  out += steps == 0 ? "]\n}\n" : "\n  ]\n}\n";
  return out;
}

void read_plan(std::string_view text, const std::function<void(const json&)>& read) {
  const auto refuse = [](std::string problem) {
    throw Error(ErrorKind::config, std::move(problem), std::string(k_plan_hint));
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) refuse("the file is empty, and no plan");
  if (nests_deeper_than(text, k_depth_max)) refuse("the plan cannot be read: it nests deeper than any that we write");
  try {
    const json document = json::parse(text);
    if (!document.is_object()) refuse("the file holds no plan");
    read(document);
  } catch (const json::parse_error& problem) {
    if (problem.byte > text.size()) refuse("the plan is cut off: its end is missing");
    refuse(fmt::format("the file holds no plan: byte {} is not as in JSON", problem.byte));
  } catch (const json::exception&) {
    refuse("the plan cannot be read: a field is missing, or holds what it cannot");
  }
}

}  // namespace holdfast::model
