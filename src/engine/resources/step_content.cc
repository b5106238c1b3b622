#include "engine/resources/step_content.h"

#include <algorithm>

namespace holdfast::engine {

using model::JsonText;
using model::KindColumn;
using model::ReadyKind;
using model::ResourceStep;
using What = ResourceOutcome::What;

namespace {

bool is_empty(const JsonText& json, JsonText::Id id) {
  if (id == JsonText::k_none || json.type(id) == JsonText::Type::null) return true;
  const bool holds = json.type(id) == JsonText::Type::object || json.type(id) == JsonText::Type::array;
  return holds && json.first(id) == JsonText::k_none;
}

struct Place {
  const JsonText& json;
  JsonText::Id id = JsonText::k_root;
  Place member(std::string_view name) const { return {json, json.member(id, name)}; }
  bool there() const noexcept { return id != JsonText::k_none; }
};

// Members of `whole` that `first` lacks are lacking in `live`, too.
bool lacks_what_is_to_come(const Place& first, const Place& whole, const Place& live) {
  if (whole.json.type(whole.id) != JsonText::Type::object) return true;
  for (JsonText::Id id = whole.json.first(whole.id); id != JsonText::k_none; id = whole.json.next(id)) {
    const std::string_view name = whole.json.name(id);
    const Place known = first.member(name);
    const Place own = live.member(name);
    if (!known.there() && !is_empty(own.json, own.id)) return false;
    if (known.there() && own.there() && !lacks_what_is_to_come(known, {whole.json, id}, own)) return false;
  }
  return true;
}

std::string live_body(const base::Row& there, const ReadyKind& kind) {
  JsonText live(there.columns.at(kind.body).value_or("{}"));
  return compared_live_body(live, kind);
}

}  // namespace

bool written_with_create(const ReadyKind& kind, const std::string& column) {
  return std::any_of(kind.kind.columns.begin(), kind.kind.columns.end(), [&](const KindColumn& one) {
    return one.name == column && one.written == KindColumn::Written::with_create;
  });
}

bool has_column(const ResourceStep& step, const std::string& column) {
  return std::find(step.columns.begin(), step.columns.end(), column) != step.columns.end();
}

std::string given_to(const StepContent& wanted) {
  const ReadyKind& kind = wanted.kind;
  const std::vector<std::string>& later = kind.kind.set_later;
  if (!kind.creator || std::find(later.begin(), later.end(), kind.kind.creator) == later.end()) return {};
  const JsonText body(wanted.body);
  const JsonText::Id owner = kind.creator->find(body);
  return owner == JsonText::k_none ? std::string() : body.string(owner);
}

StepContents::StepContents(const ResourceApplication& application, const LinkTargets& targets)
    : application_(application),
      whole_{.kinds = application.kinds,
             .mapping = application.plan.mapping,
             .targets = targets,
             .firing = application.plan.firing},
      first_(whole_) {
  first_.cuts = ResourceContext::Cuts::all_that_comes;
}

StepContent StepContents::prepare(const ResourceStep& step, const base::Row* live, Pass pass) const {
  const std::size_t kind = *application_.kinds.find(step.kind);
  std::optional<base::Row> row = application_.wanted(step.kind, step.key);
  if (!row) throw StepFailed(What::failed, "the snapshot does not have it any more");
  StepContent out{.step = step,
                  .kind = application_.kinds.at(kind),
                  .pass = pass,
                  .resource = application_.kinds.resource(kind, std::move(*row)),
                  .body = {},
                  .compared = {},
                  .resting = {},
                  .report = {},
                  .live = live};
  std::optional<JsonText> there;
  if (live) there.emplace(live_document(*live, out.kind.documents.front()));
  const ResourceContext& context = pass == Pass::first ? first_ : whole_;
  JsonText body = prepared_body(context, out.resource, there ? &*there : nullptr, out.report);
  if (!out.report.refused.empty()) throw StepFailed(What::waiting, out.report.refused.front());
  out.body = model::definition_text(body, out.kind);
  out.compared = compared_body(body, out.kind);
  model::pause_firing(body, out.kind.documents.front());
  out.resting = compared_body(body, out.kind);
  return out;
}

std::optional<std::string> StepContents::column(const StepContent& wanted, const std::string& column) const {
  LinkReport report;
  const bool first = wanted.pass == Pass::first && written_with_create(wanted.kind, column);
  std::optional<std::string> text =
      prepared_column(first ? first_ : whole_, wanted.resource, wanted.kind.column(column), wanted.live, report);
  if (wanted.step.patched && (report.cut || !report.refused.empty())) return std::nullopt;
  if (!report.refused.empty()) throw StepFailed(What::waiting, report.refused.front());
  return text;
}

platform::ResourceWriter::Content StepContents::content(const StepContent& wanted) const {
  platform::ResourceWriter::Content out{.name = wanted.step.target_name, .body = wanted.body, .columns = {}};
  for (const std::string& name : wanted.step.columns) {
    if (!written_with_create(wanted.kind, name)) continue;
    if (std::optional<std::string> text = column(wanted, name)) out.columns.emplace_back(name, *text);
  }
  return out;
}

StepContents::Content StepContents::compare(const StepContent& wanted, const base::Row& row) const {
  Content out = Content::equal;
  for (const auto& [name, text] : content(wanted).columns) {
    const std::size_t at = wanted.kind.column(name);
    if (at >= row.columns.size() || !row.columns[at]) return Content::other;
    const std::string& there = *row.columns[at];
    if (compared_column(there, wanted.kind, at) == compared_column(text, wanted.kind, at)) continue;
    if (wanted.kind.document(at) != nullptr || !text.starts_with(there)) return Content::other;
    out = Content::begun;
  }
  return out;
}

bool StepContents::holds(const StepContent& wanted, const base::Row& there) const {
  return holds_all_of(JsonText(live_body(there, wanted.kind)), JsonText(wanted.compared)) &&
         compare(wanted, there) == Content::equal;
}

bool StepContents::is_first_pass(const StepContent& first, const StepContent& whole, const base::Row& there) const {
  if (!holds(first, there)) return false;
  const JsonText less(first.compared);
  const JsonText more(whole.compared);
  const JsonText live(live_body(there, first.kind));
  return lacks_what_is_to_come({less}, {more}, {live});
}

}  // namespace holdfast::engine
