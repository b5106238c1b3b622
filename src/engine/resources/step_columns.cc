#include "engine/resources/step_columns.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/resources/step_call.h"

namespace holdfast::engine {

namespace {

using model::KindColumn;
using model::ReadyKind;
using model::ResourceAction;
using model::ResourceStep;
using What = ResourceOutcome::What;
using Known = ColumnBasis::Known;

const ColumnItem* find(const ColumnItems& items, const std::string& mark) {
  const auto found = items.find(mark);
  return found == items.end() ? nullptr : &found->second;
}

bool same(const ColumnItem* one, const ColumnItem* other) {
  if (!one || !other) return one == other;
  return one->fingerprint == other->fingerprint;
}

bool is_kept(const KindColumn& column) {
  return !column.kept.items.empty();
}

std::vector<std::string> removed_keys(const ResourceStep& step, const KindColumn& column) {
  std::vector<std::string> out;
  for (const model::RemovedItem& item : step.removed_items)
    if (item.column == column.name) out.push_back(item.key);
  return out;
}

std::vector<const KindColumn*> columns_of(const StepContent& wanted) {
  std::vector<const KindColumn*> out;
  for (const KindColumn& column : wanted.kind.kind.columns)
    if (column.written == KindColumn::Written::afterwards && has_column(wanted.step, column.name))
      out.push_back(&column);
  return out;
}

// What somebody has to decide about hides that another column failed, which the next run tries again anyhow.
What graver(What one, What other) {
  for (const What what : {What::conflict, What::failed, What::waiting})
    if (one == what || other == what) return what;
  return What::manual;
}

std::string changed_by_somebody(const KindColumn& column) {
  return fmt::format("somebody changed its {} after the plan was made", column.name);
}

std::set<std::string> marks_of(const std::vector<const ColumnItems*>& all) {
  std::set<std::string> out;
  for (const ColumnItems* items : all)
    for (const auto& [mark, item] : *items) out.insert(mark);
  return out;
}

}  // namespace

StepColumns::StepColumns(const Tools& tools, std::stop_token stop)
    : application_(tools.application),
      contents_(tools.contents),
      journal_(tools.journal),
      clock_(tools.clock),
      stop_(std::move(stop)) {}

void StepColumns::write(const StepContent& wanted, const std::string& id, const ColumnBasis& basis,
                        const std::optional<StepFailed>& body) const {
  std::vector<std::string> texts;
  std::string hint;
  What outcome = What::manual;
  if (body) {
    texts.push_back(body->text());
    hint = body->hint();
    outcome = body->outcome();
  }
  for (const KindColumn* column : columns_of(wanted)) {
    try {
      const std::optional<std::string> text = contents_.column(wanted, column->name);
      if (text) write_one({wanted, id, *column, *text}, basis);
    } catch (const StepFailed& failed) {
      outcome = graver(outcome, failed.outcome());
      if (hint.empty()) hint = failed.hint();
      const bool speaks_for_itself = failed.outcome() == What::conflict || failed.outcome() == What::manual;
      texts.push_back(speaks_for_itself ? failed.text() : fmt::format("{}: {}", column->name, failed.text()));
    }
  }
  if (!texts.empty()) throw StepFailed(outcome, fmt::format("{}", fmt::join(texts, "; ")), hint);
}

void StepColumns::require_as_seen(const ReadyKind& kind, const ResourceStep& step) const {
  for (const KindColumn* column : columns_beside(kind)) {
    const auto seen = step.seen_columns.find(column->name);
    const ColumnItems now = telling_items(kind, *column, read(kind, step.target_id, telling_column(*column)));
    if (seen_text(now) != (seen == step.seen_columns.end() ? std::string() : seen->second))
      throw StepFailed(What::conflict, changed_by_somebody(*column));
  }
}

void StepColumns::write_one(const Target& target, const ColumnBasis& basis) const {
  if (basis.known != Known::fresh && !differs(target, basis)) return;
  const model::Kind& kind = target.wanted.kind.kind;
  const std::string& name = target.column.name;
  called(clock_, stop_, [&] { application_.writer.set_column(kind, target.id, name, target.text); });
  const std::vector<std::string> gone = removed_keys(target.wanted.step, target.column);
  if (!gone.empty()) called(clock_, stop_, [&] { application_.writer.remove_items(kind, target.id, name, gone); });
}

std::optional<std::string> StepColumns::read(const ReadyKind& kind, const std::string& id,
                                             const std::string& column) const {
  return called(clock_, stop_, [&] { return application_.writer.read_column(kind.kind, id, column); });
}

// Whether there is something to write.  Throws StepFailed where that would undo what somebody did.
bool StepColumns::differs(const Target& target, const ColumnBasis& basis) const {
  const ReadyKind& kind = target.wanted.kind;
  const KindColumn& column = target.column;
  const bool told = !column.told_by.empty();
  const ColumnItems now = telling_items(kind, column, read(kind, target.id, telling_column(column)));
  const ColumnItems wanted = items_of(kind, kind.column(column.name), target.text);
  // Of items that are kept only those count that are written, or that go.
  Marks marks = is_kept(column) ? marks_of({&wanted}) : marks_of({&wanted, &now});
  if (is_kept(column)) marks.erase("");
  for (const std::string& key : removed_keys(target.wanted.step, column)) marks.insert(item_mark(key));
  bool any = false;
  Marks doubtful;
  for (const std::string& mark : marks) {
    const ColumnItem* is = find(now, mark);
    const ColumnItem* shall = find(wanted, mark);
    // What tells of a secret does not say what it holds.
    if (told ? !is && !shall : same(is, shall)) continue;
    any = true;
    if (!is_expected(target, basis, mark, is)) doubtful.insert(mark);
  }
  if (told && !doubtful.empty()) accept_what_is_wanted(target, wanted, doubtful);
  if (doubtful.empty()) return any;
  throw StepFailed(What::conflict, changed_by_somebody(column));
}

bool StepColumns::is_expected(const Target& target, const ColumnBasis& basis, const std::string& mark,
                              const ColumnItem* now) const {
  const auto seen = basis.seen.find(target.column.name);
  const bool made = target.wanted.step.action != ResourceAction::update;
  if (basis.known == Known::seen && (seen != basis.seen.end() || !made)) {
    const ColumnItems then = seen_items(seen == basis.seen.end() ? std::string() : seen->second);
    return same(now, find(then, mark));
  }
  if (!now) return true;
  // Whoever makes a thing may have a right to it from then on, and nobody else has.
  return target.column.told_by.empty() && now->names.contains(application_.writer.who());
}

// Of secrets that were changed since: those that an interrupted run has put hold what they shall.
void StepColumns::accept_what_is_wanted(const Target& target, const ColumnItems& wanted, Marks& doubtful) const {
  const ReadyKind& kind = target.wanted.kind;
  ColumnItems now;
  try {
    now = items_of(kind, kind.column(target.column.name), read(kind, target.id, target.column.name));
  } catch (const StepFailed&) {
    return;  // nobody can tell what they hold: they stay as they are
  }
  std::erase_if(doubtful, [&](const std::string& mark) {
    const ColumnItem* shall = find(wanted, mark);
    return shall != nullptr && same(find(now, mark), shall);
  });
}

void StepColumns::leave(std::size_t index, const StepContent& wanted, const std::string& id,
                        const ColumnBasis& basis) const {
  for (const KindColumn* column : columns_of(wanted)) {
    // What waits for the second pass is as it was.
    if (basis.known != Known::fresh && !contents_.column(wanted, column->name)) continue;
    try {
      const std::optional<std::string> now = read(wanted.kind, id, telling_column(*column));
      journal_.leave_column(index, column->name, seen_text(telling_items(wanted.kind, *column, now)));
    } catch (const StepFailed&) {
      continue;  // then the second pass writes only over what is ours beyond doubt
    }
  }
}

ColumnBasis StepColumns::left(std::size_t index, const ResourceStep& step) const {
  ColumnBasis out{.known = Known::seen, .seen = step.seen_columns};
  for (const std::string& column : step.columns)
    if (std::optional<std::string> left = journal_.left_column(index, column)) out.seen[column] = *std::move(left);
  return out;
}

}  // namespace holdfast::engine
