// How snapshots, rows and differences look on the screen and as JSON; shared by the commands.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "model/collection.h"
#include "model/plan.h"
#include "repository/repository.h"

namespace holdfast::cli {

// The last fact of a summary under --dry-run.
base::Fact dry_run_fact();

// A document of a query: {"format_version": 1}, to be filled and printed.
nlohmann::ordered_json document();
// Pretty-printed; text that is not UTF-8 is shown with U+FFFD.
void print_document(Context& context, const nlohmann::ordered_json& document);

// On one line, for documents that are written as they come.
std::string to_line(const nlohmann::ordered_json& value);

nlohmann::ordered_json to_json(const repository::Snapshot& snapshot);
nlohmann::ordered_json to_json(const std::vector<model::FieldChange>& fields);
// {"columns": [{"name", "type", "value"}]}: bytes that are not UTF-8 as "base64" in place of "value", secrets as
// "hidden".
nlohmann::ordered_json to_json(const model::Collection& collection, const base::Row& row);

std::string changes_text(const repository::UpdateCounts& counts);  // "+1,204 ~13 -2", "none"
std::string state_text(const repository::Snapshot& snapshot);      // "partial, forgotten", ""
std::string short_time(base::Instant instant);                     // 2026-11-20 10:00:00, UTC
std::uint64_t rows_of(const repository::Snapshot& snapshot);
std::uint64_t bytes_of(const repository::Snapshot& snapshot);

// Lines "    path: before -> after", values cut to a line each.
std::string field_lines(const std::vector<model::FieldChange>& fields);

// The row of a path of a tree, with its collection in front: "aspect/urn:…/ownership".
std::string full_path(const model::Collection& collection, base::ByteView key);

}  // namespace holdfast::cli
