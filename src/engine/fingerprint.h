// Sixteen hexadecimal digits for a text: for noticing that it is another one.  No secret, and not proof against
// somebody who looks for two alike.  Journals, plans and logs of tasks hold them, so they stay what they are.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::engine {

std::string fingerprint_of(std::string_view text);

}  // namespace holdfast::engine
