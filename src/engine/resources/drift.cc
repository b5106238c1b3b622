#include "engine/resources/drift.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/resources/seen_column.h"
#include "engine/resources/sides.h"
#include "model/resource_text.h"

namespace holdfast::engine {

namespace {

using model::JsonText;
using model::KindColumn;
using model::ReadyKind;
using model::Resource;

// Less whether it fires.
Resource paused(const Resource& resource, const ReadyKind& kind) {
  Resource out = resource;
  for (const model::ReadyDocument& document : kind.documents) {
    std::optional<std::string>& text = out.row.columns[document.column];
    if (document.firing.empty() || !text) continue;
    JsonText json(*text);
    model::pause_firing(json, document);
    text = json.print();
  }
  return out;
}

std::string body_of(const Resource& resource, const ReadyKind& kind) {
  JsonText body(resource.row.columns[kind.body].value_or("{}"));
  return compared_live_body(body, kind);
}

}  // namespace

// A column that one of them does not have was not read, or is not offered: that says nothing.
bool equal_but_for_firing(const Resource& left, const Resource& right, const ReadyKind& kind) {
  const Resource a = paused(left, kind);
  const Resource b = paused(right, kind);
  if (!a.system && !b.system && body_of(a, kind) != body_of(b, kind)) return false;
  return std::all_of(kind.kind.columns.begin(), kind.kind.columns.end(), [&](const KindColumn& column) {
    if (column.written == KindColumn::Written::never) return true;
    const std::size_t at = kind.column(column.name);
    const std::optional<std::string> one = compared_live_column(a, kind, at);
    const std::optional<std::string> other = compared_live_column(b, kind, at);
    return !one || !other || one == other;
  });
}

bool equal_as_brought(const ResourceContext& context, const Resource& wanted, const Resource& there) {
  const ReadyKind& kind = context.kinds.at(wanted.kind);
  const Resource resting = paused(there, kind);
  LinkReport ignored;
  if (!wanted.system && !there.system) {
    JsonText body = prepared_body(context, wanted, nullptr, ignored);
    if (compared_body(body, kind) != body_of(resting, kind)) return false;
  }
  return std::all_of(kind.kind.columns.begin(), kind.kind.columns.end(), [&](const KindColumn& column) {
    if (column.written == KindColumn::Written::never) return true;
    const std::size_t at = kind.column(column.name);
    std::optional<std::string> text = prepared_column(context, wanted, at, nullptr, ignored);
    if (!text) return true;
    const std::string brought = compared_column(std::move(*text), kind, at);
    std::optional<std::string> has = compared_live_column(resting, kind, at);
    // What the target has beside it stays there.
    if (has && !column.kept.items.empty()) has = without_items(column, *has, keys_beside(column, *has, brought));
    return brought == has;
  });
}

std::optional<Resource> DriftJudge::then(const repository::Snapshot& snapshot, const Resource& one) const {
  std::optional<base::Row> row = stored_row(repository_, snapshot, kinds_.at(one.kind), one.row.key);
  if (!row) return std::nullopt;
  return kinds_.resource(one.kind, std::move(*row));
}

// Neither brought there nor known to be the same.  What the platform brings along is everybody's.
bool DriftJudge::stranger(const Resource& live) const {
  return split_.counterparts && !live.system &&
         split_.counterparts->by_target(kinds_.at(live.kind).label(), live.id) == nullptr;
}

// Empty: it is as it was left, and nobody's but the source's.
std::string DriftJudge::change_of(const Resource* wanted, const Resource& live) const {
  const ReadyKind& kind = kinds_.at(live.kind);
  if (split_.differed.contains({kind.label(), live.id}))
    return fmt::format("the run before left it as it is on {}", target_);
  std::optional<Resource> was;
  if (split_.target && !split_.written.contains({kind.label(), live.id})) {
    const std::string since = base::to_rfc3339(split_.target->taken);
    was = then(*split_.target, live);
    if (!was) return fmt::format("it was made on {}, or got this name there, since {}", target_, since);
    if (!equal_but_for_firing(*was, live, kind)) return fmt::format("it was changed on {} since {}", target_, since);
  }
  if (!stranger(live)) return {};
  if (!wanted) return fmt::format("it was never on {}", wanted_.connector);
  return fmt::format("it was on {} already, and did not come from {}", target_, wanted_.connector);
}

bool DriftJudge::source_changed(const Resource& wanted) const {
  if (!split_.source) return true;
  const std::optional<Resource> was = then(*split_.source, wanted);
  return !was || !equal_but_for_firing(*was, wanted, kinds_.at(wanted.kind));
}

std::optional<ResourcePlanOptions::HeldBack> DriftJudge::judge(const Resource* wanted, const Resource& live) const {
  if (!wanted && split_.strangers == Split::Strangers::keep && stranger(live))
    return ResourcePlanOptions::HeldBack{.action = model::ResourceAction::skip,
                                         .reason = fmt::format("it was never on {}", wanted_.connector)};
  if (split_.changed == Split::Changed::overwrite) return std::nullopt;
  std::string reason = change_of(wanted, live);
  const bool source_did = wanted && split_.source && source_changed(*wanted);
  if (reason.empty() && split_.way == Split::Way::back && !split_.target)
    reason = fmt::format("how {} and {} were when they parted is not known here", target_, wanted_.connector);
  if (reason.empty() && wanted && split_.source && split_.way == Split::Way::back && !source_did)
    reason =
        fmt::format("it was not changed on {} since, and never was there as it is on {}", wanted_.connector, target_);
  if (reason.empty()) return std::nullopt;
  if (source_did) reason += fmt::format("; it was changed on {}, too", wanted_.connector);
  const bool keep = split_.changed == Split::Changed::keep;
  if (!keep)
    reason += fmt::format(": --existing replace {} it, --keep-changed lets it be", wanted ? "overwrites" : "removes");
  return ResourcePlanOptions::HeldBack{.action = keep ? model::ResourceAction::skip : model::ResourceAction::conflict,
                                       .reason = std::move(reason)};
}

}  // namespace holdfast::engine
