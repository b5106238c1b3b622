#include "cli/difference_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/time.h"
#include "cli/describe.h"
#include "cli/task_view.h"
#include "engine/compare_live.h"
#include "engine/cutover/store.h"
#include "engine/known_workspace.h"
#include "engine/resources/compare.h"
#include "model/field_diff.h"
#include "ui/json_text.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using Kind = repository::Difference::Kind;
using What = engine::ResourceDifference::What;

What what_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::added:
      return What::added;
    case Kind::changed:
      return What::changed;
    case Kind::removed:
      return What::removed;
  }
  return What::changed;
}

char sign_of(What what) noexcept {
  switch (what) {
    case What::added:
    case What::extra:
      return '+';
    case What::changed:
      return '~';
    case What::removed:
      return '-';
    case What::paused:
      return '=';
  }
  return '?';
}

std::string_view word_of(What what) noexcept {
  switch (what) {
    case What::added:
      return "added";
    case What::changed:
      return "changed";
    case What::removed:
      return "removed";
    case What::extra:
      return "extra";
    case What::paused:
      return "paused";
  }
  return "?";
}

std::string_view mark_of(What what, engine::Freshness freshness) noexcept {
  switch (freshness) {
    case engine::Freshness::fresh:
      return what == What::extra ? "  (extra)" : what == What::paused ? "  (paused)" : "";
    case engine::Freshness::stale:
      return "  (stale)";
    case engine::Freshness::unread:
      return "  (unread)";
  }
  return "";
}

// How much was looked at: nothing can be wrong with nothing.
std::string compared_text(const engine::CompareCounts& counts) {
  if (!counts.compared) return {};
  return fmt::format(" ({} row{} compared)", ui::format_count(*counts.compared), *counts.compared == 1 ? "" : "s");
}

std::vector<model::FieldChange> fields_of(const model::Collection& collection,
                                          const repository::Difference& difference) {
  return model::field_diff(collection, difference.before ? &*difference.before : nullptr,
                           difference.after ? &*difference.after : nullptr);
}

}  // namespace

void CompareFlags::declare(FlagTable& flags) {
  flags.texts("--select", "CONDITIONS", select, "only these rows; may be given several times");
  flags.toggle("--fields", fields, "show the fields that changed");
  flags.toggle("--raw", raw, "compare the bytes of resources: every id, time and order counts");
  capture.declare(flags);
}

DifferencePrinter::DifferencePrinter(Context& context, Options options)
    : context_(context),
      options_(std::move(options)),
      list_(context.out(),
            fmt::format(
                "{{\"format_version\":1,\"before\":{},\"connector\":{},\"taken\":{},\"after\":{},\"differences\":[",
                ui::json_quote(options_.before.id.short_id()), ui::json_quote(options_.before.connector),
                ui::json_quote(base::to_rfc3339(options_.before.taken)), ui::json_quote(options_.after))) {}

engine::Visitor DifferencePrinter::visitor() {
  return [this](const model::Collection& collection, const repository::Difference& difference,
                engine::Freshness freshness) {
    show({.what = what_of(difference.kind),
          .freshness = freshness,
          .path = full_path(collection, difference.key),
          .fields = [&] { return fields_of(collection, difference); }});
  };
}

engine::ResourceVisitor DifferencePrinter::resource_visitor() {
  return [this](const engine::ResourceDifference& difference) {
    show({.what = difference.what, .freshness = difference.freshness, .path = difference.path, .fields = [&] {
            return difference.fields;
          }});
  };
}

void DifferencePrinter::show(const Shown& difference) {
  if (context_.json()) return show_json(difference);
  // Of a migration by far the most: what differs must not drown in it.
  if (difference.what == What::paused && options_.fields == Fields::hide) return;
  if (shown_ >= options_.lines_most) {
    ++left_out_;
    return;
  }
  show_line(difference);
  ++shown_;
}

void DifferencePrinter::show_line(const Shown& difference) {
  const char sign = difference.freshness == engine::Freshness::unread ? '?' : sign_of(difference.what);
  const auto task = options_.tasks.find(difference.path);
  context_.out().line(
      fmt::format("{} {}{}{}", sign, ui::printable(difference.path), mark_of(difference.what, difference.freshness),
                  task == options_.tasks.end() ? "" : fmt::format("  (task {})", short_task_id(task->second))));
  // Of what was added or removed the path says enough; all fields of it would only hide the changes.
  const bool both = difference.what == What::changed || difference.what == What::paused;
  if (options_.fields == Fields::show && both) context_.out().write(field_lines(difference.fields()));
}

void DifferencePrinter::show_json(const Shown& difference) {
  const bool unread = difference.freshness == engine::Freshness::unread;
  nlohmann::ordered_json entry{{"what", unread ? "unread" : word_of(difference.what)},
                               {"path", difference.path},
                               {"stale", difference.freshness == engine::Freshness::stale}};
  if (options_.fields == Fields::show && !unread) entry["fields"] = to_json(difference.fields());
  if (const auto task = options_.tasks.find(difference.path); task != options_.tasks.end())
    entry["task"] = task->second;
  list_.add(to_line(entry));
}

std::string DifferencePrinter::summary_line(const engine::CompareCounts& counts) const {
  std::string more;
  const auto tell = [&](std::uint64_t count, std::string_view word) {
    if (count != 0) more += fmt::format(", {} {}", ui::format_count(count), word);
  };
  tell(counts.stale, "stale");
  tell(counts.unread, "unread");
  tell(counts.extra, fmt::format("extra on {}", options_.after));
  tell(counts.paused, "paused");
  if (!counts.any() && counts.stale + counts.unread + counts.extra == 0)
    return fmt::format("no differences between {} and {}{}{}", options_.before.id.short_id(), options_.after, more,
                       compared_text(counts));
  return fmt::format("{} added, {} changed, {} removed{}{}", ui::format_count(counts.added),
                     ui::format_count(counts.changed), ui::format_count(counts.removed), more, compared_text(counts));
}

void DifferencePrinter::end(const engine::CompareCounts& counts) {
  if (context_.json()) {
    list_.end(
        fmt::format("],\"counts\":{{\"added\":{},\"changed\":{},\"removed\":{},\"stale\":{},\"unread\":{},"
                    "\"extra\":{},\"paused\":{},\"compared\":{}}}}}",
                    counts.added, counts.changed, counts.removed, counts.stale, counts.unread, counts.extra,
                    counts.paused, counts.compared ? std::to_string(*counts.compared) : "null"));
    return;
  }
  if (left_out_ != 0)
    context_.out().line(fmt::format("... and {} more; -v shows all of them", ui::format_count(left_out_)));
  if (context_.global().quiet) return;
  context_.out().line(fmt::format("{}{}", shown_ != 0 ? "\n" : "", summary_line(counts)));
}

namespace {

using Paused = engine::ResourceCompareRules::Paused;

// Of what was made the one that fires, what is paused there and fires in the snapshot is not as it should be.
Paused paused_on(Context& context, const std::string& connector) {
  engine::CutoverStore store(context.state());
  const std::vector<engine::Pair> pairs = store.pairs();
  const bool active =
      std::any_of(pairs.begin(), pairs.end(), [&](const engine::Pair& pair) { return pair.active == connector; });
  if (!active || store.fence(connector)) return Paused::as_it_arrived;
  context.events().note(
      fmt::format("{} is in charge: what is paused there and fires in the snapshot differs", connector));
  return Paused::differs;
}

// Under another name it would be equal for ever, as where resources are compared.
engine::CompareCounts compare_workspace_bytes(Context& context, const repository::Snapshot& snapshot,
                                              const engine::LiveConnector& after, const model::Selection& selection,
                                              const engine::Visitor& visit) {
  const auto capture = after.connector.capture(after.capture, context.stop());
  engine::refuse_same_workspace(context.repository(), snapshot, after.name, capture->attributes(), context.events());
  for (const std::string& note : capture->notes()) context.events().note(note);
  return engine::compare_capture(context.repository(), snapshot, *capture, after.capture.readers, selection,
                                 context.events(), context.stop(), visit);
}

}  // namespace

engine::CompareCounts show_live_differences(Context& context, const repository::Snapshot& snapshot,
                                            const std::string& connector, const CompareFlags& flags,
                                            std::uint64_t lines_most) {
  const model::Selection selection(flags.select);
  const platform::CaptureOptions capture = flags.capture.options(context.connector_config(connector));
  const auto target = context.open_connector(connector);
  DifferencePrinter printer(context, {.fields = flags.fields ? Fields::show : Fields::hide,
                                      .lines_most = lines_most,
                                      .before = snapshot,
                                      .after = connector,
                                      .tasks = tasks_by_path(context, snapshot.connector, connector)});
  engine::CompareCounts counts;
  if (target->kinds().empty())
    counts = engine::compare_live(context.repository(), snapshot, *target, capture, selection, context.events(),
                                  context.stop(), printer.visitor());
  else if (flags.raw)
    counts = compare_workspace_bytes(context, snapshot, {connector, *target, capture}, selection, printer.visitor());
  else
    counts = engine::compare_resources_live({.repository = context.repository(),
                                             .before = snapshot,
                                             .state = context.state(),
                                             .kinds = target->kinds(),
                                             .selection = selection,
                                             .mapping = context.config().mapping(snapshot.connector, connector),
                                             .paused = paused_on(context, connector)},
                                            {connector, *target, capture}, context.events(), context.stop(),
                                            printer.resource_visitor());
  printer.end(counts);
  return counts;
}

}  // namespace holdfast::cli
