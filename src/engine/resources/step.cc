#include "engine/resources/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/resources/decide.h"
#include "engine/resources/step_call.h"
#include "platform/unfinished.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;
using model::ReadyKind;
using model::ResourceAction;
using model::ResourceStep;
using platform::LostAnswer;
using platform::SignedOut;
using What = ResourceOutcome::What;
using Found = platform::ResourceWriter::Found;
using Mark = ResourceJournal::Mark;
using Content = StepContents::Content;

// A platform tells times in whole seconds, and its servers' clocks differ a little.
constexpr base::Duration k_skew = std::chrono::seconds(5);
// So long a call may still take effect after its answer was given up.
constexpr std::chrono::seconds k_late(60);

bool makes(const ResourceStep& step) {
  return step.action == ResourceAction::create || step.action == ResourceAction::recreate;
}

Pass first_of(const ResourceStep& step) {
  return step.patched ? Pass::first : Pass::whole;
}

}  // namespace

StepWorker::StepWorker(const Tools& tools, std::stop_token stop)
    : application_(tools.application),
      journal_(tools.journal),
      targets_(tools.targets),
      events_(tools.events),
      clock_(tools.clock),
      begun_(tools.clock.elapsed()),
      stop_(std::move(stop)),
      contents_(tools.application, tools.targets),
      columns_({tools.application, contents_, tools.journal, tools.clock}, stop_) {}

const ReadyKind& StepWorker::kind_of(const ResourceStep& own) const {
  return application_.kinds.at(*application_.kinds.find(own.kind));
}

std::optional<model::IdEntry> StepWorker::learnt(const ResourceStep& own) const {
  std::optional<model::IdEntry> known = application_.ids.by_source(own.kind, own.source_id);
  const bool old = known && known->target_id == (own.action == ResourceAction::recreate ? own.target_id : own.seen);
  return old ? std::nullopt : known;
}

void StepWorker::announce_waits() const {
  if (!journal_.resumed()) return;
  std::uint64_t waits = 0;
  for (std::size_t i = 0; i < application_.plan.steps.size(); ++i) {
    const ResourceStep& own = step(i);
    if (!makes(own) || kind_of(own).kind.names == model::Names::unique || learnt(own)) continue;
    if (!journal_.has(i, Mark::done) && journal_.intent(i)) ++waits;
  }
  if (waits != 0)
    events_.note(fmt::format("waiting up to {} s for answers that were lost: {} create{}", k_late.count(), waits,
                             waits == 1 ? "" : "s"));
}

std::optional<Found> StepWorker::read(const ReadyKind& kind, const std::string& id) {
  return called(clock_, stop_, [&] { return application_.writer.read(kind.kind, id); });
}

bool StepWorker::fits(const StepContent& wanted, const ResourceJournal::Intent& intent, const Found& found) {
  const std::optional<model::IdEntry> known = application_.ids.by_target(wanted.step.kind, found.id);
  if (known && known->source_id != wanted.step.source_id) return false;
  if (found.id == wanted.step.target_id && wanted.kind.id) return false;  // the one that was to go
  if (!found.creator.empty() && found.creator != application_.writer.who() && found.creator != given_to(wanted))
    return false;
  if (found.created && *found.created < intent.at - k_skew) return false;
  const auto& body = found.row.columns.at(wanted.kind.body);
  if (!body) return false;
  JsonText there(*body);
  model::pause_firing(there, wanted.kind.documents.front());
  JsonText least(wanted.resting);
  for (const model::JsonPath& field : wanted.kind.set_later)
    field.visit(least, [&](JsonText::Id id) { least.remove(id); });
  return holds_all_of(JsonText(compared_live_body(there, wanted.kind)), JsonText(least.print()));
}

// What a create whose answer was lost has left behind, with a content of which at least so much is there.
std::optional<std::string> StepWorker::orphan(const StepContent& wanted, const ResourceJournal::Intent& intent,
                                              const Sought& sought) {
  const model::Kind& kind = wanted.kind.kind;
  const std::vector<Found> all =
      called(clock_, stop_, [&] { return application_.writer.find(kind, wanted.step.target_name); });
  for (const Found& found : all) {
    if (!fits(wanted, intent, found)) continue;
    if (sought.proof == Sought::Proof::creator && !(found.created && found.creator == application_.writer.who()))
      continue;
    const Content there = contents_.compare(wanted, found.row);
    JsonText body(found.row.columns.at(wanted.kind.body).value_or("{}"));
    const bool fires_as_meant =
        holds_all_of(JsonText(compared_live_body(body, wanted.kind)), JsonText(wanted.compared));
    const bool whole = there == Content::equal && fires_as_meant;
    if (there == Content::other || (!whole && sought.least == Content::equal))
      continue;  // somebody else's: to create it is a conflict
    try {
      if (!whole) called(clock_, stop_, [&] { application_.writer.update(kind, found.id, contents_.content(wanted)); });
    } catch (const StepFailed&) {
      // Made by us, and not as a whole: no later plan is to take it for somebody else's.
      learn(wanted, found.id, model::Learnt::adopted);
      throw;
    }
    return found.id;
  }
  return std::nullopt;
}

void StepWorker::learn(const StepContent& wanted, const std::string& id, model::Learnt how) {
  const ResourceStep& own = wanted.step;
  application_.ids.learn({{.kind = own.kind,
                           .source_id = own.source_id,
                           .target_id = id,
                           .source_name = own.source_name,
                           .target_name = own.target_name,
                           .learnt = how}});
}

std::optional<StepFailed> StepWorker::write_body(const StepContent& wanted, const std::string& id) {
  try {
    called(clock_, stop_, [&] { application_.writer.update(wanted.kind.kind, id, contents_.content(wanted)); });
  } catch (const StepFailed& failed) {
    if (wanted.kind.set_later.empty() || failed.outcome() != What::failed) throw;
    return failed;
  }
  return std::nullopt;
}

// What an earlier run made, and what only a second call sets was refused then.
std::optional<StepFailed> StepWorker::finish(const StepContent& wanted, const ResourceJournal::Intent& intent,
                                             const std::string& id) {
  const std::optional<Found> found = read(wanted.kind, id);
  if (!found || contents_.holds(wanted, found->row)) return std::nullopt;
  if (!fits(wanted, intent, *found))
    throw StepFailed(What::conflict, "somebody changed it before what was refused could be set");
  return write_body(wanted, id);
}

// Where several may have one name, a second call makes a second one: the first has to be past before.
std::optional<std::string> StepWorker::late_orphan(const StepContent& wanted, const ResourceJournal::Intent& intent,
                                                   base::Duration until) {
  for (base::Duration pause = k_pause;; pause *= 2) {
    if (std::optional<std::string> id = orphan(wanted, intent, {Content::begun})) return id;
    const base::Duration left = until - clock_.elapsed();
    if (wanted.kind.kind.names == model::Names::unique || left <= base::Duration(0)) return std::nullopt;
    if (!clock_.sleep(std::min(pause, left), stop_)) throw Error(ErrorKind::cancelled, "the restore was stopped");
  }
}

StepWorker::Made StepWorker::create(std::size_t index, const StepContent& wanted,
                                    const ResourceJournal::Intent& intent) {
  const model::Kind& kind = wanted.kind.kind;
  bool tried = !intent.fresh;
  base::Duration until = begun_ + k_late;  // of what an earlier run may have sent just before it ended
  // Names that are unique are never waited for, and a refusal may leave a content behind that had been begun.
  const auto refused = [&] {
    if (!tried && kind.names == model::Names::shared) journal_.withdraw(index);
  };
  for (int attempt = 1; attempt <= k_attempts; ++attempt) {
    if (tried)
      if (const std::optional<std::string> id = late_orphan(wanted, intent, until))
        return {.id = *id, .adopted = true, .doubtful = true};
    try {
      return {.id = application_.writer.create(kind, contents_.content(wanted)), .doubtful = tried};
    } catch (const platform::Unfinished& made) {
      return {.id = made.id(), .doubtful = tried, .unfinished = true};
    } catch (const LostAnswer&) {
      tried = true;
      until = clock_.elapsed() + k_late;
      if (kind.names == model::Names::shared)
        events_.note(fmt::format("the answer about {} was lost: looking for up to {} s for what was made",
                                 wanted.step.path, k_late.count()));
    } catch (const SignedOut&) {
      refused();
      throw;
    } catch (const platform::ByHand& task) {
      throw StepFailed(task);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::conflict)
        return taken(index, wanted, intent, tried ? Sent::maybe : Sent::never, error);
      refused();
      if (error.kind() == ErrorKind::cancelled) throw;  // before it was sent
      throw StepFailed(What::failed, error.message(), error.hint());
    }
    if (!clock_.sleep(attempt * k_pause, stop_)) throw Error(ErrorKind::cancelled, "the restore was stopped");
  }
  throw StepFailed(What::failed, "the platform does not answer: the next run looks for what it has made");
}

// The name is taken.
StepWorker::Made StepWorker::taken(std::size_t index, const StepContent& wanted, const ResourceJournal::Intent& intent,
                                   Sent sent, const Error& refused) {
  Sought sought{Content::begun};
  if (sent == Sent::never)
    sought = {Content::equal, came_along(index) ? Sought::Proof::what_it_is : Sought::Proof::creator};
  if (const std::optional<std::string> id = orphan(wanted, intent, sought))
    return {.id = *id, .adopted = true, .doubtful = sent == Sent::maybe};
  // Nothing can have come of this call: no later run is to look for it.
  if (sent == Sent::never) journal_.withdraw(index);
  throw StepFailed(What::conflict, fmt::format("somebody made it after the plan was made: {}", refused.message()));
}

// Whether something that this plan has made brings it along: a git folder what is in it, a user the home.
bool StepWorker::came_along(std::size_t index) const {
  const ResourceStep& own = step(index);
  const model::Kind& kind = kind_of(own).kind;
  if (kind.space.empty()) return false;
  const auto home = application_.kinds.home(kind.space, own.target_name);
  for (const std::vector<std::uint32_t>* before : {&own.needs, &own.after})
    for (const std::uint32_t one : *before) {
      const ResourceStep& other = step(one);
      if (!makes(other) || !targets_.is_made(one)) continue;
      const std::size_t other_kind = *application_.kinds.find(other.kind);
      const model::Kind& brings = application_.kinds.at(other_kind).kind;
      const bool below = brings.space == kind.space && own.target_name.starts_with(other.target_name + "/");
      if (below && (brings.brings_content || came_along(one))) return true;
      const bool whose =
          home && home->kind == other_kind &&
          application_.kinds.folded(other_kind, home->name) == application_.kinds.folded(other_kind, other.target_name);
      if (whose && own.target_name == std::string(home->below) + home->name) return true;
    }
  return false;
}

// A call that was given up and took effect all the same, later than anybody waited.
void StepWorker::refuse_further(const StepContent& wanted, const ResourceJournal::Intent& intent,
                                const std::string& id) {
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
void StepWorker::require_gone(const StepContent& wanted) {
  const ResourceStep& step = wanted.step;
  // What was moved is not what a path names.
  if (step.seen.empty() || !wanted.kind.kind.space.empty()) return;
  if (called(clock_, stop_, [&] { return application_.writer.read(wanted.kind.kind, step.seen); }))
    throw StepFailed(What::conflict,
                     fmt::format("the id map names {}, which is there after all: plan again", step.seen));
}

// In place what the snapshot has may be there under the id that it had: a list that was answered empty says otherwise,
// and everything in it would be made a second time.
void StepWorker::require_gone_in_place(const StepContent& wanted) {
  const ResourceStep& step = wanted.step;
  const bool in_place = application_.plan.source == application_.plan.target;
  if (!in_place || !wanted.kind.id || !wanted.kind.kind.space.empty()) return;
  if (called(clock_, stop_, [&] { return application_.writer.read(wanted.kind.kind, step.source_id); }))
    throw StepFailed(What::conflict,
                     fmt::format("the snapshot has it as {}, which is there after all: plan again", step.source_id));
}

// Removes what is to be created again.
void StepWorker::clear_way(std::size_t index, const StepContent& wanted) {
  if (journal_.has(index, Mark::removed)) return;
  remove(wanted.step);
  journal_.set(index, Mark::removed);
}

// What its owner changes from here on is not overwritten by the second pass.
void StepWorker::leave_fingerprint(std::size_t index, const std::string& id) {
  const ReadyKind& kind = kind_of(step(index));
  if (const std::optional<Found> found = read(kind, id)) journal_.leave(index, seen_fingerprint(found->row, kind));
}

StepResult StepWorker::make(std::size_t index) {
  const ResourceStep& own = step(index);
  const StepContent want = contents_.prepare(own, nullptr, first_of(own));
  // By this step before it was killed, or by another plan.
  const std::optional<model::IdEntry> known = learnt(own);
  std::optional<ResourceJournal::Intent> intent = journal_.intent(index);
  Made result;
  std::optional<StepFailed> body;
  ColumnBasis basis{.known = ColumnBasis::Known::ours};
  if (known) {
    result = {.id = known->target_id, .doubtful = intent.has_value()};
    if (intent && !want.kind.set_later.empty()) body = finish(want, *intent, result.id);
  } else {
    const bool recreates = own.action == ResourceAction::recreate;
    if (!recreates) require_gone(want);
    // What an earlier run may have made is looked for by what it is, below.
    if (!recreates && !intent) require_gone_in_place(want);
    intent = journal_.intend(index, application_.writer.now());
    if (recreates) clear_way(index, want);
    result = create(index, want, *intent);
    if (!result.adopted) basis.known = ColumnBasis::Known::fresh;
    learn(want, result.id, result.adopted ? model::Learnt::adopted : model::Learnt::created);
    if (result.unfinished) body = write_body(want, result.id);
  }
  targets_.made(index);
  // Not what another plan made, which may be in use by now.
  if (intent) called(clock_, stop_, [&] { application_.writer.settle(want.kind.kind, result.id); });
  // What was found again may have been changed since.
  if (own.patched && !known && !result.adopted && !body) leave_fingerprint(index, result.id);
  columns_.write(want, result.id, basis, body);
  if (own.patched) columns_.leave(index, want, result.id, basis);
  if (result.doubtful) refuse_further(want, *intent, result.id);
  return result.adopted ? StepResult::adopted : StepResult::done;
}

void StepWorker::update(std::size_t index) {
  const ResourceStep& own = step(index);
  const ReadyKind& kind = kind_of(own);
  const bool writes =
      own.writes_body || std::any_of(own.columns.begin(), own.columns.end(),
                                     [&](const std::string& column) { return written_with_create(kind, column); });
  std::optional<Found> found;
  if (writes || keeps(own, kind)) {
    found = read(kind, own.target_id);
    if (!found) throw StepFailed(What::conflict, "somebody removed it after the plan was made");
  }
  const StepContent want = contents_.prepare(own, found && keeps(own, kind) ? &found->row : nullptr, first_of(own));
  std::optional<StepFailed> body;
  if (writes) {
    const bool as_planned = own.seen.empty() || seen_fingerprint(found->row, kind) == own.seen;
    // What an interrupted run wrote is no change of somebody else.
    if (!as_planned && !contents_.holds(want, found->row))
      throw StepFailed(What::conflict, "somebody changed it after the plan was made");
    body = write_body(want, own.target_id);
  }
  const ColumnBasis basis{.known = ColumnBasis::Known::seen, .seen = own.seen_columns};
  columns_.write(want, own.target_id, basis, body);
  if (own.patched) columns_.leave(index, want, own.target_id, basis);
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
    if (recorded) values = recorded_firing(contents_.context(), *recorded, document);
    out.emplace_back(&document, firing_change(kind, document, live, recorded ? &values : nullptr));
  }
  return out;
}

void StepWorker::activate(const ResourceStep& own) {
  const ReadyKind& kind = kind_of(own);
  const std::optional<Found> found = read(kind, own.target_id);
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
      const platform::ResourceWriter::Content content{
          .name = own.target_name, .body = text, .columns = {}, .members = one.second.members};
      called(clock_, stop_, [&] { application_.writer.update(kind.kind, own.target_id, content); });
    } else {
      called(clock_, stop_, [&] { application_.writer.set_column(kind.kind, own.target_id, column, text); });
    }
  }
}

void StepWorker::remove(const ResourceStep& own) {
  const ReadyKind& kind = kind_of(own);
  const std::optional<Found> found = read(kind, own.target_id);
  if (!found) return;
  if (!own.seen.empty() && seen_fingerprint(found->row, kind) != own.seen)
    throw StepFailed(What::conflict, "somebody changed it after the plan was made");
  try {
    columns_.require_as_seen(kind, own);
  } catch (const StepFailed&) {
    if (read(kind, own.target_id)) throw;
    return;  // it went meanwhile, with what it lay in
  }
  called(clock_, stop_, [&] {
    try {
      application_.writer.remove(kind.kind, own.target_id);
    } catch (const Error& error) {
      const bool holds_more = kind.kind.brings_content && error.kind() == ErrorKind::conflict;
      if (holds_more) throw StepFailed(What::conflict, error.message());
      throw;
    }
  });
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
      update(index);
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

void StepWorker::refuse_change(std::size_t index, const StepContent& whole, const base::Row& there) const {
  if (contents_.holds(whole, there)) return;  // an interrupted run has written it
  const ReadyKind& kind = whole.kind;
  const std::optional<std::string> left = journal_.left(index);
  const bool unchanged =
      left ? *left == seen_fingerprint(there, kind)
           : contents_.is_first_pass(contents_.prepare(whole.step, whole.live, Pass::first), whole, there);
  if (unchanged) return;
  JsonText live(there.columns.at(kind.body).value_or("{}"));
  std::vector<std::string> fields;
  for (const model::FieldChange& one : differences(kind, kind.body, compared_live_body(live, kind), whole.compared))
    fields.push_back(one.path);
  throw StepFailed(What::conflict,
                   fmt::format("somebody changed it before what was left out of it could be written; "
                               "it differs in {}",
                               fields.empty() ? "its contents" : fmt::format("{}", fmt::join(fields, ", "))));
}

StepResult StepWorker::patch(std::size_t index) {
  if (journal_.has(index, Mark::patched)) return StepResult::already;
  const ResourceStep& own = step(index);
  const ReadyKind& kind = kind_of(own);
  std::string id = own.target_id;
  if (own.action != ResourceAction::update) {
    const std::optional<model::IdEntry> entry = application_.ids.by_source(own.kind, own.source_id);
    if (!entry) throw StepFailed(What::waiting, "its id is not known");
    id = entry->target_id;
  }
  const std::optional<Found> found = read(kind, id);
  if (!found) throw StepFailed(What::conflict, "somebody removed it before what was left out of it could be written");
  const StepContent want = contents_.prepare(own, keeps(own, kind) ? &found->row : nullptr, Pass::whole);
  if (!want.report.cut) {
    refuse_change(index, want, found->row);
    called(clock_, stop_, [&] { application_.writer.update(kind.kind, id, contents_.content(want)); });
  }
  columns_.write(want, id, columns_.left(index, own));
  if (want.report.cut) throw StepFailed(What::waiting, "something that it names is still not there");
  journal_.set(index, Mark::patched);
  return StepResult::done;
}

}  // namespace holdfast::engine
