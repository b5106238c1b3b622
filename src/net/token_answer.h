// What a login answers: the token, or why there is none.  Shared by the logins; not for others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/token.h"

namespace holdfast::net {

// {"access_token":…, "expires_in":…} or, as some of Azure's, {"expires_on":…}, numbers also as text.  `asked` is when
// the request went out; `who` names the client in messages.  Throws Error{auth} when the login refuses, Error{config}
// when there is no login at this address, Error{unavailable} when it cannot answer now or its answer makes no sense.
Token read_token(const Request& request, const Response& response, std::string_view who, base::Instant asked);

// The text at the top level of a JSON object; nullopt when it is not one or has no such text.
std::optional<std::string> json_text(base::ByteView json, std::string_view name);

// {"accessToken":…, "expires_on":…}, as the Azure CLI prints it; older ones have only "expiresOn", in local time.
// Throws Error{auth} when it is not that.
Token read_cli_token(base::ByteView output, std::string_view command);

}  // namespace holdfast::net
