// Real database servers for tests: started on loopback on a free port, as an unprivileged user when the test runs as
// root, in a temporary folder, stopped by pid in the destructor and when the test program dies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::test {

class MariadbServer {
public:
  explicit MariadbServer(
      std::vector<std::string> options = {});  // throws when it is not ready in 60 s, showing its log
  ~MariadbServer();
  std::uint16_t port() const;
  std::string socket() const;
  // mysql://root@127.0.0.1:PORT/DATABASE
  std::string url(const std::string& database) const;
  void execute(const std::string& sql, const std::string& database = "");       // several statements allowed
  std::string query(const std::string& sql, const std::string& database = "");  // tab-separated, a line a row
  void kill();                                                                  // SIGKILL, as a crash would
  void start();                                                                 // again, on the same data
  int pid() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class PostgresServer {
public:
  explicit PostgresServer(std::vector<std::string> options = {}, std::string locale = "C.UTF-8");
  // A hot standby that follows `primary`, which must outlive it.
  static std::unique_ptr<PostgresServer> standby_of(PostgresServer& primary);
  ~PostgresServer();
  std::uint16_t port() const;
  std::string url(const std::string& database) const;  // postgresql://postgres@127.0.0.1:PORT/DATABASE
  void execute(const std::string& sql, const std::string& database = "postgres");
  std::string query(const std::string& sql, const std::string& database = "postgres");
  void kill();
  void start();
  int pid() const;

private:
  struct Impl;
  explicit PostgresServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One server of each for the whole test program, made on first use; tests make databases of their own in it.
MariadbServer& shared_mariadb();
PostgresServer& shared_postgres();
std::string fresh_database(MariadbServer& server);  // creates and returns its name
std::string fresh_database(PostgresServer& server);

}  // namespace holdfast::test
