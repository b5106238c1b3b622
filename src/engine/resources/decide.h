// What a plan does about one resource, and why.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/resources/body.h"
#include "engine/resources/match.h"
#include "engine/resources/mentions.h"
#include "engine/resources/plan.h"

namespace holdfast::engine {

// What two texts of a column differ in, as they are compared.  They go to the screen and into files: no secret is in
// them.
std::vector<model::FieldChange> differences(const model::ReadyKind& kind, std::size_t at,
                                            std::optional<std::string> before, std::optional<std::string> after);

struct PlanFacts {
  const model::KindSet& kinds;
  const ResourcePlanOptions& options;
  const ResourceIndex& wanted;
  const ResourceIndex& live;
  const std::vector<ResourceMatch>& matches;
  const model::IdMap& ids;
  const Mentions& mentions;
  ResourceContext context;
};

class StepDecider {
public:
  explicit StepDecider(const PlanFacts& facts) : facts_(facts) {}

  // nullopt: the target has it as it shall be.
  std::optional<model::ResourceStep> decide(std::uint32_t index);
  // Whether what the target has under the name has the same body; of a resource that is matched.
  bool has_equal_body(std::uint32_t index);
  // Sets what fires by itself, and nothing else.
  std::optional<model::ResourceStep> activate(std::uint32_t index);
  // Of a resource of the target that the snapshot does not have.
  model::ResourceStep removal(const model::Resource& live) const;
  // "users/bob": left out, because the target lacks them.
  const std::set<std::string>& absent() const noexcept { return absent_; }

private:
  const model::Resource& want(std::uint32_t index) const { return facts_.wanted.resources()[index]; }
  const model::Resource* live_of(std::uint32_t index) const {
    const std::uint32_t live = facts_.matches[index].live;
    return live == ResourceIndex::k_none ? nullptr : &facts_.live.resources()[live];
  }
  model::ResourceStep step_for(std::uint32_t index) const;
  std::vector<std::string> all_columns(const model::Resource& resource, LinkReport& report) const;
  bool may_be_unread(const model::Resource& resource, const model::ResourceStep& step) const;
  void decide_new(std::uint32_t index, model::ResourceStep& step);
  std::optional<model::ResourceStep> decide_existing(std::uint32_t index);
  void compare_body(const model::Resource& resource, const model::Resource& live, model::ResourceStep& step,
                    LinkReport& report);
  void compare_columns(const model::Resource& resource, const model::Resource& live, model::ResourceStep& step,
                       LinkReport& report);
  std::string keep_items(const model::Resource& live, const model::KindColumn& column, std::string before,
                         const std::string& after, model::ResourceStep& step) const;
  void remember_columns(const model::Resource& live, model::ResourceStep& step) const;
  void take_along(const model::Resource& live, model::ResourceStep& step) const;
  void mention(const model::Resource& resource, model::ResourceStep& step);
  std::optional<model::ResourceStep> lacking(std::uint32_t index) const;
  std::optional<model::ResourceStep> unclear_activation(std::uint32_t index) const;
  std::optional<model::ResourceStep> missing_activation(std::uint32_t index) const;
  void hold_back(const model::Resource* wanted, const model::Resource& live, model::ResourceStep& step) const;

  const PlanFacts& facts_;
  std::set<std::string> absent_;
};

}  // namespace holdfast::engine
