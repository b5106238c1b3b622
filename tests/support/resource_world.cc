#include "support/resource_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast::test {

namespace {

constexpr std::uint64_t k_source_ids = 1'000;
constexpr std::uint64_t k_target_ids = 5'000;

}  // namespace

ResourceWorld::ResourceWorld()
    : clock(*base::parse_instant("2026-11-21T20:00:00Z")),
      source(clock, k_source_ids),
      target(clock, k_target_ids),
      state_(storage::make_memory_backend()) {
  fill_workspace(source);
  target.put("users", "bob@corp.test", R"({"userName":"bob@corp.test","externalId":"ext-bob","origin":"bob"})");
  target.put("groups", "admins", R"({"displayName":"admins","origin":"admins"})");
  clock.advance(std::chrono::minutes(1));
  options.repository = "r";
  options.snapshot = "w-1";
  options.source = "primary";
  options.target = "secondary";
  take_snapshot();
}

void ResourceWorld::take_snapshot() {
  snapshot_ = source.capture();
}

model::ResourcePlan ResourceWorld::plan() {
  const std::vector<model::Resource> live = target.capture();
  return engine::plan_resources(workspace_kind_set(), {.wanted = snapshot_, .live = live}, ids(), options, clock,
                                random_);
}

model::ResourcePlan ResourceWorld::activation(model::FiringMode mode) {
  engine::ResourcePlanOptions active = options;
  active.firing = mode;
  const std::vector<model::Resource> live = target.capture();
  return engine::plan_activation(workspace_kind_set(), {.wanted = snapshot_, .live = live}, ids(), active, clock,
                                 random_);
}

engine::ResourceApplyResult ResourceWorld::apply(const model::ResourcePlan& plan) {
  target.wire = &wire;
  TrippedBackend backend(*state_, wire);
  engine::IdMapStore store(backend, options.source, options.target);
  const auto row = [&](const std::string& kind, const base::Bytes& key) -> std::optional<base::Row> {
    for (const model::Resource& one : snapshot_)
      if (one.row.key == key && workspace_kind_set().at(one.kind).label() == kind) return one.row;
    return std::nullopt;
  };
  return engine::apply_resources(
      {.kinds = workspace_kind_set(), .plan = plan, .wanted = row, .writer = target, .journal = backend, .ids = store},
      events, clock, {});
}

model::IdMap ResourceWorld::ids() {
  return engine::IdMapStore(*state_, options.source, options.target).snapshot();
}

const model::ResourceStep& step_of(const model::ResourcePlan& plan, const std::string& kind, const std::string& name) {
  static const model::ResourceStep none;
  const auto found = std::find_if(plan.steps.begin(), plan.steps.end(), [&](const model::ResourceStep& step) {
    return step.kind == kind && (step.source_name == name || step.target_name == name);
  });
  if (found != plan.steps.end()) return *found;
  ADD_FAILURE() << "the plan has no step for " << kind << "/" << name;
  return none;
}

std::vector<std::string> actions_of(const model::ResourcePlan& plan) {
  std::vector<std::string> out;
  for (const model::ResourceStep& step : plan.steps)
    out.push_back(fmt::format("{} {}/{}", model::to_string(step.action), step.kind, step.target_name));
  return out;
}

std::vector<std::string> outcomes_of(const engine::ResourceApplyResult& result) {
  std::vector<std::string> out;
  constexpr const char* k_names[] = {"failed", "waiting", "conflict", "manual"};
  for (const engine::ResourceOutcome& one : result.outcomes)
    out.push_back(fmt::format("{} {}: {}", k_names[static_cast<int>(one.what)], one.path, one.text));
  return out;
}

}  // namespace holdfast::test
