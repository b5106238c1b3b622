#include "cli/context.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/suggest.h"
#include "engine/cutover/charge.h"
#include "engine/cutover/other_hosts.h"
#include "engine/cutover/store.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

template <class Items>
std::vector<std::string> names_of(const Items& items) {
  std::vector<std::string> out;
  for (const auto& item : items) out.push_back(item.name);
  return out;
}

std::string describe_fence(engine::CutoverStore& store, const engine::Fence& fence) {
  const std::string out = fmt::format("{} is fenced since {}", fence.connector, base::to_rfc3339(fence.since));
  const bool open = fence.state == engine::Fence::State::open;
  // Who activates it has opened the fence: what that set is not to be paused again unasked.
  if (fence.active.empty())
    return !open ? out
                 : fmt::format(
                       "{0}, and may fire: \"holdfast fence {1}\" pauses it, \"holdfast activate {1}\" sets what was "
                       "recorded",
                       out, fence.connector);
  if (const auto begun = engine::begun_failback(store, fence))
    return fmt::format("{}: {}: {}", out, begun->what, begun->way);
  if (!engine::took_over(store, fence))
    return fmt::format(
        "{0} for {1}, which did not take over yet: \"holdfast failover {2} {1}\" goes on, "
        "\"holdfast activate {2} --from {2}\" gives it up",
        out, fence.active, fence.connector);
  return fmt::format(
      "{}: {} took over{}", out, fence.active,
      open ? fmt::format("; it may fire until its fence is confirmed: \"holdfast fence {}\"", fence.connector)
           : std::string());
}

std::string configured_names(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Context::Context(Parts parts) : parts_(std::move(parts)), out_(STDOUT_FILENO) {}
Context::~Context() = default;

const Config& Context::config() {
  if (!config_) config_ = load_config(parts_.global.config, parts_.composition.platforms);
  return *config_;
}

storage::Backend& Context::state() {
  if (!state_) state_ = parts_.composition.open_state(state_folder());
  return *state_;
}

const RepositoryConfig* Context::chosen_repository() {
  const auto& wanted = parts_.global.repository;
  if (wanted && wanted->find("://") != std::string::npos) return nullptr;
  const Config& known = config();
  if (wanted) {
    if (const RepositoryConfig* found = known.repository(*wanted)) return found;
    std::string hint = base::hint_for(*wanted, names_of(known.repositories));
    if (wanted->find('/') != std::string::npos)
      hint = fmt::format("Write a folder as a URL: file://{}.",
                         std::filesystem::absolute(*wanted).lexically_normal().string());
    throw Error(ErrorKind::usage, fmt::format("there is no repository \"{}\" in the configuration", *wanted),
                std::move(hint));
  }
  if (known.repositories.size() == 1) return &known.repositories.front();
  if (!known.repositories.empty())
    throw Error(ErrorKind::usage, "it is not clear which repository is meant",
                fmt::format("Add --repository, one of: {}.", configured_names(names_of(known.repositories))));
  if (known.path.empty())
    throw Error(ErrorKind::config, "no repository is named, and there is no configuration file",
                fmt::format("Write {} (docs/operations/configuration.md shows one), or add --repository file:///PATH.",
                            fmt::join(config_places(), " or ")));
  throw Error(ErrorKind::config, fmt::format("{} names no repository", known.path),
              "Add a table [repository.main] with a url, or use --repository file:///PATH.");
}

std::string Context::repository_url() {
  const RepositoryConfig* chosen = chosen_repository();
  return chosen != nullptr ? chosen->url : *parts_.global.repository;
}

storage::Backend& Context::backend() {
  if (backend_) return *backend_;
  const std::string url = repository_url();
  const std::string scheme = url.substr(0, url.find("://"));
  std::vector<std::string> known;
  for (const BackendKind& kind : parts_.composition.backends) {
    known.emplace_back(kind.scheme);
    if (kind.scheme != scheme || scheme.size() == url.size()) continue;
    backend_ = kind.open(url);
    return *backend_;
  }
  throw Error(ErrorKind::config, fmt::format("\"{}\" is no URL of a repository", url),
              fmt::format("Write SCHEME://…, where the scheme is one of: {}.", fmt::join(known, ", ")));
}

repository::Environment Context::environment() {
  repository::Environment out;
  out.clock = parts_.composition.clock;
  out.random = parts_.composition.random;
  out.state = &state();
  out.host = host_name();
  out.program = program_version();
  return out;
}

FoundKey Context::key(std::string_view purpose, Confirm confirm) {
  using Form = SecretSource::Form;
  const auto from = [&](const SecretSource& source) {
    const std::string kind = source.form == Form::file      ? "file"
                             : source.form == Form::command ? "command"
                                                            : "passphrase";
    return FoundKey{{read_secret(source, purpose)}, kind, source.display()};
  };
  // What is said for this run goes before what the configuration says for all.
  if (parts_.global.key_file) return from({Form::file, *parts_.global.key_file});
  if (parts_.global.key_command) return from({Form::command, *parts_.global.key_command});
  if (variable("HOLDFAST_KEY")) return from({Form::env, "HOLDFAST_KEY"});
  const RepositoryConfig* chosen = chosen_repository();
  if (chosen != nullptr && chosen->key) return from(*chosen->key);
  if (can_prompt()) return {{prompt_secret("passphrase of the repository", confirm, stop())}, "passphrase", "prompt"};
  throw Error(ErrorKind::config, fmt::format("there is no key for {}", repository_url()),
              "Set HOLDFAST_KEY, HOLDFAST_KEY_FILE or HOLDFAST_KEY_COMMAND, or add key = { … } to the repository in "
              "holdfast.toml.");
}

FoundKey Context::key_for_init() {
  return key("the repository's key", Confirm::twice);
}

repository::Repository& Context::repository() {
  if (repository_) return *repository_;
  storage::Backend& place = backend();
  return base::in_context([&] { return fmt::format("opening the repository {}", place.properties().location); },
                          [&]() -> repository::Repository& {
                            // Looked for first: nobody should be asked for the passphrase of what is not there.
                            if (!place.stat("config"))
                              throw Error(ErrorKind::no_repository,
                                          fmt::format("there is no repository at {}", place.properties().location),
                                          "Check the URL, or run \"holdfast init\" to make one there.");
                            const auto& unlocked = parts_.composition.unlocked;
                            repository_ = unlocked ? repository::Repository::open(place, environment(), *unlocked)
                                                   : repository::Repository::open(
                                                         place, environment(),
                                                         key("the repository's key", Confirm::once).material);
                            return *repository_;
                          });
}

repository::Repository& Context::init_repository(const FoundKey& found, const std::string& label) {
  repository::InitOptions options;
  options.slot_kind = found.kind;
  options.slot_label = label;
  // It is kept here which repository lies there, once there is one: who cannot keep it is told before.
  constexpr std::string_view k_trial = "trial";
  state().put(k_trial, {});
  state().remove(k_trial);
  repository_ = repository::Repository::init(backend(), environment(), found.material, options);
  return *repository_;
}

void Context::refuse_second_init() {
  storage::Backend& place = backend();
  if (place.stat("config"))
    throw Error(ErrorKind::conflict, fmt::format("there is a repository at {} already", place.properties().location),
                "Choose another location, or open this one with its key.");
}

const ConnectorConfig& Context::connector_config(std::string_view name) {
  const Config& known = config();
  if (const ConnectorConfig* found = known.connector(name)) return *found;
  if (known.path.empty())
    throw Error(ErrorKind::config, fmt::format("there is no connector \"{}\": no configuration file was found", name),
                fmt::format("Write {} with a table [connector.{}]; docs/operations/configuration.md shows one.",
                            fmt::join(config_places(), " or "), name));
  const std::vector<std::string> names = names_of(known.connectors);
  std::string hint = base::hint_for(name, names);
  if (hint.empty()) hint = fmt::format("Connectors in {}: {}.", known.path, configured_names(names));
  throw Error(ErrorKind::config, fmt::format("there is no connector \"{}\" in {}", name, known.path), std::move(hint));
}

std::unique_ptr<platform::Connector> Context::open_connector(std::string_view name) {
  const ConnectorConfig& chosen = connector_config(name);
  engine::CutoverStore store(state());
  // Without a repository nobody can tell whether another host lifted it.
  if (const std::optional<engine::Fence> fence =
          repository_ ? engine::standing_fence(store, *repository_, chosen.name) : store.fence(chosen.name))
    events().warning(describe_fence(store, *fence));
  for (const platform::Platform& platform : parts_.composition.platforms) {
    if (platform.name != chosen.platform) continue;
    return base::in_context([&] { return fmt::format("opening the connector {}", name); },
                            [&] { return platform.open(chosen.name, *settings_of(chosen), clock(), events()); });
  }
  throw Error(ErrorKind::internal, fmt::format("the configuration let the platform {} pass", chosen.platform));
}

ui::Output& Context::out() {
  ui::clear_progress(events());
  return out_;
}

std::vector<model::Kind> Context::kinds_of(std::string_view platform) const {
  for (const platform::Platform& one : parts_.composition.platforms)
    if (one.name == platform) return one.kinds;
  return {};
}

void Context::tell_warnings() {
  if (!repository_) return;
  const std::vector<std::string> warnings = repository_->warnings();
  for (; warnings_told_ < warnings.size(); ++warnings_told_) events().warning(warnings[warnings_told_]);
}

std::string Context::state_folder() const {
  if (!parts_.composition.state_folder.empty()) return parts_.composition.state_folder;
  if (const auto folder = variable("XDG_STATE_HOME")) return *folder + "/holdfast";
  if (const auto home = variable("HOME")) return *home + "/.local/state/holdfast";
  throw Error(ErrorKind::config, "there is no folder for local state",
              "Set HOME or XDG_STATE_HOME: the identity of repositories and journals of restores are kept there.");
}

std::string program_version() {
  return "holdfast " HOLDFAST_VERSION;
}

}  // namespace holdfast::cli
