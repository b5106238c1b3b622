#include "engine/resource_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;
using model::KindColumn;
using model::ReadyKind;
using model::ResourceAction;
using model::ResourceStep;
using platform::LostAnswer;
using What = ResourceOutcome::What;
using Found = platform::ResourceWriter::Found;
using Mark = ResourceJournal::Mark;

constexpr int k_attempts = 3;
// A platform tells times in whole seconds, and its servers' clocks differ a little.
constexpr base::Duration k_skew = std::chrono::seconds(5);
constexpr base::Duration k_pause = std::chrono::seconds(1);
// So long a call may still take effect after its answer was given up.
constexpr base::Duration k_late = std::chrono::seconds(60);

// Calls that may be repeated are; what the platform refuses becomes the outcome of the step.
template <typename Call>
auto called(const base::Clock& clock, const std::stop_token& stop, const Call& call) {
  for (int attempt = 1;; ++attempt) {
    try {
      return call();
    } catch (const LostAnswer& lost) {
      if (attempt == k_attempts) throw StepFailed(What::failed, lost.message());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      throw StepFailed(What::failed, error.message());
    }
    if (!clock.sleep(attempt * k_pause, stop)) throw Error(ErrorKind::cancelled, "the restore was stopped");
  }
}

bool written_with_create(const ReadyKind& kind, const std::string& column) {
  return std::any_of(kind.kind.columns.begin(), kind.kind.columns.end(), [&](const KindColumn& one) {
    return one.name == column && one.written == KindColumn::Written::with_create;
  });
}

bool has_column(const ResourceStep& step, const std::string& column) {
  return std::find(step.columns.begin(), step.columns.end(), column) != step.columns.end();
}

}  // namespace

LiveTargets::LiveTargets(const model::KindSet& kinds, const model::ResourcePlan& plan, const IdMapStore& ids)
    : kinds_(kinds), plan_(plan), ids_(ids), made_(plan.steps.size()) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const ResourceStep& step = plan.steps[i];
    const bool comes = step.action != ResourceAction::remove && step.target_id.empty();
    if (comes || step.action == ResourceAction::recreate) coming_.emplace(std::pair(step.kind, step.source_id), i);
  }
}

LinkTargets::Id LiveTargets::id(std::size_t kind, std::string_view source_id) const {
  const std::string& label = kinds_.at(kind).label();
  const auto coming = coming_.find(std::pair(label, std::string(source_id)));
  if (coming != coming_.end() && !is_made(coming->second)) return {State::coming, {}, plan_.steps[coming->second].path};
  if (const std::optional<model::IdEntry> entry = ids_.by_source(label, source_id))
    return {State::there, entry->target_id, {}};
  if (plan_.source == plan_.target) return {State::there, std::string(source_id), {}};
  return {};
}

bool LiveTargets::has_name(std::size_t kind, std::string_view name) const {
  return !plan_.absent.contains(fmt::format("{}/{}", kinds_.at(kind).label(), name));
}

struct StepWorker::Wanted {
  const ResourceStep& step;
  const ReadyKind& kind;
  model::Resource resource;
  std::string body;      // definition, as it is written
  std::string compared;  // and as it is compared
  std::string resting;   // and with all paused that fires: create may not take that
  LinkReport report;
  const base::Row* live = nullptr;  // where it counts
};

StepWorker::StepWorker(const ResourceApplication& application, LiveTargets& targets, const base::Clock& clock,
                       std::stop_token stop)
    : application_(application),
      targets_(targets),
      clock_(clock),
      begun_(clock.elapsed()),
      stop_(std::move(stop)),
      journal_(application.journal, application.plan),
      context_{.kinds = application.kinds,
               .mapping = application.plan.mapping,
               .targets = targets,
               .firing = application.plan.firing} {}

StepWorker::Wanted StepWorker::wanted(const ResourceStep& step, const base::Row* live) const {
  const std::size_t kind = *application_.kinds.find(step.kind);
  std::optional<base::Row> row = application_.wanted(step.kind, step.key);
  if (!row) throw StepFailed(What::failed, "the snapshot does not have it any more");
  Wanted out{.step = step,
             .kind = application_.kinds.at(kind),
             .resource = application_.kinds.resource(kind, std::move(*row)),
             .body = {},
             .compared = {},
             .resting = {},
             .report = {},
             .live = live};
  std::optional<JsonText> there;
  if (live) {
    there.emplace(live->columns.at(out.kind.body).value_or("{}"));
    model::drop_server_fields(*there, out.kind.documents.front());
  }
  JsonText body = prepared_body(context_, out.resource, there ? &*there : nullptr, out.report);
  if (!out.report.refused.empty()) throw StepFailed(What::waiting, out.report.refused.front());
  out.body = model::definition_text(body, out.kind);
  out.compared = compared_body(body, out.kind);
  model::pause_firing(body, out.kind.documents.front());
  out.resting = compared_body(body, out.kind);
  return out;
}

// nullopt: something that it names is not there yet, and the second pass writes it.
std::optional<std::string> StepWorker::column_text(const Wanted& wanted, const std::string& column) const {
  LinkReport report;
  std::optional<std::string> text =
      prepared_column(context_, wanted.resource, wanted.kind.column(column), wanted.live, report);
  if (wanted.step.patched && (report.cut || !report.refused.empty())) return std::nullopt;
  if (!report.refused.empty()) throw StepFailed(What::waiting, report.refused.front());
  return text;
}

platform::ResourceWriter::Content StepWorker::content(const Wanted& wanted) const {
  platform::ResourceWriter::Content out{.name = wanted.step.target_name, .body = wanted.body, .columns = {}};
  for (const std::string& column : wanted.step.columns) {
    if (!written_with_create(wanted.kind, column)) continue;
    if (std::optional<std::string> text = column_text(wanted, column)) out.columns.emplace_back(column, *text);
  }
  return out;
}

// One column that cannot be written does not keep the others from it.
void StepWorker::write_columns(const Wanted& wanted, const std::string& id) {
  std::optional<StepFailed> first;
  for (const KindColumn& column : wanted.kind.kind.columns) {
    if (column.written != KindColumn::Written::afterwards || !has_column(wanted.step, column.name)) continue;
    try {
      const std::optional<std::string> text = column_text(wanted, column.name);
      if (text)
        called(clock_, stop_, [&] { application_.writer.set_column(wanted.kind.kind, id, column.name, *text); });
    } catch (const StepFailed& failed) {
      if (!first) first.emplace(failed.outcome(), fmt::format("{}: {}", column.name, failed.text()));
    }
  }
  if (first) throw StepFailed(*first);
}

std::optional<Found> StepWorker::read(const ResourceStep& step, const ReadyKind& kind) {
  return called(clock_, stop_, [&] { return application_.writer.read(kind.kind, step.target_id); });
}

bool StepWorker::fits(const Wanted& wanted, const ResourceJournal::Intent& intent, const Found& found) {
  const std::optional<model::IdEntry> known = application_.ids.by_target(wanted.step.kind, found.id);
  if (known && known->source_id != wanted.step.source_id) return false;
  if (found.id == wanted.step.target_id && wanted.kind.id) return false;  // the one that was to go
  if (!found.creator.empty() && found.creator != application_.writer.who()) return false;
  if (found.created && *found.created < intent.at - k_skew) return false;
  const auto& body = found.row.columns.at(wanted.kind.body);
  if (!body) return false;
  JsonText there(*body);
  model::pause_firing(there, wanted.kind.documents.front());
  return holds_all_of(JsonText(compared_live_body(there, wanted.kind)), JsonText(wanted.resting));
}

// A body may say no more than a path, and a large content is written by several calls.
StepWorker::Content StepWorker::content_of(const Wanted& wanted, const Found& found) const {
  Content out = Content::equal;
  for (const auto& [column, text] : content(wanted).columns) {
    const std::size_t at = wanted.kind.column(column);
    if (at >= found.row.columns.size() || !found.row.columns[at]) return Content::other;
    const std::string& there = *found.row.columns[at];
    if (compared_column(there, wanted.kind, at) == compared_column(text, wanted.kind, at)) continue;
    if (wanted.kind.document(at) != nullptr || !text.starts_with(there)) return Content::other;
    out = Content::begun;
  }
  return out;
}

// What a create whose answer was lost has left behind, with a content of which at least so much is there.
std::optional<std::string> StepWorker::orphan(const Wanted& wanted, const ResourceJournal::Intent& intent,
                                              Content least) {
  const model::Kind& kind = wanted.kind.kind;
  const std::vector<Found> all =
      called(clock_, stop_, [&] { return application_.writer.find(kind, wanted.step.target_name); });
  for (const Found& found : all) {
    if (!fits(wanted, intent, found)) continue;
    const Content there = content_of(wanted, found);
    JsonText body(found.row.columns.at(wanted.kind.body).value_or("{}"));
    const bool fires_as_meant =
        holds_all_of(JsonText(compared_live_body(body, wanted.kind)), JsonText(wanted.compared));
    const bool whole = there == Content::equal && fires_as_meant;
    if (there == Content::other || (!whole && least == Content::equal))
      continue;  // somebody else's: to create it is a conflict
    if (!whole) called(clock_, stop_, [&] { application_.writer.update(kind, found.id, content(wanted)); });
    return found.id;
  }
  return std::nullopt;
}

// Where several may have one name, a second call makes a second one: the first has to be past before.
std::optional<std::string> StepWorker::late_orphan(const Wanted& wanted, const ResourceJournal::Intent& intent,
                                                   base::Duration until) {
  for (base::Duration pause = k_pause;; pause *= 2) {
    if (std::optional<std::string> id = orphan(wanted, intent, Content::begun)) return id;
    const base::Duration left = until - clock_.elapsed();
    if (wanted.kind.kind.names == model::Names::unique || left <= base::Duration(0)) return std::nullopt;
    if (!clock_.sleep(std::min(pause, left), stop_)) throw Error(ErrorKind::cancelled, "the restore was stopped");
  }
}

StepWorker::Made StepWorker::create(const Wanted& wanted, const ResourceJournal::Intent& intent) {
  bool tried = !intent.fresh;
  base::Duration until = begun_ + k_late;  // of what an earlier run may have sent just before it ended
  for (int attempt = 1; attempt <= k_attempts; ++attempt) {
    if (tried)
      if (const std::optional<std::string> id = late_orphan(wanted, intent, until))
        return {.id = *id, .adopted = true, .doubtful = true};
    try {
      return {.id = application_.writer.create(wanted.kind.kind, content(wanted)), .doubtful = tried};
    } catch (const LostAnswer&) {
      tried = true;
      until = clock_.elapsed() + k_late;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      const bool conflict = error.kind() == ErrorKind::conflict;
      // Something else may have brought it along, as a git folder does with what is in it, or a call before this one.
      if (conflict)
        if (const std::optional<std::string> id = orphan(wanted, intent, tried ? Content::begun : Content::equal))
          return {.id = *id, .adopted = true, .doubtful = tried};
      throw StepFailed(conflict ? What::conflict : What::failed, error.message());
    }
    if (!clock_.sleep(attempt * k_pause, stop_)) throw Error(ErrorKind::cancelled, "the restore was stopped");
  }
  throw StepFailed(What::failed, "the platform does not answer: the next run looks for what it has made");
}

// A call that was given up and took effect all the same, later than anybody waited.
void StepWorker::refuse_further(const Wanted& wanted, const ResourceJournal::Intent& intent, const std::string& id) {
  const model::Kind& kind = wanted.kind.kind;
  if (kind.names == model::Names::unique) return;
  std::vector<std::string> others;
  for (const Found& found :
       called(clock_, stop_, [&] { return application_.writer.find(kind, wanted.step.target_name); }))
    if (found.id != id && fits(wanted, intent, found)) others.push_back(found.id);
  if (others.empty()) return;
  throw StepFailed(What::conflict, fmt::format("the platform made it more than once: {} is the one that counts, and {} "
                                               "came of a call whose answer was lost: remove what is too much",
                                               id, fmt::join(others, ", ")));
}

// The plan did not see what the id map names: there may have been an error where it was looked for.
void StepWorker::require_gone(const Wanted& wanted) {
  const ResourceStep& step = wanted.step;
  // What was moved is not what a path names.
  if (step.seen.empty() || !wanted.kind.kind.space.empty()) return;
  if (called(clock_, stop_, [&] { return application_.writer.read(wanted.kind.kind, step.seen); }))
    throw StepFailed(What::conflict,
                     fmt::format("the id map names {}, which is there after all: plan again", step.seen));
}

// In place what the snapshot has may be there under the id that it had: a list that was answered empty says otherwise,
// and everything in it would be made a second time.
void StepWorker::require_gone_in_place(const Wanted& wanted) {
  const ResourceStep& step = wanted.step;
  const bool in_place = application_.plan.source == application_.plan.target;
  if (!in_place || !wanted.kind.id || !wanted.kind.kind.space.empty()) return;
  if (called(clock_, stop_, [&] { return application_.writer.read(wanted.kind.kind, step.source_id); }))
    throw StepFailed(What::conflict,
                     fmt::format("the snapshot has it as {}, which is there after all: plan again", step.source_id));
}

// Removes what is to be created again.
void StepWorker::clear_way(std::size_t index, const Wanted& wanted) {
  if (journal_.has(index, Mark::removed)) return;
  remove(wanted.step);
  journal_.set(index, Mark::removed);
}

StepResult StepWorker::make(std::size_t index) {
  const ResourceStep& own = step(index);
  const Wanted want = wanted(own, nullptr);
  const std::optional<model::IdEntry> known = application_.ids.by_source(own.kind, own.source_id);
  const bool recreates = own.action == ResourceAction::recreate;
  // An id that was learnt after the plan was made: by this step before it was killed, or by another plan.
  const bool made = known && known->target_id != (recreates ? own.target_id : own.seen);
  std::optional<ResourceJournal::Intent> intent = journal_.intent(index);
  Made result;
  if (made) {
    result = {.id = known->target_id, .doubtful = intent.has_value()};
  } else {
    if (!recreates) require_gone(want);
    // What an earlier run may have made is looked for by what it is, below.
    if (!recreates && !intent) require_gone_in_place(want);
    intent = journal_.intend(index, application_.writer.now());
    if (recreates) clear_way(index, want);
    result = create(want, *intent);
    application_.ids.learn({{.kind = own.kind,
                             .source_id = own.source_id,
                             .target_id = result.id,
                             .source_name = own.source_name,
                             .target_name = own.target_name,
                             .learnt = result.adopted ? model::Learnt::adopted : model::Learnt::created}});
  }
  targets_.made(index);
  // Not what another plan made, which may be in use by now.
  if (intent) called(clock_, stop_, [&] { application_.writer.settle(want.kind.kind, result.id); });
  write_columns(want, result.id);
  if (result.doubtful) refuse_further(want, *intent, result.id);
  return result.adopted ? StepResult::adopted : StepResult::done;
}

void StepWorker::update(const ResourceStep& own) {
  const ReadyKind& kind = application_.kinds.at(*application_.kinds.find(own.kind));
  const bool writes =
      own.writes_body || std::any_of(own.columns.begin(), own.columns.end(),
                                     [&](const std::string& column) { return written_with_create(kind, column); });
  std::optional<Found> found;
  if (writes || keeps(own, kind)) {
    found = read(own, kind);
    if (!found) throw StepFailed(What::conflict, "somebody removed it after the plan was made");
  }
  const Wanted want = wanted(own, found && keeps(own, kind) ? &found->row : nullptr);
  if (writes) {
    const bool as_planned = own.seen.empty() || seen_fingerprint(found->row, kind) == own.seen;
    // What an interrupted run wrote is no change of somebody else.
    const auto written = [&] {
      JsonText live(found->row.columns.at(kind.body).value_or("{}"));
      return holds_all_of(JsonText(compared_live_body(live, kind)), JsonText(want.compared)) &&
             content_of(want, *found) == Content::equal;
    };
    if (!as_planned && !written()) throw StepFailed(What::conflict, "somebody changed it after the plan was made");
    called(clock_, stop_, [&] { application_.writer.update(kind.kind, own.target_id, content(want)); });
  }
  write_columns(want, own.target_id);
}

// Whether what the target has decides about what is written.
bool StepWorker::keeps(const ResourceStep& own, const ReadyKind& kind) const {
  if (own.action != ResourceAction::update) return false;
  return std::any_of(kind.documents.begin(), kind.documents.end(), [&](const model::ReadyDocument& document) {
    const bool body = document.column == kind.body;
    return follows_target(application_.plan.firing, document) &&
           (body ? own.writes_body : has_column(own, kind.kind.collection.columns[document.column].name));
  });
}

std::vector<std::pair<const model::ReadyDocument*, FiringChange>> StepWorker::changes_of(const ResourceStep& own,
                                                                                         const ReadyKind& kind,
                                                                                         const base::Row& live) const {
  std::optional<model::Resource> recorded;
  if (application_.plan.firing == model::FiringMode::recorded) {
    std::optional<base::Row> row = application_.wanted(own.kind, own.key);
    if (!row) throw StepFailed(What::failed, "the snapshot does not have it any more");
    recorded = application_.kinds.resource(*application_.kinds.find(own.kind), std::move(*row));
  }
  std::vector<std::pair<const model::ReadyDocument*, FiringChange>> out;
  for (const model::ReadyDocument& document : kind.documents) {
    if (document.firing.empty()) continue;
    std::vector<model::FiringValue> values;
    if (recorded) values = recorded_firing(context_, *recorded, document);
    out.emplace_back(&document, firing_change(kind, document, live, recorded ? &values : nullptr));
  }
  return out;
}

void StepWorker::activate(const ResourceStep& own) {
  const ReadyKind& kind = application_.kinds.at(*application_.kinds.find(own.kind));
  const std::optional<Found> found = read(own, kind);
  if (!found) throw StepFailed(What::conflict, "somebody removed it after the plan was made");
  auto changes = changes_of(own, kind, found->row);
  // What fires as it shall is accepted, whoever did it: an interrupted run, for one.
  std::erase_if(changes, [](const auto& one) { return one.second.fields.empty(); });
  for (const auto& one : changes)
    if (!own.seen.empty() && own.seen.find(one.second.seen) == std::string::npos)
      throw StepFailed(What::conflict, "somebody changed it after the plan was made");
  for (const auto& one : changes) {
    const std::string& column = kind.kind.collection.columns[one.first->column].name;
    const std::string& text = one.second.text;
    if (one.first->column == kind.body) {
      const platform::ResourceWriter::Content content{.name = own.target_name, .body = text, .columns = {}};
      called(clock_, stop_, [&] { application_.writer.update(kind.kind, own.target_id, content); });
    } else {
      called(clock_, stop_, [&] { application_.writer.set_column(kind.kind, own.target_id, column, text); });
    }
  }
}

void StepWorker::remove(const ResourceStep& own) {
  const ReadyKind& kind = application_.kinds.at(*application_.kinds.find(own.kind));
  const std::optional<Found> found = read(own, kind);
  if (!found) return;
  if (!own.seen.empty() && seen_fingerprint(found->row, kind) != own.seen)
    throw StepFailed(What::conflict, "somebody changed it after the plan was made");
  called(clock_, stop_, [&] { application_.writer.remove(kind.kind, own.target_id); });
}

StepResult StepWorker::run(std::size_t index) {
  const ResourceStep& own = step(index);
  if (journal_.has(index, Mark::done)) {
    targets_.made(index);
    return StepResult::already;
  }
  StepResult result = StepResult::done;
  switch (own.action) {
    case ResourceAction::create:
    case ResourceAction::recreate:
      result = make(index);
      break;
    case ResourceAction::update:
      update(own);
      break;
    case ResourceAction::activate:
      activate(own);
      break;
    case ResourceAction::remove:
      remove(own);
      break;
    case ResourceAction::skip:
    case ResourceAction::conflict:
    case ResourceAction::manual:
      return StepResult::already;  // nothing is written for these
  }
  journal_.set(index, Mark::done);
  return result;
}

StepResult StepWorker::patch(std::size_t index) {
  if (journal_.has(index, Mark::patched)) return StepResult::already;
  const ResourceStep& own = step(index);
  const ReadyKind& kind = application_.kinds.at(*application_.kinds.find(own.kind));
  std::string id = own.target_id;
  if (own.action != ResourceAction::update) {
    const std::optional<model::IdEntry> entry = application_.ids.by_source(own.kind, own.source_id);
    if (!entry) throw StepFailed(What::waiting, "its id is not known");
    id = entry->target_id;
  }
  std::optional<Found> found;
  if (keeps(own, kind)) found = read(own, kind);
  const Wanted want = wanted(own, found ? &found->row : nullptr);
  called(clock_, stop_, [&] { application_.writer.update(kind.kind, id, content(want)); });
  write_columns(want, id);
  if (want.report.cut) throw StepFailed(What::waiting, "something that it names is still not there");
  journal_.set(index, Mark::patched);
  return StepResult::done;
}

}  // namespace holdfast::engine
