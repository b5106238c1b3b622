#include "platform/datahub/postgres/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;

constexpr std::ptrdiff_t k_brackets_max = 500;  // more could nest deeper than the server's stack allows

JsonNeed need_of_type(const std::string& type) {
  if (type == "jsonb") return JsonNeed::jsonb;
  return type == "json" ? JsonNeed::json : JsonNeed::none;
}

// The server prints a cast as (name)::jsonb, with the name in quotes where it needs them.
JsonNeed need_of_expression(std::string_view expression, const std::string& column) {
  JsonNeed out = JsonNeed::none;
  for (const std::string& name : {column, quote_name(column)}) {
    const std::string cast = fmt::format("({})::json", name);
    for (std::size_t at = expression.find(cast); at != std::string_view::npos; at = expression.find(cast, at + 1))
      out = std::max(out, expression.substr(at + cast.size()).starts_with('b') ? JsonNeed::jsonb : JsonNeed::json);
  }
  return out;
}

// JSON to every reader: no escape that jsonb may refuse, no number out of range, no depth that matters.
bool plainly_json(base::ByteView text) {
  if (text.find("\\u") != base::ByteView::npos) return false;
  if (std::count_if(text.begin(), text.end(), [](char c) { return c == '{' || c == '['; }) > k_brackets_max)
    return false;
  return nlohmann::json::accept(text);
}

}  // namespace

JsonNeed json_need(const TableParts& table, const ColumnPart& column) {
  JsonNeed out = need_of_type(column.type_name);
  for (const IndexPart& index : table.indexes)
    if (index.tail.find(" WHERE ") == std::string::npos)
      out = std::max(out, need_of_expression(index.tail, column.name));
  for (const ConstraintPart& constraint : table.constraints)
    out = std::max(out, need_of_expression(constraint.definition, column.name));
  for (const ColumnPart& other : table.columns)
    if (!other.generated.empty()) out = std::max(out, need_of_expression(other.default_value, column.name));
  return out;
}

std::optional<std::string> JsonCheck::problem(base::ByteView text, JsonNeed need) {
  if (need == JsonNeed::none || plainly_json(text)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!client_) client_.emplace(address_, std::stop_token{});
  try {
    client_->query(fmt::format("SELECT $1::pg_catalog.{} IS NULL", need == JsonNeed::json ? "json" : "jsonb"),
                   {std::string(text)});
    return std::nullopt;
  } catch (const Error& error) {
    if (client_->broken()) throw;
    return error.message();
  }
}

}  // namespace holdfast::platform::datahub::postgres
