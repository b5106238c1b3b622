// The values of secrets: the platform's own text says that only notebooks may read them, others read them all the same.
// Nobody reads them who was not asked to.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

enum class SecretValues { left_out, read };

// Tries it on one secret.  Why no value of this workspace can be read, in its own words; nullopt: they can be, or there
// is nothing to try it on.
std::optional<std::string> refusal_of_secret_values(const Client& client, std::stop_token stop);

}  // namespace holdfast::platform::databricks
