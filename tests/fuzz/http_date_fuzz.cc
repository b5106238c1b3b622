// Retry-After and Date as a server, or whatever stands before it, sends them.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/http_date.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = text.find('\n');
  net::Response response;
  response.headers.push_back({"retry-after", text.substr(0, middle)});
  if (middle != std::string::npos) response.headers.push_back({"date", text.substr(middle + 1)});
  const base::Instant now = *base::parse_instant("2026-11-21T12:00:00Z");
  const auto wait = net::retry_after(response, now);
  if (wait && (*wait < base::Duration::zero() || *wait > std::chrono::days(1))) std::abort();
  return 0;
}
