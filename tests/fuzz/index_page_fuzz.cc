// Pages of index runs: one that passes has as many entries as it should, in order, of packs and kinds that there are.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/index_run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::repository;
  if (size < 2) return 0;
  const std::uint32_t entries = data[0];
  const std::size_t packs = data[1];
  const base::ByteView page(reinterpret_cast<const char*>(data) + 2, size - 2);
  try {
    check_run_page(page, entries, packs, "page");
    if (page.size() != entries * k_run_entry_bytes || (entries != 0 && packs == 0)) std::abort();
    for (std::size_t i = k_run_entry_bytes; i < page.size(); i += k_run_entry_bytes)
      if (page.substr(i - k_run_entry_bytes, 16) >= page.substr(i, 16)) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::unsupported) std::abort();
  }
  return 0;
}
