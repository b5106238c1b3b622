#include "engine/resources/paused_states.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "base/json.h"
#include "engine/resources/body.h"
#include "engine/resources/firing.h"
#include "engine/resources/sides.h"
#include "model/resource_text.h"

namespace holdfast::engine {

namespace {

using model::FiringValue;
using model::ReadyDocument;
using model::ReadyKind;
using model::Resource;
using States = std::vector<std::optional<std::string>>;

auto place_of(const PausedState& one) {
  return std::tie(one.kind, one.id, one.column, one.field, one.item);
}

bool goes_before(const PausedState& one, const PausedState& other) {
  return std::tuple_cat(place_of(one), std::tie(one.value)) < std::tuple_cat(place_of(other), std::tie(other.value));
}

const std::string& name_of(const ReadyKind& kind, const ReadyDocument& document) {
  return kind.kind.collection.columns[document.column].name;
}

// What is the state of what is told less what the server fills in, as it is compared everywhere.
std::vector<FiringValue> values_in(const base::Row& row, const ReadyDocument& document) {
  return model::firing_values(live_document(row, document), document);
}

// States of values_in().
void set_values(base::Row& row, const ReadyDocument& document, const States& states) {
  if (std::none_of(states.begin(), states.end(), [](const auto& one) { return one.has_value(); })) return;
  row.columns[document.column] = with_firing(row, document, states);
}

// Fires as it is recorded in another row of it, where both have the same.
void take_values(const base::Row& recorded, const ReadyKind& kind, base::Row& row) {
  for (const ReadyDocument& document : kind.documents) {
    if (document.firing.empty()) continue;
    const std::vector<FiringValue> there = values_in(row, document);
    const std::vector<FiringValue> then = values_in(recorded, document);
    const auto same = model::same_firing(there, then);
    States states(there.size());
    for (std::size_t i = 0; i < there.size(); ++i)
      if (same[i]) states[i] = then[*same[i]].value;
    set_values(row, document, states);
  }
}

std::optional<std::size_t> position(const std::vector<Resource>& in, std::size_t kind, const std::string& id) {
  for (std::size_t i = 0; i < in.size(); ++i)
    if (in[i].kind == kind && in[i].id == id) return i;
  return std::nullopt;
}

}  // namespace

nlohmann::ordered_json to_json(const PausedState& state) {
  return {state.kind, state.id, state.path, state.column, state.field, state.item, state.value};
}

PausedState paused_state_from(const nlohmann::ordered_json& in) {
  return {in.at(0), in.at(1), in.at(2), in.at(3), in.at(4), in.at(5), in.at(6)};
}

PausedStates firing_in(const std::vector<Resource>& resources, const model::KindSet& kinds) {
  PausedStates out;
  for (const Resource& one : resources) {
    const ReadyKind& kind = kinds.at(one.kind);
    for (const ReadyDocument& document : kind.documents) {
      if (document.firing.empty()) continue;
      for (FiringValue& value : values_in(one.row, document)) {
        if (value.firing->guards || value.value == value.firing->paused) continue;
        out.push_back({.kind = kind.label(),
                       .id = one.id,
                       .path = kinds.path_of(one),
                       .column = name_of(kind, document),
                       .field = value.firing->field,
                       .item = value.several ? std::move(value.item) : std::string(),
                       .value = std::move(value.value)});
      }
    }
  }
  return out;
}

PausedStates firing_in(repository::Repository& repository, const repository::Snapshot& snapshot,
                       const model::KindSet& kinds, std::stop_token stop) {
  return firing_in(read_stored_side(repository, snapshot, kinds, std::move(stop)), kinds);
}

PausedStates paused_beside(PausedStates known, const PausedStates& now, const PausedStates& recorded) {
  std::multiset<PausedState, decltype(&goes_before)> then(recorded.begin(), recorded.end(), &goes_before);
  // Each of several that are alike counts once, on either side.
  std::vector<bool> met(known.size());
  for (const PausedState& one : now) {
    std::size_t at = 0;
    while (at < met.size() && (met[at] || place_of(known[at]) != place_of(one))) ++at;
    if (at < met.size()) {
      met[at] = true;
      known[at].value = one.value;
      continue;
    }
    const auto same = then.find(one);
    if (same == then.end())
      known.push_back(one);
    else
      then.erase(same);
  }
  return known;
}

PausedStates paused_of(const PausedStates& all, const std::string& kind, const std::string& id) {
  PausedStates out;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out),
               [&](const PausedState& one) { return one.kind == kind && one.id == id; });
  return out;
}

PausedStates put_back(const PausedStates& paused, const ReadyKind& kind, base::Row& row) {
  PausedStates out = paused;
  for (const ReadyDocument& document : kind.documents) {
    if (document.firing.empty()) continue;
    const std::vector<FiringValue> there = values_in(row, document);
    States states(there.size());
    for (std::size_t i = 0; i < there.size(); ++i) {
      const std::string item = there[i].several ? there[i].item : std::string();
      const auto own = std::find_if(out.begin(), out.end(), [&](const PausedState& one) {
        return one.column == name_of(kind, document) && one.field == there[i].firing->field && one.item == item;
      });
      if (own == out.end()) continue;
      states[i] = own->value;
      out.erase(own);
    }
    set_values(row, document, states);
  }
  return out;
}

void stand_beside(RowsBeside& beside, const model::KindSet& kinds, std::vector<Resource>& wanted,
                  const std::function<const std::vector<Resource>&()>& others) {
  std::set<std::pair<std::string, std::string>> done;
  for (const PausedState& what : beside.paused) {
    const std::optional<std::size_t> number = kinds.find(what.kind);
    if (!number || !done.emplace(what.kind, what.id).second) continue;
    const ReadyKind& kind = kinds.at(*number);
    const PausedStates paused = paused_of(beside.paused, what.kind, what.id);
    const auto stored = position(wanted, *number, what.id);
    std::optional<Resource> whole;
    PausedStates rest = paused;
    if (stored) {
      whole = wanted[*stored];
      rest = put_back(paused, kind, whole->row);
    }
    // It was made since, or something in it: one more schedule.
    if (const auto other = rest.empty() ? std::nullopt : position(others(), *number, what.id)) {
      whole = others()[*other];
      if (stored) take_values(wanted[*stored].row, kind, whole->row);
      rest = put_back(paused, kind, whole->row);
    }
    if (!rest.empty()) beside.absent.push_back(what.path);
    if (!whole) continue;
    beside.rows.insert_or_assign(std::pair(what.kind, whole->row.key), whole->row);
    if (stored)
      wanted[*stored] = std::move(*whole);
    else
      wanted.push_back(std::move(*whole));
  }
}

}  // namespace holdfast::engine
