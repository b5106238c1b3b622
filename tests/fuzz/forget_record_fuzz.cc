// Payloads of forget records: what comes out encodes to the same bytes, or Error{corruption}.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::repository;
  const base::ByteView input(reinterpret_cast<const char*>(data), size);
  const ForgetName name{{1, 7}, 2, Mark::forget};
  try {
    const base::Bytes written = encode_forget(decode_forget(input, name));
    if (encode_forget(decode_forget(written, name)) != written) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
