// Bodies of answers that went wrong: each is read, and none of them makes a thing look deleted without saying so.
#include <cstdint>
#include <cstdlib>

#include "platform/databricks/errors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string body(reinterpret_cast<const char*>(data), size);
  for (const int status : {400, 403, 404, 409, 429, 500, 503}) {
    const net::Verdict verdict =
        platform::databricks::refine({.status = status, .headers = {}, .body = body}, net::classify(status));
    if (verdict.message.size() > 500 || verdict.status == net::Status::ok) std::abort();
    if (verdict.status == net::Status::not_found && body.find_first_of("{:") == std::string::npos) std::abort();
  }
  return 0;
}
