#include "engine/resources/compare.h"

#include <fmt/format.h>

#include <utility>

#include "engine/attributes.h"
#include "engine/difference_filter.h"
#include "engine/known_workspace.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/sides.h"
#include "engine/resources/unread_secrets.h"
#include "repository/tree.h"

namespace holdfast::engine {

namespace {

using model::KindSet;
using model::Resource;
using Places = ResourceCompareRules::Places;

// Contents of notebooks and files are most of the bytes, and are only ever compared as a whole.
Shrink digests(const KindSet& kinds, const repository::Repository& repository) {
  return [&kinds, key = repository.boundary_key()](Resource& one) {
    const auto& columns = kinds.at(one.kind).kind.collection.columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::optional<base::Bytes>& value = one.row.columns[i];
      if (!value || columns[i].content != model::ColumnContent::bytes) continue;
      const std::vector<base::ColumnView> content{base::ColumnView(*value)};
      repository::ContentHash hash;
      hash.add(key, {.key = {}, .columns = content});
      value = fmt::format("{} bytes, {:08x}{:016x}", value->size(), hash.value[0] & 0xffffffffU, hash.value[1]);
    }
  };
}

struct Side {
  const std::string& connector;
  const std::string& attributes;
};

Places places_of(const repository::Snapshot& before, const Side& after, base::Events& events) {
  const std::string was = attribute_of(before.attributes, platform::k_workspace_attribute);
  const std::string is = attribute_of(after.attributes, platform::k_workspace_attribute);
  const bool same_connector = before.connector == after.connector;
  if (was.empty() || is.empty()) return same_connector ? Places::one : Places::two;
  if (same_connector && was != is)
    events.warning(fmt::format("{} led to workspace {} when snapshot {} was taken, and to {} now: compared as two",
                               after.connector, was, before.id.short_id(), is));
  if (!same_connector && was == is)
    events.warning(
        fmt::format("{} and {} lead to the same workspace {}: compared as one", before.connector, after.connector, is));
  return was == is ? Places::one : Places::two;
}

// A collection of a later version, or of one that is gone.
void tell_unknown_collections(const KindSet& kinds, const repository::Snapshot& snapshot, base::Events& events) {
  for (const repository::Tree& tree : snapshot.trees)
    if (!kinds.find(tree.name))
      events.warning(fmt::format("{} of snapshot {} is not compared: this version does not know the kind", tree.name,
                                 snapshot.id.short_id()));
}

struct SecondSide {
  const std::vector<Resource>& resources;
  UnknownKeys unknown;
  Freshness unknown_is;
  Side names;
};

CompareCounts compare(const ResourceComparison& comparison, const KindSet& kinds, const std::vector<Resource>& before,
                      SecondSide after, base::Events& events, const std::stop_token& stop,
                      const ResourceVisitor& visit) {
  tell_unknown_collections(kinds, comparison.before, events);
  note_unread_secrets(kinds, before, after.resources, events);
  const model::IdMap ids = ids_between(comparison.state, comparison.before.connector, after.names.connector);
  const model::Selection selection = taught(comparison.selection, kinds, {&before, &after.resources});
  require_each_selected(selection, kinds, {&before, &after.resources});
  UnknownKeys unknown = unknown_of(comparison.before, kinds);
  add_left_out(unknown, comparison.before.attributes, kinds, after.resources);
  add_left_out(after.unknown, after.names.attributes, kinds, before);
  ResourceCompareRules rules{.ids = ids,
                             .mapping = comparison.mapping,
                             .places = places_of(comparison.before, after.names, events),
                             .paused = comparison.paused,
                             .unknown_after = after.unknown_is};
  if (!selection.everything()) rules.selects = [&](const Resource& one) { return selected(selection, kinds, one); };
  const CompareCounts counts =
      compare_resources(kinds, {before, unknown}, {after.resources, after.unknown}, rules, stop, visit);
  if (counts.compared == 0U && !selection.everything()) throw nothing_selected(selection);
  return counts;
}

}  // namespace

CompareCounts compare_resource_snapshots(const ResourceComparison& comparison, const repository::Snapshot& after,
                                         base::Events& events, std::stop_token stop, const ResourceVisitor& visit) {
  const KindSet kinds(comparison.kinds);
  const Shrink shrink = digests(kinds, comparison.repository);
  const std::vector<Resource> before = read_stored_side(comparison.repository, comparison.before, kinds, stop, shrink);
  const std::vector<Resource> other = read_stored_side(comparison.repository, after, kinds, stop, shrink);
  tell_unknown_collections(kinds, after, events);
  return compare(comparison, kinds, before,
                 {other, unknown_of(after, kinds), Freshness::stale, {after.connector, after.attributes}}, events, stop,
                 visit);
}

CompareCounts compare_resources_live(const ResourceComparison& comparison, const LiveConnector& after,
                                     base::Events& events, std::stop_token stop, const ResourceVisitor& visit) {
  const KindSet kinds(comparison.kinds);
  const Shrink shrink = digests(kinds, comparison.repository);
  const std::vector<Resource> before = read_stored_side(comparison.repository, comparison.before, kinds, stop, shrink);
  const LiveSide live = read_live_side(after, kinds, events, stop, shrink);
  refuse_same_workspace(comparison.repository, comparison.before, after.name, live.attributes, events);
  CompareCounts counts =
      compare(comparison, kinds, before,
              {live.resources, live.unread, Freshness::unread, {after.name, live.attributes}}, events, stop, visit);
  // What was not read may be something that the snapshot does not have.
  if (counts.unread == 0)
    for (const std::size_t kind : live.partial)
      counts.unread += comparison.selection.touches(kinds.at(kind).kind.collection) ? 1 : 0;
  return counts;
}

}  // namespace holdfast::engine
