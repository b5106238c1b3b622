#include "platform/datahub/postgres/copy_encoder.h"

#include <fmt/format.h>

#include <limits>

#include "base/error.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/reader.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view k_signature("PGCOPY\n\377\r\n\0", 11);
constexpr std::int64_t k_epoch_offset =
    946'684'800'000'000;  // microseconds from 1970 to 2000, where PostgreSQL counts from

template <class T>
void append_number(base::Bytes& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
}

void append_field(base::Bytes& out, base::ByteView bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw Error(ErrorKind::refused, "a value of 2 GiB or more does not fit into PostgreSQL");
  append_number(out, static_cast<std::int32_t>(bytes.size()));
  out += bytes;
}

}  // namespace

void append_copy_text(base::Bytes& out, base::ByteView text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
}

CopyEncoder::CopyEncoder(const TableParts& target, const model::Collection& collection)
    : table_(qualified(target.schema, target.table)) {
  const ColumnPart* version = target.column("version");
  binary_ = version != nullptr && version->type_name == "int8";
  const ReadTarget read = read_target(target, collection);  // the same columns come back when they are read
  for (const ReadColumn& column : read.columns) {
    Form form = column.binary ? Form::hex : Form::bytes;
    if (column.wire == Wire::instant) form = Form::instant;
    if (column.wire == Wire::cast) {
      form = Form::text;
      binary_ = false;
    }
    columns_.push_back({column.name, form});
  }
}

std::string CopyEncoder::statement() const {
  std::string names = "urn, aspect, version";
  for (const Column& column : columns_) names += ", " + quote_name(column.name);
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT {})", table_, names, binary_ ? "binary" : "text");
}

void CopyEncoder::start(base::Bytes& out) const {
  if (!binary_) return;
  out += k_signature;
  append_number<std::int32_t>(out, 0);  // flags
  append_number<std::int32_t>(out, 0);  // no extension
}

void CopyEncoder::finish(base::Bytes& out) const {
  if (binary_) append_number<std::int16_t>(out, -1);
}

void CopyEncoder::append(base::Bytes& out, const base::RowView& row) const {
  if (row.columns.size() != columns_.size())
    throw Error(ErrorKind::internal, fmt::format("{} has {} columns where {} are loaded", row_name(row.key),
                                                 row.columns.size(), columns_.size()));
  if (binary_)
    append_binary(out, row);
  else
    append_text(out, row);
}

void CopyEncoder::append_binary(base::Bytes& out, const base::RowView& row) const {
  const AspectKey key = parse_aspect_key(row.key);
  append_number(out, static_cast<std::int16_t>(columns_.size() + 3));
  append_field(out, key.urn);
  append_field(out, key.aspect);
  append_number<std::int32_t>(out, 8);
  append_number(out, key.version);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const base::ColumnView& value = row.columns[i];
    if (!value) {
      append_number<std::int32_t>(out, -1);
    } else if (columns_[i].form == Form::instant) {
      const auto micros = instant_micros(*value);
      if (!micros)
        throw Error(ErrorKind::refused, fmt::format("{} holds '{}' in {}, which is no instant", row_name(row.key),
                                                    *value, columns_[i].name));
      append_number<std::int32_t>(out, 8);
      append_number(out, *micros - k_epoch_offset);
    } else {
      append_field(out, *value);
    }
  }
}

void CopyEncoder::append_text(base::Bytes& out, const base::RowView& row) const {
  const AspectKey key = parse_aspect_key(row.key);
  append_copy_text(out, key.urn);
  out += '\t';
  append_copy_text(out, key.aspect);
  out += fmt::format("\t{}", key.version);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    out += '\t';
    const base::ColumnView& value = row.columns[i];
    if (!value)
      out += "\\N";
    else if (columns_[i].form == Form::hex)
      out += "\\\\x" + base::to_hex(*value);
    else
      append_copy_text(out, *value);
  }
  out += '\n';
}

}  // namespace holdfast::platform::datahub::postgres
