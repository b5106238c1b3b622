#include "support/datahub.h"

#include <utility>

#include "platform/datahub/connector.h"

namespace holdfast::test {

namespace {

class UrlSettings : public platform::Settings {
public:
  explicit UrlSettings(std::string url) : url_(std::move(url)) {}
  std::optional<std::string> text(std::string_view path) const override {
    return path == "sql.url" ? std::optional(url_) : std::nullopt;
  }
  std::optional<std::int64_t> number(std::string_view) const override { return std::nullopt; }
  std::optional<bool> flag(std::string_view) const override { return std::nullopt; }
  std::optional<base::Secret> secret(std::string_view) const override { return std::nullopt; }

private:
  std::string url_;
};

}  // namespace

std::unique_ptr<platform::Connector> open_datahub(const std::string& url, const base::Clock& clock) {
  return platform::datahub::datahub_platform().open("catalog", UrlSettings(url), clock, base::silent_events());
}

}  // namespace holdfast::test
