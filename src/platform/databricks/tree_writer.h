// What lies in the workspace's tree, on DBFS and in secret scopes: written by calls that are unlike those of other
// kinds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/databricks/write_calls.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

enum class Existing { refuse, replace };

// Where a file of DBFS is written before it is moved to its place.  What a run that was killed has left under such a
// name is no part of a workspace.
std::string unfinished_name(std::string_view path);
bool is_unfinished(std::string_view path) noexcept;

// Whether resources of this kind are written here.
bool is_written_as_tree(std::string_view kind) noexcept;

// Creates or replaces the resource `content.name`.  Throws Error{refused} where its content is missing, and what Calls
// throws.
void write_tree(const Calls& calls, std::string_view kind, const ResourceWriter::Content& content, Existing existing);

// Of a folder of the workspace whose removal takes along what lies in it.  Throws HoldsMore naming the first few.
void require_empty(const Calls& calls, std::string_view one, const std::string& path);

}  // namespace holdfast::platform::databricks
