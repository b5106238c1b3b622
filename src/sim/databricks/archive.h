// Folders as one file: the zip that an export of a folder gives, and DBC.  Entries are stored, not compressed.
// The platform's own DBC holds documents that only it reads; here it holds sources, and is read by the stand-in only.
#pragma once

#include <string>
#include <string_view>

#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {

enum class ArchiveContent {
  sources,     // notebooks, named by their languages' extensions
  everything,  // files as well
  dbc,         // notebooks, in the names that from_archive() reads
};

// Of a notebook, or of all below a folder.
std::string to_archive(const Node& node, ArchiveContent content);
// Makes at `path` what a DBC holds.  Throws ApiError when it is none, or something is there already.
void from_archive(World& world, const std::string& path, std::string_view archive);

}  // namespace holdfast::sim::databricks
