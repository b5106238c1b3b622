#include "engine/resources/seen_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/fingerprint.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "model/resource_text.h"

namespace holdfast::engine {

namespace {

using model::JsonPath;
using model::JsonText;
using model::KindColumn;
using model::ReadyKind;

const KindColumn* find_column(const ReadyKind& kind, std::size_t at) {
  const std::string& name = kind.kind.collection.columns[at].name;
  for (const KindColumn& column : kind.kind.columns)
    if (column.name == name) return &column;
  return nullptr;
}

struct Told {
  std::string mark;
  std::set<std::string> names;
};

Told told_by_keys(const JsonText& json, JsonText::Id item, const std::vector<std::string>& keys) {
  Told out;
  std::string text = keys.empty() ? model::plain_text(json.print(item)) : std::string();
  for (const std::string& key : keys) {
    const JsonText::Id id = JsonPath(key).find(json, item);
    if (id != JsonText::k_none && json.type(id) == JsonText::Type::string) out.names.insert(json.string(id));
    text += id == JsonText::k_none ? std::string("\n") : fmt::format("{}\n", model::plain_text(json.print(id)));
  }
  out.mark = fingerprint_of(text);
  return out;
}

// Everything of a document that is in order, items of its own arrays apart.
ColumnItems split(const std::string& text, const KindColumn& column) {
  JsonText json(text);
  std::map<std::string, std::string> texts;
  std::map<std::string, std::set<std::string>> names;
  for (const model::UnorderedArray& array : column.unordered) {
    const JsonText::Id id = json.member(JsonText::k_root, array.field);
    if (id == JsonText::k_none || json.type(id) != JsonText::Type::array) continue;
    for (JsonText::Id item = json.first(id); item != JsonText::k_none; item = json.next(item)) {
      Told told = told_by_keys(json, item, array.keys);
      texts[told.mark] += model::plain_text(json.print(item)) + "\n";
      names[told.mark].merge(told.names);
    }
    json.remove(id);
  }
  ColumnItems out;
  for (auto& [mark, one] : texts) out[mark] = {.fingerprint = fingerprint_of(one), .names = std::move(names[mark])};
  out[""] = {.fingerprint = fingerprint_of(model::plain_text(json.print())), .names = {}};
  return out;
}

std::string key_of(const JsonText& json, JsonText::Id item, const KindColumn::Kept& kept) {
  const JsonText::Id id = json.member(item, kept.key);
  return id == JsonText::k_none ? std::string() : json.string(id);
}

std::vector<std::pair<JsonText::Id, std::string>> keyed_items(const JsonText& json, const KindColumn::Kept& kept) {
  std::vector<std::pair<JsonText::Id, std::string>> out;
  const JsonText::Id array = json.member(JsonText::k_root, kept.items);
  if (array == JsonText::k_none) return out;
  for (JsonText::Id item = json.first(array); item != JsonText::k_none; item = json.next(item))
    out.emplace_back(item, key_of(json, item, kept));
  return out;
}

}  // namespace

ColumnItems items_of(const ReadyKind& kind, std::size_t at, const std::optional<std::string>& text) {
  if (!text) return {};
  const KindColumn* column = find_column(kind, at);
  const model::ReadyDocument* document = kind.document(at);
  if (!column || !document) return {{"", {.fingerprint = fingerprint_of(*text), .names = {}}}};
  JsonText json(*text);
  model::drop_server_fields(json, *document);
  model::put_in_order(json, *document);
  return split(json.print(), *column);
}

ColumnItems telling_items(const ReadyKind& kind, const KindColumn& column, const std::optional<std::string>& text) {
  if (column.told_by.empty()) return items_of(kind, kind.column(column.name), text);
  if (!text) return {};
  const std::size_t at = kind.column(column.told_by);
  JsonText json(*text);
  model::put_in_order(json, *kind.document(at));
  // The times that the server puts in are what tells.
  return split(json.print(), *find_column(kind, at));
}

const std::string& telling_column(const KindColumn& column) noexcept {
  return column.told_by.empty() ? column.name : column.told_by;
}

std::string item_mark(const std::string& key) {
  return fingerprint_of(model::plain_text(model::json_quoted(key)) + "\n");
}

std::vector<const KindColumn*> columns_beside(const ReadyKind& kind) {
  std::vector<const KindColumn*> out;
  for (const KindColumn& column : kind.kind.columns) {
    const bool tells = std::any_of(kind.kind.columns.begin(), kind.kind.columns.end(),
                                   [&](const KindColumn& other) { return other.told_by == column.name; });
    if (!tells && column.written != KindColumn::Written::with_create) out.push_back(&column);
  }
  return out;
}

std::string seen_text(const ColumnItems& items) {
  std::string out;
  for (const auto& [mark, item] : items) out += fmt::format("{}{}:{}", out.empty() ? "" : " ", mark, item.fingerprint);
  return out;
}

ColumnItems seen_items(const std::string& text) {
  ColumnItems out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find(' ', from), text.size());
    const std::string_view one = std::string_view(text).substr(from, end - from);
    const std::size_t colon = std::min(one.find(':'), one.size());
    out[std::string(one.substr(0, colon))] = {.fingerprint = std::string(one.substr(std::min(colon + 1, one.size()))),
                                              .names = {}};
    from = end + 1;
  }
  return out;
}

std::vector<std::string> keys_beside(const KindColumn& column, const std::string& live, const std::string& wanted) {
  std::set<std::string> known;
  for (const auto& [id, key] : keyed_items(JsonText(wanted), column.kept)) known.insert(key);
  std::vector<std::string> out;
  for (auto& [id, key] : keyed_items(JsonText(live), column.kept))
    if (!known.contains(key)) out.push_back(key);
  return out;
}

std::vector<std::string> kept_keys(const ReadyKind& kind, const KindColumn& column, const base::Row& live) {
  KindColumn::Kept kept = column.kept;
  if (!column.told_by.empty()) kept.items = find_column(kind, kind.column(column.told_by))->unordered.front().field;
  const std::size_t at = kind.column(telling_column(column));
  std::vector<std::string> out;
  if (at >= live.columns.size() || !live.columns[at]) return out;
  for (auto& [id, key] : keyed_items(JsonText(*live.columns[at]), kept)) out.push_back(std::move(key));
  return out;
}

std::string without_items(const KindColumn& column, const std::string& live, const std::vector<std::string>& keys) {
  JsonText json(live);
  for (const auto& [id, key] : keyed_items(json, column.kept))
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) json.remove(id);
  return json.print();
}

}  // namespace holdfast::engine
