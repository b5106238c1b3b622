// What a second place is made by, rendered after a first one.  Nothing is deployed.
#pragma once

#include <string>

#include "cli/context.h"

namespace holdfast::cli {

// The template for `target`, which need not be configured yet, after `source`: into the file, or to standard output
// where `file` is empty; and what it does not do.  Exit 3 where it is only a skeleton.
// Throws Error{unsupported} where nothing of the kind is known of the source's platform.
int provision_after(Context& context, const std::string& source, const std::string& target, const std::string& file);

}  // namespace holdfast::cli
