#include "cli/difference_printer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

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

std::vector<model::FieldChange> fields_of(const model::Collection& collection,
                                          const repository::Difference& difference) {
  return model::field_diff(collection, difference.before ? &*difference.before : nullptr,
                           difference.after ? &*difference.after : nullptr);
}

}  // namespace

DifferencePrinter::DifferencePrinter(Context& context, Options options)
    : context_(context), options_(std::move(options)) {
  if (!context_.json()) return;
  context_.out().write(fmt::format("{{\"format_version\":1,\"before\":{},\"after\":{},\"differences\":[",
                                   ui::json_quote(options_.before), ui::json_quote(options_.after)));
}

void DifferencePrinter::show(const model::Collection& collection, const repository::Difference& difference,
                             bool stale) {
  if (context_.json()) return show_json(collection, difference, stale);
  if (shown_ >= options_.lines_most) {
    ++left_out_;
    return;
  }
  show_line(collection, difference, stale);
  ++shown_;
}

void DifferencePrinter::show_line(const model::Collection& collection, const repository::Difference& difference,
                                  bool stale) {
  context_.out().line(fmt::format("{} {}{}", sign_of(difference.kind),
                                  ui::printable(full_path(collection, difference.key)), stale ? "  (stale)" : ""));
  // Of what was added or removed the path says enough; all fields of it would only hide the changes.
  if (options_.fields == Fields::show && difference.kind == Kind::changed)
    context_.out().write(field_lines(fields_of(collection, difference)));
}

void DifferencePrinter::show_json(const model::Collection& collection, const repository::Difference& difference,
                                  bool stale) {
  nlohmann::ordered_json entry{
      {"what", word_of(difference.kind)}, {"path", full_path(collection, difference.key)}, {"stale", stale}};
  if (options_.fields == Fields::show) entry["fields"] = to_json(fields_of(collection, difference));
  const std::string text = entry.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  context_.out().write(fmt::format("{}\n{}", shown_++ == 0 ? "" : ",", text));
}

void DifferencePrinter::end(const engine::CompareCounts& counts) {
  if (context_.json()) {
    context_.out().line(fmt::format("],\"counts\":{{\"added\":{},\"changed\":{},\"removed\":{},\"stale\":{}}}}}",
                                    counts.added, counts.changed, counts.removed, counts.stale));
    return;
  }
  if (left_out_ != 0)
    context_.out().line(fmt::format("... and {} more; -v shows all of them", ui::format_count(left_out_)));
  if (context_.global().quiet) return;
  if (!counts.any() && counts.stale == 0) {
    context_.out().line(fmt::format("no differences between {} and {}", options_.before, options_.after));
    return;
  }
  context_.out().line(fmt::format("{}{} added, {} changed, {} removed{}", shown_ != 0 ? "\n" : "",
                                  ui::format_count(counts.added), ui::format_count(counts.changed),
                                  ui::format_count(counts.removed),
                                  counts.stale == 0 ? "" : fmt::format(", {} stale", ui::format_count(counts.stale))));
}

}  // namespace holdfast::cli
