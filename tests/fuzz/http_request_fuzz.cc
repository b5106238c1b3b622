// What a client may send to a stand-in: read, or refused; never read beyond its end, never kept beyond its limit.
#include <cstdint>
#include <cstdlib>

#include "sim/http_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::sim;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find("\r\n\r\n");
  const auto body = end == std::string_view::npos ? std::string_view() : text.substr(end + 4);
  constexpr std::size_t k_limit = 4096;
  try {
    const auto request = parse_request_head(text.substr(0, end));
    const auto framing = body_framing(request);
    const auto* type = request.header("content-type");
    if (type != nullptr) (void)parse_form(*type, body);
    if (framing.chunked) {
      ChunkedBody chunks(k_limit);
      if (chunks.feed(body) > body.size() || chunks.take().size() > k_limit) std::abort();
    }
  } catch (const BadHttp& bad) {
    if (bad.status < 400 || bad.status > 599) std::abort();
  }
  return 0;
}
