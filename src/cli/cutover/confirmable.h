// Whether a fence that is about to be closed could be confirmed: asked before it pauses anything.
#pragma once

#include <string>

#include "cli/cutover/cutover.h"

namespace holdfast::cli {

// Throws Error{refused}, and names why, where what is about to be fenced for `active` may fire unseen by what its
// snapshot shows, which was just taken: everything would be paused on it, and nothing activated.  In a dry run it is
// the newest one, and the account is asked what it sees now.
void require_confirmable(Cutover& cutover, const repository::Snapshot& now, const std::string& active);

}  // namespace holdfast::cli
