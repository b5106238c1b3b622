#include "cli/difference_printer.h"

#include <fmt/format.h>

#include "base/json.h"
#include "cli/describe.h"
#include "model/field_diff.h"
#include "ui/json_text.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using Kind = repository::Difference::Kind;

char sign_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::added:
      return '+';
    case Kind::changed:
      return '~';
    case Kind::removed:
      return '-';
  }
  return '?';
}

std::string_view word_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::added:
      return "added";
    case Kind::changed:
      return "changed";
    case Kind::removed:
      return "removed";
  }
  return "?";
}

std::string_view mark_of(engine::Freshness freshness) noexcept {
  switch (freshness) {
    case engine::Freshness::fresh:
      return "";
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
  capture.declare(flags);
}

DifferencePrinter::DifferencePrinter(Context& context, Options options)
    : context_(context),
      options_(std::move(options)),
      list_(context.out(), fmt::format("{{\"format_version\":1,\"before\":{},\"after\":{},\"differences\":[",
                                       ui::json_quote(options_.before), ui::json_quote(options_.after))) {}

engine::Visitor DifferencePrinter::visitor() {
  return [this](const model::Collection& collection, const repository::Difference& difference,
                engine::Freshness freshness) { show(collection, difference, freshness); };
}

void DifferencePrinter::show(const model::Collection& collection, const repository::Difference& difference,
                             engine::Freshness freshness) {
  if (context_.json()) return show_json(collection, difference, freshness);
  if (shown_ >= options_.lines_most) {
    ++left_out_;
    return;
  }
  show_line(collection, difference, freshness);
  ++shown_;
}

void DifferencePrinter::show_line(const model::Collection& collection, const repository::Difference& difference,
                                  engine::Freshness freshness) {
  const char sign = freshness == engine::Freshness::unread ? '?' : sign_of(difference.kind);
  context_.out().line(
      fmt::format("{} {}{}", sign, ui::printable(full_path(collection, difference.key)), mark_of(freshness)));
  // Of what was added or removed the path says enough; all fields of it would only hide the changes.
  if (options_.fields == Fields::show && difference.kind == Kind::changed)
    context_.out().write(field_lines(fields_of(collection, difference)));
}

void DifferencePrinter::show_json(const model::Collection& collection, const repository::Difference& difference,
                                  engine::Freshness freshness) {
  const bool unread = freshness == engine::Freshness::unread;
  nlohmann::ordered_json entry{{"what", unread ? "unread" : word_of(difference.kind)},
                               {"path", full_path(collection, difference.key)},
                               {"stale", freshness == engine::Freshness::stale}};
  if (options_.fields == Fields::show && !unread) entry["fields"] = to_json(fields_of(collection, difference));
  list_.add(to_line(entry));
}

void DifferencePrinter::end(const engine::CompareCounts& counts) {
  if (context_.json()) {
    list_.end(
        fmt::format("],\"counts\":{{\"added\":{},\"changed\":{},\"removed\":{},\"stale\":{},\"unread\":{},"
                    "\"compared\":{}}}}}",
                    counts.added, counts.changed, counts.removed, counts.stale, counts.unread,
                    counts.compared ? std::to_string(*counts.compared) : "null"));
    return;
  }
  if (left_out_ != 0)
    context_.out().line(fmt::format("... and {} more; -v shows all of them", ui::format_count(left_out_)));
  if (context_.global().quiet) return;
  if (!counts.any() && counts.stale == 0 && counts.unread == 0) {
    context_.out().line(
        fmt::format("no differences between {} and {}{}", options_.before, options_.after, compared_text(counts)));
    return;
  }
  context_.out().line(fmt::format(
      "{}{} added, {} changed, {} removed{}{}{}", shown_ != 0 ? "\n" : "", ui::format_count(counts.added),
      ui::format_count(counts.changed), ui::format_count(counts.removed),
      counts.stale == 0 ? "" : fmt::format(", {} stale", ui::format_count(counts.stale)),
      counts.unread == 0 ? "" : fmt::format(", {} unread", ui::format_count(counts.unread)), compared_text(counts)));
}

engine::CompareCounts show_live_differences(Context& context, const repository::Snapshot& snapshot,
                                            const std::string& connector, const CompareFlags& flags,
                                            std::uint64_t lines_most) {
  const model::Selection selection(flags.select);
  const platform::CaptureOptions capture = flags.capture.options(context.connector_config(connector));
  const auto target = context.open_connector(connector);
  DifferencePrinter printer(context, {.fields = flags.fields ? Fields::show : Fields::hide,
                                      .lines_most = lines_most,
                                      .before = snapshot.id.short_id(),
                                      .after = connector});
  const engine::CompareCounts counts = engine::compare_live(context.repository(), snapshot, *target, capture, selection,
                                                            context.events(), context.stop(), printer.visitor());
  printer.end(counts);
  return counts;
}

}  // namespace holdfast::cli
