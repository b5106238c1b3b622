// Which live resource of a target stands for which resource of a snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/id_map.h"
#include "model/kind_set.h"

namespace holdfast::engine {

// Resources by what they are called.  The resources outlive it.
class ResourceIndex {
public:
  static constexpr std::uint32_t k_none = ~std::uint32_t{0};

  ResourceIndex(const model::KindSet& kinds, const std::vector<model::Resource>& resources);
  std::uint32_t by_id(std::size_t kind, std::string_view id) const;
  const std::vector<std::uint32_t>& by_name(std::size_t kind, std::string_view name) const;
  // Of any kind in the space.
  std::uint32_t by_path(std::string_view space, std::string_view path) const;
  // The resource at the path, else the nearest one above it; the root does not count.
  std::uint32_t at_or_above(std::string_view space, std::string_view path) const;
  std::uint32_t above(std::string_view space, std::string_view path) const;
  // What a resource lies in: the nearest one above its path, or the one that its name begins with.  What the platform
  // brings along by itself is there with what that lies in.
  std::uint32_t container(const model::Resource& one) const;
  const std::vector<model::Resource>& resources() const noexcept { return resources_; }

private:
  const model::KindSet& kinds_;
  const std::vector<model::Resource>& resources_;
  std::vector<std::unordered_map<std::string, std::uint32_t>> ids_;  // by kind
  std::vector<std::unordered_map<std::string, std::vector<std::uint32_t>>> names_;
  std::unordered_map<std::string, std::unordered_map<std::string, std::uint32_t>> paths_;  // by space
};

struct ResourceMatch {
  std::uint32_t live = ResourceIndex::k_none;
  std::string reason;  // how it was found
  // By a name that others may have as well: it is only this one if it is equal.
  bool by_shared_name = false;
  std::vector<std::uint32_t> candidates;  // one or several may be meant: to be chosen by somebody

  // It is not equal.
  void let_go() {
    candidates.assign(1, live);
    live = ResourceIndex::k_none;
    by_shared_name = false;
  }
};

struct MatchRules {
  const model::IdMap& ids;
  const model::Mapping& mapping;
  bool in_place = false;  // the snapshot is of the target itself: ids mean the same on both sides
};

struct MatchResult {
  std::vector<ResourceMatch> matches;  // one for each of `wanted`
  // The rules, and the names that matched resources have on the target: who is called otherwise there is named so.
  model::Mapping mapping;
};

// By the id map; in place by the id; by fields that tell a resource across accounts;
// by the natural name, where one of that name is wanted and one is there that stands for nothing else.  Whether those
// of a name that several may have are equal is left to the caller, who knows by then what their links mean.
MatchResult match_resources(const model::KindSet& kinds, const ResourceIndex& wanted, const ResourceIndex& live,
                            const MatchRules& rules);

}  // namespace holdfast::engine
