#include "model/not_seen.h"

#include <algorithm>

#include "model/glob.h"
#include "model/json_text.h"

namespace holdfast::model {

namespace {

std::string list_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + json_quoted(text);
  return "[" + out + "]";
}

std::vector<std::string> texts_of(const JsonText& json, JsonText::Id object, std::string_view name) {
  std::vector<std::string> out;
  const JsonText::Id list = json.member(object, name);
  if (list == JsonText::k_none || json.type(list) != JsonText::Type::array) return out;
  for (JsonText::Id id = json.first(list); id != JsonText::k_none; id = json.next(id))
    if (json.type(id) == JsonText::Type::string) out.emplace_back(json.string(id));
  return out;
}

std::string text_of(const JsonText& json, JsonText::Id object, std::string_view name) {
  const JsonText::Id id = json.member(object, name);
  return id != JsonText::k_none && json.type(id) == JsonText::Type::string ? std::string(json.string(id))
                                                                           : std::string();
}

// A folder that matches takes along all that is in it.
bool matches(const std::string& pattern, std::string_view name) {
  for (std::size_t slash = name.find('/', 1); slash != std::string_view::npos; slash = name.find('/', slash + 1))
    if (path_match(pattern, name.substr(0, slash))) return true;
  return path_match(pattern, name);
}

}  // namespace

std::string to_json(const std::vector<NotSeen>& all) {
  std::string out;
  for (const NotSeen& one : all) {
    out += (out.empty() ? "{" : ",{") + json_quoted("kind") + ":" + json_quoted(one.kind);
    if (!one.paths.empty()) out += "," + json_quoted("paths") + ":" + list_of(one.paths);
    if (!one.columns.empty()) out += "," + json_quoted("columns") + ":" + list_of(one.columns);
    out += "," + json_quoted("reason") + ":" + json_quoted(one.reason) + "}";
  }
  return "[" + out + "]";
}

std::vector<NotSeen> not_seen_of(const std::string& attributes) {
  std::vector<NotSeen> out;
  if (attributes.empty()) return out;
  const JsonText json(attributes);
  if (json.type(JsonText::k_root) != JsonText::Type::object) return out;
  const JsonText::Id list = json.member(JsonText::k_root, k_not_seen_attribute);
  if (list == JsonText::k_none || json.type(list) != JsonText::Type::array) return out;
  for (JsonText::Id id = json.first(list); id != JsonText::k_none; id = json.next(id))
    if (json.type(id) == JsonText::Type::object)
      out.push_back({.kind = text_of(json, id, "kind"),
                     .paths = texts_of(json, id, "paths"),
                     .columns = texts_of(json, id, "columns"),
                     .reason = text_of(json, id, "reason")});
  return out;
}

bool leaves_out(const std::vector<NotSeen>& all, std::string_view kind, const std::optional<std::string>& name) {
  const auto holds = [&](const std::string& pattern) { return !name || matches(pattern, *name); };
  return std::any_of(all.begin(), all.end(), [&](const NotSeen& one) {
    return one.kind == kind && std::any_of(one.paths.begin(), one.paths.end(), holds);
  });
}

}  // namespace holdfast::model
