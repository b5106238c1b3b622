#include "model/hidden_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/error.h"

namespace holdfast::model {

namespace {

using Id = JsonText::Id;

constexpr int k_depth_max = 4;  // of documents in strings of documents
constexpr std::array<std::string_view, 5> k_words{"key", "secret", "token", "password", "credential"};
constexpr std::array<std::string_view, 2> k_labels{"key", "name"};  // of {"key": "…", "value": "…"}

bool sounds_secret(std::string_view name) {
  const std::string lower = base::lower(name);
  return std::any_of(k_words.begin(), k_words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool is_label(std::string_view name) {
  return std::find(k_labels.begin(), k_labels.end(), name) != k_labels.end();
}

// {"key": "api-token", "value": "…"}: the name of the value is a value itself.
bool is_labelled_secret(const JsonText& json, Id object) {
  return std::any_of(k_labels.begin(), k_labels.end(), [&](std::string_view label) {
    const Id id = json.member(object, label);
    return id != JsonText::k_none && json.type(id) == JsonText::Type::string && sounds_secret(json.string(id));
  });
}

std::vector<bool> hidden_in(const JsonText& json, const JsonPaths& sensitive) {
  std::vector<bool> hidden(json.size(), false);
  sensitive.visit(json, [&](std::size_t, Id id) { hidden[id] = true; });
  for (Id id = 0; id < json.size(); ++id) {  // parents come before children
    const Id above = json.parent(id);
    if (above != JsonText::k_none && hidden[above]) hidden[id] = true;
    if (json.is_member(id) && !is_label(json.name(id)) && sounds_secret(json.name(id))) hidden[id] = true;
    if (json.type(id) != JsonText::Type::object || !is_labelled_secret(json, id)) continue;
    for (Id child = json.first(id); child != JsonText::k_none; child = json.next(child))
      if (!is_label(json.name(child))) hidden[child] = true;
  }
  return hidden;
}

bool may_be_document(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

std::string HiddenValues::number_of(std::string value) {
  return fmt::format("<hidden {}>", numbers_.emplace(std::move(value), numbers_.size() + 1).first->second);
}

std::string HiddenValues::nested(const std::string& text, const JsonPaths& sensitive, int depth) {
  if (depth == k_depth_max) return number_of(text);
  try {
    return hide(text, sensitive, depth);
  } catch (const base::Error&) {
    return text;  // it only looks like one
  }
}

std::string HiddenValues::hide(std::string text, const JsonPaths& sensitive, int depth) {
  JsonText json(std::move(text));
  const std::vector<bool> hidden = hidden_in(json, sensitive);
  for (Id id = 0; id < json.size(); ++id) {
    const bool string = json.type(id) == JsonText::Type::string;
    if (hidden[id] && string) {
      json.replace(id, json_quoted(number_of('"' + json.string(id))));
    } else if (hidden[id] && json.type(id) == JsonText::Type::number) {
      json.replace(id, json_quoted(number_of(std::string(json.raw(id)))));
    } else if (string && may_be_document(json.string(id))) {
      const std::string inner = json.string(id);
      std::string shown = nested(inner, sensitive, depth + 1);
      if (shown != inner) json.replace(id, json_quoted(shown));
    }
  }
  return json.print();
}

std::string HiddenValues::hide(std::string text, const JsonPaths& sensitive) {
  return hide(std::move(text), sensitive, 0);
}

}  // namespace holdfast::model
