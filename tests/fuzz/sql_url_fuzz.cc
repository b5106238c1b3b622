// The address of a database, as people write it: read, or refused with what is wrong.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "platform/datahub/sql/store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    (void)platform::datahub::parse_sql_url(text, base::Secret("p"));
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::config && error.kind() != base::ErrorKind::usage) std::abort();
  }
  return 0;
}
