// The table that a restore shall leave: the live one's, else the snapshot's, else what DataHub's set-up makes on
// PostgreSQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/collection.h"
#include "platform/datahub/postgres/table_parts.h"

namespace holdfast::platform::datahub::postgres {

// What DataHub's set-up makes, with the collection's columns.  Columns that DataHub does not know become text, whose
// bytes come back as they went in.
TableParts conventional_parts(const std::string& schema, const std::string& table, const model::Collection& collection);

// From the attributes of a snapshot that was taken from PostgreSQL; nullopt when it was not.  Roles, triggers,
// publications and foreign keys are left out: on another server they may mean something else.
std::optional<TableParts> parts_of_snapshot(std::string_view attributes, const std::string& schema,
                                            const std::string& table);

// `live` with the columns that only the collection has.  Throws Error{refused} when `live` has a column without a
// default that the collection cannot fill.
TableParts parts_with_columns(TableParts live, const TableParts& wanted, const model::Collection& collection);

}  // namespace holdfast::platform::datahub::postgres
