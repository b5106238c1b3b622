#include "repository/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "crypto/hash.h"

namespace holdfast::repository {

namespace {

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

template <class Number>
std::optional<Number> parse_hex(std::string_view text, std::size_t digits) {
  if (text.size() != digits || !is_lower_hex(text)) return std::nullopt;
  Number out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return out;
}

constexpr std::size_t k_id_text = 8 + 1 + 16;
constexpr std::size_t k_number_text = 8;

}  // namespace

std::string SnapshotId::name() const {
  return fmt::format("{:08x}-{:016x}", writer, sequence);
}

std::string SnapshotId::short_id() const {
  return base::to_hex(crypto::view(crypto::sha256(name())).substr(0, 4));
}

std::optional<SnapshotId> SnapshotId::parse(std::string_view name) {
  if (name.size() != k_id_text || name[8] != '-') return std::nullopt;
  const auto writer = parse_hex<std::uint32_t>(name.substr(0, 8), 8);
  const auto sequence = parse_hex<std::uint64_t>(name.substr(9), 16);
  if (!writer || !sequence) return std::nullopt;
  return SnapshotId{*writer, *sequence};
}

std::string slot_name(std::string_view slot_id) {
  return fmt::format("{}{}", k_keys_prefix, slot_id);
}
std::string writer_name(std::uint32_t writer) {
  return fmt::format("{}{:08x}", k_writers_prefix, writer);
}
std::string session_name(const SnapshotId& id) {
  return fmt::format("{}{}", k_sessions_prefix, id.name());
}
std::string snapshot_name(const SnapshotId& id) {
  return fmt::format("{}{}", k_snapshots_prefix, id.name());
}

std::string pack_name(base::ByteView id) {
  const std::string hex = base::to_hex(id);
  return fmt::format("{}{}/{}", k_packs_prefix, hex.substr(0, 2), hex);
}

std::optional<base::Bytes> parse_pack_name(std::string_view name) {
  const auto rest = after(k_packs_prefix, name);
  if (!rest || rest->size() != 35 || (*rest)[2] != '/') return std::nullopt;
  const std::string_view hex = rest->substr(3);
  if (!is_lower_hex(hex) || rest->substr(0, 2) != hex.substr(0, 2)) return std::nullopt;
  return base::from_hex(hex);
}

std::string RunName::name() const {
  return fmt::format("{}{}-{:08x}", k_index_prefix, session.name(), number);
}

std::optional<RunName> RunName::parse(std::string_view name) {
  const auto rest = after(k_index_prefix, name);
  if (!rest || rest->size() != k_id_text + 1 + k_number_text || (*rest)[k_id_text] != '-') return std::nullopt;
  const auto session = SnapshotId::parse(rest->substr(0, k_id_text));
  const auto number = parse_hex<std::uint32_t>(rest->substr(k_id_text + 1), k_number_text);
  if (!session || !number) return std::nullopt;
  return RunName{*session, *number};
}

std::string ForgetName::name() const {
  return fmt::format("{}{}-{:08x}-{}", k_forgets_prefix, snapshot.name(), number,
                     mark == Mark::forget ? "forget" : "undelete");
}

std::optional<ForgetName> ForgetName::parse(std::string_view name) {
  const auto rest = after(k_forgets_prefix, name);
  constexpr std::size_t number_at = k_id_text + 1;
  constexpr std::size_t mark_at = number_at + k_number_text + 1;
  if (!rest || rest->size() <= mark_at || (*rest)[k_id_text] != '-' || (*rest)[mark_at - 1] != '-') return std::nullopt;
  const auto snapshot = SnapshotId::parse(rest->substr(0, k_id_text));
  const auto number = parse_hex<std::uint32_t>(rest->substr(number_at, k_number_text), k_number_text);
  const std::string_view mark = rest->substr(mark_at);
  if (!snapshot || !number || (mark != "forget" && mark != "undelete")) return std::nullopt;
  return ForgetName{*snapshot, *number, mark == "forget" ? Mark::forget : Mark::undelete};
}

std::optional<std::string_view> after(std::string_view prefix, std::string_view name) {
  if (name.substr(0, prefix.size()) != prefix) return std::nullopt;
  return name.substr(prefix.size());
}

bool is_object_name(std::string_view name) {
  if (name == k_config_name || parse_pack_name(name) || RunName::parse(name) || ForgetName::parse(name)) return true;
  if (const auto rest = after(k_keys_prefix, name)) return rest->size() == 16 && is_lower_hex(*rest);
  if (const auto rest = after(k_writers_prefix, name)) return rest->size() == 8 && is_lower_hex(*rest);
  if (const auto rest = after(k_sessions_prefix, name)) return SnapshotId::parse(*rest).has_value();
  if (const auto rest = after(k_snapshots_prefix, name)) return SnapshotId::parse(*rest).has_value();
  return false;
}

}  // namespace holdfast::repository
