// A folder of the local file system.
#pragma once

#include <memory>
#include <string>

#include "storage/backend.h"
#include "storage/local/file_system.h"

namespace holdfast::storage {

// put(): temporary name in the same folder, write, fsync, link(2) to the final name, unlink, fsync of the folder (and,
// once per process, of the parents up to the one that holds `folder`, whoever made them).  Files are 0600, folders
// 0700.  The folder is made on the first put.  Names that are not [a-z0-9._/-]+, or have a part that is empty or starts
// with a dot, are refused with Error{usage}.  A full disk throws Error{io} and leaves nothing under the final name, nor
// under the temporary one.  Temporary files that a crash left are invisible: their names are none.
std::unique_ptr<Backend> open_local_backend(const std::string& folder);

// The same on another file system, which outlives the backend.
std::unique_ptr<Backend> open_local_backend(const std::string& folder, FileSystem& file_system);

}  // namespace holdfast::storage
