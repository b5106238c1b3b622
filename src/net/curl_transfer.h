// One call on one libcurl handle; the pool of handles is curl_client.cc.
#pragma once

#include <memory>
#include <stop_token>

#include "net/http.h"

namespace holdfast::net {

// An easy handle and a multi handle of its own, which keeps the connections between calls.  One thread at a time.
class CurlSlot {
public:
  CurlSlot();
  ~CurlSlot();
  CurlSlot(const CurlSlot&) = delete;
  CurlSlot& operator=(const CurlSlot&) = delete;

  // As HttpClient::send, without following redirects.
  Response send(const Request& request, const ClientOptions& options, std::stop_token stop);

private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

// What curl would say of a proxy's URL.  Throws Error{config} when it makes none of it.
void check_proxy(const base::Secret& proxy);

}  // namespace holdfast::net
