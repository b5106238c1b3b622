// A folder of the local file system.
#pragma once

#include <memory>
#include <string>

#include "storage/backend.h"

namespace holdfast::storage {

// put(): temporary name in the same folder, write, fsync, link(2) to the final name, unlink, fsync of the folder (and of the
// parents that it had to make).  Files are 0600, folders 0700.  The folder is made on the first put.  Names that are not
// [a-z0-9._/-]+, or hold "..", are refused.  A full disk throws Error{io} and leaves nothing under the final name.
std::unique_ptr<Backend> open_local_backend(const std::string& folder);

}  // namespace holdfast::storage
