#include "platform/datahub/postgres/free_space.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "base/error.h"

namespace holdfast::platform::datahub::postgres {

namespace {

constexpr std::uint64_t k_copies = 2;

}  // namespace

std::optional<std::uint64_t> free_space(Client& client, const SqlAddress& address) {
  if (address.socket.empty()) {
    // A container's port may be published on loopback; its server then sees another address than 127.0.0.1.
    const Rows local =
        client.query("SELECT inet_server_addr() <<= '127.0.0.0/8'::inet OR inet_server_addr() = '::1'::inet");
    if (!local.flag(0, 0)) return std::nullopt;
  }
  // Shown to superusers and members of pg_read_all_settings only.
  const Rows shown = client.query("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'data_directory'");
  if (shown.empty()) return std::nullopt;
  struct statvfs space {};
  if (::statvfs(shown.text(0, 0).c_str(), &space) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

void check_free_space(Client& client, const SqlAddress& address, std::uint64_t bytes_expected) {
  const auto space = free_space(client, address);
  if (!space || *space / k_copies >= bytes_expected) return;
  throw base::Error(base::ErrorKind::refused,
                    fmt::format("{} has {} bytes free, and a second copy of the table takes some {}", address.display(),
                                *space, bytes_expected * k_copies),
                    "Free space on the server's disk, then restore again; the live table was not touched.");
}

}  // namespace holdfast::platform::datahub::postgres
