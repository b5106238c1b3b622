#include "cli/describe.h"

#include <fmt/format.h>

#include "base/json.h"
#include "engine/cutover/snapshot_marks.h"
#include "model/base64.h"
#include "model/secret_column.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using nlohmann::ordered_json;

template <class T, class Show>
ordered_json or_null(const std::optional<T>& value, const Show& show) {
  return value ? ordered_json(show(*value)) : ordered_json(nullptr);
}

ordered_json text_or_null(const std::optional<std::string>& value) {
  return or_null(value, [](const std::string& text) { return text; });
}

ordered_json tree_json(const repository::Tree& tree) {
  ordered_json stale = ordered_json::array();
  for (const repository::StaleRange& range : tree.stale)
    stale.push_back({{"reason", range.reason}, {"last_good", or_null(range.last_good, base::to_rfc3339)}});
  return {{"collection", tree.name}, {"rows", tree.rows}, {"bytes", tree.bytes}, {"stale", std::move(stale)}};
}

// One value on one line, cut where it would flood the screen.
std::string shown_value(const std::optional<std::string>& value) {
  constexpr std::size_t k_columns = 160;
  if (!value) return "(absent)";
  return ui::shorten(ui::printable(*value), k_columns);
}

}  // namespace

base::Fact dry_run_fact() {
  return {"dry_run", "nothing was written", "true"};
}

ordered_json document() {
  return ordered_json{{"format_version", 1}};
}

void print_document(Context& context, const ordered_json& document) {
  context.out().line(document.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

std::string to_line(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json to_json(const repository::Snapshot& snapshot) {
  const auto name = [](const repository::SnapshotId& id) { return id.name(); };
  ordered_json trees = ordered_json::array();
  for (const repository::Tree& tree : snapshot.trees) trees.push_back(tree_json(tree));
  return {{"id", snapshot.id.short_id()},
          {"name", snapshot.id.name()},
          {"parent", or_null(snapshot.parent, name)},
          {"connector", snapshot.connector},
          {"platform", snapshot.platform},
          {"host", snapshot.host},
          {"program", snapshot.program},
          {"started", base::to_rfc3339(snapshot.started)},
          {"taken", base::to_rfc3339(snapshot.taken)},
          {"committed", base::to_rfc3339(snapshot.committed)},
          {"rows", rows_of(snapshot)},
          {"bytes", bytes_of(snapshot)},
          {"new", snapshot.counts.added},
          {"changed", snapshot.counts.changed},
          {"gone", snapshot.counts.gone},
          {"unchanged", snapshot.counts.unchanged},
          {"added_raw", snapshot.bytes_added_raw},
          {"added_stored", snapshot.bytes_added_stored},
          {"partial", snapshot.partial()},
          {"repeated", engine::is_repeated(snapshot)},
          {"forgotten", snapshot.forgotten},
          {"outcomes", snapshot.outcomes},
          {"collections", std::move(trees)}};
}

ordered_json to_json(const std::vector<model::FieldChange>& fields) {
  ordered_json out = ordered_json::array();
  for (const model::FieldChange& field : fields)
    out.push_back({{"path", field.path}, {"before", text_or_null(field.before)}, {"after", text_or_null(field.after)}});
  return out;
}

ordered_json to_json(const model::Collection& collection, const base::Row& row) {
  ordered_json columns = ordered_json::array();
  for (std::size_t i = 0; i < collection.columns.size() && i < row.columns.size(); ++i) {
    ordered_json column{{"name", collection.columns[i].name}, {"type", collection.columns[i].source_type}};
    const auto& value = row.columns[i];
    if (value && model::is_secret(collection.columns[i])) {
      column["hidden"] = true;
      columns.push_back(std::move(column));
      continue;
    }
    // Customer data is carried as one text, never parsed and printed anew: its numbers would not survive that.
    if (value && ui::valid_utf8_prefix(*value) != value->size())
      column["base64"] = model::base64_encode(*value);
    else
      column["value"] = text_or_null(value);
    columns.push_back(std::move(column));
  }
  return {{"columns", std::move(columns)}};
}

std::string changes_text(const repository::UpdateCounts& counts) {
  std::string out;
  const auto add = [&](char sign, std::uint64_t count) {
    if (count != 0) out += fmt::format("{}{}{}", out.empty() ? "" : " ", sign, ui::format_count(count));
  };
  add('+', counts.added);
  add('~', counts.changed);
  add('-', counts.gone);
  return out.empty() ? "none" : out;
}

std::string state_text(const repository::Snapshot& snapshot) {
  std::string out = snapshot.partial() ? "partial" : "";
  if (engine::is_repeated(snapshot)) out += out.empty() ? "repeated" : ", repeated";
  if (snapshot.forgotten) out += out.empty() ? "forgotten" : ", forgotten";
  return out;
}

std::string short_time(base::Instant instant) {
  std::string text = base::to_rfc3339(instant).substr(0, std::string_view("2026-11-20T10:00:00").size());
  text[10] = ' ';
  return text;
}

std::uint64_t rows_of(const repository::Snapshot& snapshot) {
  std::uint64_t out = 0;
  for (const repository::Tree& tree : snapshot.trees) out += tree.rows;
  return out;
}

std::uint64_t bytes_of(const repository::Snapshot& snapshot) {
  std::uint64_t out = 0;
  for (const repository::Tree& tree : snapshot.trees) out += tree.bytes;
  return out;
}

std::string field_lines(const std::vector<model::FieldChange>& fields) {
  std::string out;
  for (const model::FieldChange& field : fields) {
    const std::string path = ui::printable(field.path);
    if (!field.before)
      out += fmt::format("    + {}: {}\n", path, shown_value(field.after));
    else if (!field.after)
      out += fmt::format("    - {}: {}\n", path, shown_value(field.before));
    else
      out += fmt::format("    ~ {}: {} -> {}\n", path, shown_value(field.before), shown_value(field.after));
  }
  return out;
}

std::string full_path(const model::Collection& collection, base::ByteView key) {
  return fmt::format("{}/{}", collection.name, model::key_to_path(collection, key));
}

}  // namespace holdfast::cli
