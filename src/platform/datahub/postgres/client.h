// One connection to PostgreSQL.  Waits by polling, so that a stop request ends every call in well under two seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "platform/datahub/sql/store.h"

struct pg_conn;
struct pg_result;

namespace holdfast::platform::datahub::postgres {

// The answer to one statement, as text.
class Rows {
public:
  explicit Rows(pg_result* result);
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  // nullopt is NULL.  The view lives as long as the Rows.
  std::optional<std::string_view> get(std::size_t row, std::size_t column) const;
  std::string text(std::size_t row, std::size_t column) const;     // NULL as ""
  std::int64_t number(std::size_t row, std::size_t column) const;  // NULL as 0
  bool flag(std::size_t row, std::size_t column) const;            // NULL as false
  std::uint64_t affected() const;                                  // rows that the statement changed

private:
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

using Parameters = std::vector<std::optional<std::string>>;

class Client {  // not thread-safe; cancelling goes through the stop token
public:
  // Connects and sets the session up: UTC, UTF-8, ISO dates, empty search_path, no statement timeout, row security an
  // error. Throws Error{auth}, Error{unavailable}, Error{not_found} (database) or Error{cancelled}.
  Client(const SqlAddress& address, std::stop_token stop);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // For the calls that follow; a client of a pool serves callers with tokens of their own.
  void set_stop(std::stop_token stop) { stop_ = std::move(stop); }

  Rows query(const std::string& sql, const Parameters& parameters = {});
  // One or more statements without an answer that matters.
  void execute(const std::string& sql);
  // COPY … TO STDOUT; each CopyData message as it comes.
  void copy_out(const std::string& sql, const std::function<void(base::ByteView)>& message);
  // COPY … FROM STDIN in three steps; what put() was given is not in the table before end_copy_in().
  void begin_copy_in(const std::string& sql);
  void put(base::ByteView bytes);
  std::uint64_t end_copy_in();  // rows

  std::string literal(std::string_view text) const;  // quoted; throws Error{refused} on bytes that are not UTF-8
  int version() const noexcept;                      // 150020
  int pid() const noexcept;                          // of the server's process
  std::string setting(std::string_view name);        // empty when there is none
  // After an error in mid-copy the protocol state is unknown: such a client is thrown away.
  bool broken() const noexcept { return broken_; }

private:
  struct Finish {
    void operator()(pg_conn* connection) const noexcept;
  };
  enum class CopyWay { in, out };
  void connect();
  void set_up();
  void wait(short events);
  void flush();
  pg_result* next_result();
  Rows finish(std::string_view sql);
  void expect_copy(const std::string& sql, CopyWay way);
  [[noreturn]] void fail_connection(std::string_view during);
  [[noreturn]] void fail(const pg_result* result, std::string_view sql);

  const SqlAddress address_;
  std::stop_token stop_;
  std::unique_ptr<pg_conn, Finish> connection_;
  bool broken_ = false;
};

std::string quote_name(std::string_view name);  // "name", always quoted
std::string qualified(std::string_view schema, std::string_view name);

}  // namespace holdfast::platform::datahub::postgres
