#include "engine/resources/difference.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "engine/resources/body.h"
#include "engine/resources/decide.h"
#include "engine/resources/match.h"
#include "engine/stop_guard.h"
#include "model/secret_column.h"

namespace holdfast::engine {

namespace {

using model::FieldChange;
using model::FiringMode;
using model::KindColumn;
using model::KindSet;
using model::ReadyKind;
using model::Resource;
using Places = ResourceCompareRules::Places;
using What = ResourceDifference::What;
constexpr std::uint32_t k_none = ResourceIndex::k_none;

// The second side as it is: nothing is on its way there.
class ComparedTargets : public LinkTargets {
public:
  struct Facts {
    const KindSet& kinds;
    const ResourceIndex& before;
    const ResourceIndex& after;
    const std::vector<ResourceMatch>& matches;
    const UnknownKeys& unseen;  // of the second side
    const ResourceCompareRules& rules;
  };
  explicit ComparedTargets(const Facts& facts) : facts_(facts) {}

  Id id(std::size_t kind, std::string_view source_id) const override {
    const std::uint32_t index = facts_.before.by_id(kind, source_id);
    const std::uint32_t live = index == k_none ? k_none : facts_.matches[index].live;
    if (live != k_none) return {State::there, facts_.after.resources()[live].id, {}};
    // Also where it is gone by now: that is one difference, and not another one in all that name it.
    if (const model::IdEntry* entry = facts_.rules.ids.by_source(facts_.kinds.at(kind).label(), source_id))
      return {State::there, entry->target_id, {}};
    if (facts_.rules.places == Places::one) return {State::there, std::string(source_id), {}};
    if (!facts_.unseen[kind].empty()) in_doubt_ = true;
    if (index == k_none) return {};
    return {State::left_out, {}, facts_.kinds.path_of(facts_.before.resources()[index])};
  }
  bool has_name(std::size_t kind, std::string_view name) const override {
    if (!facts_.after.by_name(kind, name).empty()) return true;
    const bool may = may_hold(facts_.unseen[kind], facts_.kinds.at(kind).kind, std::string(name));
    in_doubt_ = in_doubt_ || may;
    return may;
  }
  bool has_path(std::string_view space, std::string_view path) const override {
    return facts_.after.at_or_above(space, path) != k_none;
  }

  // Whether something was asked about since the last call that could not be read, so that nobody can answer.
  bool take_doubt() const { return std::exchange(in_doubt_, false); }

private:
  const Facts facts_;
  mutable bool in_doubt_ = false;
};

class ResourceComparer {
public:
  ResourceComparer(const KindSet& kinds, const ComparedSide& before, const ComparedSide& after,
                   const ResourceCompareRules& rules, const ResourceVisitor& visit)
      : kinds_(kinds),
        unknown_before_(before.unknown),
        unknown_after_(after.unknown),
        unseen_before_(without_those_there(before.unknown, before.resources)),
        unseen_after_(without_those_there(after.unknown, after.resources)),
        rules_(rules),
        visit_(visit),
        before_(kinds, before.resources),
        after_(kinds, after.resources),
        matched_(
            match_resources(kinds, before_, after_,
                            {.ids = rules.ids, .mapping = rules.mapping, .in_place = rules.places == Places::one})),
        matches_(matched_.matches),
        targets_({kinds, before_, after_, matches_, unseen_after_, rules}),
        recorded_{kinds, matched_.mapping, targets_, FiringMode::recorded},
        paused_{kinds, matched_.mapping, targets_, FiringMode::paused},
        taken_(after.resources.size(), false) {}

  CompareCounts run(const std::stop_token& stop);

private:
  const Resource& first(std::uint32_t index) const { return before_.resources()[index]; }
  const Resource& second(std::uint32_t index) const { return after_.resources()[index]; }
  bool selects(const Resource& one) const { return !rules_.selects || rules_.selects(one); }
  bool elsewhere() const noexcept { return rules_.places == Places::two; }

  void pair_twins();
  void pair(const std::vector<std::uint32_t>& ones, std::vector<std::uint32_t> others);
  std::string body_under(const ResourceContext& context, const Resource& one) const;
  std::string body_of_second(const Resource& one) const;
  void compare(std::uint32_t index);
  void missing(const Resource& one);
  bool may_be_unseen(const Resource& one) const;  // of one that is missing
  void only_second(const Resource& one);
  void both(const Resource& one, const Resource& other);
  struct Found {
    std::vector<FieldChange> fields;
    bool unread = false;  // a part of the second was not read
  };
  Found found_under(const ResourceContext& context, const Resource& one, const Resource& other) const;
  void compare_column(const ResourceContext& context, const Resource& one, const Resource& other,
                      const KindColumn& column, Found& found) const;
  bool arrives_paused(const Resource& one, const Resource& other) const;
  bool unread(const Resource& other) const { return holds_key(unknown_after_[other.kind], other.row.key); }
  void tell(What what, Freshness freshness, const Resource& one, std::vector<FieldChange> fields);

  const KindSet& kinds_;
  const UnknownKeys& unknown_before_;
  const UnknownKeys& unknown_after_;
  const UnknownKeys unseen_before_;  // what may be there and was not seen
  const UnknownKeys unseen_after_;
  const ResourceCompareRules& rules_;
  const ResourceVisitor& visit_;
  ResourceIndex before_;
  ResourceIndex after_;
  MatchResult matched_;
  std::vector<ResourceMatch>& matches_;
  ComparedTargets targets_;
  ResourceContext recorded_;
  ResourceContext paused_;
  std::vector<bool> taken_;  // of the second side
  CompareCounts counts_;
};

std::string ResourceComparer::body_under(const ResourceContext& context, const Resource& one) const {
  LinkReport ignored;
  model::JsonText json = prepared_body(context, one, nullptr, ignored);
  return compared_body(json, kinds_.at(one.kind));
}

std::string ResourceComparer::body_of_second(const Resource& one) const {
  const ReadyKind& kind = kinds_.at(one.kind);
  model::JsonText json(one.row.columns[kind.body].value_or("{}"));
  return compared_live_body(json, kind);
}

// Several of one name on both sides, which no id tells apart: those that are equal are the same.  Of what is left one
// on each side is meant as well.
void ResourceComparer::pair(const std::vector<std::uint32_t>& ones, std::vector<std::uint32_t> others) {
  std::multimap<std::string, std::uint32_t> bodies;
  for (const std::uint32_t other : others) bodies.emplace(body_of_second(second(other)), other);
  std::vector<std::uint32_t> left;
  for (const std::uint32_t one : ones) {
    auto same = bodies.find(body_under(recorded_, first(one)));
    if (same == bodies.end()) same = bodies.find(body_under(paused_, first(one)));
    if (same == bodies.end()) {
      left.push_back(one);
      continue;
    }
    matches_[one].live = same->second;
    std::erase(others, same->second);
    bodies.erase(same);
  }
  if (left.size() == 1 && others.size() == 1) matches_[left.front()].live = others.front();
}

void ResourceComparer::pair_twins() {
  // By rank: what others name is told apart before them.
  std::map<std::pair<int, std::uint32_t>, std::vector<std::uint32_t>> groups;
  for (std::uint32_t i = 0; i < matches_.size(); ++i)
    if (matches_[i].live == k_none && !matches_[i].candidates.empty())
      groups[{kinds_.at(first(i).kind).kind.rank, matches_[i].candidates.front()}].push_back(i);
  for (const auto& [ignored, ones] : groups) pair(ones, matches_[ones.front()].candidates);
}

void ResourceComparer::tell(What what, Freshness freshness, const Resource& one, std::vector<FieldChange> fields) {
  if (freshness == Freshness::unread) {
    ++counts_.unread;
  } else if (freshness == Freshness::stale) {
    ++counts_.stale;
  } else {
    switch (what) {
      case What::added:
        ++counts_.added;
        break;
      case What::changed:
        ++counts_.changed;
        break;
      case What::removed:
        ++counts_.removed;
        break;
      case What::extra:
        ++counts_.extra;
        break;
      case What::paused:
        ++counts_.paused;
        break;
    }
  }
  if (visit_) visit_({.what = what, .freshness = freshness, .path = kinds_.path_of(one), .fields = std::move(fields)});
}

bool ResourceComparer::may_be_unseen(const Resource& one) const {
  const std::vector<base::KeyRange>& unseen = unseen_after_[one.kind];
  const model::Kind& kind = kinds_.at(one.kind).kind;
  // What an id tells may be called otherwise by now; a path is what it is called.
  const model::IdEntry* entry = rules_.ids.by_source(kind.collection.name, one.id);
  if (kind.space.empty() && entry) return may_hold_id(unseen, kind, entry->target_id);
  if (kind.space.empty() && !elsewhere()) return may_hold_id(unseen, kind, one.id);
  return may_hold(unseen, kind, kinds_.mapped_name(one.kind, one.name, matched_.mapping));
}

void ResourceComparer::missing(const Resource& one) {
  // What a platform brings along differs from one workspace to the next.
  if (one.system && elsewhere()) return;
  ++*counts_.compared;
  Freshness freshness = Freshness::fresh;
  if (holds_key(unknown_before_[one.kind], one.row.key)) freshness = Freshness::stale;
  if (may_be_unseen(one)) freshness = rules_.unknown_after;
  tell(What::removed, freshness, one, {});
}

void ResourceComparer::only_second(const Resource& one) {
  if (one.system && elsewhere()) return;
  ++*counts_.compared;
  const bool renamed = !rules_.mapping.empty();
  const bool doubtful =
      may_hold(unknown_before_[one.kind], kinds_.at(one.kind).kind, renamed ? std::nullopt : std::optional(one.name));
  const bool stale = doubtful || (rules_.unknown_after == Freshness::stale && unread(one));
  tell(elsewhere() ? What::extra : What::added, stale ? Freshness::stale : Freshness::fresh, one, {});
}

void ResourceComparer::compare_column(const ResourceContext& context, const Resource& one, const Resource& other,
                                      const KindColumn& column, Found& found) const {
  const ReadyKind& kind = kinds_.at(one.kind);
  // What cannot be written stays behind when a resource is brought elsewhere, and says so.
  if (column.written == KindColumn::Written::never && elsewhere()) return;
  const std::size_t at = kind.column(column.name);
  LinkReport ignored;
  std::optional<std::string> wanted = prepared_column(context, one, at, nullptr, ignored);
  const std::optional<std::string> there = compared_live_column(other, kind, at);
  const model::Column& described = kind.kind.collection.columns[at];
  // Secrets are read by whoever is asked to: one side that was not says nothing.
  if (model::is_secret(described) && (!wanted || !there)) return;
  // What the first does not say is not looked at by a restore either; in its own workspace it is something new.
  if (!wanted && (elsewhere() || !there || holds_key(unknown_before_[one.kind], one.row.key))) return;
  if (!there && unread(other)) {
    found.unread = found.unread || wanted;
    return;
  }
  if (wanted) wanted = compared_column(std::move(*wanted), kind, at);
  if (wanted == there) return;
  if (described.content == model::ColumnContent::json) {
    const std::vector<FieldChange> fields = differences(kind, at, wanted, there);
    found.fields.insert(found.fields.end(), fields.begin(), fields.end());
  } else {
    found.fields.push_back({.path = column.name, .before = std::move(wanted), .after = there});
  }
}

ResourceComparer::Found ResourceComparer::found_under(const ResourceContext& context, const Resource& one,
                                                      const Resource& other) const {
  Found out;
  const ReadyKind& kind = kinds_.at(one.kind);
  if (!other.row.columns[kind.body] && unread(other)) {
    out.unread = true;
  } else if (!elsewhere() || (!one.system && !other.system)) {
    // What each platform brings along is its own in another workspace; in one, somebody changed it.
    const std::string wanted = body_under(context, one);
    const std::string there = body_of_second(other);
    if (wanted != there) out.fields = differences(kind, kind.body, wanted, there);
  }
  for (const KindColumn& column : kind.kind.columns) compare_column(context, one, other, column, out);
  return out;
}

// In its own workspace only what a restore made anew.
bool ResourceComparer::arrives_paused(const Resource& one, const Resource& other) const {
  if (rules_.paused == ResourceCompareRules::Paused::differs) return false;
  if (elsewhere()) return true;
  const model::IdEntry* entry = rules_.ids.by_source(kinds_.at(one.kind).label(), one.id);
  const bool made = entry && (entry->learnt == model::Learnt::created || entry->learnt == model::Learnt::adopted);
  return made && entry->target_id == other.id && one.id != other.id;
}

void ResourceComparer::both(const Resource& one, const Resource& other) {
  ++*counts_.compared;
  targets_.take_doubt();
  Found found = found_under(recorded_, one, other);
  What what = What::changed;
  if (!found.fields.empty() && arrives_paused(one, other)) {
    Found paused = found_under(paused_, one, other);
    if (paused.fields.empty()) {
      what = What::paused;
    } else if (paused.fields.size() < found.fields.size()) {
      found = std::move(paused);
    }
  }
  const bool doubtful = targets_.take_doubt();
  if (found.fields.empty()) {
    if (found.unread) tell(What::changed, rules_.unknown_after, one, {});
    return;
  }
  Freshness freshness = Freshness::fresh;
  const bool stale_after = rules_.unknown_after == Freshness::stale && unread(other);
  if (stale_after || holds_key(unknown_before_[one.kind], one.row.key)) freshness = Freshness::stale;
  if (doubtful) freshness = rules_.unknown_after;
  tell(what, freshness, one, std::move(found.fields));
}

void ResourceComparer::compare(std::uint32_t index) {
  const Resource& one = first(index);
  const std::uint32_t other = matches_[index].live;
  if (!selects(one) && (other == k_none || !selects(second(other)))) return;
  if (other == k_none)
    missing(one);
  else
    both(one, second(other));
}

CompareCounts ResourceComparer::run(const std::stop_token& stop) {
  counts_.compared = 0;
  pair_twins();
  for (const ResourceMatch& match : matches_)
    if (match.live != k_none) taken_[match.live] = true;
  std::vector<std::vector<std::uint32_t>> ones(kinds_.size());
  std::vector<std::vector<std::uint32_t>> others(kinds_.size());
  for (std::uint32_t i = 0; i < matches_.size(); ++i) ones[first(i).kind].push_back(i);
  for (std::uint32_t i = 0; i < taken_.size(); ++i)
    if (!taken_[i] && selects(second(i))) others[second(i).kind].push_back(i);
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    for (const std::uint32_t index : ones[kind]) {
      throw_if_stopped(stop);
      compare(index);
    }
    for (const std::uint32_t index : others[kind]) only_second(second(index));
  }
  return counts_;
}

}  // namespace

CompareCounts compare_resources(const KindSet& kinds, const ComparedSide& before, const ComparedSide& after,
                                const ResourceCompareRules& rules, const std::stop_token& stop,
                                const ResourceVisitor& visit) {
  return ResourceComparer(kinds, before, after, rules, visit).run(stop);
}

}  // namespace holdfast::engine
