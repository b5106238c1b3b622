#include "model/field_values.h"

#include <algorithm>
#include <cstddef>

#include "base/json.h"
#include "model/json_depth.h"

namespace holdfast::model {

namespace {

using nlohmann::json;

constexpr std::size_t k_depth_max = 200;
constexpr std::string_view k_items = "[*]";

template <class Part>
std::size_t place_of(const std::vector<Part>& parts, std::string_view name) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.name == name; });
  return static_cast<std::size_t>(found - parts.begin());
}

bool declares(const Collection& collection, std::string_view word) noexcept {
  return std::any_of(collection.fields.begin(), collection.fields.end(),
                     [&](const Field& field) { return field.word == word; });
}

// The part of the key that a word means where the collection does not say.
std::size_t default_part(std::string_view word) noexcept {
  if (word == "name") return 0;
  return word == "id" ? 1 : std::string_view::npos;
}

std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void add_leaves(const json& value, std::vector<std::string>& out) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      out.push_back(name);
      out.push_back(name + "=" + text_of(member));
    }
  } else if (value.is_array()) {
    for (const json& item : value) add_leaves(item, out);
  } else if (!value.is_null()) {
    out.push_back(text_of(value));
  }
}

void follow(const json& value, std::string_view path, std::vector<std::string>& out) {
  if (path.empty()) return add_leaves(value, out);
  if (path.starts_with(k_items)) {
    path.remove_prefix(k_items.size());
    if (path.starts_with('.')) path.remove_prefix(1);
    if (!value.is_array()) return;
    for (const json& item : value) follow(item, path, out);
    return;
  }
  const std::size_t end = std::min(path.find_first_of(".["), path.size());
  const auto member = value.is_object() ? value.find(std::string(path.substr(0, end))) : value.end();
  if (member == value.end()) return;
  path.remove_prefix(end);
  if (path.starts_with('.')) path.remove_prefix(1);
  follow(*member, path, out);
}

void add_column(const Field& field, base::ByteView column, std::vector<std::string>& out) {
  if (field.path.empty()) {
    out.emplace_back(column);
    return;
  }
  if (nests_deeper_than(column, k_depth_max)) return;
  const json value = json::parse(column, nullptr, false);
  if (!value.is_discarded()) follow(value, field.path, out);
}

}  // namespace

bool has_word(const Collection& collection, std::string_view word) noexcept {
  return declares(collection, word) || default_part(word) < collection.key.size();
}

bool word_is_in_columns(const Collection& collection, std::string_view word) noexcept {
  return std::any_of(collection.fields.begin(), collection.fields.end(), [&](const Field& field) {
    return field.word == word && place_of(collection.columns, field.in) < collection.columns.size();
  });
}

std::vector<std::string> key_values(const Collection& collection, std::string_view word,
                                    const std::vector<std::string>& parts) {
  std::vector<std::string> out;
  for (const Field& field : collection.fields) {
    const std::size_t place = place_of(collection.key, field.in);
    if (field.word == word && place < parts.size()) out.push_back(parts[place]);
  }
  const std::size_t place = default_part(word);
  if (declares(collection, word) || place >= parts.size()) return out;
  const bool path = collection.key[place].type == KeyPartType::path;
  out.push_back(path ? parts[place].substr(parts[place].rfind('/') + 1) : parts[place]);
  return out;
}

std::vector<std::string> column_values(const Collection& collection, std::string_view word, const base::RowView& row) {
  std::vector<std::string> out;
  for (const Field& field : collection.fields) {
    const std::size_t place = place_of(collection.columns, field.in);
    if (field.word == word && place < row.columns.size() && row.columns[place]) {
      add_column(field, *row.columns[place], out);
    }
  }
  return out;
}

}  // namespace holdfast::model
