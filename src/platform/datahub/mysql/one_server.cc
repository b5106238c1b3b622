#include "platform/datahub/mysql/one_server.h"

#include <fmt/format.h>

#include "base/error.h"

namespace holdfast::platform::datahub::mysql {

ServerMark::ServerMark(Client& holder) : name_(quote_text("holdfast." + holder.value("SELECT UUID()").value_or(""))) {
  if (holder.value(fmt::format("SELECT GET_LOCK({}, 0)", name_)) == "1") return;
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("a lock that only we know of could not be had on {}", holder.display()),
                    "Run the same command again; look into the server's error log if that does not help.");
}

bool ServerMark::seen_by(Client& other) const {
  return other.value(fmt::format("SELECT IS_USED_LOCK({}) IS NOT NULL", name_)) == "1";
}

}  // namespace holdfast::platform::datahub::mysql
