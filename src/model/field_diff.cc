#include "model/field_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "model/json_text.h"
#include "model/secret_column.h"

namespace holdfast::model {

namespace {

using base::ByteView;

// A JSON value that keeps numbers as they were written.
struct Value {
  enum class Type { scalar, array, object } type = Type::scalar;
  std::string scalar;  // JSON text
  std::vector<Value> items;
  std::vector<std::string> names;  // of an object: names[i] belongs to items[i]
};

// Recursion ends where JsonText refuses to nest.
Value value_of(const JsonText& json, JsonText::Id id) {
  Value out;
  switch (json.type(id)) {
    case JsonText::Type::object:
      out.type = Value::Type::object;
      break;
    case JsonText::Type::array:
      out.type = Value::Type::array;
      break;
    case JsonText::Type::string:
      out.scalar = json_quoted(json.string(id));
      return out;
    case JsonText::Type::number:
    case JsonText::Type::boolean:
    case JsonText::Type::null:
      out.scalar = json.raw(id);
      return out;
  }
  for (JsonText::Id child = json.first(id); child != JsonText::k_none; child = json.next(child)) {
    out.items.push_back(value_of(json, child));
    if (out.type == Value::Type::object) out.names.emplace_back(json.name(child));
  }
  return out;
}

std::optional<Value> parse(ByteView text) {
  try {
    const JsonText json{std::string(text)};
    return value_of(json, JsonText::k_root);
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

void print(const Value& value, std::string& out) {
  if (value.type == Value::Type::scalar) {
    out += value.scalar;
    return;
  }
  const bool array = value.type == Value::Type::array;
  out += array ? '[' : '{';
  const char* comma = "";
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    out += std::exchange(comma, ",");
    if (!array) out += json_quoted(value.names[i]) + ':';
    print(value.items[i], out);
  }
  out += array ? ']' : '}';
}

std::string text_of(const Value& value) {
  std::string out;
  print(value, out);
  return out;
}

std::string member_path(const std::string& path, const std::string& name) {
  const bool plain = !name.empty() && name.find_first_of(".[]\"/ ") == std::string::npos;
  return plain ? fmt::format("{}.{}", path, name) : fmt::format("{}[{}]", path, json_quoted(name));
}

// What tells the items of a list apart: a text called `key`, another one in each, as secrets and tags have it.
using Keys = std::vector<std::string_view>;  // JSON

std::optional<Keys> keys_of(const std::vector<Value>& items) {
  Keys out;
  for (const Value& item : items) {
    const auto name = std::find(item.names.begin(), item.names.end(), "key");
    if (name == item.names.end()) return std::nullopt;
    const Value& key = item.items[static_cast<std::size_t>(name - item.names.begin())];
    if (!key.scalar.starts_with('"')) return std::nullopt;
    out.emplace_back(key.scalar);
  }
  if (std::set<std::string_view>(out.begin(), out.end()).size() != out.size()) return std::nullopt;
  return out;
}

Keys those_in(const Keys& keys, const Keys& others) {
  const std::set<std::string_view> known(others.begin(), others.end());
  Keys out;
  for (const std::string_view key : keys)
    if (known.contains(key)) out.push_back(key);
  return out;
}

class Comparison {
public:
  explicit Comparison(std::vector<FieldChange>& out) : out_(out) {}

  void values(const std::string& path, const Value& before, const Value& after) {
    if (before.type != after.type || before.type == Value::Type::scalar) {
      if (before.type != after.type || before.scalar != after.scalar) changed(path, &before, &after);
      return;
    }
    if (before.type == Value::Type::array) {
      arrays(path, before.items, after.items);
    } else {
      objects(path, before, after);
    }
  }

private:
  void changed(const std::string& path, const Value* before, const Value* after) {
    FieldChange change{.path = path, .before = {}, .after = {}};
    if (before) change.before = text_of(*before);
    if (after) change.after = text_of(*after);
    out_.push_back(std::move(change));
  }

  void arrays(const std::string& path, const std::vector<Value>& before, const std::vector<Value>& after) {
    const std::optional<Keys> old_keys = keys_of(before);
    const std::optional<Keys> new_keys = keys_of(after);
    // By keys alone, another order would be no change.
    if (old_keys && new_keys && those_in(*old_keys, *new_keys) == those_in(*new_keys, *old_keys))
      return keyed(path, {*old_keys, before}, {*new_keys, after});
    const std::size_t both = std::min(before.size(), after.size());
    for (std::size_t i = 0; i < both; ++i) values(fmt::format("{}[{}]", path, i), before[i], after[i]);
    for (std::size_t i = both; i < before.size(); ++i) changed(fmt::format("{}[{}]", path, i), &before[i], nullptr);
    for (std::size_t i = both; i < after.size(); ++i) changed(fmt::format("{}[{}]", path, i), nullptr, &after[i]);
  }

  struct Keyed {
    const Keys& keys;
    const std::vector<Value>& items;
  };
  void keyed(const std::string& path, const Keyed& before, const Keyed& after) {
    std::map<std::string_view, std::pair<const Value*, const Value*>> items;
    for (std::size_t i = 0; i < before.keys.size(); ++i) items[before.keys[i]].first = &before.items[i];
    for (std::size_t i = 0; i < after.keys.size(); ++i) items[after.keys[i]].second = &after.items[i];
    for (const auto& [key, pair] : items) either(fmt::format("{}[{}]", path, key), pair);
  }

  void either(const std::string& path, const std::pair<const Value*, const Value*>& pair) {
    if (pair.first && pair.second) {
      values(path, *pair.first, *pair.second);
    } else {
      changed(path, pair.first, pair.second);
    }
  }

  void objects(const std::string& path, const Value& before, const Value& after) {
    // Of duplicate names the last counts, as in every parser that the platform uses.
    std::map<std::string_view, std::pair<const Value*, const Value*>> members;
    for (std::size_t i = 0; i < before.items.size(); ++i) members[before.names[i]].first = &before.items[i];
    for (std::size_t i = 0; i < after.items.size(); ++i) members[after.names[i]].second = &after.items[i];
    for (const auto& [name, pair] : members) either(member_path(path, std::string(name)), pair);
  }

  std::vector<FieldChange>& out_;
};

void column_diff(const Column& column, const base::ColumnView& before, const base::ColumnView& after,
                 std::vector<FieldChange>& out) {
  if (before == after) return;
  if (column.content == ColumnContent::json && before && after) {
    const std::optional<Value> old_value = parse(*before);
    const std::optional<Value> new_value = parse(*after);
    if (old_value && new_value) {
      Comparison(out).values(column.name, *old_value, *new_value);
      return;
    }
  }
  FieldChange change{.path = column.name, .before = {}, .after = {}};
  if (before) change.before = std::string(*before);
  if (after) change.after = std::string(*after);
  out.push_back(std::move(change));
}

}  // namespace

std::vector<FieldChange> field_diff(const Collection& collection, const base::RowView* before,
                                    const base::RowView* after) {
  std::vector<FieldChange> out;
  for (std::size_t i = 0; i < collection.columns.size(); ++i) {
    const base::ColumnView none;
    const base::ColumnView& old_column = before && i < before->columns.size() ? before->columns[i] : none;
    const base::ColumnView& new_column = after && i < after->columns.size() ? after->columns[i] : none;
    if (is_secret(collection.columns[i])) {
      const auto [old_shown, new_shown] = hidden_secrets(old_column.value_or(""), new_column.value_or(""));
      column_diff(collection.columns[i], old_column ? base::ColumnView(old_shown) : none,
                  new_column ? base::ColumnView(new_shown) : none, out);
      continue;
    }
    column_diff(collection.columns[i], old_column, new_column, out);
  }
  return out;
}

}  // namespace holdfast::model
