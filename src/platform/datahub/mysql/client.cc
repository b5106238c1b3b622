#include "platform/datahub/mysql/client.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <utility>

namespace holdfast::platform::datahub::mysql {

namespace {

using base::Error;
using base::ErrorKind;

constexpr unsigned k_connect_seconds_max = 10;
constexpr unsigned k_kill_seconds_max = 2;  // of the second connection that ends a statement
// A statement may run for hours, so reads have no limit of their own; a server that is gone is found by probes instead.
constexpr int k_probe_idle_seconds = 60;
constexpr int k_probe_interval_seconds = 15;
constexpr int k_probes_max = 4;

constexpr const char* k_character_set = "utf8mb4";
constexpr std::string_view k_no_limit = "18446744073709551615";

// What holds in every session, whatever the server, a user's limits, init_connect or a proxy set: each of these can
// cut, change or stop what is read or written, or show an old state as the current one.
struct Pin {
  std::string_view name;
  std::string_view shown;       // by SHOW VARIABLES
  std::string_view value = {};  // to assign, where that is written otherwise
};
constexpr Pin k_pins[] = {
    {"character_set_client", k_character_set},
    {"character_set_connection", k_character_set},
    {"character_set_results", k_character_set},
    {"time_zone", "+00:00", "'+00:00'"},
    // In the server's own order, which SHOW answers in.
    {"sql_mode", "NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION",
     "'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'"},
    {"sql_select_limit", k_no_limit},
    {"max_join_size", k_no_limit},
    {"sql_big_selects", "ON"},
    {"sql_safe_updates", "OFF"},
    {"sql_auto_is_null", "OFF"},
    {"sql_quote_show_create", "ON"},
    {"unique_checks", "ON"},
    // A transaction that is begun behind our back shows a later look what an earlier one saw, and loses what is
    // written.
    {"autocommit", "ON"},
    {"completion_type", "NO_CHAIN"},
    // A reader that is slowed down by us (limit_read, a full pipe) must not be taken for gone.
    {"net_write_timeout", "86400"},
    {"net_read_timeout", "86400"},
    {"wait_timeout", "86400"},
    {"max_statement_time", "0.000000"},  // MariaDB
    {"max_execution_time", "0"},         // MySQL
    {"idle_transaction_timeout", "0"},
    {"idle_readonly_transaction_timeout", "0"},
    {"idle_write_transaction_timeout", "0"},
    // Statistics from yesterday's cache would hide that the table was written to.
    {"information_schema_stats_expiry", "0"},
};

using Handle = std::unique_ptr<MYSQL, void (*)(MYSQL*)>;
using Result = std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)>;

Handle new_handle(const SqlAddress& address, unsigned connect_seconds_max) {
  // Both are per process and per thread; libmariadb does them on first use, which two threads may reach at once.
  static const bool ready = mysql_library_init(0, nullptr, nullptr) == 0;
  Handle handle(mysql_init(nullptr), mysql_close);
  if (!ready || !handle) throw Error(ErrorKind::io, "libmariadb cannot be initialised");
  const Tls tls = address.effective_tls();
  my_bool enforce = tls == Tls::off ? 0 : 1;
  my_bool verify = tls == Tls::verify ? 1 : 0;
  mysql_options(handle.get(), MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_options(handle.get(), MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  if (!address.ca_file.empty()) mysql_options(handle.get(), MYSQL_OPT_SSL_CA, address.ca_file.c_str());
  mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds_max);
  mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, k_character_set);
  // The server must not be able to ask for our files.
  unsigned no_infile = 0;
  mysql_options(handle.get(), MYSQL_OPT_LOCAL_INFILE, &no_infile);
  mysql_options4(handle.get(), MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "holdfast");
  return handle;
}

bool open(MYSQL* handle, const SqlAddress& address) {
  const std::string password(address.password.reveal());
  // With a host of "localhost" the library would look for a socket of its own choice.
  const char* host = address.host == "localhost" && address.socket.empty() ? "127.0.0.1" : address.host.c_str();
  const char* socket = address.socket.empty() ? nullptr : address.socket.c_str();
  return mysql_real_connect(handle, socket ? nullptr : host, address.user.c_str(), password.c_str(),
                            address.database.c_str(), address.port, socket, 0) != nullptr;
}

void keep_alive(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &k_probe_idle_seconds, sizeof(int));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &k_probe_interval_seconds, sizeof(int));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &k_probes_max, sizeof(int));
}

enum class Kill { query, session };

bool kill_by_second_connection(const SqlAddress& address, std::uint64_t id, Kill what) noexcept {
  try {
    const Handle handle = new_handle(address, k_kill_seconds_max);
    if (!open(handle.get(), address)) return false;
    const std::string sql = fmt::format("KILL {} {}", what == Kill::query ? "QUERY" : "CONNECTION", id);
    return mysql_real_query(handle.get(), sql.data(), sql.size()) == 0;
  } catch (const std::exception&) {
    return false;
  }
}

// While it lives, a requested stop shuts the socket: whatever waits on it returns at once.
class Interrupt {
public:
  Interrupt(MYSQL* handle, const std::stop_token& stop)
      : callback_(stop, Shut{handle == nullptr ? -1 : static_cast<int>(mysql_get_socket(handle))}) {}

private:
  struct Shut {
    int fd;
    void operator()() const noexcept {
      if (fd >= 0) shutdown(fd, SHUT_RDWR);
    }
  };
  std::stop_callback<Shut> callback_;
};

TextRow to_text_row(MYSQL_RES* result, MYSQL_ROW row) {
  const unsigned columns = mysql_num_fields(result);
  const unsigned long* sizes = mysql_fetch_lengths(result);
  TextRow out(columns);
  for (unsigned i = 0; i < columns; ++i)
    if (row[i] != nullptr) out[i].emplace(row[i], sizes[i]);
  return out;
}

}  // namespace

ServerError::ServerError(unsigned code, const std::string& message, std::string_view doing)
    : Error(error_kind(code), fmt::format("{}: {} (error {})", doing, message, code), std::string(error_hint(code))),
      code_(code) {}

void Sessions::add(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  ids_.insert(id);
}

void Sessions::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  ids_.erase(id);
}

std::set<std::uint64_t> Sessions::ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

// --- Client

Client::Client(Endpoint& endpoint, std::stop_token stop)
    : endpoint_(&endpoint),
      stop_(std::move(stop)),
      mysql_(new_handle(endpoint.address, k_connect_seconds_max)),
      display_(endpoint.address.display()) {
  connect();
  endpoint_->sessions.add(id_);
  try {
    prepare_session();
  } catch (...) {
    endpoint_->sessions.remove(id_);  // the destructor does not run for an object that was never made
    throw;
  }
}

Client::~Client() {
  endpoint_->sessions.remove(id_);
}

void Client::connect() {
  if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "connecting to " + display_ + " was cancelled");
  if (!open(mysql_.get(), endpoint_->address)) fail("connecting to " + display_, stop_);
  // A library that cannot do TLS may fall back in silence; asked for is asked for.
  if (endpoint_->address.effective_tls() != Tls::off && mysql_get_ssl_cipher(mysql_.get()) == nullptr)
    throw Error(ErrorKind::unavailable, "the connection to " + display_ + " is not encrypted",
                "Enable TLS on the server, or say tls=off in sql.url if the network is trusted.");
  id_ = mysql_thread_id(mysql_.get());
  if (endpoint_->address.socket.empty()) keep_alive(static_cast<int>(mysql_get_socket(mysql_.get())));
}

void Client::prepare_session() {
  {
    const Interrupt interrupt(mysql_.get(), stop_);
    // What the handshake asked for is only a proposal: a server may ignore it, and init_connect undo it.
    if (mysql_set_character_set(mysql_.get(), k_character_set) != 0) fail("connecting to " + display_, stop_);
  }
  // First, because they hold for SHOW as well.  DEFAULT would mean the server's global value, not none.
  execute(fmt::format("SET SESSION sql_select_limit = {0}, max_join_size = {0}, sql_big_selects = 1", k_no_limit));
  version_ = parse_version(value("SELECT VERSION()").value_or(""));
  const std::string assignments = differing_pins();
  if (assignments.empty()) return;
  execute("SET SESSION " + assignments);
  const std::string left = differing_pins();
  if (left.empty()) return;
  throw Error(
      ErrorKind::unavailable, fmt::format("the session on {} does not take: {}", display_, left),
      "Something between Holdfast and the server, such as a proxy, holds these settings back; connect past it.");
}

// As assignments; of the variables that this server does not have, none.
std::string Client::differing_pins() {
  std::string names;
  for (const Pin& pin : k_pins) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", pin.name);
  std::string out;
  for (const TextRow& row : query(fmt::format("SHOW SESSION VARIABLES WHERE Variable_name IN ({})", names)))
    for (const Pin& pin : k_pins)
      if (row.at(0) == pin.name && row.at(1) != pin.shown)
        out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", pin.name, pin.value.empty() ? pin.shown : pin.value);
  return out;
}

void Client::fail(std::string_view doing, const std::stop_token& stop) {
  const unsigned code = mysql_errno(mysql_.get());
  // An interrupted statement leaves its session whole.
  const bool lost = error_kind(code) == ErrorKind::unavailable && code != ER_QUERY_INTERRUPTED;
  if (lost) broken_ = true;
  if (stop.stop_requested()) {
    broken_ = true;
    kill_session();
    throw Error(ErrorKind::cancelled, fmt::format("{} was cancelled", doing));
  }
  throw ServerError(code, mysql_error(mysql_.get()), doing);
}

void Client::run(std::string_view sql, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, display_ + " was cancelled");
  if (broken_) throw Error(ErrorKind::unavailable, display_ + ": the connection was lost earlier");
  if (mysql_real_query(mysql_.get(), sql.data(), sql.size()) != 0) fail(display_, stop);
}

void Client::execute(std::string_view sql) {
  const Interrupt interrupt(mysql_.get(), stop_);
  run(sql, stop_);
  const Result unread(mysql_store_result(mysql_.get()), mysql_free_result);
  if (!unread && mysql_errno(mysql_.get()) != 0) fail(display_, stop_);
}

std::vector<TextRow> Client::query(std::string_view sql) {
  const Interrupt interrupt(mysql_.get(), stop_);
  run(sql, stop_);
  const Result result(mysql_store_result(mysql_.get()), mysql_free_result);
  if (!result) {
    if (mysql_errno(mysql_.get()) != 0) fail(display_, stop_);
    return {};
  }
  std::vector<TextRow> out;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) out.push_back(to_text_row(result.get(), row));
  return out;
}

std::vector<Named> Client::query_named(std::string_view sql) {
  const Interrupt interrupt(mysql_.get(), stop_);
  run(sql, stop_);
  const Result result(mysql_store_result(mysql_.get()), mysql_free_result);
  if (!result) fail(display_, stop_);
  std::vector<Named> out;
  const MYSQL_FIELD* fields = mysql_fetch_fields(result.get());
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    Named named;
    const TextRow values = to_text_row(result.get(), row);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (const Text& value = values[i]; value) named.emplace_back(fields[i].name, *value);
    out.push_back(std::move(named));
  }
  return out;
}

Text Client::value(std::string_view sql) {
  const std::vector<TextRow> rows = query(sql);
  return rows.empty() || rows[0].empty() ? Text{} : rows[0][0];
}

std::unique_ptr<Stream> Client::stream(std::string_view sql, std::stop_token stop) {
  auto guard = std::make_unique<Stream::Guard>(mysql_.get(), stop);
  run(sql, stop);
  MYSQL_RES* result = mysql_use_result(mysql_.get());
  if (result == nullptr) fail(display_, stop);
  return std::unique_ptr<Stream>(new Stream(*this, result, std::move(stop), std::move(guard)));
}

std::uint64_t Client::affected() const {
  return mysql_affected_rows(mysql_.get());
}

void Client::kill_session() noexcept {
  kill_by_second_connection(endpoint_->address, id_, Kill::session);
}

void Client::abandon() noexcept {
  if (broken_) return;
  if (kill_by_second_connection(endpoint_->address, id_, Kill::query)) return;
  shutdown(static_cast<int>(mysql_get_socket(mysql_.get())), SHUT_RDWR);
  broken_ = true;
}

// --- Stream

struct Stream::Guard {
  Guard(MYSQL* handle, const std::stop_token& stop) : interrupt(handle, stop) {}
  Interrupt interrupt;
};

Stream::Stream(Client& client, st_mysql_res* result, std::stop_token stop, std::unique_ptr<Guard> guard)
    : client_(&client), result_(result), stop_(std::move(stop)), guard_(std::move(guard)) {
  row_.resize(mysql_num_fields(result_));
}

Stream::~Stream() {
  // Freeing reads what is left of the result, which may be the whole table, unless the statement is stopped first.
  if (!ended_) client_->abandon();
  mysql_free_result(result_);
}

const std::vector<base::ColumnView>* Stream::next() {
  if (ended_) return nullptr;
  const MYSQL_ROW row = mysql_fetch_row(result_);
  if (row == nullptr) {
    ended_ = true;
    if (mysql_errno(client_->mysql_.get()) != 0) client_->fail(client_->display_, stop_);
    return nullptr;
  }
  const unsigned long* sizes = mysql_fetch_lengths(result_);
  for (std::size_t i = 0; i < row_.size(); ++i)
    row_[i] = row[i] == nullptr ? base::ColumnView{} : base::ColumnView(base::ByteView(row[i], sizes[i]));
  return &row_;
}

// --- quoting

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    switch (c) {
      case '\0':
        out += "\\0";
        break;
      case '\'':
        out += "\\'";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  }
}

std::string quote_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + '`';
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  append_escaped(out, text);
  return out + '\'';
}

std::string quote_bytes(std::string_view bytes) {
  std::string out = "_binary'";
  append_escaped(out, bytes);
  return out + '\'';
}

}  // namespace holdfast::platform::datahub::mysql
