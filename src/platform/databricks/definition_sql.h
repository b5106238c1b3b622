// Definitions of the catalog as SQL: of views and of external tables, which no other public call makes as they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/databricks/sql_names.h"

namespace holdfast::platform::databricks {

// `body` is a table's as the API gives it.  The statement that makes it, on one line but for what its own text holds;
// nullopt where no statement does: its data is not here, or it belongs to something else.
std::optional<std::string> creation_sql(std::string_view body);
// Gives a view another text, without taking away who may use it.
std::string view_change_sql(std::string_view body);
// Where these run.  A view keeps the catalog and the schema that were current when its text was written; where it says
// nothing of them it is its own, and nullopt where what it says is no catalog and schema.
std::optional<SqlPlace> place_of(std::string_view body);
// For people: the same, in its place, or why there is none.  What may be secret is hidden.
std::string view_change_script(const std::string& body);
std::string creation_script(const std::string& body);

}  // namespace holdfast::platform::databricks
