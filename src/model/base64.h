// Base64 (RFC 4648, with padding), for bytes inside JSON.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace holdfast::model {

std::string base64_encode(base::ByteView bytes);
base::Bytes base64_decode(std::string_view text);  // throws Error{config}

}  // namespace holdfast::model
