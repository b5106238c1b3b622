// holdfast.toml: any text is a configuration or an Error{config} that begins with the place of what is wrong.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "cli/config.h"
#include "platform/datahub/connector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using Type = platform::Platform::Setting::Type;
  static const std::vector<platform::Platform> platforms{
      platform::datahub::datahub_platform(),
      {.name = "other",
       .doc = "",
       .settings = {{"port", Type::number, ""}, {"deep.er.still", Type::flag, ""}, {"deep.token", Type::secret, ""}},
       .kinds = {},
       .open = {}}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const cli::Config config = cli::parse_config(text, "x.toml", platforms);
    const auto findable = [&](const cli::ConnectorConfig& one) { return config.connector(one.name) != nullptr; };
    if (!std::all_of(config.connectors.begin(), config.connectors.end(), findable)) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::config || !error.message().starts_with("x.toml:")) std::abort();
  }
  return 0;
}
