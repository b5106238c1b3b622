// A connection to a MySQL or MariaDB server.  Everything that libmariadb knows stays behind this header.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/row.h"
#include "platform/datahub/mysql/answers.h"
#include "platform/datahub/sql/store.h"

struct st_mysql;
struct st_mysql_res;

namespace holdfast::platform::datahub::mysql {

using Text = std::optional<std::string>;  // nullopt is SQL NULL
using TextRow = std::vector<Text>;

// An Error that remembers the server's number, for the few places that can handle one.
class ServerError : public base::Error {
public:
  ServerError(unsigned code, const std::string& message, std::string_view doing);
  unsigned code() const noexcept { return code_; }

private:
  unsigned code_;
};

// The ids of all connections that one store has open, so that it does not take itself for somebody else.  Thread-safe.
class Sessions {
public:
  void add(std::uint64_t id);
  void remove(std::uint64_t id);
  std::set<std::uint64_t> ids() const;

private:
  mutable std::mutex mutex_;
  std::set<std::uint64_t> ids_;
};

// What every connection of a store has in common.  Outlives the connections.
struct Endpoint {
  SqlAddress address;
  Sessions sessions;
};

class Client;

// Rows of a running statement, as they arrive.  The views of row() live until the next call.
class Stream {
public:
  // nullptr at the end.
  const std::vector<base::ColumnView>* next();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

private:
  friend class Client;
  struct Guard;
  Stream(Client& client, st_mysql_res* result, std::stop_token stop, std::unique_ptr<Guard> guard);
  Client* client_;
  st_mysql_res* result_;
  std::stop_token stop_;
  std::unique_ptr<Guard> guard_;
  std::vector<base::ColumnView> row_;
  bool ended_ = false;
};

// One session: time zone +00:00, utf8mb4, strict, without limits of rows or time, whatever the server's defaults are.
// Not thread-safe.  A requested stop breaks off whatever runs in well under 2 s, by shutting the socket, and ends the
// session on the server.
class Client {
public:
  // Throws Error{auth}, Error{unavailable}.
  Client(Endpoint& endpoint, std::stop_token stop);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void execute(std::string_view sql);
  // Small results only: all rows at once.
  std::vector<TextRow> query(std::string_view sql);
  // The first column of the first row; nullopt when there is no row, or NULL.
  Text value(std::string_view sql);
  // With column names, NULLs left out: for answers whose columns differ between servers.
  std::vector<Named> query_named(std::string_view sql);
  // Only one stream at a time, and no other call while it lives.
  std::unique_ptr<Stream> stream(std::string_view sql, std::stop_token stop);

  std::uint64_t affected() const;
  std::uint64_t id() const noexcept { return id_; }
  const ServerVersion& version() const noexcept { return version_; }
  // True once the connection broke: nothing more can be done with it.
  bool broken() const noexcept { return broken_; }
  // Ends the session on the server by a second connection; best effort, for statements that outlive their socket.
  void kill_session() noexcept;
  const std::string& display() const noexcept { return display_; }

private:
  friend class Stream;
  [[noreturn]] void fail(std::string_view doing, const std::stop_token& stop);
  void connect();
  void prepare_session();
  std::string differing_pins();
  void run(std::string_view sql, const std::stop_token& stop);
  // Stops the running statement but keeps the session, and with it its consistent snapshot.
  void abandon() noexcept;

  Endpoint* endpoint_;
  std::stop_token stop_;
  std::unique_ptr<st_mysql, void (*)(st_mysql*)> mysql_;
  std::uint64_t id_ = 0;
  ServerVersion version_;
  std::string display_;
  bool broken_ = false;
};

std::string quote_name(std::string_view name);                  // `name`
std::string quote_text(std::string_view text);                  // 'text', for a session without NO_BACKSLASH_ESCAPES
std::string quote_bytes(std::string_view bytes);                // _binary'bytes'
void append_escaped(std::string& out, std::string_view bytes);  // what stands between the quotes

}  // namespace holdfast::platform::datahub::mysql
