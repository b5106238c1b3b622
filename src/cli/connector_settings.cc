#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/config.h"

namespace holdfast::cli {
namespace {

class ConnectorSettings final : public platform::Settings {
public:
  explicit ConnectorSettings(ConnectorConfig config) : config_(std::move(config)) {}

  std::optional<std::string> text(std::string_view path) const override { return typed<std::string>(path); }
  std::optional<std::int64_t> number(std::string_view path) const override { return typed<std::int64_t>(path); }
  std::optional<bool> flag(std::string_view path) const override { return typed<bool>(path); }
  std::optional<base::Secret> secret(std::string_view path) const override {
    const auto source = typed<SecretSource>(path);
    if (!source) return std::nullopt;
    return read_secret(*source, fmt::format("connector.{}.{}", config_.name, path));
  }

private:
  template <class T>
  std::optional<T> typed(std::string_view path) const {
    const auto found = config_.settings.find(path);
    if (found == config_.settings.end() || !std::holds_alternative<T>(found->second)) return std::nullopt;
    return std::get<T>(found->second);
  }

  ConnectorConfig config_;
};

}  // namespace

std::unique_ptr<platform::Settings> settings_of(const ConnectorConfig& connector) {
  return std::make_unique<ConnectorSettings>(connector);
}

}  // namespace holdfast::cli
