#include "platform/datahub/mysql/rows.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

std::int64_t parse_version_number(base::ByteView text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(ErrorKind::corruption, fmt::format("the server sent the version '{}'", text));
  return value;
}

std::string select_expression(const ColumnPlan& plan) {
  // The sum is a DOUBLE, which prints as many digits as it takes to come back to the same FLOAT.
  if (plan.exact_float) return fmt::format("{} + 0e0", quote_name(plan.name));
  return quote_name(plan.name);
}

}  // namespace

std::string select_list(const MysqlTable& table) {
  std::string out = "`urn`, `aspect`, `version`";
  for (const ColumnPlan& column : table.columns) out += ", " + select_expression(column);
  return out;
}

RowDecoder::RowDecoder(const MysqlTable& table)
    : table_(&table), columns_(table.columns.size()), instants_(table.columns.size()) {}

void RowDecoder::check_text(const ColumnPlan& column, base::ByteView text,
                            const std::vector<base::ColumnView>& values) const {
  const auto bad = invalid_utf8(text);
  if (!bad) return;
  throw Error(ErrorKind::corruption,
              fmt::format("{}: column '{}' is not UTF-8 at byte {}",
                          row_name(values[0].value_or(""), values[1].value_or(""),
                                   parse_version_number(values[2].value_or("0"))),
                          column.name, *bad),
              "Repair the row in the source table; Holdfast does not guess what the bytes should be.");
}

base::RowView RowDecoder::decode(const std::vector<base::ColumnView>& values) {
  if (values.size() != columns_.size() + 3)
    throw Error(ErrorKind::corruption, "the server sent a row of another width");
  const base::ColumnView& urn = values[0];
  const base::ColumnView& aspect = values[1];
  const base::ColumnView& version = values[2];
  if (!urn || !aspect || !version) throw Error(ErrorKind::corruption, "the server sent a row without a key");
  check_text(table_->key[0], *urn, values);
  check_text(table_->key[1], *aspect, values);
  key_.clear();
  base::append_text(key_, *urn);
  base::append_text(key_, *aspect);
  base::append_int(key_, parse_version_number(*version));
  bytes_ = key_.size();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ColumnPlan& plan = table_->columns[i];
    const base::ColumnView& sent = values[i + 3];
    columns_[i] = sent;
    if (!sent) continue;
    if (plan.check_utf8) check_text(plan, *sent, values);
    if (plan.instant && plan.fraction < 6) {
      instants_[i] = canonical_instant(*sent).value_or(std::string(*sent));
      columns_[i] = instants_[i];
    }
    bytes_ += sent->size();
  }
  return {key_, columns_};
}

void append_value(std::string& out, const ColumnPlan& plan, const base::ColumnView& value) {
  if (!value) {
    out += "NULL";
    return;
  }
  out += plan.binary ? "_binary'" : "'";
  append_escaped(out, *value);
  out += '\'';
}

void append_key(std::string& out, base::ByteView key) {
  const AspectKey parts = parse_aspect_key(key);
  out += '\'';
  append_escaped(out, parts.urn);
  out += "', '";
  append_escaped(out, parts.aspect);
  out += fmt::format("', {}", parts.version);
}

std::string where_key(base::ByteView key) {
  const AspectKey parts = parse_aspect_key(key);
  return fmt::format("(`urn` = {} AND `aspect` = {} AND `version` = {})", quote_text(parts.urn),
                     quote_text(parts.aspect), parts.version);
}

}  // namespace holdfast::platform::datahub::mysql
