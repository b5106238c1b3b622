#include "engine/attributes.h"

#include "model/json_text.h"
#include "platform/platform.h"

namespace holdfast::engine {

std::string attribute_of(const std::string& attributes, std::string_view name) {
  if (attributes.empty()) return {};
  const model::JsonText json(attributes);
  const model::JsonText::Id id = json.member(model::JsonText::k_root, name);
  return id == model::JsonText::k_none ? std::string() : std::string(json.string(id));
}

bool sees_only_its_own(const std::string& attributes) {
  if (attributes.empty()) return false;
  const model::JsonText json(attributes);
  const model::JsonText::Id id = json.member(model::JsonText::k_root, platform::k_administrator_attribute);
  return id != model::JsonText::k_none && json.raw(id) == "false";
}

bool may_see_less(const std::string& attributes, const std::string& before) {
  if (!sees_only_its_own(attributes)) return false;
  return !sees_only_its_own(before) ||
         attribute_of(attributes, platform::k_account_attribute) != attribute_of(before, platform::k_account_attribute);
}

}  // namespace holdfast::engine
