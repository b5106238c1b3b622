#include "platform/databricks/written_body.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "model/json_text.h"

namespace holdfast::platform::databricks {

using model::JsonText;

// What is read of a cluster has the node types that its pool decides, what is read of a policy the definition that its
// family does; what is written must not.
std::string accepted_body(const model::Kind& kind, const std::string& definition) {
  if (kind.collection.name != "clusters" && kind.collection.name != "cluster-policies") return definition;
  JsonText body(definition);
  const auto drop = [&](std::string_view pool, std::initializer_list<std::string_view> names) {
    if (body.member(JsonText::k_root, pool) == JsonText::k_none) return;
    for (const std::string_view name : names)
      if (const JsonText::Id id = body.member(JsonText::k_root, name); id != JsonText::k_none) body.remove(id);
  };
  drop("instance_pool_id", {"node_type_id", "driver_node_type_id", "enable_elastic_disk"});
  drop("driver_instance_pool_id", {"driver_node_type_id"});
  drop("policy_family_id", {"definition"});
  // What a driver is without a word about it.
  const JsonText::Id driver = body.member(JsonText::k_root, "driver_node_type_id");
  const JsonText::Id node = body.member(JsonText::k_root, "node_type_id");
  if (driver != JsonText::k_none && node != JsonText::k_none && body.string(driver) == body.string(node))
    body.remove(driver);
  return body.print();
}

std::string changing_body(const KindWrites& writes, const std::string& body) {
  if (writes.cleared.empty()) return body;
  JsonText out(body);
  for (const auto& [name, value] : writes.cleared)
    if (out.member(JsonText::k_root, name) == JsonText::k_none) out.add_member(JsonText::k_root, name, value);
  return out.print();
}

// Of an array some calls take what is sent as an addition to what is there.
bool goes_in_part(const KindWrites& writes, const ResourceWriter::Content& content) {
  if (writes.part.path.empty() || content.members.empty()) return false;
  const JsonText body(content.body);
  return std::none_of(content.members.begin(), content.members.end(), [&](const std::string& name) {
    const JsonText::Id id = body.member(JsonText::k_root, name);
    return id == JsonText::k_none || body.type(id) == JsonText::Type::array;
  });
}

}  // namespace holdfast::platform::databricks
