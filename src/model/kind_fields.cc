#include "model/kind_fields.h"

#include <string>

namespace holdfast::model {

namespace {

// Without an id in the body the natural name is the id, and names that are shared have it behind them: either is in the
// key, which costs no look into the row.
Field id_field(const Kind& kind) {
  const std::vector<KeyPart>& key = kind.collection.key;
  if (kind.names == Names::shared) return {.word = "id", .in = key.back().name};
  if (kind.id.empty()) return {.word = "id", .in = key.front().name};
  return {.word = "id", .in = std::string(k_body), .path = kind.id};
}

}  // namespace

std::vector<Field> selection_fields(const Kind& kind) {
  std::vector<Field> out;
  if (!kind.collection.key.empty()) out.push_back(id_field(kind));
  if (!kind.creator.empty()) out.push_back({.word = "creator", .in = std::string(k_body), .path = kind.creator});
  if (!kind.tags.empty()) out.push_back({.word = "tag", .in = std::string(k_body), .path = kind.tags});
  return out;
}

}  // namespace holdfast::model
