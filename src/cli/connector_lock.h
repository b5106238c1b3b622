// Commands that write keep out of each other's way, one connector at a time, on this host.
#pragma once

#include <string>

#include "base/file_lock.h"

namespace holdfast::cli {

class Context;

// Held for as long as it is kept.  Throws Error{refused} naming the process where another one works on the connector.
base::FileLock lock_connector(const Context& context, const std::string& connector, base::FileLock::Mode mode);

}  // namespace holdfast::cli
