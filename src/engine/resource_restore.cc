#include "engine/resource_restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/key.h"
#include "engine/resource_plan.h"
#include "engine/resource_sides.h"
#include "model/json_text.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;
using model::ReadyKind;
using model::Resource;

// A text of a capture's attributes; empty where it is not there.
std::string attribute(const std::string& attributes, std::string_view name) {
  if (attributes.empty()) return {};
  const JsonText json(attributes);
  const JsonText::Id id = json.member(JsonText::k_root, name);
  return id == JsonText::k_none ? std::string() : std::string(json.string(id));
}

// Ids mean something in one workspace only: mistaken for those of another they lead to what is somebody else's.
void refuse_wrong_workspace(const repository::Snapshot& snapshot, const std::string& target,
                            const std::string& target_attributes) {
  const std::string was = attribute(snapshot.attributes, platform::k_workspace_attribute);
  const std::string is = attribute(target_attributes, platform::k_workspace_attribute);
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

bool overlap(const base::KeyRange& a, const base::KeyRange& b) {
  return (!a.to || b.from < *a.to) && (!b.to || a.from < *b.to);
}

// Keys that a resource of this natural name has; nullopt: its name does not tell.
std::optional<base::KeyRange> keys_of_name(const model::Kind& kind, const std::string& name) {
  const std::size_t parts = kind.names == model::Names::unique ? 1 : 2;
  if (kind.collection.key.size() != parts || kind.name_case == model::Kind::Case::ignored) return std::nullopt;
  base::Bytes key;
  base::append_text(key, name);
  return base::range_of_prefix(key);
}

bool may_hold(const std::vector<base::KeyRange>& lost, const std::optional<base::KeyRange>& keys) {
  return std::any_of(lost.begin(), lost.end(), [&](const base::KeyRange& one) { return !keys || overlap(one, *keys); });
}

// By kind: what the snapshot does not know, so that its absence proves nothing. Of a kind without a tree that is all.
std::vector<std::vector<base::KeyRange>> unknown_of(const repository::Snapshot& snapshot, const model::KindSet& kinds) {
  std::vector<std::vector<base::KeyRange>> out(kinds.size(), {base::KeyRange{}});
  for (const repository::Tree& tree : snapshot.trees) {
    const std::optional<std::size_t> kind = kinds.find(tree.name);
    if (!kind) continue;
    out[*kind].clear();
    for (const repository::StaleRange& one : tree.stale) out[*kind].push_back(one.range);
  }
  return out;
}

model::Selection taught(const ResourceRestoreOptions& options, const model::KindSet& kinds,
                        const std::vector<Resource>& wanted, const std::vector<Resource>& live) {
  model::Selection selection = options.selection;
  std::vector<base::ColumnView> columns;
  for (const std::vector<Resource>* side : {&wanted, &live})
    for (const Resource& one : *side) {
      const model::Collection& collection = kinds.at(one.kind).kind.collection;
      if (selection.other_rows_decide(collection)) selection.learn(collection, base::to_view(one.row, columns));
    }
  return selection;
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
  std::string host = attribute(restore.snapshot.attributes, platform::k_host_attribute);
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
  const auto unknown = unknown_of(restore.snapshot, kinds);
  const model::Selection selection = taught(options, kinds, wanted, live.resources);

  ResourcePlanOptions plan = plain_options(restore, options);
  if (!selection.everything())
    plan.selects = [&](const Resource& one) {
      std::vector<base::ColumnView> columns;
      return selection.matches(kinds.at(one.kind).kind.collection, base::to_view(one.row, columns));
    };
  plan.chooses_kind = [&](std::size_t kind) { return selection.names(kinds.at(kind).kind.collection); };
  plan.stale = [&](const Resource& one) {
    const bool renamed = !options.mapping.empty();
    return may_hold(unknown[one.kind], renamed ? std::nullopt : keys_of_name(kinds.at(one.kind).kind, one.name));
  };
  plan.unread = [&](std::size_t kind, const std::optional<std::string>& name) {
    return may_hold(live.unread[kind], name ? keys_of_name(kinds.at(kind).kind, *name) : std::nullopt);
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
