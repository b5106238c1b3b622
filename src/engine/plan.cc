#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "engine/browse.h"
#include "engine/compare_live.h"
#include "engine/restore.h"
#include "engine/row_layout.h"
#include "model/field_diff.h"

namespace holdfast::engine {

namespace {

using model::Action;
using model::Existing;
using repository::Difference;

constexpr std::size_t k_plan_id_bytes = 8;

// A row in the layout of the snapshot's collection, which a comparison with the live platform only ever lengthens.
base::Row shortened(const base::RowView& view, std::size_t columns) {
  base::Row row = base::to_row(view);
  row.columns.resize(columns);
  return row;
}

const base::RowView* view_of(const std::optional<base::Row>& row, std::vector<base::ColumnView>& columns,
                             base::RowView& view) {
  if (!row) return nullptr;
  view = base::to_view(*row, columns);
  return &view;
}

struct Decision {
  Action action;
  std::string reason;
};

Decision decide(Difference::Kind kind, const PlanOptions& options) {
  switch (kind) {
    case Difference::Kind::removed:
      return {Action::create, "the target does not have it"};
    case Difference::Kind::changed:
      if (options.existing == Existing::skip) return {Action::skip, "the target has it, and existing rows are skipped"};
      if (options.existing == Existing::fail) {
        return {Action::conflict, "the target has it with other content, and existing rows are not to be touched"};
      }
      return {Action::update, "it differs from the snapshot"};
    case Difference::Kind::added:
      break;
  }
  if (options.existing == Existing::skip)
    return {Action::skip, "the snapshot does not have it, and existing rows are skipped"};
  if (options.existing == Existing::fail) {
    return {Action::conflict, "the snapshot does not have it, and existing rows are not to be touched"};
  }
  return {Action::remove, "the snapshot does not have it"};
}

using Written = std::vector<const model::Step*>;

// Rows that only a removal makes room for may come; what else stands in the way stays.
void refuse_clashes(const model::Plan& plan, const model::Collection& collection, const Written& written,
                    platform::Connector::Admission& admission) {
  std::vector<base::Bytes> created;
  std::set<base::ByteView> removed;
  for (const model::Step* step : written)
    if (step->action == Action::create) created.push_back(step->key);
  for (const model::Step& step : plan.steps)
    if (step.action == Action::remove && step.collection == collection.name) removed.insert(step.key);
  for (const auto& [key, held] : admission.clashes(created)) {
    if (removed.contains(held)) continue;
    throw base::Error(
        base::ErrorKind::refused,
        fmt::format("{} cannot be created: to the target's collation it is {}, which is there",
                    model::key_to_path(collection, key), model::key_to_path(collection, held)),
        "Remove that row, by --remove where the selection holds it and the snapshot does not, or give the "
        "key columns of the target a binary collation.");
  }
}

// A plan that cannot be applied is not made: the target is asked about every row that would be written.
void admit(const model::Plan& plan, const model::Collection& collection, platform::Connector& target) {
  Written written;
  for (const model::Step& step : plan.steps)
    if (step.collection == collection.name && (step.action == Action::create || step.action == Action::update))
      written.push_back(&step);
  if (written.empty()) return;
  const std::unique_ptr<platform::Connector::Admission> admission = target.admission(collection);
  refuse_clashes(plan, collection, written, *admission);
  std::vector<base::ColumnView> columns;
  platform::RowSink& part = admission->part();
  for (const model::Step* step : written) part.row(base::to_view(*step->after, columns));
  admission->end();
}

void admit(const model::Plan& plan, const repository::Snapshot& snapshot, platform::Connector& target) {
  for (const repository::Tree& tree : snapshot.trees) admit(plan, collection_of(tree), target);
}

class PlanMaker {
public:
  PlanMaker(const repository::Snapshot& snapshot, const PlanOptions& options, model::Plan& plan)
      : options_(options), plan_(plan) {
    for (const repository::Tree& tree : snapshot.trees) stored_.emplace(tree.name, collection_of(tree));
  }

  // Rows that only the target has are none of the plan's business unless their removal was asked for.
  // `united` has the snapshot's columns first, then those that only the target has: these stay as they are.
  void take(const model::Collection& united, const Difference& difference, Freshness freshness) {
    if (difference.kind == Difference::Kind::added && !options_.removes) return;
    const auto known = stored_.find(united.name);
    if (known == stored_.end()) return;  // the snapshot says nothing of this collection
    const model::Collection& collection = known->second;
    const std::size_t columns = collection.columns.size();

    model::Step step{.collection = collection.name,
                     .path = model::key_to_path(collection, difference.key),
                     .action = Action::skip,
                     .reason = {},
                     .fields = {},
                     .key = base::Bytes(difference.key),
                     .before = {},
                     .after = {}};
    // A comparison calls "before" what the snapshot has; for a step it is the target that comes before.
    if (difference.after) step.before = shortened(*difference.after, columns);
    if (difference.before) step.after = shortened(*difference.before, columns);
    if (step.before == step.after) return;  // they differ in columns that the snapshot does not know
    Decision decision = decide(difference.kind, options_);
    const bool stale = freshness == Freshness::stale;
    if (freshness == Freshness::unread) {
      decision = {Action::skip, "the target did not let us read it: what is there now is not known"};
    } else if (stale && decision.action == Action::remove) {
      decision = {Action::skip, "the backup could not read this range, so a missing row proves nothing"};
    } else if (stale) {
      decision.reason += "; the snapshot carries it from an earlier backup";
    }
    step.action = decision.action;
    step.reason = std::move(decision.reason);
    std::vector<base::ColumnView> before_columns;
    std::vector<base::ColumnView> after_columns;
    base::RowView before;
    base::RowView after;
    step.fields = model::field_diff(collection, view_of(step.before, before_columns, before),
                                    view_of(step.after, after_columns, after));
    plan_.steps.push_back(std::move(step));
  }

private:
  std::map<std::string, model::Collection> stored_;
  const PlanOptions& options_;
  model::Plan& plan_;
};

// A column that the target lacks would be lost without a word.
void require_columns(const repository::Snapshot& snapshot, const platform::Capture& capture,
                     const PlanOptions& options) {
  const std::string& target_name = options.target_name;
  for (const repository::Tree& tree : snapshot.trees) {
    const model::Collection stored = collection_of(tree);
    if (!options.selection.touches(stored)) continue;
    const auto& live = capture.collections();
    const auto same = std::find_if(live.begin(), live.end(),
                                   [&](const auto& estimate) { return estimate.collection.name == stored.name; });
    if (same == live.end()) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("connector '{}' has no collection '{}'", target_name, stored.name),
                        "Restore the whole snapshot: that creates it.");
    }
    const model::Collection united = unite(same->collection, stored);
    if (united.columns.size() == same->collection.columns.size()) continue;
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("collection '{}' of connector '{}' has no column '{}', which the snapshot has",
                                  stored.name, target_name, united.columns.back().name),
                      "Restore the whole snapshot, or add the column to the target first.");
  }
}

}  // namespace

model::Plan make_plan(repository::Repository& repository, const repository::Snapshot& snapshot,
                      platform::Connector& target, const PlanOptions& options, base::Events& events,
                      const base::Clock& clock, base::Random& random, std::stop_token stop) {
  model::Plan plan;
  plan.id = base::to_hex(random.bytes(k_plan_id_bytes));
  plan.repository = repository.id();
  plan.snapshot = snapshot.id.name();
  plan.target = options.target_name;
  plan.selection = options.selection.text();
  plan.existing = options.existing;
  plan.removes = options.removes;
  plan.made = clock.now();
  return base::in_context([&] { return fmt::format("planning a restore into connector '{}'", options.target_name); },
                          [&] {
                            std::unique_ptr<platform::Capture> capture = target.capture(options.capture, stop);
                            for (const std::string& note : capture->notes()) events.note(note);
                            require_columns(snapshot, *capture, options);
                            PlanMaker maker(snapshot, options, plan);
                            compare_capture(repository, snapshot, *capture, options.capture.readers, options.selection,
                                            events, stop,
                                            [&](const model::Collection& united, const Difference& difference,
                                                Freshness freshness) { maker.take(united, difference, freshness); });
                            capture.reset();
                            admit(plan, snapshot, target);
                            return std::move(plan);
                          });
}

}  // namespace holdfast::engine
