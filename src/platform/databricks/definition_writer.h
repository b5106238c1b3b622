// Functions, views and external tables of the catalog, which are written from their definitions.
#pragma once

#include <string>
#include <string_view>

#include "platform/databricks/statements.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

bool is_written_as_definition(std::string_view kind) noexcept;

struct DefinitionTarget {
  const Calls& calls;
  Statements& statements;
  std::string_view kind;
};
// Return and take full names.  Throw ByHand where nothing that Holdfast calls does it, and what Calls and Statements
// throw.
std::string create_definition(const DefinitionTarget& to, const ResourceWriter::Content& content);
void update_definition(const DefinitionTarget& to, const std::string& id, const ResourceWriter::Content& content);
void remove_definition(const DefinitionTarget& to, const std::string& id);

}  // namespace holdfast::platform::databricks
