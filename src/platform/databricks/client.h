// The workspace's REST API as this connector uses it: calls by family, lists of every paging style, elements as the
// platform sent them, byte for byte.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/api.h"
#include "net/budget.h"
#include "net/url.h"

namespace holdfast::platform::databricks {

// Endpoints that one documented limit covers.  In k_other nothing is documented.
inline constexpr std::string_view k_other = "other";
inline constexpr std::string_view k_workspace = "workspace";  // list, get-status
inline constexpr std::string_view k_export = "workspace export";
inline constexpr std::string_view k_import = "workspace import";
inline constexpr std::string_view k_dbfs = "dbfs";
inline constexpr std::string_view k_secrets = "secrets";
inline constexpr std::string_view k_scim = "scim";
inline constexpr std::string_view k_permissions = "permissions";
inline constexpr std::string_view k_permissions_write = "permissions write";
inline constexpr std::string_view k_jobs = "jobs";
inline constexpr std::string_view k_jobs_create = "jobs create";
inline constexpr std::string_view k_sql = "sql";
inline constexpr std::string_view k_mlflow_search = "mlflow search";
inline constexpr std::string_view k_tokens = "token management";
std::vector<net::Family> families();

// An answer that was not the wanted one.
class Refused : public base::Error {
public:
  Refused(base::Error error, net::Status status) : Error(std::move(error)), status_(status) {}
  net::Status status() const noexcept { return status_; }

private:
  net::Status status_;
};

// Whether it says something about everything that is asked, rather than about one thing: who we are is not believed, we
// were told to stop, this program is wrong.
bool ends_the_run(const base::Error& error) noexcept;
// Whether it says that the credentials are taken no more: nothing else can be read.
bool is_signed_out(const base::Error& error) noexcept;
// What ends_the_run(), or nobody can be reached: what comes next would fare no better.
bool breaks_off(const base::Error& error) noexcept;

struct Ask {
  std::string_view family = k_other;
  std::string path;  // "/api/2.1/clusters/get", encoded
  net::Pairs query{};
};

struct Listing {
  enum class Paging {
    whole,       // one answer
    page_token,  // next_page_token of an answer is page_token of the next request
    repos,       // … and is called next_page_token there too
    scim,        // startIndex from 1, until nothing new comes
    number,      // page from 1, until a page is empty
    offset,      // … by results: offset, until `has_more` is absent
  } paging = Paging::whole;
  Ask ask{};
  std::string items{};  // the member that holds the elements; empty: the answer is the array
};

class Client {  // thread-safe
public:
  // `api` outlives the client.
  Client(net::Api& api, net::Url host) : api_(api), host_(std::move(host)) {}

  // Any status; of a 200 whose body is no JSON, Status::unknown.
  net::Answer get(const Ask& ask, std::stop_token stop) const;
  // Throws Refused for any status but ok.  The answer's bytes.
  std::string fetch(const Ask& ask, std::stop_token stop) const;
  // The same, for bytes that are no JSON.
  std::string fetch_bytes(const Ask& ask, std::stop_token stop) const;
  net::Answer call(net::Call call, std::stop_token stop) const { return api_.call(std::move(call), std::move(stop)); }

  // Every element, each once as far as the platform does so, in its order.  Throws Refused; and Error{unavailable} for
  // a list that is not one, does not end, or whose pages are counted and which others change all the time.
  using Element = std::function<void(std::string_view element)>;
  void list(const Listing& listing, const Element& element, std::stop_token stop) const;

  const net::Url& host() const noexcept { return host_; }

private:
  net::Request request(const Ask& ask) const;
  net::Answer ask_page(const Ask& ask, const std::stop_token& stop) const;
  void list_counted(const Listing& listing, const Element& element, std::stop_token stop) const;
  net::Api& api_;
  net::Url host_;
};

// A resource whose arrays come in pages of a hundred (jobs/get): the object of the first page, in which each array at a
// path of `arrays` ("settings.tasks") holds the elements of all pages, byte for byte.
std::string join_pages(const std::vector<std::string>& pages, const std::vector<std::string>& arrays);

}  // namespace holdfast::platform::databricks
