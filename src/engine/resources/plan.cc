#include "engine/resources/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/task_group.h"
#include "engine/resources/decide.h"
#include "engine/resources/needs.h"
#include "engine/resources/planned_targets.h"
#include "engine/resources/seen_column.h"

namespace holdfast::engine {

namespace {

using model::GraphEdge;
using model::KindColumn;
using model::KindSet;
using model::ReadyKind;
using model::Resource;
using model::ResourceAction;
using model::ResourcePlan;
using model::ResourceStep;
constexpr std::uint32_t k_none = ResourceIndex::k_none;
constexpr std::size_t k_plan_id_bytes = 8;
// Resources that a thread takes at a time, and threads: parsing is all there is to do.
constexpr std::uint32_t k_block = 256;
constexpr std::size_t k_threads = 4;

using Nodes = std::vector<std::uint32_t>;
using Drafts = std::vector<std::optional<ResourceStep>>;

bool is_to_come(const ResourceStep& step) {
  return step.target_id.empty() || step.action == ResourceAction::recreate;
}

class Planner {
public:
  Planner(const KindSet& kinds, const ResourceSides& sides, const model::IdMap& ids, const ResourcePlanOptions& options)
      : kinds_(kinds),
        options_(options),
        wanted_(kinds, sides.wanted),
        live_(kinds, sides.live),
        rules_{.ids = ids, .mapping = options.mapping, .in_place = options.source == options.target},
        matched_(match_resources(kinds, wanted_, live_, rules_)),
        matches_(matched_.matches),
        targets_(kinds, wanted_, live_, {.ids = ids, .mapping = matched_.mapping, .in_place = rules_.in_place},
                 matches_),
        facts_{.kinds = kinds,
               .options = options,
               .wanted = wanted_,
               .live = live_,
               .matches = matches_,
               .ids = ids,
               .mentions = mentions_,
               .context = {.kinds = kinds, .mapping = matched_.mapping, .targets = targets_, .firing = options.firing}},
        decider_(facts_) {}

  void restore(ResourcePlan& plan) {
    choose();
    look_for_mentions();
    Drafts drafts = decide();
    put_in_order(drafts, plan);
    if (options_.removes) removals(plan);
    learn_matches(plan);
    plan.mapping = matched_.mapping;
    plan.absent = absent_;
    count_calls(plan);
  }

  void activation(ResourcePlan& plan) {
    choose();
    for (std::uint32_t i = 0; i < matches_.size(); ++i) {
      if (!selects(wanted_.resources()[i])) continue;
      if (std::optional<ResourceStep> step = decider_.activate(i)) plan.steps.push_back(std::move(*step));
    }
    // What fires is known again by all that it holds, links among it.
    for (ResourceMatch& match : matches_)
      if (match.by_shared_name) match.let_go();
    learn_matches(plan);
    plan.mapping = matched_.mapping;
    count_calls(plan);
  }

private:
  bool selects(const Resource& resource) const { return !options_.selects || options_.selects(resource); }

  void choose();
  void choose_above(std::vector<bool>& chosen) const;
  Drafts decide_all(std::vector<std::uint8_t>& others);
  Drafts decide();
  void look_for_mentions();
  void put_in_order(Drafts& drafts, ResourcePlan& plan) const;
  void refuse_knots(const std::vector<Nodes>& knots, Drafts& drafts) const;
  void removals(ResourcePlan& plan) const;
  void keep_what_holds(const Nodes& places, ResourcePlan& plan) const;
  std::vector<bool> of_the_writer(const ResourceNeeds& needs) const;
  void learn_matches(ResourcePlan& plan) const;
  void count_calls(ResourcePlan& plan) const;

  const KindSet& kinds_;
  const ResourcePlanOptions& options_;
  ResourceIndex wanted_;
  ResourceIndex live_;
  MatchRules rules_;
  MatchResult matched_;
  std::vector<ResourceMatch>& matches_;
  PlannedTargets targets_;
  Mentions mentions_;
  PlanFacts facts_;
  StepDecider decider_;
  ResourceNeeds needs_;
  std::set<std::string> absent_;
};

// Nothing stands in a folder or in a schema that is not there: those that the target lacks come along, whoever was
// selected.
void Planner::choose_above(std::vector<bool>& chosen) const {
  for (std::uint32_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) continue;
    for (std::uint32_t up = i;;) {
      up = wanted_.container(wanted_.resources()[up]);
      if (up == k_none || chosen[up] || matches_[up].live != k_none) break;
      chosen[up] = true;
    }
  }
}

void Planner::choose() {
  std::vector<bool> chosen(matches_.size(), false);
  bool any = !options_.selects;
  for (std::uint32_t i = 0; i < chosen.size(); ++i) {
    chosen[i] = selects(wanted_.resources()[i]);
    any = any || chosen[i];
  }
  const auto& live = live_.resources();
  // What nobody selected by words may choose nothing: the rest of an activation, after all others.
  if (!any && !options_.selection.empty() &&
      std::none_of(live.begin(), live.end(), [&](const Resource& one) { return selects(one); }))
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("the selection '{}' chooses nothing on either side", options_.selection),
                      "See what the snapshot has with `holdfast ls`.");
  choose_above(chosen);
  needs_ = needs_of(kinds_, wanted_, [&](std::uint32_t i) { return chosen[i] || options_.with_dependencies; });
  if (options_.with_dependencies) {
    std::vector<GraphEdge> lacking;
    for (const GraphEdge& edge : needs_.order)
      if (matches_[edge.to].live == k_none) lacking.push_back(edge);
    Nodes roots;
    for (std::uint32_t i = 0; i < chosen.size(); ++i)
      if (chosen[i]) roots.push_back(i);
    for (const std::uint32_t one : model::closure_of(chosen.size(), lacking, roots)) chosen[one] = true;
  }
  targets_.choose(std::move(chosen));
}

// Each resource by itself; nothing that they share changes meanwhile.  `others`: of one name, and not equal.
Drafts Planner::decide_all(std::vector<std::uint8_t>& others) {
  Drafts drafts(matches_.size());
  std::atomic<std::uint32_t> next{0};
  std::mutex mutex;
  base::TaskGroup group{std::stop_token{}};
  const std::size_t threads = std::clamp<std::size_t>(drafts.size() / k_block, 1, k_threads);
  for (std::size_t thread = 0; thread < threads; ++thread)
    group.spawn([&](const std::stop_token&) {
      StepDecider decider(facts_);
      for (std::uint32_t from = next.fetch_add(k_block); from < drafts.size(); from = next.fetch_add(k_block))
        for (std::uint32_t i = from; i < std::min<std::size_t>(from + k_block, drafts.size()); ++i) {
          if (targets_.chosen(i)) drafts[i] = decider.decide(i);
          if (!matches_[i].by_shared_name) continue;
          others[i] = targets_.chosen(i) ? drafts[i] && drafts[i]->writes_body : !decider.has_equal_body(i);
        }
      const std::lock_guard lock(mutex);
      absent_.insert(decider.absent().begin(), decider.absent().end());
    });
  group.wait();
  return drafts;
}

// What is created again has another id, which those that name it have to learn; that may make them be created again.
// What turns out to be another resource of the same name is the target of no link either.
Drafts Planner::decide() {
  for (;;) {
    std::vector<std::uint8_t> others(matches_.size(), 0);
    Drafts drafts = decide_all(others);
    bool settled = true;
    for (std::uint32_t i = 0; i < drafts.size(); ++i) {
      if (others[i] != 0) {
        matches_[i].let_go();
        settled = false;
        continue;
      }
      if (!drafts[i] || drafts[i]->action != ResourceAction::recreate || targets_.recreated(i)) continue;
      targets_.recreate(i);
      settled = false;
    }
    if (settled) return drafts;
  }
}

void Planner::look_for_mentions() {
  for (std::uint32_t i = 0; i < matches_.size(); ++i) {
    const Resource& resource = wanted_.resources()[i];
    const std::uint32_t live = matches_[i].live;
    if (resource.id == resource.name || (live != k_none && live_.resources()[live].id == resource.id)) continue;
    mentions_.add_id(resource.id, kinds_.path_of(resource));
  }
  for (const std::string& text : options_.foreign_texts) mentions_.add_text(text);
}

void Planner::refuse_knots(const std::vector<Nodes>& knots, Drafts& drafts) const {
  for (const Nodes& knot : knots) {
    std::vector<std::string> paths;
    for (const std::uint32_t node : knot) paths.push_back(kinds_.path_of(wanted_.resources()[node]));
    for (const std::uint32_t node : knot) {
      if (!drafts[node] || drafts[node]->action != ResourceAction::create) continue;
      drafts[node]->action = ResourceAction::conflict;
      drafts[node]->reason = fmt::format("they need one another: {}", fmt::join(paths, ", "));
    }
  }
}

void sort_once(std::vector<std::uint32_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

void Planner::put_in_order(Drafts& drafts, ResourcePlan& plan) const {
  std::vector<int> ranks;
  ranks.reserve(drafts.size());
  for (const Resource& resource : wanted_.resources()) ranks.push_back(kinds_.at(resource.kind).kind.rank);
  // What is there already is waited for by nobody.
  const auto waited_for = [&](const GraphEdge& edge) {
    return drafts[edge.from] && drafts[edge.to] && is_to_come(*drafts[edge.to]);
  };
  std::vector<GraphEdge> edges;
  std::copy_if(needs_.order.begin(), needs_.order.end(), std::back_inserter(edges), waited_for);
  const model::GraphOrder order = model::order_of(ranks, std::move(edges));
  refuse_knots(order.knots, drafts);
  std::set<std::pair<std::uint32_t, std::uint32_t>> cut;
  for (const GraphEdge& edge : order.cut) {
    cut.emplace(edge.from, edge.to);
    drafts[edge.from]->patched = drafts[edge.from]->writes();
  }
  std::vector<std::uint32_t> place(drafts.size(), k_none);
  for (const std::uint32_t node : order.order) {
    if (!drafts[node]) continue;
    place[node] = static_cast<std::uint32_t>(plan.steps.size());
    plan.steps.push_back(std::move(*drafts[node]));
  }
  const auto link = [&](const std::vector<GraphEdge>& all, std::vector<std::uint32_t> ResourceStep::*list) {
    for (const GraphEdge& edge : all) {
      const std::uint32_t from = place[edge.from];
      const std::uint32_t to = place[edge.to];
      // Behind it only within a knot, which is refused.
      if (from == k_none || to == k_none || to >= from || cut.contains({edge.from, edge.to})) continue;
      if (is_to_come(plan.steps[to])) (plan.steps[from].*list).push_back(to);
    }
    for (ResourceStep& step : plan.steps) sort_once(step.*list);
  };
  link(needs_.hard, &ResourceStep::needs);
  link(needs_.order, &ResourceStep::after);
  for (ResourceStep& step : plan.steps)  // what is needed is waited for anyhow
    std::erase_if(step.after,
                  [&](std::uint32_t one) { return std::binary_search(step.needs.begin(), step.needs.end(), one); });
}

// Who removed these would be locked out in the middle of the run.  A group names its members by their ids; what names
// the account by its name, as a job that runs as it does, is not what gives it its rights.
std::vector<bool> Planner::of_the_writer(const ResourceNeeds& needs) const {
  const auto& live = live_.resources();
  std::vector<bool> out(live.size(), false);
  if (options_.who.empty()) return out;
  for (std::uint32_t i = 0; i < live.size(); ++i)
    out[i] = kinds_.folded(live[i].kind, live[i].name) == kinds_.folded(live[i].kind, options_.who);
  const auto has_members = [&](std::size_t kind, std::size_t member) {
    const auto& links = kinds_.at(kind).kind.links;
    return std::any_of(links.begin(), links.end(), [&](const model::Link& link) {
      const std::vector<std::size_t> meant = kinds_.meant(link.to);
      return link.form == model::LinkForm::id && std::find(meant.begin(), meant.end(), member) != meant.end();
    });
  };
  for (bool grew = true; grew;) {
    grew = false;
    for (const GraphEdge& edge : needs.hard) {
      if (!out[edge.to] || out[edge.from] || !has_members(live[edge.from].kind, live[edge.to].kind)) continue;
      out[edge.from] = true;
      grew = true;
    }
  }
  return out;
}

void Planner::removals(ResourcePlan& plan) const {
  std::vector<bool> stays(live_.resources().size(), false);
  for (const ResourceMatch& match : matches_) {
    if (match.live != k_none) stays[match.live] = true;
    for (const std::uint32_t one : match.candidates) stays[one] = true;
  }
  const auto goes = [&](std::uint32_t i) {
    const Resource& one = live_.resources()[i];
    return !stays[i] && !one.system && selects(one);
  };
  const ResourceNeeds needs = needs_of(kinds_, live_, goes);
  std::vector<int> ranks;
  for (const Resource& resource : live_.resources()) ranks.push_back(kinds_.at(resource.kind).kind.rank);
  // What others need goes last, and behind them.
  const Nodes order = model::order_of(ranks, needs.hard).order;
  std::vector<Nodes> needed_by(live_.resources().size());
  for (const GraphEdge& edge : needs.hard) needed_by[edge.to].push_back(edge.from);
  const std::vector<bool> needed = of_the_writer(needs);
  Nodes places(live_.resources().size(), k_none);  // of the steps that remove
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    if (!goes(*node)) continue;
    ResourceStep step = decider_.removal(live_.resources()[*node]);
    if (needed[*node] && step.action == ResourceAction::remove) {
      step.action = ResourceAction::skip;
      step.reason = "it is the account that restores, or that account is in it";
    }
    if (step.action == ResourceAction::remove) {
      for (const std::uint32_t one : needed_by[*node])
        if (places[one] != k_none) step.after.push_back(places[one]);
      sort_once(step.after);
      places[*node] = static_cast<std::uint32_t>(plan.steps.size());
    }
    plan.steps.push_back(std::move(step));
  }
  keep_what_holds(places, plan);
}

// What lies in a git folder goes with it: where any of that shall stay, whoever left it there, so does the folder.
void Planner::keep_what_holds(const Nodes& places, ResourcePlan& plan) const {
  using Place = std::pair<std::string_view, std::string_view>;  // space and name
  std::map<Place, std::uint32_t> holders;                       // and the step
  const auto& live = live_.resources();
  for (std::uint32_t i = 0; i < live.size(); ++i) {
    const model::Kind& kind = kinds_.at(live[i].kind).kind;
    if (places[i] != k_none && kind.brings_content) holders.emplace(Place(kind.space, live[i].name), places[i]);
  }
  if (holders.empty()) return;
  for (std::uint32_t i = 0; i < live.size(); ++i) {
    const std::string_view space = kinds_.at(live[i].kind).kind.space;
    if (places[i] != k_none || space.empty()) continue;
    std::string_view up = live[i].name;
    for (std::size_t at = up.rfind('/'); at != up.npos && at != 0; at = up.rfind('/')) {
      up = up.substr(0, at);
      const auto holder = holders.find(Place(space, up));
      if (holder == holders.end()) continue;
      ResourceStep& step = plan.steps[holder->second];
      if (step.action != ResourceAction::remove) continue;  // one that stays is enough to name
      step.action = ResourceAction::conflict;
      step.reason = fmt::format("{} would go along, which this plan does not remove", kinds_.path_of(live[i]));
      step.removed_items.clear();
    }
  }
}

// Of what the plan is about, and of what that names: what nobody asked for is not bound to anything.
void Planner::learn_matches(ResourcePlan& plan) const {
  std::vector<bool> concerned(matches_.size(), false);
  for (std::uint32_t i = 0; i < matches_.size(); ++i) concerned[i] = targets_.chosen(i);
  for (const GraphEdge& edge : needs_.order)
    if (targets_.chosen(edge.from)) concerned[edge.to] = true;
  for (std::uint32_t i = 0; i < matches_.size(); ++i) {
    if (matches_[i].live == k_none || !concerned[i]) continue;
    const Resource& resource = wanted_.resources()[i];
    const Resource& live = live_.resources()[matches_[i].live];
    const std::string& kind = kinds_.at(resource.kind).label();
    const model::IdEntry* known = rules_.ids.by_source(kind, resource.id);
    if (known && known->target_id == live.id) continue;
    plan.matches.push_back({.kind = kind,
                            .source_id = resource.id,
                            .target_id = live.id,
                            .source_name = resource.name,
                            .target_name = live.name,
                            .learnt = model::Learnt::matched});
  }
}

void Planner::count_calls(ResourcePlan& plan) const {
  for (ResourceStep& step : plan.steps) {
    const ReadyKind& kind = kinds_.at(*kinds_.find(step.kind));
    const auto count = [&](const model::Cost& cost, std::uint64_t times) {
      step.calls += times * cost.calls;
      plan.calls[cost.family] += times * cost.calls;
    };
    if (!step.writes()) continue;
    const bool makes = step.action == ResourceAction::create || step.action == ResourceAction::recreate;
    if (makes) count(kind.kind.create, 1);
    if (step.action == ResourceAction::remove || step.action == ResourceAction::recreate) {
      count(kind.kind.remove, 1);
      for (const KindColumn* column : columns_beside(kind)) count(column->read, 1);
    }
    // It is read before it is written, and when it is patched behind the first pass as well.
    const bool changes = step.action == ResourceAction::activate || step.action == ResourceAction::update;
    if (changes && (step.writes_body || step.action == ResourceAction::activate))
      count(kind.kind.update, step.writes_body ? 2 : 1);
    if (step.patched) count(kind.kind.update, 3);
    for (const KindColumn& column : kind.kind.columns) {
      const bool beside = column.written == KindColumn::Written::afterwards;
      if (std::find(step.columns.begin(), step.columns.end(), column.name) == step.columns.end() || (makes && !beside))
        continue;
      count(column.cost, 1);
      // What is there is looked at before it is written over; behind a first pass, and before the second one, again.
      const std::uint64_t looks = (step.action == ResourceAction::update ? 1 : 0) + (step.patched ? 2 : 0);
      if (beside && looks != 0) count(column.read, looks);
    }
  }
}

ResourcePlan empty_plan(const ResourcePlanOptions& options, const base::Clock& clock, base::Random& random) {
  ResourcePlan plan;
  plan.id = base::to_hex(random.bytes(k_plan_id_bytes));
  plan.repository = options.repository;
  plan.snapshot = options.snapshot;
  plan.source = options.source;
  plan.target = options.target;
  plan.selection = options.selection;
  plan.existing = options.existing;
  plan.removes = options.removes;
  plan.firing = options.firing;
  plan.made = clock.now();
  return plan;
}

}  // namespace

ResourcePlan plan_resources(const KindSet& kinds, const ResourceSides& sides, const model::IdMap& ids,
                            const ResourcePlanOptions& options, const base::Clock& clock, base::Random& random) {
  ResourcePlan plan = empty_plan(options, clock, random);
  Planner(kinds, sides, ids, options).restore(plan);
  return plan;
}

ResourcePlan plan_activation(const KindSet& kinds, const ResourceSides& sides, const model::IdMap& ids,
                             const ResourcePlanOptions& options, const base::Clock& clock, base::Random& random) {
  if (options.firing == model::FiringMode::kept)
    throw base::Error(base::ErrorKind::usage, "an activation that keeps everything as it is would do nothing",
                      "Ask for the recorded states, or for everything to be paused.");
  ResourcePlan plan = empty_plan(options, clock, random);
  Planner(kinds, sides, ids, options).activation(plan);
  return plan;
}

}  // namespace holdfast::engine
