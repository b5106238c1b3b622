// How objects are called.  Names are random or counted and say nothing about content.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "repository/repository.h"

namespace holdfast::repository {

inline constexpr std::string_view k_config_name = "config";
inline constexpr std::string_view k_keys_prefix = "keys/";
inline constexpr std::string_view k_writers_prefix = "writers/";
inline constexpr std::string_view k_sessions_prefix = "sessions/";
inline constexpr std::string_view k_packs_prefix = "packs/";
inline constexpr std::string_view k_index_prefix = "index/";
inline constexpr std::string_view k_snapshots_prefix = "snapshots/";
inline constexpr std::string_view k_forgets_prefix = "forgets/";

std::string slot_name(std::string_view slot_id);
std::string writer_name(std::uint32_t writer);
std::string session_name(const SnapshotId& id);
std::string snapshot_name(const SnapshotId& id);
// `id`: 16 bytes.  packs/<first two hex digits>/<32 hex digits>.
std::string pack_name(base::ByteView id);
// The 16 bytes; nullopt when this is no pack's name.
std::optional<base::Bytes> parse_pack_name(std::string_view name);

struct RunName {
  SnapshotId session;
  std::uint32_t number = 0;
  std::string name() const;  // index/<writer>-<sequence>-<number>
  static std::optional<RunName> parse(std::string_view name);
  friend auto operator<=>(const RunName&, const RunName&) = default;
};

enum class Mark : std::uint8_t { forget = 1, undelete = 2 };
struct ForgetName {
  SnapshotId snapshot;
  std::uint32_t number = 0;  // the highest counts
  Mark mark = Mark::forget;
  std::string name() const;  // forgets/<writer>-<sequence>-<number>-<mark>
  static std::optional<ForgetName> parse(std::string_view name);
};

// The part after a prefix, when `name` has it.
std::optional<std::string_view> after(std::string_view prefix, std::string_view name);
// Whether a name has the form of one that format 1 writes.
bool is_object_name(std::string_view name);

}  // namespace holdfast::repository
