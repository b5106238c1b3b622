#include "platform/datahub/postgres/copy_decoder.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "base/error.h"
#include "base/key.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view k_signature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t k_fixed_header = 19;  // signature, flags, length of the extension
constexpr std::int64_t k_epoch_offset =
    946'684'800'000'000;  // microseconds from 1970 to 2000, where PostgreSQL counts from
constexpr std::size_t k_key_fields = 3;

// Of the first sizeof(T) bytes, which are there.
template <class T>
T big_endian(base::ByteView bytes) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | static_cast<unsigned char>(bytes[i]));
  return value;
}

}  // namespace

CopyDecoder::CopyDecoder(const std::vector<ReadColumn>& columns, const base::KeyRange* range, RowSink& sink)
    : columns_(columns), range_(range), sink_(sink), values_(columns.size()), instants_(columns.size()) {
  if (range != nullptr) order_.emplace(*range);
}

void CopyDecoder::message(base::ByteView bytes) {
  if (!header_seen_) skip_header(bytes);
  if (bytes.empty()) return;
  rest_ = bytes;
  const auto fields = number<std::int16_t>();
  if (fields < 0) return;  // the trailer
  if (static_cast<std::size_t>(fields) != k_key_fields + values_.size()) fail("has an unexpected number of fields");
  row();
  if (!rest_.empty()) fail("has bytes left over");
}

void CopyDecoder::fail(std::string_view problem) const {
  throw Error(ErrorKind::corruption, fmt::format("the server's answer to COPY {}", problem));
}

template <class T>
T CopyDecoder::number() {
  if (rest_.size() < sizeof(T)) fail("ends in mid-row");
  const T value = big_endian<T>(rest_);
  rest_.remove_prefix(sizeof(T));
  return value;
}

base::ColumnView CopyDecoder::field() {
  const auto size = number<std::int32_t>();
  if (size < 0) return std::nullopt;
  if (rest_.size() < static_cast<std::size_t>(size)) fail("ends in mid-row");
  const base::ByteView value = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(value.size());
  return value;
}

base::ByteView CopyDecoder::key_field() {
  const base::ColumnView value = field();
  if (!value) fail("has a NULL in the key");
  return *value;
}

void CopyDecoder::skip_header(base::ByteView& bytes) {
  header_seen_ = true;
  if (!bytes.starts_with(k_signature) || bytes.size() < k_fixed_header) fail("does not start as binary COPY does");
  const auto extension = big_endian<std::uint32_t>(bytes.substr(k_fixed_header - 4));
  if (bytes.size() - k_fixed_header < extension) fail("ends in its header");
  bytes.remove_prefix(k_fixed_header + extension);
}

void CopyDecoder::row() {
  const base::ByteView urn = key_field();
  const base::ByteView aspect = key_field();
  const base::ByteView version = key_field();
  if (version.size() != sizeof(std::int64_t)) fail("has a version that is no bigint");
  key_.clear();
  base::append_text(key_, urn);
  base::append_text(key_, aspect);
  base::append_int(key_, big_endian<std::int64_t>(version));
  check_text(urn, "urn");
  check_text(aspect, "aspect");
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = column(i);
  if (range_ != nullptr && !range_->contains(key_)) return;  // a bound fell inside of a URN
  if (order_) order_->next(key_);
  sink_.row({key_, values_});
}

base::ColumnView CopyDecoder::column(std::size_t index) {
  const ReadColumn& column = columns_[index];
  const base::ColumnView value = field();
  if (!value) return std::nullopt;
  if (column.wire == Wire::instant) return instant(index, *value);
  if (!column.binary) check_text(*value, column.name);
  return value;
}

base::ByteView CopyDecoder::instant(std::size_t index, base::ByteView value) {
  if (value.size() != sizeof(std::int64_t)) fail("has an instant that is not eight bytes");
  const auto micros = big_endian<std::int64_t>(value);
  constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();
  const bool representable = micros < k_most - k_epoch_offset && micros > -k_most;
  std::optional<std::string> text;
  if (representable) text = canonical_instant(micros + k_epoch_offset);
  if (!text)
    throw Error(ErrorKind::unsupported,
                fmt::format("{} has {} in {}", row_name(key_),
                            representable ? "a year outside of 1 to 9999" : "infinity", columns_[index].name),
                "Correct the value in the database: DataHub writes no such instants.");
  instants_[index] = std::move(*text);
  return instants_[index];
}

void CopyDecoder::check_text(base::ByteView text, std::string_view column) const {
  const auto bad = invalid_utf8(text);
  if (!bad) return;
  throw Error(ErrorKind::corruption, fmt::format("{} is not UTF-8 at byte {} of {}", row_name(key_), *bad, column),
              "Correct the value in the database, whose encoding lets it hold bytes that are no text.");
}

}  // namespace holdfast::platform::datahub::postgres
