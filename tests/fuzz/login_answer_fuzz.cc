// What a login, or whatever stands before it, answers in place of a token; and what a program prints.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "net/token_answer.h"

namespace {

using namespace holdfast;

template <class Work>
void try_to(Work&& work) {
  try {
    work();
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::internal) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  net::Request request;
  request.url = net::parse_url("https://login.test/token");
  for (const int status : {200, 302, 401, 404, 503}) {
    net::Response response;
    response.status = status;
    response.body = text;
    try_to([&] { net::read_token(request, response, "client", base::Instant{}); });
  }
  try_to([&] { net::read_cli_token(text, "az"); });
  return 0;
}
