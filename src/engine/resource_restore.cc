#include "engine/resource_restore.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "engine/resource_plan.h"
#include "engine/resource_sides.h"
#include "engine/resource_unknown.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using model::Resource;

// Ids mean something in one workspace only: mistaken for those of another they lead to what is somebody else's.
void refuse_wrong_workspace(const repository::Snapshot& snapshot, const std::string& target,
                            const std::string& target_attributes) {
  const std::string was = attribute_of(snapshot.attributes, platform::k_workspace_attribute);
  const std::string is = attribute_of(target_attributes, platform::k_workspace_attribute);
  if (was.empty() || is.empty()) return;
  if (snapshot.connector != target && was == is)
    throw Error(
        ErrorKind::refused, fmt::format("{} and {} lead to the same workspace {}", snapshot.connector, target, is),
        fmt::format("Restore in place with --to {}, or let {} lead to another workspace.", snapshot.connector, target));
  if (snapshot.connector == target && was != is)
    throw Error(ErrorKind::refused,
                fmt::format("{} led to workspace {} when snapshot {} was taken, and leads to {} now", target, was,
                            snapshot.id.short_id(), is),
                "Give the other workspace a connector of its own: ids of one mean nothing in the other.");
}

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

}  // namespace

model::ResourcePlan plan_resource_restore(const ResourceRestore& restore, const ResourceRestoreOptions& options,
                                          base::Events& events, const base::Clock& clock, base::Random& random,
                                          std::stop_token stop) {
  const model::KindSet kinds(restore.target.kinds());
  const std::vector<Resource> wanted = read_stored_side(restore.repository, restore.snapshot, kinds, stop);
  const LiveSide live = read_live_side(restore.target, kinds, options.capture, events, stop);
  refuse_wrong_workspace(restore.snapshot, options.target, live.attributes);
  const UnknownKeys unknown = unknown_of(restore.snapshot, kinds);
  const model::Selection selection = taught(options.selection, kinds, {&wanted, &live.resources});

  ResourcePlanOptions plan = plain_options(restore, options);
  if (!selection.everything()) plan.selects = [&](const Resource& one) { return selected(selection, kinds, one); };
  plan.chooses_kind = [&](std::size_t kind) { return selection.names(kinds.at(kind).kind.collection); };
  plan.stale = [&](const Resource& one) {
    const bool renamed = !options.mapping.empty();
    return may_hold(unknown[one.kind], kinds.at(one.kind).kind, renamed ? std::nullopt : std::optional(one.name));
  };
  plan.unread = [&](std::size_t kind, const std::optional<std::string>& name) {
    return may_hold(live.unread[kind], kinds.at(kind).kind, name);
  };
  if (plan.removes)
    if (const std::unique_ptr<platform::ResourceWriter> writer = restore.target.resource_writer())
      plan.who = writer->who();
  const IdMapStore ids(restore.state, plan.source, plan.target);
  return plan_resources(kinds, {.wanted = wanted, .live = live.resources}, ids.snapshot(), plan, clock, random);
}

ResourceApplyResult apply_resource_restore(const ResourceRestore& restore, const model::ResourcePlan& plan,
                                           base::Events& events, const base::Clock& clock, std::stop_token stop) {
  const std::uint64_t conflicts = plan.count(model::ResourceAction::conflict);
  if (plan.existing == model::Existing::fail && conflicts != 0)
    throw Error(ErrorKind::conflict, fmt::format("{} resources are not as the snapshot has them", conflicts),
                "Nothing was written.  Choose another --existing, or look at each of them in the plan.");
  const model::KindSet kinds(restore.target.kinds());
  const std::unique_ptr<platform::ResourceWriter> writer = restore.target.resource_writer();
  if (!writer)
    throw Error(ErrorKind::unsupported, fmt::format("connector '{}' cannot be written to", plan.target),
                "This version of holdfast only reads its platform.");
  IdMapStore ids(restore.state, plan.source, plan.target);
  const auto row = [&](const std::string& kind, const base::Bytes& key) -> std::optional<base::Row> {
    const std::optional<std::size_t> known = kinds.find(kind);
    if (!known) return std::nullopt;
    return stored_row(restore.repository, restore.snapshot, kinds.at(*known), key);
  };
  return apply_resources(
      {.kinds = kinds, .plan = plan, .wanted = row, .writer = *writer, .journal = restore.state, .ids = ids}, events,
      clock, std::move(stop));
}

}  // namespace holdfast::engine
