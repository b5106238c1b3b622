// URLs as people write them and as servers send them in Location: read, or refused with what is wrong.  What was read
// is written so that it reads the same.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "net/url.h"

namespace {

using namespace holdfast;

template <class Work>
void try_to(Work&& work) {
  try {
    const net::Url url = work();
    if (net::parse_url(net::to_string(url)) != url) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::config) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const net::Url base = net::parse_url("https://a.test:8443/x/y?q=1");
  try_to([&] { return net::parse_url(text); });
  try_to([&] { return net::resolve(base, text); });
  try_to([&] { return net::at(base, net::encode_path(text), {{text, text}}); });
  return 0;
}
