// Settings and surroundings that tests write down.
#pragma once

#include <map>
#include <string>

#include "platform/databricks/profile.h"

namespace holdfast::test {

class WrittenSettings : public platform::Settings {
public:
  using Values = std::map<std::string, std::string, std::less<>>;
  explicit WrittenSettings(Values values) : values_(std::move(values)) {}
  std::optional<std::string> text(std::string_view path) const override {
    const auto found = values_.find(path);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<std::int64_t> number(std::string_view path) const override {
    const auto found = text(path);
    return found ? std::optional<std::int64_t>(std::stoll(*found)) : std::nullopt;
  }
  std::optional<bool> flag(std::string_view path) const override {
    const auto found = text(path);
    return found ? std::optional(*found == "true") : std::nullopt;
  }
  std::optional<base::Secret> secret(std::string_view path) const override {
    const auto found = text(path);
    return found ? std::optional(base::Secret(*found)) : std::nullopt;
  }

private:
  Values values_;
};

struct WrittenSurroundings {
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;

  platform::databricks::Surroundings get() const {
    const auto look_up = [](const std::map<std::string, std::string>& in) {
      return [in](const std::string& name) {
        const auto found = in.find(name);
        return found == in.end() ? std::nullopt : std::optional(found->second);
      };
    };
    return {.variable = look_up(variables), .file = look_up(files)};
  }
};

}  // namespace holdfast::test
