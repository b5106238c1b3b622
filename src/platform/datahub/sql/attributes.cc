#include "platform/datahub/sql/attributes.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "model/json_depth.h"

namespace holdfast::platform::datahub {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t k_depth_max = 100;
// Server text (DDL comments, for one) need not be UTF-8: it is replaced here rather than failing the capture.
constexpr auto k_replace = Json::error_handler_t::replace;

Json pairs(const std::vector<std::pair<std::string, std::string>>& values) {
  Json out = Json::object();
  for (const auto& [name, value] : values) out[name] = value;
  return out;
}

}  // namespace

void refuse_deep_json(std::string_view attributes) {
  if (model::nests_deeper_than(attributes, k_depth_max))
    throw base::Error(base::ErrorKind::corruption, "the attributes of the snapshot nest deeper than any that we write");
}

std::string facts_to_json(const CaptureFacts& facts) {
  Json out;
  out["engine"] = facts.shape.engine;
  out["server_version"] = facts.shape.server_version;
  out["taken"] = facts.taken;
  out["readers"] = facts.readers;
  out["common_instant"] = facts.common_instant;
  if (!facts.position.empty()) out["position"] = pairs(facts.position);
  if (!facts.replica.empty()) out["replica"] = pairs(facts.replica);
  out["shape"] = Json::parse(shape_to_json(facts.shape));
  out["left_out"] = Json::array();
  for (const LeftOut& item : facts.left_out) out["left_out"].push_back({{"what", item.what}, {"reason", item.reason}});
  out["notes"] = facts.notes;
  return out.dump(-1, ' ', false, k_replace);
}

std::optional<TableShape> shape_of_attributes(std::string_view attributes) {
  if (attributes.empty()) return std::nullopt;
  refuse_deep_json(attributes);
  Json parsed;
  try {
    parsed = Json::parse(attributes);
  } catch (const Json::exception& error) {
    throw base::Error(base::ErrorKind::corruption,
                      fmt::format("the attributes of the snapshot are not JSON: {}", error.what()));
  }
  if (!parsed.is_object() || !parsed.contains("shape")) return std::nullopt;
  return shape_from_json(parsed["shape"].dump(-1, ' ', false, k_replace));
}

}  // namespace holdfast::platform::datahub
