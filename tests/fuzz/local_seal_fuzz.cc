// What lies sealed in the local state: as it is, and with one byte changed of what was sealed.  Only that opens which
// was sealed, all else is Error{corruption}.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/error.h"
#include "repository/repository.h"
#include "storage/memory/memory_backend.h"
#include "support/fakes.h"

namespace {

using namespace holdfast;

constexpr const char* k_name = "kept/a/b/00000000-00000000-00000000";

struct Sealing {
  test::ManualClock clock{base::Instant{}};
  test::SeededRandom random{1};
  std::unique_ptr<storage::Backend> backend = storage::make_memory_backend();
  std::unique_ptr<repository::Repository> repository = repository::Repository::init(
      *backend, {&clock, &random, nullptr, "test-host", "holdfast test"}, {base::Secret("a passphrase")}, {});
};

// nullopt: it is refused.
std::optional<base::Bytes> opened(Sealing& sealing, base::ByteView bytes) {
  try {
    return sealing.repository->open_local(k_name, bytes);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption) std::abort();
    return std::nullopt;
  }
}

}  // namespace

// <how to change it: 0 = take the rest as what lies there> <where:u16> <plain text>
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Sealing sealing;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  if (size < 3) return 0;
  if (data[0] == 0) {
    if (opened(sealing, input.substr(1))) std::abort();  // nobody can seal without the key
    return 0;
  }
  const base::ByteView plain = input.substr(3);
  base::Bytes sealed = sealing.repository->seal_local(k_name, plain);
  if (opened(sealing, sealed) != plain) std::abort();
  const std::size_t at = (std::size_t{data[1]} << 8U | data[2]) % sealed.size();
  sealed[at] = static_cast<char>(sealed[at] ^ static_cast<char>(data[0]));
  if (opened(sealing, sealed) || opened(sealing, base::ByteView(sealed).substr(0, at))) std::abort();
  return 0;
}
