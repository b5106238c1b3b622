#include "engine/in_common.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "engine/browse.h"
#include "engine/stop_guard.h"
#include "model/json_path.h"
#include "model/json_text.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;
using platform::Diagnosis;
using platform::Listed;
using platform::Offer;
using platform::Trait;
using platform::UsedField;
using Level = Diagnosis::Level;

constexpr std::size_t k_named = 3;

// "a, b, c and 4 more"
std::string few(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), k_named);
  std::string out =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) out += fmt::format(" and {} more", names.size() - shown);
  return out;
}

using Uses = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

void take_use(Uses& uses, const UsedField& field, const std::string& value, const std::string& path) {
  if (value.empty()) return;
  std::vector<std::string>& by = uses[{field.offer, value}];
  if (by.empty() || by.back() != path) by.push_back(path);
}

void take_uses(Uses& uses, const UsedField& field, const JsonText& json, const std::string& path) {
  model::JsonPath(field.field).visit(json, [&](JsonText::Id id) {
    if (json.type(id) != JsonText::Type::string) return;
    if (field.inside.empty()) {
      take_use(uses, field, json.string(id), path);
      return;
    }
    try {
      const JsonText nested(json.string(id));
      model::JsonPath(field.inside).visit(nested, [&](JsonText::Id inner) {
        if (nested.type(inner) == JsonText::Type::string) take_use(uses, field, nested.string(inner), path);
      });
    } catch (const Error&) {
      return;  // it is a text, and no document
    }
  });
}

class Comparison {
public:
  Comparison(const SideInCommon& first, const SideInCommon& second, const model::Mapping& mapping)
      : first_(first), second_(second), mapping_(mapping) {}

  void compare_traits() {
    for (const Trait& here : first_.side.traits) {
      const auto there = std::find_if(second_.side.traits.begin(), second_.side.traits.end(),
                                      [&](const Trait& one) { return one.name == here.name; });
      if (there != second_.side.traits.end()) compare(here, *there);
    }
  }

  void compare_offers(const std::vector<Use>& uses) {
    for (const Offer& here : first_.side.offers) {
      const auto there = std::find_if(second_.side.offers.begin(), second_.side.offers.end(),
                                      [&](const Offer& one) { return one.name == here.name; });
      if (there == second_.side.offers.end()) {
        say(Level::note, here.name, fmt::format("not known of {}", second_.name));
        continue;
      }
      const std::set<std::string> offered(there->values.begin(), there->values.end());
      const std::size_t before = lines_.size();
      for (const Use& use : uses)
        if (use.offer == here.name && !offered.contains(mapping_.name(use.offer, use.value)))
          say(Level::warning, use.value,
              fmt::format("{} that {} does not offer, used by {}: {}", here.one, second_.name, use.by.size(),
                          few(use.by)),
              fill(here.advice, use.value));
      if (here.all_wanted) miss_offered(here, offered);
      if (lines_.size() == before) say(Level::ok, here.name, fmt::format("what {} uses is there", first_.name));
    }
  }

  void compare_lists() {
    for (const Listed& here : first_.side.lists) {
      const auto there = std::find_if(second_.side.lists.begin(), second_.side.lists.end(),
                                      [&](const Listed& one) { return one.kind == here.kind; });
      if (there == second_.side.lists.end()) continue;  // said where it could not be listed
      compare(here, *there);
    }
  }

  void compare_storage() {
    std::set<std::string> there(second_.storage.begin(), second_.storage.end());
    std::vector<std::string> both;
    for (const std::string& one : first_.storage)
      if (there.contains(one)) both.push_back(one);
    if (both.empty()) return;
    say(Level::warning, "storage", fmt::format("both refer to {}", few(both)),
        fmt::format("Where {} has a copy of its own, add storage = {{ \"abfss://CONTAINER@{}\" = \"…\" }} to a "
                    "[map.NAME] from {} to {}; else see to it that the account outlives the region.",
                    second_.name, both.front(), first_.name, second_.name));
  }

  std::vector<Diagnosis> take() {
    for (const auto* side : {&first_, &second_})
      for (const Diagnosis& line : side->side.lines) {
        lines_.push_back(line);
        lines_.back().subject = fmt::format("{} of {}", line.subject, side->name);
      }
    return std::move(lines_);
  }

private:
  void say(Level level, std::string subject, std::string text, std::string advice = {}) {
    lines_.push_back({level, std::move(subject), std::move(text), std::move(advice)});
  }

  std::string fill(std::string advice, const std::string& value) const {
    for (const auto& [mark, text] :
         {std::pair<std::string, std::string>("{value}", value), {"{first}", first_.name}, {"{second}", second_.name}})
      for (std::size_t at = advice.find(mark); at != std::string::npos; at = advice.find(mark, at + text.size()))
        advice.replace(at, mark.size(), text);
    return advice;
  }

  void compare(const Trait& here, const Trait& there) {
    if (here.value.empty() || there.value.empty()) {
      const std::string& who = here.value.empty() ? first_.name : second_.name;
      say(Level::note, here.name, fmt::format("not known of {}", who));
      return;
    }
    const bool same = here.value == there.value;
    const std::string text =
        same ? fmt::format("both {}", here.value) : fmt::format("{} and {}", here.value, there.value);
    const bool wanted = same == (here.wanted == Trait::Wanted::same);
    say(wanted ? Level::ok : Level::warning, here.name, text, wanted ? std::string() : fill(here.advice, here.value));
  }

  void miss_offered(const Offer& here, const std::set<std::string>& offered) {
    std::vector<std::string> missing;
    for (const std::string& one : here.values)
      if (!offered.contains(one)) missing.push_back(one);
    if (!missing.empty())
      say(Level::warning, here.name, fmt::format("{} are not at {}: {}", missing.size(), second_.name, few(missing)),
          fill(here.advice, missing.front()));
  }

  void compare(const Listed& here, const Listed& there) {
    std::map<std::string, std::string> others(there.resources.begin(), there.resources.end());
    std::vector<std::string> missing;
    std::vector<std::string> differing;
    for (const auto& [name, value] : here.resources) {
      const auto other = others.find(mapping_.name(here.kind, name));
      if (other == others.end())
        missing.push_back(name);
      else if (here.compared == Listed::Compared::values && other->second != value)
        differing.push_back(fmt::format("{} ({} and {})", name, value, other->second));
    }
    if (!missing.empty())
      say(Level::note, here.kind,
          fmt::format("{} of {} are not at {}: {}", missing.size(), here.resources.size(), second_.name, few(missing)),
          fill(here.advice, missing.front()));
    if (!differing.empty())
      say(Level::note, here.kind, fmt::format("{} differ: {}", differing.size(), few(differing)),
          fill(here.advice, differing.front()));
    if (missing.empty() && differing.empty())
      say(Level::ok, here.kind, fmt::format("all {} are there", here.resources.size()));
  }

  const SideInCommon& first_;
  const SideInCommon& second_;
  const model::Mapping& mapping_;
  std::vector<Diagnosis> lines_;
};

}  // namespace

std::vector<Use> find_uses(repository::Repository& repository, const repository::Snapshot& snapshot,
                           const std::vector<UsedField>& fields, std::stop_token stop) {
  Uses uses;
  StoppableSource source(repository.blocks(), stop);
  for (const repository::Tree& tree : snapshot.trees) {
    std::vector<const UsedField*> wanted;
    for (const UsedField& field : fields)
      if (field.kind == tree.name) wanted.push_back(&field);
    if (wanted.empty()) continue;
    const model::Collection collection = collection_of(tree);
    const auto body = std::find_if(collection.columns.begin(), collection.columns.end(),
                                   [](const model::Column& one) { return one.name == model::k_body; });
    if (body == collection.columns.end()) continue;
    const auto column = static_cast<std::size_t>(body - collection.columns.begin());
    for (repository::TreeCursor cursor(source, tree); cursor.valid(); cursor.next()) {
      throw_if_stopped(stop);
      const base::RowView& row = cursor.current();
      if (!row.columns[column]) continue;
      const JsonText json{std::string(*row.columns[column])};
      const std::string path = fmt::format("{}/{}", tree.name, model::key_to_path(collection, row.key));
      for (const UsedField* field : wanted) take_uses(uses, *field, json, path);
    }
  }
  std::vector<Use> out;
  for (auto& [key, by] : uses) out.push_back({key.first, key.second, std::move(by)});
  return out;
}

std::vector<Diagnosis> compare_sides(const SideInCommon& first, const SideInCommon& second,
                                     const std::vector<Use>& uses, const model::Mapping& mapping) {
  if (!first.side.identity.empty() && first.side.identity == second.side.identity)
    throw Error(ErrorKind::refused,
                fmt::format("{} and {} are one workspace: {}", first.name, second.name, first.side.identity),
                "Look at the profiles or hosts of both connectors: one of them is not what it is called.");
  Comparison comparison(first, second, mapping);
  comparison.compare_traits();
  comparison.compare_offers(uses);
  comparison.compare_lists();
  comparison.compare_storage();
  return comparison.take();
}

}  // namespace holdfast::engine
