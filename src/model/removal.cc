#include "model/removal.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "model/kind_set.h"

namespace holdfast::model {

std::optional<std::string> removal_task(const Kind& kind, const std::string& id, const JsonText& body) {
  const std::vector<Condition>& harmless = kind.removal.harmless;
  const bool may_go = std::any_of(harmless.begin(), harmless.end(), [&](const Condition& one) {
    return ReadyCondition{JsonPath(one.field), one.equals}.holds(body);
  });
  if (harmless.empty() || may_go) return std::nullopt;
  std::string is;
  JsonPath(harmless.front().field).visit(body, [&](JsonText::Id value) { is = body.string(value); });
  return fmt::format("Remove the {} {} yourself, if it shall go: it is {}, and {} would go with it.", kind.one, id,
                     is.empty() ? "of a type that is not told" : is, kind.removal.loses);
}

}  // namespace holdfast::model
