// What a command works with: configuration, repository, connectors, the screen.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/events.h"
#include "base/random.h"
#include "cli/config.h"
#include "cli/global_flags.h"
#include "platform/platform.h"
#include "repository/repository.h"
#include "storage/backend.h"
#include "ui/output.h"

namespace holdfast::cli {

// A kind of place for repositories, as listed in main.cc.
struct BackendKind {
  std::string_view scheme;  // "file"
  std::string_view doc;
  std::function<std::unique_ptr<storage::Backend>(const std::string& url)> open;
};

struct Composition {
  std::vector<BackendKind> backends;
  std::vector<platform::Platform> platforms;
  std::function<std::unique_ptr<storage::Backend>(const std::string& folder)> open_state;
  std::string state_folder;  // of the local state; empty: where the environment says
  const base::Clock* clock = nullptr;
  base::Random* random = nullptr;
  // Of the repository, where whoever runs several commands has unlocked it: none of them asks for a key then, and what
  // that costs is paid once.
  std::optional<repository::MasterKey> unlocked;
};

// A key and where it came from, in the words of a key slot.
struct FoundKey {
  repository::KeyMaterial material;
  std::string kind;    // passphrase, file, command
  std::string source;  // "environment variable HOLDFAST_KEY", "prompt"
};

class Context {  // belongs to the main thread; stop() may be copied to others
public:
  struct Parts {
    const Composition& composition;
    const GlobalFlags& global;
    base::Events& events;
    std::stop_token stop;
  };
  explicit Context(Parts parts);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  base::Events& events() noexcept { return parts_.events; }
  const base::Clock& clock() const noexcept { return *parts_.composition.clock; }
  base::Random& random() const noexcept { return *parts_.composition.random; }
  std::stop_token stop() const noexcept { return parts_.stop; }
  const GlobalFlags& global() const noexcept { return parts_.global; }
  ui::Output& out();  // where no progress is shown any more
  bool json() const noexcept { return parts_.global.json; }

  const Config& config();     // read on first use
  storage::Backend& state();  // local state: pins, journals
  // Where it lies.  Throws Error{config} where that is not known.
  std::string state_folder() const;
  std::string repository_url();          // Error{config}, Error{usage} when it is not clear which
  repository::Repository& repository();  // opened on first use
  repository::Repository& init_repository(const FoundKey& key, const std::string& label);
  // What init_repository() would throw because there is a repository already: Error{conflict}.  Writes nothing.
  void refuse_second_init();
  // For a new repository or slot: asks twice on a terminal where none is configured.
  FoundKey key_for_init();

  // Error{config} naming those that there are.
  const ConnectorConfig& connector_config(std::string_view name);
  // Says it where the connector is fenced.
  std::unique_ptr<platform::Connector> open_connector(std::string_view name);
  // For the one command that runs others.
  const Composition& composition() const noexcept { return parts_.composition; }
  // Of the table of platforms; none of one that is not in it.
  std::vector<model::Kind> kinds_of(std::string_view platform) const;

  // Says what the repository found odd and was not said before; run at the end of every command.
  void tell_warnings();

private:
  FoundKey key(std::string_view purpose, Confirm confirm);
  repository::Environment environment();
  storage::Backend& backend();
  const RepositoryConfig* chosen_repository();

  Parts parts_;
  ui::Output out_;
  std::optional<Config> config_;
  std::unique_ptr<storage::Backend> state_;
  std::unique_ptr<storage::Backend> backend_;
  std::unique_ptr<repository::Repository> repository_;
  std::size_t warnings_told_ = 0;
};

std::string program_version();  // "holdfast 0.1.0"

}  // namespace holdfast::cli
