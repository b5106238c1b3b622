#include "model/secret_column.h"

#include <fmt/format.h>

#include "base/error.h"
#include "model/hidden_values.h"

namespace holdfast::model {

std::pair<std::string, std::string> hidden_secrets(base::ByteView one, base::ByteView other) {
  const JsonPaths sensitive({"**.value"});
  HiddenValues hidden;
  const auto shown = [&](base::ByteView text) {
    try {
      return hidden.hide(std::string(text), sensitive);
    } catch (const base::Error&) {
      return fmt::format("{} bytes", text.size());
    }
  };
  std::string first = shown(one);
  return {std::move(first), shown(other)};
}

}  // namespace holdfast::model
