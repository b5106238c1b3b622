#include "platform/datahub/postgres/client.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr int k_tick_ms = 100;        // how often a waiting call looks at its stop token
constexpr int k_connect_ticks = 100;  // ten seconds
constexpr std::size_t k_statement_shown = 120;
constexpr const char* k_system_ca = "/etc/ssl/certs/ca-certificates.crt";

// What a server, a database or a role may have set otherwise, and what would then cut, round, hide or misread a value.
constexpr const char* k_session =
    "SET TimeZone = 'UTC'; SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';"
    "SET bytea_output = 'hex'; SET statement_timeout = 0; SET lock_timeout = 0; SET "
    "idle_in_transaction_session_timeout = 0;"
    "SET search_path = ''; SET row_security = off; SET standard_conforming_strings = on; SET jit = off;"
    "SET max_parallel_workers_per_gather = 0; SET extra_float_digits = 3; SET array_nulls = on;"
    "SET quote_all_identifiers = off; SET transform_null_equals = off; SET default_tablespace = ''";

// The timeouts are of newer servers only, so set where they exist: both would end a session that waits for its turn.
// What is said to be restored must outlive a crash; a role that asks for more than that keeps it.
constexpr const char* k_conditional =
    "SELECT pg_catalog.set_config(name, CASE name WHEN 'synchronous_commit' THEN 'on' ELSE '0' END, false) "
    "FROM pg_catalog.pg_settings WHERE name IN ('idle_session_timeout', 'transaction_timeout') "
    "OR name = 'synchronous_commit' AND setting = 'off'";

struct StateRow {
  std::string_view prefix;
  ErrorKind kind;
  std::string_view hint;
};
// The first row whose prefix fits decides: exact codes stand before their class.
constexpr StateRow k_states[] = {
    {"42501", ErrorKind::auth, "Grant the privilege to the user of sql.url; 'holdfast doctor' lists what is needed."},
    {"28", ErrorKind::auth, "Check the user and the password of the connector, and pg_hba.conf on the server."},
    {"3D000", ErrorKind::not_found, "Check the database in sql.url."},
    {"3F000", ErrorKind::not_found, "Check the schema in sql.url."},
    {"42P01", ErrorKind::not_found, "Check database, schema and table in sql.url."},
    {"53100", ErrorKind::io, "Free space on the server's disk, then run the command again."},
    {"53300", ErrorKind::unavailable, "Use fewer readers, or raise max_connections on the server."},
    {"53", ErrorKind::unavailable, "The server is short of a resource; try again later, or with fewer readers."},
    {"55P03", ErrorKind::busy, "Somebody else holds a lock on the table; try again when they are done."},
    {"57014", ErrorKind::unavailable,
     "The server cancelled the statement; look for a timeout set on the role or the database."},
    {"57P", ErrorKind::unavailable, "The server is stopping or starting; try again when it is up."},
    {"08", ErrorKind::unavailable, "Check that the server runs and can be reached, then run the command again."},
    {"40001", ErrorKind::conflict,
     "On a standby, set hot_standby_feedback = on or raise max_standby_streaming_delay; elsewhere run the command "
     "again."},
    {"40", ErrorKind::conflict, "Run the command again."},
    {"23", ErrorKind::conflict, "The row breaks a constraint of the target table; the message names it."},
    {"25006", ErrorKind::refused, "The server is read-only; restore into the primary."},
    {"22", ErrorKind::refused, "The server cannot hold this value; the message names it."},
    {"0A000", ErrorKind::unsupported, ""},
    {"XX001", ErrorKind::corruption, "The server found a damaged page; check the table on the server with amcheck."},
    {"XX002", ErrorKind::corruption, "The server found a damaged index; check it with amcheck, or REINDEX it."},
    {"58", ErrorKind::io, "Look into the server's log."},
    {"42", ErrorKind::internal, ""},
};

const StateRow* find_state(std::string_view state) noexcept {
  for (const StateRow& row : k_states)
    if (state.starts_with(row.prefix)) return &row;
  return nullptr;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\n')
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// libpq gives no SQLSTATE for what the server says while it lets nobody in: the text is all there is.
bool mentions_login(std::string_view message) noexcept {
  for (const std::string_view word : {"authentication failed", "no password supplied", "no pg_hba.conf entry",
                                      "role \"", "is not permitted to log in"})
    if (message.find(word) != std::string_view::npos) return true;
  return false;
}

struct KeywordValues {
  std::vector<const char*> keywords;
  std::vector<std::string> texts;
  void add(const char* keyword, std::string text) {
    keywords.push_back(keyword);
    texts.push_back(std::move(text));
  }
};

KeywordValues connection_options(const SqlAddress& address) {
  KeywordValues out;
  out.add("host", address.socket.empty() ? address.host : address.socket);
  out.add("port", std::to_string(address.port));
  out.add("dbname", address.database);
  if (!address.user.empty()) out.add("user", address.user);
  if (!address.password.empty()) out.add("password", std::string(address.password.reveal()));
  out.add("application_name", "holdfast");
  out.add("client_encoding", "UTF8");
  out.add("gssencmode", "disable");
  out.add("keepalives_idle", "30");
  out.add("keepalives_interval", "10");
  out.add("keepalives_count", "3");
  const Tls tls = address.effective_tls();
  out.add("sslmode", tls == Tls::off ? "disable" : tls == Tls::require ? "require" : "verify-full");
  // libpq 15 does not know the word "system" for the machine's own certificates, and would verify nothing with
  // `require` only as long as no root file is found in the home folder.
  if (tls == Tls::verify) out.add("sslrootcert", address.ca_file.empty() ? k_system_ca : address.ca_file);
  return out;
}

}  // namespace

Rows::Rows(pg_result* result) : result_(result) {}
void Rows::Clear::operator()(pg_result* result) const noexcept {
  PQclear(result);
}

std::size_t Rows::size() const noexcept {
  return result_ ? static_cast<std::size_t>(PQntuples(result_.get())) : 0;
}

std::optional<std::string_view> Rows::get(std::size_t row, std::size_t column) const {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  if (PQgetisnull(result_.get(), r, c)) return std::nullopt;
  return std::string_view(PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c)));
}

std::string Rows::text(std::size_t row, std::size_t column) const {
  return std::string(get(row, column).value_or(std::string_view{}));
}

std::int64_t Rows::number(std::size_t row, std::size_t column) const {
  const std::string_view digits = get(row, column).value_or("0");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw Error(ErrorKind::internal, fmt::format("the server answered '{}' where a number was expected", digits));
  return value;
}

bool Rows::flag(std::size_t row, std::size_t column) const {
  return get(row, column) == "t";
}

std::uint64_t Rows::affected() const {
  const std::string_view digits = PQcmdTuples(result_.get());
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

void Client::Finish::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

Client::Client(const SqlAddress& address, std::stop_token stop) : address_(address), stop_(std::move(stop)) {
  base::in_context([&] { return "connecting to " + address_.display(); },
                   [&] {
                     connect();
                     set_up();
                   });
}

Client::~Client() = default;

void Client::connect() {
  const KeywordValues options = connection_options(address_);
  std::vector<const char*> keywords = options.keywords;
  std::vector<const char*> values;
  for (const std::string& text : options.texts) values.push_back(text.c_str());
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection_) throw Error(ErrorKind::io, "out of memory while connecting");
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  for (int ticks = 0; state != PGRES_POLLING_OK;) {
    if (PQstatus(connection_.get()) == CONNECTION_BAD || state == PGRES_POLLING_FAILED) fail_connection("connecting");
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while connecting");
    pollfd fd{PQsocket(connection_.get()), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (::poll(&fd, 1, k_tick_ms) > 0) {
      state = PQconnectPoll(connection_.get());
    } else if (++ticks > k_connect_ticks) {
      throw Error(ErrorKind::unavailable, "the server did not answer within ten seconds",
                  "Check host and port of sql.url and whether a firewall stands between.");
    }
  }
}

void Client::set_up() {
  if (PQsetnonblocking(connection_.get(), 1) != 0) fail_connection("connecting");
  execute(k_session);
  // Such a database holds any bytes.  Converted, the first that is no UTF-8 would end the answer without saying in
  // which row.
  const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
  if (encoding != nullptr && std::string_view(encoding) == "SQL_ASCII") execute("SET client_encoding = 'SQL_ASCII'");
  execute(k_conditional);
}

void Client::wait(short events) {
  for (;;) {
    if (stop_.stop_requested()) {
      broken_ = true;
      char ignored[256];
      if (PGcancel* cancel = PQgetCancel(connection_.get())) {
        PQcancel(cancel, ignored, sizeof ignored);
        PQfreeCancel(cancel);
      }
      throw Error(ErrorKind::cancelled, "stopped");
    }
    pollfd fd{PQsocket(connection_.get()), events, 0};
    if (::poll(&fd, 1, k_tick_ms) > 0) return;
  }
}

// Reads while it writes: a server that answers before it was told everything would otherwise block us both.
void Client::flush() {
  for (int left = PQflush(connection_.get()); left != 0; left = PQflush(connection_.get())) {
    if (left < 0) fail_connection("sending");
    wait(POLLIN | POLLOUT);
    if (PQconsumeInput(connection_.get()) == 0) fail_connection("sending");
  }
}

pg_result* Client::next_result() {
  flush();
  while (PQisBusy(connection_.get())) {
    wait(POLLIN);
    if (PQconsumeInput(connection_.get()) == 0) fail_connection("reading");
  }
  return PQgetResult(connection_.get());
}

// Drains all results; the last one with rows, or the last one, is the answer, the first failure is the error.
Rows Client::finish(std::string_view sql) {
  Rows answer(nullptr);
  std::optional<Error> failure;
  while (pg_result* result = next_result()) {
    Rows rows(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) throw Error(ErrorKind::internal, "COPY outside of a copy");
    const bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
    if (good) {
      answer = std::move(rows);
      continue;
    }
    if (failure) continue;
    try {
      fail(result, sql);
    } catch (const Error& error) {
      failure = error;
    }
  }
  if (failure) throw Error(*failure);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) fail_connection("reading");
  return answer;
}

Rows Client::query(const std::string& sql, const Parameters& parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) {
    if (parameter && parameter->find('\0') != std::string::npos)
      throw Error(ErrorKind::refused, "a text with a NUL byte cannot be sent to PostgreSQL");
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  const int sent = PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0);
  if (sent == 0) fail_connection("sending");
  return finish(sql);
}

void Client::execute(const std::string& sql) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) fail_connection("sending");
  finish(sql);
}

// The first answer to a COPY; when it is a failure, the rest is drained first so that the connection stays of use.
void Client::expect_copy(const std::string& sql, CopyWay way) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) fail_connection("sending");
  pg_result* result = next_result();
  const Rows owned(result);
  broken_ = true;
  if (PQresultStatus(result) == (way == CopyWay::out ? PGRES_COPY_OUT : PGRES_COPY_IN)) return;
  while (pg_result* rest = next_result()) PQclear(rest);
  broken_ = false;
  fail(result, sql);
}

void Client::copy_out(const std::string& sql, const std::function<void(base::ByteView)>& message) {
  expect_copy(sql, CopyWay::out);
  struct Free {
    void operator()(char* data) const noexcept { PQfreemem(data); }
  };
  for (;;) {
    char* data = nullptr;
    const int size = PQgetCopyData(connection_.get(), &data, 1);
    const std::unique_ptr<char, Free> owned(data);
    if (size > 0) {
      message(base::ByteView(data, static_cast<std::size_t>(size)));
      if (stop_.stop_requested()) wait(POLLIN);
    } else if (size == 0) {
      wait(POLLIN);
      if (PQconsumeInput(connection_.get()) == 0) fail_connection("reading");
    } else {
      break;
    }
  }
  finish(sql);
  broken_ = false;
}

void Client::begin_copy_in(const std::string& sql) {
  expect_copy(sql, CopyWay::in);
}

void Client::put(base::ByteView bytes) {
  constexpr std::size_t k_piece = 1 << 20;
  while (!bytes.empty()) {
    const base::ByteView piece = bytes.substr(0, k_piece);
    const int sent = PQputCopyData(connection_.get(), piece.data(), static_cast<int>(piece.size()));
    if (sent < 0) fail_connection("loading");
    if (sent > 0) bytes.remove_prefix(piece.size());
    // Without this libpq would buffer as much as we hand it.
    flush();
    // A server that is always quicker than we are never lets us wait, which is where a stop is noticed.
    if (stop_.stop_requested()) wait(POLLOUT);
  }
}

std::uint64_t Client::end_copy_in() {
  int sent = 0;
  while ((sent = PQputCopyEnd(connection_.get(), nullptr)) == 0) flush();
  if (sent < 0) fail_connection("loading");
  const Rows rows = finish("COPY");
  broken_ = false;
  return rows.affected();
}

std::string Client::literal(std::string_view text) const {
  struct Free {
    void operator()(char* data) const noexcept { PQfreemem(data); }
  };
  const std::unique_ptr<char, Free> quoted(PQescapeLiteral(connection_.get(), text.data(), text.size()));
  if (!quoted) throw Error(ErrorKind::refused, "a text that is not UTF-8 cannot be sent to PostgreSQL");
  return quoted.get();
}

int Client::version() const noexcept {
  return PQserverVersion(connection_.get());
}
int Client::pid() const noexcept {
  return PQbackendPID(connection_.get());
}

std::string Client::setting(std::string_view name) {
  return query("SELECT pg_catalog.current_setting($1, true)", {std::string(name)}).text(0, 0);
}

void Client::fail_connection(std::string_view during) {
  broken_ = true;
  const std::string message = one_line(PQerrorMessage(connection_.get()));
  if (during == "connecting" && mentions_login(message))
    throw Error(ErrorKind::auth, message, std::string(find_state("28")->hint));
  if (during == "connecting" && message.find("database \"") != std::string::npos)
    throw Error(ErrorKind::not_found, message, std::string(find_state("3D000")->hint));
  throw Error(ErrorKind::unavailable,
              fmt::format("the connection to {} broke while {}: {}", address_.display(), during, message),
              std::string(find_state("08")->hint));
}

void Client::fail(const pg_result* result, std::string_view sql) {
  const char* state_field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state_field == nullptr) fail_connection("reading");
  const std::string_view state = state_field;
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  const char* where = PQresultErrorField(result, PG_DIAG_CONTEXT);
  std::string message = fmt::format("PostgreSQL answered: {} (SQLSTATE {})", primary ? primary : "an error", state);
  if (detail) message += fmt::format("; {}", one_line(detail));
  if (where && state.starts_with("22")) message += fmt::format("; {}", one_line(where));
  const StateRow* row = find_state(state);
  const ErrorKind kind = row ? row->kind : ErrorKind::unavailable;
  if (kind == ErrorKind::internal) message += fmt::format(" in: {}", one_line(sql.substr(0, k_statement_shown)));
  throw Error(kind, std::move(message), row ? std::string(row->hint) : std::string());
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string qualified(std::string_view schema, std::string_view name) {
  return quote_name(schema) + "." + quote_name(name);
}

}  // namespace holdfast::platform::datahub::postgres
