#include "engine/resources/unread_secrets.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/secret_column.h"

namespace holdfast::engine {

namespace {

struct Held {
  bool any = false;      // resources of the kind
  bool secrets = false;  // with what is secret of them
};

Held held(const std::vector<model::Resource>& side, std::size_t kind, std::size_t column) {
  Held out;
  for (const model::Resource& one : side) {
    if (one.kind != kind) continue;
    out.any = true;
    out.secrets = out.secrets || (column < one.row.columns.size() && one.row.columns[column]);
  }
  return out;
}

}  // namespace

void note_unread_secrets(const model::KindSet& kinds, const std::vector<model::Resource>& one,
                         const std::vector<model::Resource>& other, base::Events& events) {
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const auto& columns = kinds.at(kind).kind.collection.columns;
    const auto found = std::find_if(columns.begin(), columns.end(), model::is_secret);
    if (found == columns.end()) continue;
    const auto column = static_cast<std::size_t>(found - columns.begin());
    const Held first = held(one, kind, column);
    const Held second = held(other, kind, column);
    if (first.any && second.any && first.secrets != second.secrets)
      events.note(fmt::format("{}: {} are not compared where both have one, only one side was asked for them",
                              kinds.at(kind).label(), found->name));
  }
}

}  // namespace holdfast::engine
