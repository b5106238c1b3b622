#include <fmt/format.h>

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "net/curl_transfer.h"
#include "net/http.h"

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;

constexpr int k_redirects_max = 5;

void check_readable(const std::string& path) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) {
    const std::filesystem::directory_iterator entries(path, failure);
  } else if (std::FILE* file = std::fopen(path.c_str(), "re"); file != nullptr) {
    (void)std::fclose(file);
  } else {
    failure = std::error_code(errno, std::generic_category());
  }
  if (failure)
    throw Error(ErrorKind::config, fmt::format("cannot read the certificates in {}: {}", path, failure.message()),
                "Name a file of PEM certificates, or a folder of them made by openssl rehash.");
}

bool is_api(const Url& url) {
  return url.path.starts_with("/api/");
}

// Where a redirect leads, when it may be followed.  What leads from an API to somewhere else leads to a page for
// people, such as one to sign in at, which would be taken for the answer.
std::optional<Url> next_place(const Request& request, const Response& response) {
  const int status = response.status;
  const bool moved = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (!moved || (request.method != Method::get && request.method != Method::head)) return std::nullopt;
  const std::string* location = response.header("location");
  if (location == nullptr) return std::nullopt;
  try {
    Url url = resolve(request.url, *location);
    if (same_origin(url, request.url) && (is_api(url) || !is_api(request.url))) return url;
  } catch (const Error&) {  // a place that is no URL is not followed; the caller gets the answer as it is
  }
  return std::nullopt;
}

class CurlClient : public HttpClient {
public:
  explicit CurlClient(ClientOptions options) : options_(std::move(options)) {
    if (options_.connections == 0) throw Error(ErrorKind::config, "the number of connections is 0");
    idle_.reserve(options_.connections);  // giving a slot back must not fail
    if (options_.proxy && !options_.proxy->empty()) check_proxy(*options_.proxy);
    if (!options_.ca_file.empty()) check_readable(options_.ca_file);
    if (!options_.ca_folder.empty()) check_readable(options_.ca_folder);
  }

  Response send(const Request& request, std::stop_token stop) override {
    const Loan loan(*this, request, stop);
    Response response = loan.slot().send(request, options_, stop);
    std::optional<Url> place = next_place(request, response);
    if (!place) return response;
    Request again = request;
    for (int hop = 0; place && hop < k_redirects_max; ++hop) {
      again.url = *place;
      response = loan.slot().send(again, options_, stop);
      place = next_place(again, response);
    }
    return response;
  }

private:
  // A slot out of the pool.  The one that was given back last goes out first: its connection is the warmest.
  class Loan {
  public:
    Loan(CurlClient& client, const Request& request, const std::stop_token& stop) : client_(client) {
      std::unique_lock lock(client_.mutex_);
      const auto ready = [&] { return !client_.idle_.empty() || client_.made_ < client_.options_.connections; };
      if (!client_.returned_.wait(lock, stop, ready) || stop.stop_requested())
        throw Error(ErrorKind::cancelled, fmt::format("{}: stopped", describe(request)));
      if (client_.idle_.empty()) {
        slot_ = std::make_unique<CurlSlot>();
        ++client_.made_;
      } else {
        slot_ = std::move(client_.idle_.back());
        client_.idle_.pop_back();
      }
    }
    ~Loan() {
      const std::lock_guard lock(client_.mutex_);
      client_.idle_.push_back(std::move(slot_));
      client_.returned_.notify_one();
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    CurlSlot& slot() const noexcept { return *slot_; }

  private:
    CurlClient& client_;
    std::unique_ptr<CurlSlot> slot_;
  };

  const ClientOptions options_;
  std::mutex mutex_;
  std::condition_variable_any returned_;
  std::vector<std::unique_ptr<CurlSlot>> idle_;
  unsigned made_ = 0;
};

}  // namespace

std::unique_ptr<HttpClient> open_curl_client(const ClientOptions& options) {
  return std::make_unique<CurlClient>(options);
}

}  // namespace holdfast::net
