#include "engine/resources/firing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "engine/fingerprint.h"

namespace holdfast::engine {

namespace {

using model::FiringMode;
using model::FiringValue;
using model::JsonText;
using model::ReadyDocument;
using model::ReadyKind;
using States = std::vector<std::optional<std::string>>;

std::string text_of(const JsonText& json, const ReadyKind& kind, const ReadyDocument& document) {
  return document.column == kind.body ? model::definition_text(json, kind) : json.print();
}

// Members at the top of `after` that `before` does not have, or has otherwise.
std::vector<std::string> differing_members(const std::string& before, const std::string& after) {
  const JsonText was(before);
  const JsonText is(after);
  std::vector<std::string> out;
  if (is.type(JsonText::k_root) != JsonText::Type::object) return out;
  for (JsonText::Id id = is.first(JsonText::k_root); id != JsonText::k_none; id = is.next(id)) {
    const JsonText::Id old = was.member(JsonText::k_root, is.name(id));
    if (old == JsonText::k_none || was.raw(old) != is.raw(id)) out.emplace_back(is.name(id));
  }
  return out;
}

// What each of `there` is to be; notes what only one of the sides has, or has otherwise.
States states_for(const std::vector<FiringValue>& there, const std::vector<FiringValue>& recorded,
                  std::vector<std::string>& notes) {
  States out(there.size());
  const auto same = model::same_firing(there, recorded);
  std::vector<bool> found(recorded.size(), false);
  for (std::size_t i = 0; i < there.size(); ++i) {
    if (!same[i]) {
      if (there[i].value != there[i].firing->paused)
        notes.push_back(
            fmt::format("{} is {}, and nothing like it was recorded: left as it is", there[i].where, there[i].value));
      continue;
    }
    const FiringValue& one = recorded[*same[i]];
    found[*same[i]] = true;
    out[i] = one.value;
    if (one.value != there[i].value && one.item != there[i].item)
      notes.push_back(fmt::format("what {} belongs to is not as it was recorded", there[i].where));
  }
  for (std::size_t i = 0; i < recorded.size(); ++i)
    if (!found[i])
      notes.push_back(
          fmt::format("the target has nothing like what {} belongs to: bring it there first", recorded[i].where));
  return out;
}

}  // namespace

bool follows_target(FiringMode mode, const ReadyDocument& document) {
  return std::any_of(document.firing.begin(), document.firing.end(), [&](const model::ReadyFiring& one) {
    return mode == FiringMode::kept || (mode == FiringMode::paused && one.firing->guards);
  });
}

bool only_pauses(const model::Kind& kind, const model::ResourceStep& step) {
  return step.action == model::ResourceAction::activate && !step.fields.empty() &&
         std::all_of(step.fields.begin(), step.fields.end(), [&](const model::FieldChange& field) {
           return std::any_of(kind.firing.begin(), kind.firing.end(),
                              [&](const model::Firing& one) { return field.after == one.paused; });
         });
}

void arrange_firing(FiringMode mode, const ReadyDocument& document, JsonText& json, const JsonText* live,
                    LinkReport& report) {
  if (document.firing.empty()) return;
  if (mode == FiringMode::recorded && !report.cut) return;
  // Only what may stay as the target has it has to be found there.
  const bool keeps = mode == FiringMode::kept && live;
  const bool guarded =
      std::any_of(document.firing.begin(), document.firing.end(), [](const auto& one) { return one.firing->guards; });
  if (!keeps && !guarded) return model::pause_firing(json, document);
  // What fires in the snapshot and not on the target arrives paused, whatever else is kept.
  const std::vector<FiringValue> own = model::firing_values(json, document);
  const std::vector<FiringValue> there = live ? model::firing_values(*live, document) : std::vector<FiringValue>{};
  const auto same = model::same_firing(own, there);
  States states(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    const bool stays = same[i] && (keeps || own[i].firing->guards);
    states[i] = stays ? there[*same[i]].value : own[i].firing->paused;
    if (keeps && !stays && own[i].value != own[i].firing->paused)
      report.notes.push_back(
          fmt::format("the target has nothing like what {} belongs to: it arrives paused", own[i].where));
  }
  model::set_firing(json, document, states);
}

std::vector<FiringValue> recorded_firing(const ResourceContext& context, const model::Resource& wanted,
                                         const ReadyDocument& document) {
  LinkReport ignored;  // nothing of this is written but the states
  return model::firing_values(rewritten_document(context, wanted, document, ignored), document);
}

std::string with_firing(const base::Row& row, const ReadyDocument& document, const States& states) {
  JsonText json(*row.columns[document.column]);
  // An item that is left out where it is compared is not counted either.
  if (model::firing_values(json, document).size() != states.size()) json = live_document(row, document);
  model::set_firing(json, document, states);
  return json.print();
}

FiringChange firing_change(const ReadyKind& kind, const ReadyDocument& document, const base::Row& live,
                           const std::vector<FiringValue>* recorded) {
  JsonText json = live_document(live, document);
  const std::vector<FiringValue> there = model::firing_values(json, document);
  FiringChange out;
  JsonText compared = json;
  model::put_in_order(compared, document);
  out.seen = fingerprint_of(text_of(compared, kind, document));
  States states(there.size());
  if (recorded) {
    states = states_for(there, *recorded, out.notes);
  } else {
    for (std::size_t i = 0; i < there.size(); ++i)
      if (!there[i].firing->guards) states[i] = there[i].firing->paused;
  }
  for (std::size_t i = 0; i < there.size(); ++i)
    if (states[i] && *states[i] != there[i].value)
      out.fields.push_back({.path = there[i].where, .before = there[i].value, .after = states[i]});
  const std::string found = text_of(json, kind, document);
  model::set_firing(json, document, states);
  out.text = text_of(json, kind, document);
  out.members = differing_members(found, out.text);
  if (document.column != kind.body && !out.fields.empty()) out.text = with_firing(live, document, states);
  return out;
}

}  // namespace holdfast::engine
