#include "engine/resource_drift.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/resource_body.h"
#include "engine/resource_sides.h"
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

// A column that one of them does not have was not read, or is not offered: that says nothing.
bool equal(const Resource& left, const Resource& right, const ReadyKind& kind) {
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

}  // namespace

std::vector<LeftAlone> left_alone(const model::ResourcePlan& plan) {
  std::vector<LeftAlone> out;
  for (const model::ResourceStep& step : plan.steps)
    if (!step.writes() && !step.target_id.empty() && !step.fields.empty())
      out.push_back({step.kind, step.source_id, step.target_id});
  return out;
}

std::optional<Resource> DriftJudge::then(const repository::Snapshot& snapshot, const Resource& one) const {
  std::optional<base::Row> row = stored_row(repository_, snapshot, kinds_.at(one.kind), one.row.key);
  if (!row) return std::nullopt;
  return kinds_.resource(one.kind, std::move(*row));
}

// Empty: nobody changed it.
std::string DriftJudge::change_of(const Resource& live) const {
  const ReadyKind& kind = kinds_.at(live.kind);
  if (split_.differed.contains({kind.label(), live.id}))
    return fmt::format("the run before left it as it is on {}", target_);
  const std::string since = base::to_rfc3339(split_.target->taken);
  const std::optional<Resource> was = then(*split_.target, live);
  if (!was) return fmt::format("it was made on {}, or got this name there, since {}", target_, since);
  return equal(*was, live, kind) ? std::string() : fmt::format("it was changed on {} since {}", target_, since);
}

bool DriftJudge::source_changed(const Resource& wanted) const {
  if (!split_.source) return true;
  const std::optional<Resource> was = then(*split_.source, wanted);
  return !was || !equal(*was, wanted, kinds_.at(wanted.kind));
}

std::optional<ResourcePlanOptions::HeldBack> DriftJudge::judge(const Resource* wanted, const Resource& live) const {
  std::string reason = change_of(live);
  if (reason.empty()) return std::nullopt;
  if (wanted && split_.source)
    reason += fmt::format(", {} on {}", source_changed(*wanted) ? "and also" : "and not", wanted_.connector);
  const bool keep = split_.changed == Split::Changed::keep;
  if (!keep) reason += ": --existing replace overwrites it, --keep-changed lets it be";
  return ResourcePlanOptions::HeldBack{.action = keep ? model::ResourceAction::skip : model::ResourceAction::conflict,
                                       .reason = std::move(reason)};
}

}  // namespace holdfast::engine
