#include "engine/resources/decide.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/resources/firing.h"
#include "engine/resources/seen_column.h"
#include "engine/resources/tasks.h"
#include "model/field_diff.h"
#include "model/hidden_values.h"
#include "model/secret_column.h"

namespace holdfast::engine {

namespace {

using model::Existing;
using model::JsonText;
using model::KindColumn;
using model::ReadyKind;
using model::Resource;
using model::ResourceAction;
using model::ResourceStep;

void add_unique(std::vector<std::string>& to, std::vector<std::string> from) {
  for (std::string& one : from)
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(std::move(one));
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void refuse(ResourceStep& step, const LinkReport& report) {
  step.action = ResourceAction::conflict;
  step.reason = fmt::format("{}", fmt::join(report.refused, "; "));
}

// What the plan brings is named by an id that nobody knows yet, and by no old one.
class WithoutOldIds : public LinkTargets {
public:
  explicit WithoutOldIds(const LinkTargets& planned) : planned_(planned) {}
  Id id(std::size_t kind, std::string_view source_id) const override {
    Id out = planned_.id(kind, source_id);
    if (out.brought) out.value = "new";
    return out;
  }
  bool has_name(std::size_t kind, std::string_view name) const override { return planned_.has_name(kind, name); }
  bool has_path(std::string_view space, std::string_view path) const override { return planned_.has_path(space, path); }

private:
  const LinkTargets& planned_;
};

// What the path leads to, as edited.
std::vector<std::string> values_at(const JsonText& json, const model::JsonPath& path) {
  std::vector<std::string> out;
  path.visit(json, [&](JsonText::Id id) {
    if (!json.removed(id)) out.push_back(json.print(id));
  });
  return out;
}

// A field differs that only create takes.
void fixed_fields(const ReadyKind& kind, const std::vector<std::string>& fixed, Existing existing, ResourceStep& step) {
  const std::string fields = fmt::format("{}", fmt::join(fixed, ", "));
  if (kind.kind.recreate == model::Kind::Recreate::never) {
    step.action = ResourceAction::conflict;
    step.reason =
        fmt::format("{} differs, which cannot be changed, and removing a {} loses what it made", fields, kind.kind.one);
  } else if (existing == Existing::replace) {
    step.action = ResourceAction::recreate;
    step.reason = fmt::format("{} differs, which cannot be changed", fields);
  } else {
    step.action = ResourceAction::conflict;
    step.reason = fmt::format("{} differs, which cannot be changed: --existing replace creates it again", fields);
  }
}

// As prepared_column() gives it.
bool is_equal_to_the_letter(const ReadyKind& kind, std::size_t at, const base::Row& live, const std::string& wanted) {
  if (at >= live.columns.size() || !live.columns[at]) return false;
  const model::ReadyDocument* document = kind.document(at);
  return document != nullptr ? live_document(live, *document).print() == wanted : *live.columns[at] == wanted;
}

}  // namespace

std::vector<model::FieldChange> differences(const ReadyKind& kind, std::size_t at, std::optional<std::string> before,
                                            std::optional<std::string> after) {
  const model::Column& column = kind.kind.collection.columns[at];
  if (column.content != model::ColumnContent::json) {
    const auto size = [](const std::optional<std::string>& text) -> std::optional<std::string> {
      if (!text) return std::nullopt;
      return fmt::format("{} bytes", text->size());
    };
    return {{.path = column.name, .before = size(before), .after = size(after)}};
  }
  model::HiddenValues hidden;
  const model::ReadyDocument* document = kind.document(at);
  for (std::optional<std::string>* text : {&before, &after})
    if (*text && document) *text = hidden.hide(std::move(**text), document->sensitive);
  const model::Collection one{.name = {}, .key = {}, .columns = {column}};
  const std::vector<base::ColumnView> old_columns{before ? base::ColumnView(*before) : std::nullopt};
  const std::vector<base::ColumnView> new_columns{after ? base::ColumnView(*after) : std::nullopt};
  const base::RowView old_row{{}, old_columns};
  const base::RowView new_row{{}, new_columns};
  return model::field_diff(one, &old_row, &new_row);
}

ResourceStep StepDecider::step_for(std::uint32_t index) const {
  const Resource& resource = want(index);
  ResourceStep step;
  step.kind = facts_.kinds.at(resource.kind).label();
  step.path = facts_.kinds.path_of(resource);
  step.key = resource.row.key;
  step.source_id = resource.id;
  step.source_name = resource.name;
  const Resource* live = live_of(index);
  // What the id map names and is not there any more: what it names when the step is done is of another run.
  const model::IdEntry* gone = live ? nullptr : facts_.ids.by_source(step.kind, step.source_id);
  if (gone) step.seen = gone->target_id;
  step.target_name = live ? live->name : facts_.kinds.mapped_name(resource.kind, resource.name, facts_.context.mapping);
  if (live) step.target_id = live->id;
  return step;
}

// Of what is made, also where it is made again: nothing of what was there stays.
std::vector<std::string> StepDecider::all_columns(const Resource& resource, LinkReport& report) const {
  const ReadyKind& kind = facts_.kinds.at(resource.kind);
  std::vector<std::string> out;
  for (const KindColumn& column : kind.kind.columns) {
    if (column.written == KindColumn::Written::never) continue;
    if (prepared_column(facts_.context, resource, kind.column(column.name), nullptr, report))
      out.push_back(column.name);
  }
  return out;
}

// Of one that was not seen on the target.  What the id map names may be called otherwise by now, unless its name is all
// that tells it.
bool StepDecider::may_be_unread(const Resource& resource, const ResourceStep& step) const {
  const bool by_name = step.seen.empty() || facts_.kinds.at(resource.kind).kind.id.empty();
  const std::optional<std::string> name = by_name ? std::optional(step.target_name) : std::nullopt;
  return facts_.options.unread && facts_.options.unread(resource.kind, name);
}

void StepDecider::decide_new(std::uint32_t index, ResourceStep& step) {
  const Resource& resource = want(index);
  const ResourceMatch& match = facts_.matches[index];
  if (resource.system) {
    step.action = ResourceAction::skip;
    step.reason = "the platform brings it along, and the target has none of that name";
    return;
  }
  add_tasks(facts_, resource, nullptr, step);
  if (step.action == ResourceAction::manual) return;  // whatever else is called so
  step.tasks.clear();
  if (!match.candidates.empty()) {
    step.action = ResourceAction::conflict;
    step.reason = match.candidates.size() == 1
                      ? "one is called so that is not known to be this one: say by the id map whether it is"
                      : "several are called so: say by the id map which one it is";
    for (const std::uint32_t one : match.candidates) step.candidates.push_back(facts_.live.resources()[one].id);
    return;
  }
  if (may_be_unread(resource, step)) {
    step.action = ResourceAction::conflict;
    step.reason = "the target may have it, and did not let us read it";
    return;
  }
  step.action = ResourceAction::create;
  // Of a name that is unique the platform refuses a second one by itself.
  const bool unlisted =
      facts_.options.seen_in_part && facts_.kinds.at(resource.kind).kind.names == model::Names::shared;
  step.reason = unlisted ? k_may_be_unlisted : "the target does not have it";
  LinkReport report;
  (void)prepared_body(facts_.context, resource, nullptr, report);
  step.columns = all_columns(resource, report);
  add_unique(step.notes, std::move(report.notes));
  absent_.insert(report.absent.begin(), report.absent.end());
  add_tasks(facts_, resource, nullptr, step);
  if (!report.refused.empty()) refuse(step, report);
  if (step.action == ResourceAction::create) mention(resource, step);
}

std::optional<ResourceStep> StepDecider::decide(std::uint32_t index) {
  if (live_of(index)) return decide_existing(index);
  ResourceStep step = step_for(index);
  decide_new(index, step);
  return step;
}

void StepDecider::compare_body(const Resource& resource, const Resource& live, ResourceStep& step, LinkReport& report) {
  const ReadyKind& kind = facts_.kinds.at(resource.kind);
  JsonText there = live_document(live.row, kind.documents.front());
  JsonText wanted = prepared_body(facts_.context, resource, &there, report);
  step.writes_body = false;
  // By far the most are equal to the letter.
  if (model::definition_text(there, kind) == model::definition_text(wanted, kind)) return;
  const std::string before = compared_body(there, kind);
  const std::string after = compared_body(wanted, kind);
  if (before == after) return;
  step.fields = differences(kind, kind.body, before, after);
  step.writes_body = !step.fields.empty();
  if (!step.writes_body) return;
  for (const model::JsonPath& field : kind.create_only)
    if (values_at(there, field) != values_at(wanted, field)) step.candidates.push_back(field.text());
}

void StepDecider::compare_columns(const Resource& resource, const Resource& live, ResourceStep& step,
                                  LinkReport& report) {
  const ReadyKind& kind = facts_.kinds.at(resource.kind);
  for (const KindColumn& column : kind.kind.columns) {
    const std::size_t at = kind.column(column.name);
    if (column.written == KindColumn::Written::never) continue;
    std::optional<std::string> wanted = prepared_column(facts_.context, resource, at, &live.row, report);
    if (!wanted) continue;                                              // the snapshot does not say
    if (is_equal_to_the_letter(kind, at, live.row, *wanted)) continue;  // by far the most
    std::optional<std::string> before = compared_live_column(live, kind, at);
    // Secrets are read by whoever is asked to: not to have read them does not mean that there are none.
    if (!before && model::is_secret(kind.kind.collection.columns[at])) continue;
    const std::string after = compared_column(*std::move(wanted), kind, at);
    if (before && !column.kept.items.empty()) before = keep_items(live, column, *std::move(before), after, step);
    if (before == after) continue;
    std::vector<model::FieldChange> fields = differences(kind, at, before, after);
    if (fields.empty()) continue;
    step.fields.insert(step.fields.end(), fields.begin(), fields.end());
    step.columns.push_back(column.name);
  }
}

// What the target has and the snapshot has not is no difference, unless it shall go.
std::string StepDecider::keep_items(const Resource& live, const KindColumn& column, std::string before,
                                    const std::string& after, ResourceStep& step) const {
  const std::vector<std::string> others = keys_beside(column, before, after);
  const bool removes = facts_.options.removes && !(facts_.options.stale && facts_.options.stale(live));
  if (!removes) return without_items(column, before, others);
  for (const std::string& key : others)
    step.removed_items.push_back({.column = column.name, .key = key, .one = column.kept.one});
  return before;
}

void StepDecider::remember_columns(const Resource& live, ResourceStep& step) const {
  const ReadyKind& kind = facts_.kinds.at(live.kind);
  const bool goes = step.action == ResourceAction::remove || step.action == ResourceAction::recreate;
  for (const KindColumn* column : columns_beside(kind)) {
    if (!goes && !has(step.columns, column->name)) continue;
    const std::size_t at = kind.column(telling_column(*column));
    const auto& there = live.row.columns;
    step.seen_columns[column->name] =
        seen_text(telling_items(kind, *column, at < there.size() ? there[at] : std::nullopt));
  }
}

bool StepDecider::has_equal_body(std::uint32_t index) {
  if (want(index).system || live_of(index)->system) return true;
  ResourceStep found;
  LinkReport ignored;
  compare_body(want(index), *live_of(index), found, ignored);
  return !found.writes_body;
}

std::optional<ResourceStep> StepDecider::decide_existing(std::uint32_t index) {
  const Resource& resource = want(index);
  const Resource& live = *live_of(index);
  const ReadyKind& kind = facts_.kinds.at(resource.kind);
  LinkReport report;
  ResourceStep found;  // what differs: by far the most have nothing, and need no step
  found.writes_body = false;
  // What the platform brings along has a body of its own making.
  if (!resource.system && !live.system) compare_body(resource, live, found, report);
  compare_columns(resource, live, found, report);
  const std::vector<std::string> fixed = std::move(found.candidates);
  absent_.insert(report.absent.begin(), report.absent.end());
  if (!found.writes_body && found.columns.empty()) return lacking(index);
  ResourceStep step = step_for(index);
  step.writes_body = found.writes_body;
  step.fields = std::move(found.fields);
  step.columns = std::move(found.columns);
  step.seen = seen_fingerprint(live.row, kind);
  step.removed_items = std::move(found.removed_items);
  add_unique(step.notes, std::move(report.notes));
  if (by_hand_only(kind)) {
    step.action = ResourceAction::skip;
    step.reason = "it differs from the snapshot, and no API of the platform can change it";
    return step;
  }
  switch (facts_.options.existing) {
    case Existing::skip:
      step.action = ResourceAction::skip;
      step.reason = "the target has it, and what is there is skipped";
      return step;
    case Existing::fail:
      step.action = ResourceAction::conflict;
      step.reason = "the target has it with other content, and what is there is not to be touched";
      return step;
    case Existing::update:
    case Existing::replace:
      break;
  }
  step.action = ResourceAction::update;
  step.reason = fmt::format("it differs from the snapshot; {}", facts_.matches[index].reason);
  if (!report.refused.empty()) {
    refuse(step, report);
  } else if (!fixed.empty()) {
    fixed_fields(kind, fixed, facts_.options.existing, step);
  }
  hold_back(&resource, live, step);
  if (step.action == ResourceAction::recreate) step.columns = all_columns(resource, report);
  if (step.writes()) {
    remember_columns(live, step);
    add_tasks(facts_, resource, &live, step);
    mention(resource, step);
  }
  return step;
}

// It needs no write, but maybe what only people can bring.
std::optional<ResourceStep> StepDecider::lacking(std::uint32_t index) const {
  if (facts_.kinds.at(want(index).kind).kind.manual.empty()) return std::nullopt;
  ResourceStep step = step_for(index);
  add_lacking(facts_, want(index), *live_of(index), step);
  return step.reason.empty() ? std::nullopt : std::optional(std::move(step));
}

void StepDecider::hold_back(const Resource* wanted, const Resource& live, ResourceStep& step) const {
  if (!step.writes() || !facts_.options.holds_back) return;
  std::optional<ResourcePlanOptions::HeldBack> held = facts_.options.holds_back(wanted, live);
  if (!held) return;
  step.action = held->action;
  step.reason = std::move(held->reason);
}

void StepDecider::mention(const Resource& resource, ResourceStep& step) {
  if (facts_.mentions.empty()) return;
  const ReadyKind& kind = facts_.kinds.at(resource.kind);
  LinkReport ignored;
  const WithoutOldIds targets(facts_.context.targets);
  const ResourceContext context{.kinds = facts_.context.kinds,
                                .mapping = facts_.context.mapping,
                                .targets = targets,
                                .firing = facts_.context.firing,
                                .cuts = facts_.context.cuts};
  if (step.writes_body) {
    const JsonText body = prepared_body(context, resource, nullptr, ignored);
    add_unique(step.notes, facts_.mentions.in_json(model::k_body, model::definition_text(body, kind)));
  }
  for (const std::string& name : step.columns) {
    const std::size_t at = kind.column(name);
    const std::optional<std::string> text = prepared_column(context, resource, at, nullptr, ignored);
    if (!text) continue;
    const bool json = kind.document(at) != nullptr;
    add_unique(step.notes, json ? facts_.mentions.in_json(name, *text) : facts_.mentions.in_text(name, *text));
  }
}

// What goes with it: whatever of that is changed until then keeps it from going.
void StepDecider::take_along(const Resource& live, ResourceStep& step) const {
  const ReadyKind& kind = facts_.kinds.at(live.kind);
  remember_columns(live, step);
  for (const KindColumn& column : kind.kind.columns) {
    if (column.kept.items.empty()) continue;
    for (std::string& key : kept_keys(kind, column, live.row))
      step.removed_items.push_back({.column = column.name, .key = std::move(key), .one = column.kept.one});
  }
}

ResourceStep StepDecider::removal(const Resource& live) const {
  const ReadyKind& kind = facts_.kinds.at(live.kind);
  ResourceStep step;
  step.kind = kind.label();
  step.path = facts_.kinds.path_of(live);
  step.action = ResourceAction::remove;
  step.reason = "the snapshot does not have it";
  step.writes_body = false;
  step.key = live.row.key;
  step.target_id = live.id;
  step.target_name = live.name;
  step.seen = seen_fingerprint(live.row, kind);
  if (facts_.options.existing == Existing::skip || facts_.options.existing == Existing::fail) {
    const bool skip = facts_.options.existing == Existing::skip;
    step.action = skip ? ResourceAction::skip : ResourceAction::conflict;
    step.reason += skip ? ", and what is there is skipped" : ", and what is there is not to be touched";
  } else if (kind.kind.removed == model::Kind::Removed::when_chosen &&
             !(facts_.options.chooses_kind && facts_.options.chooses_kind(live.kind))) {
    step.action = ResourceAction::skip;
    step.reason =
        fmt::format("the snapshot does not have it, and {} are removed only where --select names them", kind.label());
  } else if (facts_.options.stale && facts_.options.stale(live)) {
    step.action = ResourceAction::skip;
    step.reason = "the backup may not have seen it, so that it is missing proves nothing";
  }
  hold_back(nullptr, live, step);
  if (step.action == ResourceAction::remove) leave_to_people(facts_, live, step);
  if (step.action == ResourceAction::remove) take_along(live, step);
  return step;
}

// Of several that are called so, it is not known which one it is.
std::optional<ResourceStep> StepDecider::unclear_activation(std::uint32_t index) const {
  const Resource& resource = want(index);
  const std::vector<model::ReadyDocument>& documents = facts_.kinds.at(resource.kind).documents;
  const bool fires = std::any_of(documents.begin(), documents.end(), [&](const model::ReadyDocument& document) {
    return !document.firing.empty() && !recorded_firing(facts_.context, resource, document).empty();
  });
  if (!fires) return std::nullopt;
  ResourceStep step = step_for(index);
  step.action = ResourceAction::conflict;
  step.reason = "one is called so that the id map does not name: say by the id map whether it is this one";
  step.candidates = {std::exchange(step.target_id, {})};
  return step;
}

// It shall fire, and the target does not have it: an activation without it is not whole.
std::optional<ResourceStep> StepDecider::missing_activation(std::uint32_t index) const {
  const Resource& resource = want(index);
  if (facts_.context.firing != model::FiringMode::recorded) return std::nullopt;
  const std::vector<model::ReadyDocument>& documents = facts_.kinds.at(resource.kind).documents;
  const bool fires = std::any_of(documents.begin(), documents.end(), [&](const model::ReadyDocument& document) {
    if (document.firing.empty()) return false;
    const std::vector<model::FiringValue> values = recorded_firing(facts_.context, resource, document);
    return std::any_of(values.begin(), values.end(),
                       [](const model::FiringValue& one) { return one.value != one.firing->paused; });
  });
  if (!fires) return std::nullopt;
  ResourceStep step = step_for(index);
  step.action = ResourceAction::conflict;
  step.reason = "it fires by itself, and the target does not have it: bring it there first";
  if (may_be_unread(resource, step))
    step.reason = fmt::format("it fires by itself, and the target did not let us read all {}: see whether it is there",
                              facts_.kinds.at(resource.kind).label());
  return step;
}

std::optional<ResourceStep> StepDecider::activate(std::uint32_t index) {
  const Resource& resource = want(index);
  const Resource* live = live_of(index);
  const ReadyKind& kind = facts_.kinds.at(resource.kind);
  if (!live) return missing_activation(index);
  if (kind.kind.firing.empty()) return std::nullopt;
  if (facts_.matches[index].by_shared_name) return unclear_activation(index);
  const bool recorded = facts_.context.firing == model::FiringMode::recorded;
  ResourceStep step = step_for(index);
  step.writes_body = false;
  for (const model::ReadyDocument& document : kind.documents) {
    if (document.firing.empty()) continue;
    std::vector<model::FiringValue> values;
    if (recorded) values = recorded_firing(facts_.context, resource, document);
    FiringChange change = firing_change(kind, document, live->row, recorded ? &values : nullptr);
    step.seen += (step.seen.empty() ? "" : " ") + change.seen;
    add_unique(step.notes, std::move(change.notes));
    if (change.fields.empty()) continue;
    step.fields.insert(step.fields.end(), change.fields.begin(), change.fields.end());
    if (document.column == kind.body) {
      step.writes_body = true;
    } else {
      step.columns.push_back(kind.kind.collection.columns[document.column].name);
    }
  }
  if (step.fields.empty() && step.notes.empty()) return std::nullopt;
  step.action = step.fields.empty() ? ResourceAction::skip : ResourceAction::activate;
  step.reason = recorded ? "as the snapshot recorded it" : "fenced";
  return step;
}

}  // namespace holdfast::engine
