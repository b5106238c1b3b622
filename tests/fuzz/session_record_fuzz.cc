// Payloads of sessions: what comes out encodes to the same meaning, or Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::repository;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  try {
    const SessionRecord record = decode_session(input, "session");
    if (decode_session(encode_session(record), "session") != record) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
