#include "engine/resources/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/error.h"
#include "engine/attributes.h"
#include "engine/known_workspace.h"
#include "engine/resources/plan.h"
#include "engine/resources/sides.h"
#include "engine/resources/task_store.h"
#include "engine/resources/tasks.h"
#include "engine/resources/unknown.h"
#include "engine/resources/unread_secrets.h"
#include "model/not_seen.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using model::Resource;

ResourcePlanOptions plain_options(const ResourceRestore& restore, const ResourceRestoreOptions& options) {
  const bool in_place = restore.snapshot.connector == options.target;
  const auto usual = in_place ? model::FiringMode::kept : model::FiringMode::paused;
  ResourcePlanOptions out{.repository = restore.repository.id(),
                          .snapshot = restore.snapshot.id.name(),
                          .source = restore.snapshot.connector,
                          .target = options.target,
                          .selection = options.selection.text(),
                          .existing = options.existing,
                          .firing = options.firing.value_or(usual),
                          .removes = options.removes,
                          .with_dependencies = options.with_dependencies,
                          .mapping = options.mapping};
  std::string host = attribute_of(restore.snapshot.attributes, platform::k_host_attribute);
  if (!in_place && !host.empty()) out.foreign_texts.push_back(std::move(host));
  return out;
}

// What was never backed up is held against nothing: whoever reads the plan has to see where it leads.
void tell_unknown_workspace(repository::Repository& repository, const std::string& target,
                            const std::string& attributes, base::Events& events) {
  const std::string id = attribute_of(attributes, platform::k_workspace_attribute);
  if (id.empty() || !known_workspace(repository, target).empty()) return;
  const std::string host = attribute_of(attributes, platform::k_host_attribute);
  events.note(fmt::format("{} leads to workspace {}{}, and no snapshot of it says whether it shall", target, id,
                          host.empty() ? "" : fmt::format(" ({})", host)));
}

// What others keep for themselves is not in the snapshot of an account that is no administrator, and is there all the
// same: nothing that it lacks may be taken for deleted.
bool tell_seen_in_part(const repository::Snapshot& snapshot, const ResourceRestoreOptions& options,
                       base::Events& events) {
  if (!sees_only_its_own(snapshot.attributes)) return false;
  if (options.removes)
    events.warning(
        fmt::format("snapshot {} of {} was read by an account that is no administrator: what it lacks may "
                    "be there, and is not removed.  Back up as an administrator to have it removed",
                    snapshot.id.short_id(), snapshot.connector));
  return true;
}

// Both sides read, and what every plan asks of them.
class Preparation {
public:
  Preparation(const ResourceRestore& restore, const ResourceRestoreOptions& options, base::Events& events,
              const std::stop_token& stop)
      : restore_(restore),
        options_(options),
        kinds_(restore.target.kinds()),
        wanted_(read_stored_side(restore.repository, restore.snapshot, kinds_, stop)),
        live_(read_live_side({options.target, restore.target, options.capture}, kinds_, events, stop)) {
    refuse_wrong_workspace(restore.snapshot, options.target, live_.attributes);
    if (options.beside)
      stand_beside(
          *options.beside, kinds_, wanted_, [&]() -> const auto& { return others(stop); });
    if (seen_in_part()) find_unlisted(stop);
    selection_ = taught(options.selection, kinds_, {&wanted_, &live_.resources});
    // The rest of an activation may have none of what was chosen for all of it.
    if (!options.only) require_each_selected(selection_, kinds_, {&wanted_, &live_.resources});
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  const model::KindSet& kinds() const noexcept { return kinds_; }
  const LiveSide& live() const noexcept { return live_; }
  std::string target_workspace() const { return attribute_of(live_.attributes, platform::k_workspace_attribute); }
  ResourceSides sides() const noexcept { return {.wanted = wanted_, .live = live_.resources}; }
  // They refer to this.
  ResourcePlanOptions plan_options() const {
    ResourcePlanOptions plan = plain_options(restore_, options_);
    if (!selection_.everything())
      plan.selects = [this](const Resource& one) { return selected(selection_, kinds_, one); };
    plan.seen_in_part = seen_in_part();
    plan.chooses_kind = [this](std::size_t kind) { return selection_.names(kinds_.at(kind).kind.collection); };
    plan.unread = [this, left_out = model::not_seen_of(live_.attributes)](std::size_t kind,
                                                                          const std::optional<std::string>& name) {
      const std::string& label = kinds_.at(kind).label();
      if (leaves_out(left_out, label, name) || (name && is_unlisted(kind, *name))) return true;
      return may_hold(live_.unread[kind], kinds_.at(kind).kind, name);
    };
    return plan;
  }

  // Either side may call what it has by another of its ids than this map does.
  model::IdMap ids_called(model::IdMap ids) const {
    const std::string source = ids.source();
    const std::string target = ids.target();
    const auto in = [this](const std::vector<Resource>& side) {
      auto known = std::make_shared<std::set<std::pair<std::string, std::string>>>();
      for (const Resource& one : side) known->emplace(kinds_.at(one.kind).label(), one.id);
      return [known](const std::string& kind, const std::string& id) { return known->contains({kind, id}); };
    };
    ids = ids_as_called(std::move(ids), IdMapStore(restore_.state, source, source).snapshot(), in(wanted_));
    if (source == target) return ids;
    return turned_round(
        ids_as_called(turned_round(ids), IdMapStore(restore_.state, target, target).snapshot(), in(live_.resources)));
  }

private:
  // Of what is made anew in place the id is asked for, which is a better answer than a list.
  bool seen_in_part() const {
    return restore_.snapshot.connector != options_.target && sees_only_its_own(live_.attributes);
  }
  // What the target's newest snapshot has, of what this account may not be shown, and no list has.
  void find_unlisted(const std::stop_token& stop) {
    const std::optional<repository::Snapshot> newest = restore_.repository.latest(options_.target);
    if (!newest) return;
    const bool may_be_any = may_see_less(live_.attributes, newest->attributes);
    const UnknownKeys carried = unknown_of(*newest, kinds_);
    std::set<std::pair<std::size_t, std::string>> listed;
    for (const Resource& one : live_.resources) listed.emplace(one.kind, one.id);
    const auto without_content = [](Resource& one) { one.row.columns.clear(); };
    for (const Resource& one : read_stored_side(restore_.repository, *newest, kinds_, stop, without_content))
      if ((may_be_any || holds_key(carried[one.kind], one.row.key)) && !listed.contains({one.kind, one.id}))
        unlisted_.emplace(one.kind, kinds_.folded(one.kind, one.name));
  }
  bool is_unlisted(std::size_t kind, const std::string& name) const {
    return !unlisted_.empty() && unlisted_.contains({kind, kinds_.folded(kind, name)});
  }
  // What else is known of the source: what is there, or what its newest snapshot has.
  const std::vector<Resource>& others(const std::stop_token& stop) {
    if (others_) return *others_;
    const std::string& source = restore_.snapshot.connector;
    if (source == options_.target) {
      others_ = live_.resources;
    } else {
      const std::optional<repository::Snapshot> newest = restore_.repository.latest(source);
      others_ = newest ? read_stored_side(restore_.repository, *newest, kinds_, stop) : std::vector<Resource>();
    }
    call_as_before(*others_);
    return *others_;
  }
  // What was made anew is looked for by the id that it had.
  void call_as_before(std::vector<Resource>& all) const {
    const std::string& source = restore_.snapshot.connector;
    const model::IdMap anew = IdMapStore(restore_.state, source, source).snapshot();
    if (anew.size() == 0) return;
    const std::size_t count = all.size();
    for (std::size_t i = 0; i < count; ++i)
      for (const std::string& id : ids_ever(anew, kinds_.at(all[i].kind).label(), all[i].id)) {
        if (id == all[i].id) continue;
        all.push_back(all[i]);
        all.back().id = id;
      }
  }

  const ResourceRestore& restore_;
  const ResourceRestoreOptions& options_;
  model::KindSet kinds_;
  std::optional<std::vector<Resource>> others_;
  std::vector<Resource> wanted_;
  LiveSide live_;
  std::set<std::pair<std::size_t, std::string>> unlisted_;  // kinds, and names as folded
  model::Selection selection_;
};

// Somebody may have done what it waits for: it is tried again, and whoever reads the plan sees why.  Tasks that cannot
// be read stop no plan: the run says so.
void tell_open_tasks(storage::Backend& state, model::ResourcePlan& plan) {
  std::set<std::pair<std::string, std::string>> open;
  try {
    const TaskStore store(state, plan.source, plan.target);
    for (const ManualTask& task : store.tasks())
      if (task.state == ManualTask::State::open && task.way == ManualTask::Way::instead)
        open.emplace(task.kind, task.path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    return;
  }
  for (model::ResourceStep& step : plan.steps)
    if (step.action == model::ResourceAction::create && open.contains({step.kind, step.path}))
      step.reason += "; it is an open task, and tried again";
}

// What came from the source, is there no more, and stays on the target, as nobody asked for removals.
std::uint64_t left_behind(const Preparation& ready, const ResourcePlanOptions& options, const model::IdMap& ids,
                          const model::ResourcePlan& plan) {
  using Id = std::pair<std::string, std::string>;
  const model::KindSet& kinds = ready.kinds();
  std::set<Id> there;
  for (const Resource& one : ready.sides().wanted) there.emplace(kinds.at(one.kind).label(), one.id);
  std::set<Id> bound;  // it stands for another one by now
  for (const model::IdEntry& entry : plan.matches) bound.emplace(entry.kind, entry.target_id);
  const auto& live = ready.sides().live;
  return static_cast<std::uint64_t>(std::count_if(live.begin(), live.end(), [&](const Resource& one) {
    const model::Kind& kind = kinds.at(one.kind).kind;
    if (one.system || kind.removed != model::Kind::Removed::with_others || options.stale(one)) return false;
    if (options.selects && !options.selects(one)) return false;
    const std::string& label = kinds.at(one.kind).label();
    const model::IdEntry* entry = ids.by_target(label, one.id);
    return entry && !there.contains({label, entry->source_id}) && !bound.contains({label, one.id});
  }));
}

// Asked for on the way there, people made them by hand: nobody needs them on the way home, unless somebody chose them.
void leave_out_at_home(ResourcePlanOptions& plan, const model::KindSet& kinds) {
  plan.selects = [&kinds, chooses = plan.chooses_kind, selects = plan.selects](const Resource& one) {
    if (of_its_side_only(kinds.at(one.kind)) && !chooses(one.kind)) return false;
    return !selects || selects(one);
  };
}

void leave_out_of_others(ResourcePlanOptions& plan, const model::KindSet& kinds, const Split& split) {
  if (split.of_others.empty()) return;
  plan.with_dependencies = true;  // what something of the target's own uses by now comes along all the same
  plan.selects = [&kinds, &split, selects = plan.selects](const Resource& one) {
    return !split.of_others.contains({kinds.at(one.kind).label(), one.id}) && (!selects || selects(one));
  };
}

}  // namespace

model::ResourcePlan plan_resource_restore(const ResourceRestore& restore, const ResourceRestoreOptions& options,
                                          base::Events& events, const base::Clock& clock, base::Random& random,
                                          std::stop_token stop) {
  const Preparation ready(restore, options, events, stop);
  tell_unknown_workspace(restore.repository, options.target, ready.live().attributes, events);
  note_unread_secrets(ready.kinds(), ready.sides().wanted, ready.sides().live, events);
  ResourcePlanOptions plan = ready.plan_options();
  const UnknownKeys unknown = unknown_of(restore.snapshot, ready.kinds());
  const bool sees_some = tell_seen_in_part(restore.snapshot, options, events);
  const std::vector<model::NotSeen> left_out = model::not_seen_of(restore.snapshot.attributes);
  plan.stale = [&, sees_some](const Resource& one) {
    if (sees_some) return true;
    // With a mapping it is not known what it was called there.
    const std::optional<std::string> name = options.mapping.empty() ? std::optional(one.name) : std::nullopt;
    return leaves_out(left_out, ready.kinds().at(one.kind).label(), name) ||
           may_hold(unknown[one.kind], ready.kinds().at(one.kind).kind, name);
  };
  std::optional<DriftJudge> judge;
  if (options.split) {
    judge.emplace(restore.repository, ready.kinds(), restore.snapshot, *options.split, options.target);
    plan.holds_back = [&](const Resource* wanted, const Resource& live) { return judge->judge(wanted, live); };
    if (options.split->home == Split::Home::yes) leave_out_at_home(plan, ready.kinds());
    leave_out_of_others(plan, ready.kinds(), *options.split);
  }
  // Told by the capture: who may not write may plan all the same.
  if (plan.removes) plan.who = attribute_of(ready.live().attributes, platform::k_account_attribute);
  const model::IdMap ids = ready.ids_called(ids_between(restore.state, plan.source, plan.target));
  model::ResourcePlan out = plan_resources(ready.kinds(), ready.sides(), ids, plan, clock, random);
  tell_open_tasks(restore.state, out);
  out.target_workspace = ready.target_workspace();
  if (plan.removes || plan.source == plan.target) return out;
  if (const std::uint64_t behind = left_behind(ready, plan, ids, out); behind != 0)
    events.note(fmt::format("{} on {} {} no longer on {}: --remove removes {}",
                            behind == 1 ? "1 resource" : fmt::format("{} resources", behind), plan.target,
                            behind == 1 ? "is" : "are", plan.source, behind == 1 ? "it" : "them"));
  return out;
}

model::ResourcePlan plan_resource_activation(const ResourceRestore& restore, const ResourceRestoreOptions& options,
                                             base::Events& events, const base::Clock& clock, base::Random& random,
                                             std::stop_token stop) {
  const Preparation ready(restore, options, events, stop);
  ResourcePlanOptions plan = ready.plan_options();
  plan.firing = options.firing.value_or(model::FiringMode::recorded);
  if (options.only)
    plan.selects = [&, selects = plan.selects](const Resource& one) {
      return options.only(ready.kinds().at(one.kind).label(), one.id) && (!selects || selects(one));
    };
  const model::IdMap ids = ready.ids_called(IdMapStore(restore.state, plan.source, plan.target).snapshot());
  model::ResourcePlan out = plan_activation(ready.kinds(), ready.sides(), ids, plan, clock, random);
  out.target_workspace = ready.target_workspace();
  return out;
}

void mirror_id_map(storage::Backend& state, const std::string& source, const std::string& target) {
  const model::IdMap from = IdMapStore(state, source, target).snapshot();
  IdMapStore to(state, target, source);
  std::vector<model::IdEntry> fresh;
  std::vector<model::IdEntry> anew;
  for (const model::IdEntry& entry : from.entries()) {
    const std::optional<model::IdEntry> known = to.by_source(entry.kind, entry.target_id);
    if (known && known->target_id == entry.source_id) continue;
    fresh.push_back(model::turned_round(entry));
    const std::optional<model::IdEntry> gone = to.by_target(entry.kind, entry.source_id);
    const bool made = entry.learnt == model::Learnt::created || entry.learnt == model::Learnt::adopted;
    if (gone && gone->source_id != entry.target_id && made)
      anew.push_back({entry.kind, gone->source_id, entry.target_id, gone->source_name, entry.target_name});
  }
  // Snapshots of the target know what was made anew by the id that it had.
  IdMapStore(state, target, target).learn(anew);
  to.learn(fresh);
}

void require_planned_target(platform::Connector& target, const model::ResourcePlan& plan, std::stop_token stop) {
  // Who lets resources be brought has not let anything be switched on or off, whoever made the plan.
  const bool switches = plan.count(model::ResourceAction::activate) != 0;
  platform::WriteRequest request{.what = switches ? platform::Writing::cutover : platform::Writing::resources};
  target.require_writing(request, stop);
  request.workspace = plan.target_workspace;
  try {
    target.require_writing(request, std::move(stop));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::refused) throw;
    throw Error(
        ErrorKind::refused,
        fmt::format("{} leads to another workspace than {}, for which the plan was made", plan.target,
                    plan.target_workspace),
        fmt::format("Nothing was written.  \"holdfast doctor {0}\" shows where its host or profile leads.  Where it "
                    "is meant to lead there from now on, \"holdfast backup {0}\" says so; then make a new plan: "
                    "ids of one workspace mean nothing in another.",
                    plan.target));
  }
}

ResourceApplyResult apply_resource_restore(const ResourceRestore& restore, const model::ResourcePlan& plan,
                                           base::Events& events, const base::Clock& clock, std::stop_token stop) {
  const std::uint64_t conflicts = plan.count(model::ResourceAction::conflict);
  if (plan.existing == model::Existing::fail && conflicts != 0)
    throw Error(ErrorKind::conflict,
                conflicts == 1 ? "1 resource is not as the snapshot has it"
                               : fmt::format("{} resources are not as the snapshot has them", conflicts),
                "Nothing was written.  Choose another --existing, or look at each of them in the plan.");
  const model::KindSet kinds(restore.target.kinds());
  require_planned_target(restore.target, plan, stop);
  const std::unique_ptr<platform::ResourceWriter> writer = restore.target.resource_writer(stop);
  if (!writer)
    throw Error(ErrorKind::unsupported, fmt::format("connector '{}' cannot be written to", plan.target),
                "This version of holdfast only reads its platform.");
  IdMapStore ids(restore.state, plan.source, plan.target);
  const auto row = [&](const std::string& kind, const base::Bytes& key) -> std::optional<base::Row> {
    const std::optional<std::size_t> known = kinds.find(kind);
    if (!known) return std::nullopt;
    if (restore.beside)
      if (const auto own = restore.beside->rows.find({kind, key}); own != restore.beside->rows.end())
        return own->second;
    return stored_row(restore.repository, restore.snapshot, kinds.at(*known), key);
  };
  return apply_resources(
      {.kinds = kinds, .plan = plan, .wanted = row, .writer = *writer, .journal = restore.state, .ids = ids}, events,
      clock, std::move(stop));
}

}  // namespace holdfast::engine
