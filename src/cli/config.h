// holdfast.toml.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "cli/secrets.h"
#include "model/mapping.h"
#include "platform/platform.h"

namespace holdfast::cli {

struct RepositoryConfig {
  std::string name;
  std::string url;
  std::optional<SecretSource> key;
};

using SettingValue = std::variant<std::string, std::int64_t, bool, SecretSource>;

struct ConnectorConfig {
  std::string name;
  std::string platform;
  bool scratch = false;
  std::optional<unsigned> readers;
  std::optional<std::uint64_t> limit_read;  // bytes a second
  std::optional<base::Duration> max_snapshot_age;
  std::optional<base::Duration> sweep_after;
  std::map<std::string, SettingValue, std::less<>> settings;  // of the platform, by dotted path
};

// Rules for going from one connector to another.
struct MapConfig {
  std::string name;
  std::string from;
  std::string to;
  model::Mapping rules;
};

// Phases of a failover and a failback that a recovery plan may want to be entered only when somebody says so: before
// anything is brought, before what is left is paused, before the other one fires.
inline constexpr std::string_view k_gate_replicate = "replicate";
inline constexpr std::string_view k_gate_fence = "fence";
inline constexpr std::string_view k_gate_activate = "activate";

// How one connector takes over from another, and back.
struct RecoveryConfig {
  std::string name;
  std::string source;
  std::string target;
  std::vector<std::string> gates;  // of those above, in the order in which they are met
};

struct Config {
  std::string path;  // empty: no file was found
  std::vector<RepositoryConfig> repositories;
  std::vector<ConnectorConfig> connectors;
  std::vector<MapConfig> maps;
  std::vector<RecoveryConfig> recoveries;
  const RepositoryConfig* repository(std::string_view name) const noexcept;
  const ConnectorConfig* connector(std::string_view name) const noexcept;
  // Of both directions; nullptr: there is none.
  const RecoveryConfig* recovery(std::string_view source, std::string_view target) const noexcept;
  // Of [map.NAME] from one to the other; where there is none, those of the way back turned round.  No rules: empty.
  // Throws Error{config} where two names become one, so that the way back is not clear.
  model::Mapping mapping(std::string_view from, std::string_view to) const;
};

// Throws Error{config} that begins with FILE:LINE:COLUMN for what is wrong, with the nearest known key for one that is
// misspelt. Secrets are not read here.
Config parse_config(std::string_view text, const std::string& path, const std::vector<platform::Platform>& platforms);

// The first of --config, ./holdfast.toml, ~/.config/holdfast/holdfast.toml (or below $XDG_CONFIG_HOME) and
// /etc/holdfast/holdfast.toml; HOLDFAST_CONFIG is the twin of --config.  A file that was named must exist; without any
// the configuration is empty.
Config load_config(const std::optional<std::string>& named, const std::vector<platform::Platform>& platforms);
std::vector<std::string> config_places();

// The settings of one connector as its platform reads them.  Secrets are read when they are asked for.
std::unique_ptr<platform::Settings> settings_of(const ConnectorConfig& connector);

}  // namespace holdfast::cli
