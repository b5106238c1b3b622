// The composition root: the one place that names concrete backends and platforms.
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cli/app.h"
#include "cli/commands/commands.h"
#include "cli/file_url.h"
#include "platform/databricks/connector.h"
#include "platform/datahub/connector.h"
#include "storage/local/local_backend.h"

namespace {

using holdfast::cli::BackendKind;

std::vector<BackendKind> all_backends() {
  return {
      {"file", "a folder of a local file system: file:///PATH",
       [](const std::string& url) { return holdfast::storage::open_local_backend(holdfast::cli::file_url_path(url)); }},
  };
}

std::vector<holdfast::platform::Platform> all_platforms() {
  return {
      holdfast::platform::datahub::datahub_platform(),
      holdfast::platform::databricks::databricks_platform(holdfast::base::system_random()),
  };
}

}  // namespace

int main(int count, char** values) {
  holdfast::cli::Composition composition;
  composition.backends = all_backends();
  composition.platforms = all_platforms();
  composition.open_state = [](const std::string& folder) { return holdfast::storage::open_local_backend(folder); };
  composition.clock = &holdfast::base::system_clock();
  composition.random = &holdfast::base::system_random();
  const std::vector<std::string> arguments(values + (count > 0 ? 1 : 0), values + count);
  return holdfast::cli::run_app(composition, holdfast::cli::all_commands(), arguments);
}
