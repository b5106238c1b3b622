#include "engine/resources/match.h"

#include <algorithm>
#include <map>

namespace holdfast::engine {

namespace {

using model::KindSet;
using model::Resource;
constexpr std::uint32_t k_none = ResourceIndex::k_none;
const std::vector<std::uint32_t> k_nothing;

// What a kind's fields that tell a resource across accounts say, joined; empty when one is not there.
std::string identity_of(const model::ReadyKind& kind, const Resource& resource) {
  if (kind.same_by.empty() || !resource.row.columns[kind.body]) return {};
  const model::JsonText body(*resource.row.columns[kind.body]);
  std::string out;
  for (const model::JsonPath& field : kind.same_by) {
    const model::JsonText::Id id = field.find(body);
    if (id == model::JsonText::k_none || body.string(id).empty()) return {};
    out += body.string(id) + '\n';
  }
  return out;
}

class Matcher {
public:
  Matcher(const KindSet& kinds, const ResourceIndex& wanted, const ResourceIndex& live, const MatchRules& rules)
      : kinds_(kinds),
        wanted_(wanted),
        live_(live),
        rules_(rules),
        mapping_(rules.mapping),
        matches_(wanted.resources().size()),
        claimed_(live.resources().size(), false) {}

  MatchResult run() {
    by_id_map();
    if (rules_.in_place) by_own_id();
    by_identity();
    by_name([&](const Resource& resource) { return !has_path(resource); });
    learn_names();
    // Paths hold names of users.
    by_name([&](const Resource& resource) { return has_path(resource); });
    return {std::move(matches_), std::move(mapping_)};
  }

private:
  const Resource& want(std::uint32_t index) const { return wanted_.resources()[index]; }
  bool open(std::uint32_t index) const { return matches_[index].live == k_none; }

  void claim(std::uint32_t wanted, std::uint32_t live, const char* reason) {
    if (live == k_none || claimed_[live]) return;
    claimed_[live] = true;
    matches_[wanted].live = live;
    matches_[wanted].reason = reason;
  }

  template <typename Each>
  void each_open(const Each& each) {
    for (std::uint32_t i = 0; i < matches_.size(); ++i)
      if (open(i)) each(i, want(i));
  }

  // Where names are paths, the path is what a resource is: what was moved away is not it any more.
  bool has_path(const Resource& resource) const { return !kinds_.at(resource.kind).kind.space.empty(); }

  void by_id_map() {
    if (rules_.ids.size() == 0) return;
    each_open([&](std::uint32_t i, const Resource& resource) {
      if (has_path(resource)) return;
      const auto* entry = rules_.ids.by_source(kinds_.at(resource.kind).label(), resource.id);
      if (entry) claim(i, live_.by_id(resource.kind, entry->target_id), "the id map names it");
    });
  }

  void by_own_id() {
    each_open([&](std::uint32_t i, const Resource& resource) {
      if (!has_path(resource)) claim(i, live_.by_id(resource.kind, resource.id), "it has the same id");
    });
  }

  void by_identity() {
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
      const model::ReadyKind& ready = kinds_.at(kind);
      if (ready.same_by.empty()) continue;
      std::map<std::string, std::vector<std::uint32_t>> there;
      for (std::uint32_t i = 0; i < claimed_.size(); ++i) {
        const Resource& resource = live_.resources()[i];
        if (resource.kind != kind || claimed_[i]) continue;
        std::string identity = identity_of(ready, resource);
        if (!identity.empty()) there[std::move(identity)].push_back(i);
      }
      each_open([&](std::uint32_t i, const Resource& resource) {
        if (resource.kind != kind) return;
        const auto found = there.find(identity_of(ready, resource));
        if (found != there.end() && found->second.size() == 1)
          claim(i, found->second.front(), "it is the same in the directory");
      });
    }
  }

  // Those that wait for one name are looked at together: two clusters of one name stay two.
  template <typename Which>
  void by_name(const Which& which) {
    std::map<std::pair<std::size_t, std::string>, std::vector<std::uint32_t>> waiting;
    each_open([&](std::uint32_t i, const Resource& resource) {
      if (!which(resource)) return;
      const std::string name = kinds_.mapped_name(resource.kind, resource.name, mapping_);
      waiting[{resource.kind, kinds_.folded(resource.kind, name)}].push_back(i);
    });
    for (const auto& [called, wanted] : waiting) {
      std::vector<std::uint32_t> candidates;
      for (const std::uint32_t live : live_.by_name(called.first, called.second))
        if (!claimed_[live] && !stands_for_another(called.first, live)) candidates.push_back(live);
      if (candidates.empty()) continue;
      if (candidates.size() == 1 && wanted.size() == 1) {
        claim(wanted.front(), candidates.front(), "it has the same name");
        matches_[wanted.front()].by_shared_name = kinds_.at(called.first).kind.names == model::Names::shared;
        continue;
      }
      for (const std::uint32_t one : wanted) matches_[one].candidates = candidates;
    }
  }

  // Of kinds that are the same under another name.  Of all others another name is a difference.
  void learn_names() {
    for (std::uint32_t i = 0; i < matches_.size(); ++i) {
      const Resource& resource = want(i);
      const model::ReadyKind& kind = kinds_.at(resource.kind);
      const bool may_differ = !kind.same_by.empty() || kind.kind.name_case == model::Kind::Case::ignored;
      if (open(i) || !may_differ) continue;
      const Resource& live = live_.resources()[matches_[i].live];
      if (live.name != resource.name) mapping_.names[kind.label()][resource.name] = live.name;
    }
  }

  // An entry of the id map whose source the snapshot does not have still holds.
  bool stands_for_another(std::size_t kind, std::uint32_t live) const {
    if (has_path(live_.resources()[live])) return false;
    return rules_.ids.size() != 0 &&
           rules_.ids.by_target(kinds_.at(kind).label(), live_.resources()[live].id) != nullptr;
  }

  const KindSet& kinds_;
  const ResourceIndex& wanted_;
  const ResourceIndex& live_;
  const MatchRules& rules_;
  model::Mapping mapping_;
  std::vector<ResourceMatch> matches_;
  std::vector<bool> claimed_;
};

}  // namespace

ResourceIndex::ResourceIndex(const KindSet& kinds, const std::vector<Resource>& resources)
    : kinds_(kinds), resources_(resources), ids_(kinds.size()), names_(kinds.size()) {
  for (std::uint32_t i = 0; i < resources.size(); ++i) {
    const Resource& one = resources[i];
    ids_[one.kind].emplace(one.id, i);
    names_[one.kind][kinds.folded(one.kind, one.name)].push_back(i);
    const std::string& space = kinds.at(one.kind).kind.space;
    if (!space.empty()) paths_[space].emplace(one.name, i);
  }
}

std::uint32_t ResourceIndex::by_id(std::size_t kind, std::string_view id) const {
  const auto found = ids_[kind].find(std::string(id));
  return found == ids_[kind].end() ? k_none : found->second;
}

const std::vector<std::uint32_t>& ResourceIndex::by_name(std::size_t kind, std::string_view name) const {
  const auto found = names_[kind].find(kinds_.folded(kind, name));
  return found == names_[kind].end() ? k_nothing : found->second;
}

std::uint32_t ResourceIndex::by_path(std::string_view space, std::string_view path) const {
  const auto paths = paths_.find(std::string(space));
  if (paths == paths_.end()) return k_none;
  const auto found = paths->second.find(std::string(path));
  return found == paths->second.end() ? k_none : found->second;
}

std::uint32_t ResourceIndex::at_or_above(std::string_view space, std::string_view path) const {
  const std::uint32_t here = by_path(space, path);
  return here != k_none ? here : above(space, path);
}

std::uint32_t ResourceIndex::above(std::string_view space, std::string_view path) const {
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash != 0;
       slash = path.rfind('/', slash - 1)) {
    const std::uint32_t found = by_path(space, path.substr(0, slash));
    if (found != k_none) return found;
  }
  return k_none;
}

std::uint32_t ResourceIndex::container(const Resource& one) const {
  const std::string& space = kinds_.at(one.kind).kind.space;
  if (!space.empty()) return above(space, one.name);
  for (auto up = kinds_.container(one.kind, one.name); up; up = kinds_.container(up->kind, up->name)) {
    const std::vector<std::uint32_t>& found = by_name(up->kind, up->name);
    if (!found.empty() && !resources_[found.front()].system) return found.front();
  }
  return k_none;
}

MatchResult match_resources(const KindSet& kinds, const ResourceIndex& wanted, const ResourceIndex& live,
                            const MatchRules& rules) {
  return Matcher(kinds, wanted, live, rules).run();
}

}  // namespace holdfast::engine
