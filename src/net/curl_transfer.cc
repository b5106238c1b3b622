#include "net/curl_transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <exception>
#include <system_error>

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_headers_max = 256 * 1024;
// Servers and what lies between drop connections that rest for minutes: one that rested longer is not used again.
constexpr long k_rest_max_s = 60;

void start_curl() {
  struct Start {
    CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  };
  static const Start start;
  if (start.result != CURLE_OK)
    throw Error(ErrorKind::internal, fmt::format("libcurl does not start: {}", curl_easy_strerror(start.result)));
}

// The parentheses leave out the macro that checks types, which wants the option as a literal.
template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode result = (curl_easy_setopt)(easy, option, value);
  if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (result != CURLE_OK)
    throw Error(ErrorKind::internal,
                fmt::format("libcurl refuses option {}: {}", static_cast<int>(option), curl_easy_strerror(result)));
}

long milliseconds(base::Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

// OpenSSL writes to sockets that the other side may have closed.  Where the process does not ignore the signal already,
// it must not die of that; changing its disposition would be everybody's business, the mask is this thread's own.
class HeldPipeSignal {
public:
  HeldPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~HeldPipeSignal() {
    const timespec at_once{};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HeldPipeSignal(const HeldPipeSignal&) = delete;
  HeldPipeSignal& operator=(const HeldPipeSignal&) = delete;

private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

class HeaderList {
public:
  HeaderList() = default;
  ~HeaderList() { curl_slist_free_all(list_); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  void add(std::string_view name, std::string_view value) {
    const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
    if (name.empty() || std::any_of(name.begin(), name.end(), breaks) ||
        std::any_of(value.begin(), value.end(), breaks))
      throw Error(ErrorKind::usage, fmt::format("the header '{}' has no name, or a line break in it",
                                                name.substr(0, name.find_first_of("\r\n"))));
    // To curl "Name:" means to leave the header out, "Name;" to send it without a value.
    append(value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value));
  }
  void leave_out(std::string_view name) { append(fmt::format("{}:", name)); }
  curl_slist* get() const noexcept { return list_; }

private:
  void append(std::string line) {
    const base::Secret wiped(std::move(line));
    curl_slist* longer = curl_slist_append(list_, std::string(wiped.reveal()).c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list_ = longer;
  }
  curl_slist* list_ = nullptr;
};

bool same_name(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
         });
}

// What the callbacks fill.  No exception may cross libcurl: it is kept, the transfer ended, and thrown afterwards.
class Reception {
public:
  Reception(CURL* easy, const Request& request, const ClientOptions& options)
      : easy_(easy), request_(request), max_body_(request.max_body != 0 ? request.max_body : options.max_body) {}

  void attach() {
    set(easy_, CURLOPT_HEADERFUNCTION, &Reception::on_header);
    set(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(easy_, CURLOPT_WRITEFUNCTION, &Reception::on_body);
    set(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(easy_, CURLOPT_PREREQFUNCTION, &Reception::on_connected);
    set(easy_, CURLOPT_PREREQDATA, static_cast<void*>(this));
  }

  bool sent() const noexcept { return requests_ > 0; }
  std::exception_ptr failure() const noexcept { return failure_; }

  Response take() {
    response_.status = status();
    if (to_sink() && !begun_) request_.sink->begin();  // an empty body is one, too
    return std::move(response_);
  }

private:
  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) {
    return static_cast<Reception*>(self)->guarded([&](Reception& to) { to.header({bytes, size}); }) ? size : 0;
  }
  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) {
    // libcurl takes a different number for a failure, and 0 of 0 for success.
    return static_cast<Reception*>(self)->guarded([&](Reception& to) { to.body({bytes, size}); }) ? size : size + 1;
  }
  // Called when the connection stands and the request is about to go out.  libcurl repeats a request by itself when a
  // kept connection dies without an answer, whatever the request does; that would create things twice.
  static int on_connected(void* self, char*, char*, int, int) {
    auto* to = static_cast<Reception*>(self);
    const bool harmless = to->request_.method == Method::get || to->request_.method == Method::head;
    return ++to->requests_ == 1 || harmless ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }

  template <class Work>
  bool guarded(Work&& work) noexcept {
    try {
      work(*this);
      return true;
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  int status() const {
    long code = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }
  bool to_sink() const { return request_.sink != nullptr && status() >= 200 && status() < 300; }

  void header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > k_headers_max)
      throw OversizeError(
          fmt::format("{}: the headers of the answer are larger than {} KiB", describe(request_), k_headers_max / 1024),
          "Check that the URL leads to the service itself.");
    if (line.substr(0, 5) == "HTTP/") {
      response_.headers.clear();  // those of an interim answer
      return;
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    response_.headers.push_back({std::move(name), std::string(value)});
  }

  void body(std::string_view piece) {
    if (to_sink()) {
      if (!begun_) request_.sink->begin();
      begun_ = true;
      request_.sink->piece(piece);
      return;
    }
    if (piece.size() > max_body_ - response_.body.size())
      throw OversizeError(fmt::format("{}: the answer is larger than {} bytes", describe(request_), max_body_),
                          "Ask for less at once, or raise the limit.");
    response_.body.append(piece);
  }

  CURL* easy_;
  const Request& request_;
  const std::uint64_t max_body_;
  Response response_;
  std::size_t header_bytes_ = 0;
  unsigned requests_ = 0;
  bool begun_ = false;
  std::exception_ptr failure_;
};

void set_options(CURL* easy, const ClientOptions& options) {
  // Signals belong to the program; names are resolved in a thread, for which nobody waits who has been stopped.
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  set(easy, CURLOPT_PATH_AS_IS, 1L);  // a resource named ".." is not the folder above
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_MAXAGE_CONN, k_rest_max_s);
  set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
  set(easy, CURLOPT_TIMEOUT_MS, milliseconds(options.total_timeout));
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME,
      static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options.idle_timeout).count()));
  if (options.proxy) set(easy, CURLOPT_PROXY, std::string(options.proxy->reveal()).c_str());
  if (!options.ca_file.empty() || !options.ca_folder.empty()) {
    // Instead of the system's store, not beside it.
    const char* file = options.ca_file.empty() ? nullptr : options.ca_file.c_str();
    const char* folder = options.ca_folder.empty() ? nullptr : options.ca_folder.c_str();
    set(easy, CURLOPT_CAINFO, file);
    set(easy, CURLOPT_CAPATH, folder);
    set(easy, CURLOPT_PROXY_CAINFO, file);
    set(easy, CURLOPT_PROXY_CAPATH, folder);
  }
}

void set_request(CURL* easy, const Request& request, HeaderList& headers) {
  set(easy, CURLOPT_URL, to_string(request.url).c_str());
  if (request.timeout) set(easy, CURLOPT_TIMEOUT_MS, milliseconds(*request.timeout));
  const std::string method(to_string(request.method));
  const bool upload = !request.body.empty() || request.method == Method::post || request.method == Method::put ||
                      request.method == Method::patch;
  if (request.method == Method::head) {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (upload) {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
    set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    const bool typed = std::any_of(request.headers.begin(), request.headers.end(),
                                   [](const Header& header) { return same_name(header.name, "content-type"); });
    if (!typed) headers.leave_out("Content-Type");
    headers.leave_out("Expect");  // one way there and back less, and no 417 to repeat the body for
  } else {
    set(easy, CURLOPT_HTTPGET, 1L);
    set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  for (const Header& header : request.headers) headers.add(header.name, header.value);
  for (const SecretHeader& header : request.secrets) headers.add(header.name, header.value.reveal());
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  if (request.login) {
    set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(easy, CURLOPT_USERNAME, request.login->user.c_str());
    set(easy, CURLOPT_PASSWORD, std::string(request.login->password.reveal()).c_str());
  }
}

// Why there is no connection, in the system's words: libcurl says only that there is none.
std::string why_not_connected(CURL* easy) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  return number == 0 ? std::string() : std::generic_category().message(static_cast<int>(number));
}

struct Failure {
  CURLcode result;
  std::string detail;
  bool sent;
};

[[noreturn]] void fail(const Failure& failure, const Request& request) {
  const CURLcode result = failure.result;
  std::string_view text = !failure.detail.empty() ? std::string_view(failure.detail) : curl_easy_strerror(result);
  if (result == CURLE_ABORTED_BY_CALLBACK) text = "the kept connection broke off before an answer came";
  const std::string what = fmt::format("{}: {}", describe(request), text);
  switch (result) {
    case CURLE_OUT_OF_MEMORY:
      throw std::bad_alloc();
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      throw Error(ErrorKind::config, what, "Check the URL in the configuration.");
    case CURLE_SSL_CACERT_BADFILE:
      throw Error(ErrorKind::config, what, "Name a file of PEM certificates.");
    // Certificates are renewed and expire without anybody touching the configuration.
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      throw Error(ErrorKind::unsupported, what,
                  "Name the certificate authority that signed the server's certificate, or correct the host.");
    default:
      break;
  }
  if (!failure.sent)
    throw TransportError(TransportError::Sent::no, what,
                         "Check the host's name, the network and the proxy settings; then run the command again.");
  throw TransportError(TransportError::Sent::perhaps, what,
                       "Run the command again; if it happens often, look at what lies between: a proxy, a firewall.");
}

}  // namespace

struct CurlSlot::Handles {
  Handles() {
    if (easy == nullptr || multi == nullptr) throw std::bad_alloc();
  }

  // The easy handle goes first: it may still hold a connection of the other.
  std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi{curl_multi_init(), &curl_multi_cleanup};
  std::unique_ptr<CURL, void (*)(CURL*)> easy{curl_easy_init(), &curl_easy_cleanup};
};

namespace {

// Adds the transfer to its multi handle, and takes it out again whatever happens.
class Attached {
public:
  Attached(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) { curl_multi_add_handle(multi_, easy_); }
  ~Attached() {
    curl_multi_remove_handle(multi_, easy_);
    curl_easy_reset(easy_);  // nothing of this call, least of all a password, stays for the next one
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

private:
  CURLM* multi_;
  CURL* easy_;
};

CURLcode perform(CURLM* multi, const Request& request, std::stop_token stop) {
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  for (;;) {
    int running = 0;
    if (const CURLMcode result = curl_multi_perform(multi, &running); result != CURLM_OK)
      throw Error(ErrorKind::internal,
                  fmt::format("{}: libcurl fails: {}", describe(request), curl_multi_strerror(result)));
    if (running == 0) break;
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, fmt::format("{}: stopped", describe(request)));
    constexpr int longest_wait_ms = 1000;
    curl_multi_poll(multi, nullptr, 0, longest_wait_ms, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left))
    if (message->msg == CURLMSG_DONE) return message->data.result;
  throw Error(ErrorKind::internal, fmt::format("{}: libcurl ended without a result", describe(request)));
}

}  // namespace

CurlSlot::CurlSlot() {
  start_curl();
  handles_ = std::make_unique<Handles>();
}

CurlSlot::~CurlSlot() {
  const HeldPipeSignal held;
  handles_.reset();
}

Response CurlSlot::send(const Request& request, const ClientOptions& options, std::stop_token stop) {
  const HeldPipeSignal held;
  CURL* easy = handles_->easy.get();
  HeaderList headers;
  Reception reception(easy, request, options);
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_reset(easy);
  set_options(easy, options);
  set_request(easy, request, headers);
  set(easy, CURLOPT_ERRORBUFFER, detail.data());
  reception.attach();
  const Attached attached(handles_->multi.get(), easy);
  const CURLcode result = perform(handles_->multi.get(), request, stop);
  if (reception.failure()) std::rethrow_exception(reception.failure());
  if (result == CURLE_COULDNT_CONNECT)
    fail({.result = result, .detail = why_not_connected(easy), .sent = reception.sent()}, request);
  if (result != CURLE_OK) fail({.result = result, .detail = detail.data(), .sent = reception.sent()}, request);
  return reception.take();
}

void check_proxy(const base::Secret& proxy) {
  start_curl();
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), &curl_url_cleanup);
  if (url == nullptr) throw std::bad_alloc();
  const std::string text(proxy.reveal());
  const bool known = text.find("://") == std::string::npos || text.starts_with("http://") ||
                     text.starts_with("https://") || text.starts_with("socks5://") || text.starts_with("socks5h://");
  const unsigned flags = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME;
  if (!known || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), flags) != CURLUE_OK)
    throw Error(ErrorKind::config, "the URL of the proxy makes no sense",
                "Write it as http://host:port, https://host:port or socks5h://host:port.");
}

}  // namespace holdfast::net
