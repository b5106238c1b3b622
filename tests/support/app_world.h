// The program in this process: a configuration, a repository and a local state in a folder of its own.  What uses it
// links the command line.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cli/app.h"
#include "cli/commands/commands.h"
#include "cli/file_url.h"
#include "platform/platform.h"
#include "storage/local/local_backend.h"
#include "support/fakes.h"

namespace holdfast::test {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
  bool says(const std::string& text) const { return (out + err).find(text) != std::string::npos; }
};

class AppWorld {
public:
  AppWorld() {
    composition.backends = {
        {"file", "", [](const std::string& at) { return storage::open_local_backend(cli::file_url_path(at)); }}};
    composition.open_state = [](const std::string& at) { return storage::open_local_backend(at); };
    composition.state_folder = file("state");
    composition.clock = &base::system_clock();
    composition.random = &base::system_random();
    std::ofstream(file("key")) << "correct horse battery\n";
  }

  std::string file(const std::string& name) const { return folder.path() + "/" + name; }
  std::string url() const { return "file://" + file("repository"); }
  std::string config() const { return file("holdfast.toml"); }
  // Connectors of one platform that are opened by `open`, and a repository that is theirs.  `platform` lives on.
  using Open = std::function<std::unique_ptr<platform::Connector>(const std::string&)>;
  void compose(std::string_view platform, std::vector<model::Kind> kinds, const base::Clock& clock,
               const std::vector<std::string>& connectors, Open open) {
    platform::Platform one;
    one.name = platform;
    one.kinds = std::move(kinds);
    one.open = [open = std::move(open)](const std::string& name, const platform::Settings&, const base::Clock&,
                                        base::Events&) { return open(name); };
    composition.platforms = {one};
    composition.clock = &clock;
    configure(platform, connectors);
    init();
  }
  // A repository, and connectors of one platform.
  void configure(std::string_view platform, const std::vector<std::string>& connectors) const {
    std::ofstream out(config());
    out << "[repository.main]\nurl = \"" << url() << "\"\nkey = { file = \"" << file("key") << "\" }\n";
    for (const std::string& name : connectors) out << "[connector." << name << "]\nplatform = \"" << platform << "\"\n";
  }
  // Of the configured repository: no command after this needs its key.  What that costs is paid once in a process.
  void init() {
    static const struct First : AppWorld {
      First() {
        configure("none", {});
        const Outcome made = run({"init"});
        EXPECT_EQ(made.code, 0) << made.err;
        composition.unlocked = repository::Repository::unlock(*composition.backends.front().open(url()),
                                                              {base::Secret("correct horse battery")});
      }
    } first;
    const auto from = first.composition.backends.front().open(first.url());
    const auto to = composition.backends.front().open(url());
    from->list("", [&](const storage::ObjectInfo& info) { to->put(info.name, from->get_all(info.name)); });
    composition.unlocked = first.composition.unlocked;
  }
  // By the configuration.
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", config()});
    return run_bare(arguments);
  }
  Outcome run_bare(const std::vector<std::string>& arguments) const {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome out;
    out.code = cli::run_app(composition, cli::all_commands(), arguments);
    out.out = testing::internal::GetCapturedStdout();
    out.err = testing::internal::GetCapturedStderr();
    return out;
  }

  TempFolder folder;
  cli::Composition composition;
};

}  // namespace holdfast::test
