#include "cli/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/ascii.h"
#include "base/error.h"
#include "base/suggest.h"
#include "cli/units.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using Setting = platform::Platform::Setting;

const std::vector<std::string> k_policy_keys{"connectors", "schedule", "retention", "objective"};
// Keys of a map that rule names of a kind, and what the kind is called.
const std::vector<std::pair<std::string, std::string>> k_map_kinds{
    {"users", "users"}, {"groups", "groups"}, {"principals", "service-principals"}, {"node_types", "node-types"}};
const std::vector<std::string> k_map_keys{"from",       "to",      "users", "groups", "principals",
                                          "node_types", "storage", "paths", "names"};
const std::vector<std::string> k_connector_keys{"platform",   "scratch",          "readers",
                                                "limit_read", "max_snapshot_age", "sweep_after"};
const std::vector<std::string> k_gate_names{std::string(k_gate_replicate), std::string(k_gate_fence),
                                            std::string(k_gate_activate)};
const std::vector<std::string> k_recovery_keys{"source", "target", "gates"};
constexpr unsigned k_readers_max = 64;

bool is_name(std::string_view text) noexcept {
  // A name stands in references such as "catalog/latest~1", which leaves few characters.
  return !text.empty() && text != "latest" && std::all_of(text.begin(), text.end(), [](char c) {
    return base::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool holds_password(std::string_view url) noexcept {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const auto at = authority.rfind('@');
  return at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos;
}

class Reader {
public:
  Reader(const std::string& path, const std::vector<platform::Platform>& platforms)
      : path_(path), platforms_(platforms) {}

  Config read(const toml::table& root) {
    Config out;
    out.path = path_;
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (name == "repository")
        each(key, node,
             [&](const toml::key& k, const toml::table& t) { out.repositories.push_back(repository(k, t)); });
      else if (name == "connector")
        each(key, node, [&](const toml::key& k, const toml::table& t) { out.connectors.push_back(connector(k, t)); });
      else if (name == "policy")
        each(key, node, [&](const toml::key&, const toml::table& t) { only_known(t, k_policy_keys, "a policy"); });
      else if (name == "map")
        each(key, node, [&](const toml::key& k, const toml::table& t) { out.maps.push_back(map(k, t, out.maps)); });
      else if (name == "recovery")
        each(key, node,
             [&](const toml::key& k, const toml::table& t) { out.recoveries.push_back(recovery(k, t, out)); });
      else
        unknown(key, {"repository", "connector", "policy", "map", "recovery"}, "the file");
    }
    check_connectors(root, out);
    return out;
  }

private:
  [[noreturn]] void fail(const toml::source_position& at, std::string_view problem, std::string hint = {}) const {
    throw Error(ErrorKind::config, fmt::format("{}:{}:{}: {}", path_, at.line, at.column, problem), std::move(hint));
  }
  [[noreturn]] void fail(const toml::node& node, std::string_view problem, std::string hint = {}) const {
    fail(node.source().begin, problem, std::move(hint));
  }
  [[noreturn]] void unknown(const toml::key& key, const std::vector<std::string>& known, std::string_view where) const {
    fail(key.source().begin, fmt::format("unknown key \"{}\" in {}", key.str(), where),
         base::hint_for(key.str(), known));
  }

  void only_known(const toml::table& table, const std::vector<std::string>& known, std::string_view where) const {
    for (const auto& [key, node] : table)
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) unknown(key, known, where);
  }

  // [kind.NAME] tables.
  template <class Visit>
  void each(const toml::key& kind, const toml::node& node, const Visit& visit) const {
    const toml::table* named = node.as_table();
    if (named == nullptr)
      fail(node, fmt::format("\"{}\" is not a table", kind.str()), fmt::format("Write [{}.NAME].", kind.str()));
    for (const auto& [key, entry] : *named) {
      const toml::table* table = entry.as_table();
      if (table == nullptr)
        fail(key.source().begin, fmt::format("\"{}\" stands directly in [{}]", key.str(), kind.str()),
             fmt::format("Give it a name: write [{}.NAME].", kind.str()));
      if (!is_name(key.str()))
        fail(key.source().begin, fmt::format("\"{}\" cannot be a name", key.str()),
             "Names are letters, digits, '-', '_' and '.', and \"latest\" is taken.");
      visit(key, *table);
    }
  }

  std::string text(const toml::node& node, std::string_view what) const {
    const auto* value = node.as_string();
    if (value == nullptr) fail(node, fmt::format("{} is not a text", what), "Put the value between double quotes.");
    if (value->get().empty()) fail(node, fmt::format("{} is empty", what));
    if (holds_password(value->get()))
      fail(
          node, fmt::format("{} holds a password", what),
          "Take it out of the URL and name it by password = { env = \"…\" }, { file = \"…\" } or { command = \"…\" }.");
    return value->get();
  }

  SecretSource secret(const toml::node& node, std::string_view what) const {
    constexpr std::string_view k_forms = "Write { env = \"NAME\" }, { file = \"PATH\" } or { command = \"COMMAND\" }.";
    const toml::table* table = node.as_table();
    if (table == nullptr)
      fail(node, fmt::format("{} is a secret and must not stand in this file", what), std::string(k_forms));
    if (table->size() != 1)
      fail(node, fmt::format("{} has {} forms instead of one", what, table->size()), std::string(k_forms));
    const auto only = table->begin();  // the iterator owns what it points to
    const auto& [key, value] = *only;
    const std::string_view form = key.str();
    if (form != "env" && form != "file" && form != "command") unknown(key, {"env", "file", "command"}, what);
    const auto* named = value.as_string();
    if (named == nullptr || named->get().empty())
      fail(value, fmt::format("{}.{} is not a text", what, form), std::string(k_forms));
    using Form = SecretSource::Form;
    return {form == "env" ? Form::env : form == "file" ? Form::file : Form::command, named->get()};
  }

  RepositoryConfig repository(const toml::key& name, const toml::table& table) const {
    RepositoryConfig out;
    out.name = name.str();
    const std::string where = fmt::format("repository.{}", name.str());
    for (const auto& [key, node] : table) {
      if (key.str() == "url")
        out.url = text(node, where + ".url");
      else if (key.str() == "key")
        out.key = secret(node, where + ".key");
      else
        unknown(key, {"url", "key"}, where);
    }
    if (out.url.empty()) fail(name.source().begin, fmt::format("{} has no url", where), "Add url = \"file:///…\".");
    return out;
  }

  const platform::Platform& platform_of(const toml::key& name, const toml::table& table) const {
    std::vector<std::string> known;
    for (const platform::Platform& platform : platforms_) known.emplace_back(platform.name);
    const toml::node* node = table.get("platform");
    if (node == nullptr) {
      for (const auto& [key, value] : table)
        if (base::nearest(key.str(), {"platform"})) unknown(key, {"platform"}, fmt::format("connector.{}", name.str()));
      fail(name.source().begin, fmt::format("connector.{} has no platform", name.str()),
           fmt::format("Add platform = \"…\", one of: {}.", fmt::join(known, ", ")));
    }
    const std::string wanted = text(*node, fmt::format("connector.{}.platform", name.str()));
    for (const platform::Platform& platform : platforms_)
      if (platform.name == wanted) return platform;
    fail(*node, fmt::format("unknown platform \"{}\"", wanted), base::hint_for(wanted, known));
  }

  ConnectorConfig connector(const toml::key& name, const toml::table& table) const {
    const platform::Platform& platform = platform_of(name, table);
    ConnectorConfig out;
    out.name = name.str();
    out.platform = platform.name;
    const std::string where = fmt::format("connector.{}", name.str());
    for (const auto& [key, node] : table) {
      if (common(key, node, where, out)) continue;
      setting({platform, where, out}, "", key, node);
    }
    return out;
  }

  model::Mapping::Rules rules(const toml::node& node, const std::string& what) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) fail(node, fmt::format("{} is not a table", what), "Write { \"old\" = \"new\" }.");
    model::Mapping::Rules out;
    for (const auto& [old, mapped] : *table)
      out.emplace(old.str(), text(mapped, fmt::format("{}.\"{}\"", what, old.str())));
    return out;
  }

  // Tables of rules by what they are for: names = { cluster-policies = { … } }.
  template <class Into>
  void rules_by_name(const toml::node& node, const std::string& what, Into& into) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) fail(node, fmt::format("{} is not a table", what));
    for (const auto& [name, inner] : *table)
      into[std::string(name.str())] = rules(inner, fmt::format("{}.{}", what, name.str()));
  }

  MapConfig map(const toml::key& name, const toml::table& table, const std::vector<MapConfig>& others) const {
    MapConfig out;
    out.name = name.str();
    const std::string where = fmt::format("map.{}", name.str());
    only_known(table, k_map_keys, where);
    for (const auto& [key, node] : table) {
      const std::string what = fmt::format("{}.{}", where, key.str());
      const auto kind = std::find_if(k_map_kinds.begin(), k_map_kinds.end(),
                                     [named = key.str()](const auto& one) { return one.first == named; });
      if (key.str() == "from")
        out.from = text(node, what);
      else if (key.str() == "to")
        out.to = text(node, what);
      else if (kind != k_map_kinds.end())
        out.rules.names[kind->second] = rules(node, what);
      else if (key.str() == "storage")
        out.rules.storage = rules(node, what);
      else
        rules_by_name(node, what, key.str() == "paths" ? out.rules.paths : out.rules.names);
    }
    if (out.from.empty() || out.to.empty() || out.from == out.to)
      fail(name.source().begin, fmt::format("{} does not say from where to where", where),
           "Add from = \"…\" and to = \"…\", the names of two connectors.");
    for (const MapConfig& other : others)
      if (other.from == out.from && other.to == out.to)
        fail(name.source().begin,
             fmt::format("{} is from {} to {}, and so is map.{}", where, out.from, out.to, other.name),
             "Put the rules of both into one.");
    return out;
  }

  std::vector<std::string> gates(const toml::node& node, const std::string& what) const {
    const toml::array* list = node.as_array();
    if (list == nullptr) fail(node, fmt::format("{} is not a list", what), "Write [\"fence\", \"activate\"].");
    std::set<std::string> given;
    for (const toml::node& one : *list) {
      const std::string name = text(one, what);
      if (std::find(k_gate_names.begin(), k_gate_names.end(), name) == k_gate_names.end())
        fail(one, fmt::format("there is no gate \"{}\"", name), base::hint_for(name, k_gate_names));
      given.insert(name);
    }
    std::vector<std::string> out;  // as they are met, however they are written
    std::copy_if(k_gate_names.begin(), k_gate_names.end(), std::back_inserter(out),
                 [&](const std::string& name) { return given.contains(name); });
    return out;
  }

  RecoveryConfig recovery(const toml::key& name, const toml::table& table, const Config& config) const {
    RecoveryConfig out{.name = std::string(name.str()), .source = {}, .target = {}, .gates = {}};
    const std::string where = fmt::format("recovery.{}", name.str());
    only_known(table, k_recovery_keys, where);
    for (const auto& [key, node] : table) {
      const std::string what = fmt::format("{}.{}", where, key.str());
      if (key.str() == "gates")
        out.gates = gates(node, what);
      else
        (key.str() == "source" ? out.source : out.target) = text(node, what);
    }
    if (out.source.empty() || out.target.empty() || out.source == out.target)
      fail(name.source().begin, fmt::format("{} does not say what takes over from what", where),
           "Add source = \"…\" and target = \"…\", the names of two connectors.");
    if (const RecoveryConfig* other = config.recovery(out.source, out.target))
      fail(name.source().begin,
           fmt::format("{} is of {} and {}, and so is recovery.{}", where, out.source, out.target, other->name),
           "Put both into one: it holds for failover and failback.");
    return out;
  }

  void check_connectors(const toml::table& root, const Config& config) const {
    for (const MapConfig& one : config.maps) {
      check_connector(config, root["map"][one.name]["from"], one.from);
      check_connector(config, root["map"][one.name]["to"], one.to);
    }
    for (const RecoveryConfig& one : config.recoveries) {
      check_connector(config, root["recovery"][one.name]["source"], one.source);
      check_connector(config, root["recovery"][one.name]["target"], one.target);
    }
  }
  void check_connector(const Config& config, const toml::node_view<const toml::node>& at,
                       const std::string& name) const {
    if (config.connector(name)) return;
    std::vector<std::string> known;
    for (const ConnectorConfig& one : config.connectors) known.push_back(one.name);
    fail(*at.node(), fmt::format("there is no connector \"{}\"", name), base::hint_for(name, known));
  }

  // The keys that every connector has, whatever its platform.
  bool common(const toml::key& key, const toml::node& node, const std::string& where, ConnectorConfig& out) const {
    const std::string what = fmt::format("{}.{}", where, key.str());
    if (key.str() == "platform") return true;
    if (key.str() == "scratch")
      out.scratch = flag(node, what);
    else if (key.str() == "readers")
      out.readers = in_place(node, [&] { return parse_count(as_typed(node), what, k_readers_max); });
    else if (key.str() == "limit_read")
      out.limit_read = in_place(node, [&] { return parse_bytes(as_typed(node), what); });
    else if (key.str() == "max_snapshot_age")
      out.max_snapshot_age = in_place(node, [&] { return parse_duration(as_typed(node), what); });
    else if (key.str() == "sweep_after")
      out.sweep_after = in_place(node, [&] { return parse_duration(as_typed(node), what); });
    else
      return false;
    return true;
  }

  static std::string as_typed(const toml::node& node) {
    if (const auto* value = node.as_string()) return value->get();
    if (const auto* value = node.as_integer()) return fmt::format("{}", value->get());
    return {};
  }

  // An error about a value, with the place of the value in front.
  template <class Work>
  auto in_place(const toml::node& node, const Work& work) const -> decltype(work()) {
    try {
      return work();
    } catch (const Error& error) {
      fail(node, error.message(), error.hint());
    }
  }

  bool flag(const toml::node& node, std::string_view what) const {
    const auto* value = node.as_boolean();
    if (value == nullptr) fail(node, fmt::format("{} is neither true nor false", what));
    return value->get();
  }

  struct Target {
    const platform::Platform& platform;
    const std::string& where;
    ConnectorConfig& out;
  };

  void setting(const Target& target, const std::string& prefix, const toml::key& key, const toml::node& node) const {
    const std::string path = prefix + std::string(key.str());
    const std::string what = fmt::format("{}.{}", target.where, path);
    const auto& settings = target.platform.settings;
    const auto exact =
        std::find_if(settings.begin(), settings.end(), [&](const Setting& one) { return one.path == path; });
    if (exact != settings.end()) {
      target.out.settings[path] = value(exact->type, node, what);
      return;
    }
    const bool leads_on = std::any_of(settings.begin(), settings.end(),
                                      [&](const Setting& one) { return one.path.starts_with(path + "."); });
    if (!leads_on)
      unknown(key, known_below(target.platform, prefix),
              prefix.empty() ? target.where : what.substr(0, what.rfind('.')));
    const toml::table* table = node.as_table();
    if (table == nullptr)
      fail(node, fmt::format("{} is not a table", what), fmt::format("Write {} = {{ … }}.", key.str()));
    for (const auto& [inner, entry] : *table) setting(target, path + ".", inner, entry);
  }

  static std::vector<std::string> known_below(const platform::Platform& platform, const std::string& prefix) {
    std::vector<std::string> out;
    for (const Setting& one : platform.settings) {
      if (!one.path.starts_with(prefix)) continue;
      std::string_view rest = one.path.substr(prefix.size());
      rest = rest.substr(0, rest.find('.'));
      if (std::find(out.begin(), out.end(), rest) == out.end()) out.emplace_back(rest);
    }
    if (prefix.empty()) out.insert(out.end(), k_connector_keys.begin(), k_connector_keys.end());
    return out;
  }

  SettingValue value(Setting::Type type, const toml::node& node, const std::string& what) const {
    switch (type) {
      case Setting::Type::text:
        return text(node, what);
      case Setting::Type::flag:
        return flag(node, what);
      case Setting::Type::secret:
        return secret(node, what);
      case Setting::Type::number:
        break;
    }
    const auto* number = node.as_integer();
    if (number == nullptr) fail(node, fmt::format("{} is not a whole number", what));
    return number->get();
  }

  const std::string& path_;
  const std::vector<platform::Platform>& platforms_;
};

model::Mapping::Rules turned_round(const model::Mapping::Rules& rules, const MapConfig& map) {
  model::Mapping::Rules out;
  for (const auto& [old, mapped] : rules)
    if (!out.emplace(mapped, old).second)
      throw Error(ErrorKind::config,
                  fmt::format("map.{} turns two names into \"{}\": the way back is not clear", map.name, mapped),
                  fmt::format("Add a map with from = \"{}\" and to = \"{}\".", map.to, map.from));
  return out;
}

model::Mapping turned_round(const MapConfig& map) {
  model::Mapping out;
  for (const auto& [kind, rules] : map.rules.names) out.names[kind] = turned_round(rules, map);
  for (const auto& [space, rules] : map.rules.paths) out.paths[space] = turned_round(rules, map);
  out.storage = turned_round(map.rules.storage, map);
  return out;
}

std::optional<std::string> read_text(const std::string& path) {
  // Opening a folder succeeds; reading it would throw what nobody understands.
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    errno = EISDIR;
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

const RepositoryConfig* Config::repository(std::string_view name) const noexcept {
  const auto found =
      std::find_if(repositories.begin(), repositories.end(), [&](const auto& one) { return one.name == name; });
  return found == repositories.end() ? nullptr : &*found;
}

const ConnectorConfig* Config::connector(std::string_view name) const noexcept {
  const auto found =
      std::find_if(connectors.begin(), connectors.end(), [&](const auto& one) { return one.name == name; });
  return found == connectors.end() ? nullptr : &*found;
}

const RecoveryConfig* Config::recovery(std::string_view source, std::string_view target) const noexcept {
  const auto found = std::find_if(recoveries.begin(), recoveries.end(), [&](const RecoveryConfig& one) {
    return (one.source == source && one.target == target) || (one.source == target && one.target == source);
  });
  return found == recoveries.end() ? nullptr : &*found;
}

model::Mapping Config::mapping(std::string_view from, std::string_view to) const {
  for (const MapConfig& one : maps)
    if (one.from == from && one.to == to) return one.rules;
  for (const MapConfig& one : maps)
    if (one.from == to && one.to == from) return turned_round(one);
  return {};
}

Config parse_config(std::string_view text, const std::string& path, const std::vector<platform::Platform>& platforms) {
  try {
    const toml::table root = toml::parse(text, path);
    return Reader(path, platforms).read(root);
  } catch (const toml::parse_error& error) {
    const toml::source_position& at = error.source().begin;
    throw Error(ErrorKind::config, fmt::format("{}:{}:{}: {}", path, at.line, at.column, error.description()),
                "The file is TOML; docs/operations/configuration.md shows one.");
  }
}

std::vector<std::string> config_places() {
  std::vector<std::string> out{"holdfast.toml"};
  if (const auto folder = variable("XDG_CONFIG_HOME"))
    out.push_back(*folder + "/holdfast/holdfast.toml");
  else if (const auto home = variable("HOME"))
    out.push_back(*home + "/.config/holdfast/holdfast.toml");
  out.emplace_back("/etc/holdfast/holdfast.toml");
  return out;
}

Config load_config(const std::optional<std::string>& named, const std::vector<platform::Platform>& platforms) {
  if (named) {
    const auto text = read_text(*named);
    if (!text)
      throw Error(ErrorKind::config, fmt::format("cannot read {}: {}", *named, std::strerror(errno)),
                  "Give --config or HOLDFAST_CONFIG the path of a holdfast.toml, or neither.");
    return parse_config(*text, *named, platforms);
  }
  for (const std::string& place : config_places())
    if (const auto text = read_text(place)) return parse_config(*text, place, platforms);
  return {};
}

}  // namespace holdfast::cli
