// The key file of a write-only host: it opens, or Error{wrong_key}.  The check sum is made to fit, so that what lies
// behind it is reached.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "crypto/hash.h"
#include "repository/writers.h"

namespace {

using namespace holdfast;

void open(const std::string& text) {
  try {
    const base::Secret written = repository::encode_writer_key(repository::decode_writer_key(base::Secret(text)));
    const base::Secret again = repository::encode_writer_key(repository::decode_writer_key(written));
    if (again.reveal() != written.reveal()) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::wrong_key) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::Bytes input(reinterpret_cast<const char*>(data), size);
  const base::Bytes check(crypto::view(crypto::sha256(input)).substr(0, 4));
  open("holdfast-writer-key-1:" + base::to_hex(input + check));
  open(input);
  return 0;
}
