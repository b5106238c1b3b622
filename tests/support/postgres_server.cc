#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "support/servers.h"

namespace holdfast::test {

namespace {

using base::Error;
using base::ErrorKind;

constexpr auto k_ready_within = std::chrono::seconds(60);
constexpr auto k_poll = std::chrono::milliseconds(20);

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
};

// PostgreSQL refuses to run as root.
Account server_account() {
  if (::geteuid() != 0) return {::geteuid(), ::getegid()};
  for (const char* name : {"postgres", "nobody"})
    if (const passwd* entry = ::getpwnam(name)) return {entry->pw_uid, entry->pw_gid};
  throw Error(ErrorKind::config, "neither a user postgres nor a user nobody exists", "Install the package postgresql.");
}

std::string binary(const std::string& name) {
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string path = (entry.path() / "bin" / name).string();
    if (std::filesystem::exists(path) && path > newest) newest = path;
  }
  return newest.empty() ? name : newest;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd >= 0) ::close(fd);
  if (!bound) throw Error(ErrorKind::io, "no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

// Only what is safe between fork and exec of a program with threads.
[[noreturn]] void become(const Account& account, const std::string& log, char** arguments, int death_signal) {
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (fd >= 0) {
    ::dup2(fd, 1);
    ::dup2(fd, 2);
  }
  if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(account.gid) != 0 || ::setuid(account.uid) != 0))
    ::_exit(126);
  // After setuid, which would clear it: the server must not outlive a test program that dies.
  ::prctl(PR_SET_PDEATHSIG, death_signal);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

int spawn(const Account& account, const std::string& folder, const std::string& log, std::vector<std::string> words,
          int death_signal) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int pid = ::fork();
  if (pid < 0) throw Error(ErrorKind::io, "fork failed");
  if (pid == 0) {
    if (::chdir(folder.c_str()) != 0) ::_exit(125);
    become(account, log, arguments.data(), death_signal);
  }
  return pid;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

struct Connection {
  explicit Connection(const std::string& conninfo) : handle(PQconnectdb(conninfo.c_str())) {}
  ~Connection() { PQfinish(handle); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  PGconn* handle;
};

std::string rows_of(const PGresult* result) {
  std::string out;
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column) {
      if (column > 0) out += '\t';
      out += PQgetisnull(result, row, column) ? "NULL" : PQgetvalue(result, row, column);
    }
    out += '\n';
  }
  return out;
}

}  // namespace

struct PostgresServer::Impl {
  std::vector<std::string> options;
  std::string folder;
  std::uint16_t port = 0;
  int pid = 0;
  Account account;

  std::string log() const { return folder + "/log"; }
  std::string conninfo(const std::string& database) const {
    return fmt::format("host=127.0.0.1 port={} user=postgres dbname={} connect_timeout=10", port, database);
  }

  void make_folder() {
    account = server_account();
    folder = (std::filesystem::temp_directory_path() / "holdfast-pg-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw Error(ErrorKind::io, "cannot make a folder like " + folder);
    if (::geteuid() == 0 && ::chown(folder.c_str(), account.uid, account.gid) != 0)
      throw Error(ErrorKind::io, "cannot give away " + folder);
  }

  void run(std::vector<std::string> words) const {
    const std::string name = words[0];
    const int child = spawn(account, folder, log(), std::move(words), SIGKILL);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0)
      throw Error(ErrorKind::io, name + " failed: " + read_text(log()));
  }

  void launch_somewhere() {
    for (int attempt = 0; attempt < 5; ++attempt) {
      port = free_port();
      if (launch()) return;
      stop(SIGQUIT);
    }
    throw Error(ErrorKind::unavailable, "PostgreSQL did not get ready: " + read_text(log()));
  }

  bool ready() const {
    const Connection connection(conninfo("postgres"));
    return PQstatus(connection.handle) == CONNECTION_OK;
  }

  bool exited() {
    if (::waitpid(pid, nullptr, WNOHANG) != pid) return false;
    pid = 0;
    return true;
  }

  // False when the server ended by itself, as it does when somebody took the port between our look and its bind.
  bool launch() {
    std::vector<std::string> words = {
        binary("postgres"), "-D", folder + "/data", "-p", std::to_string(port), "-k", folder};
    for (const char* setting : {"listen_addresses=127.0.0.1", "wal_level=logical", "max_wal_senders=10",
                                "max_replication_slots=10", "shared_buffers=64MB", "max_connections=60",
                                // A killed process loses nothing that the kernel has: only a power cut would.
                                "fsync=off", "full_page_writes=off"}) {
      words.push_back("-c");
      words.push_back(setting);
    }
    words.insert(words.end(), options.begin(), options.end());
    pid = spawn(account, folder, log(), std::move(words), SIGQUIT);
    for (auto waited = std::chrono::milliseconds(0); waited < k_ready_within; waited += k_poll) {
      if (exited()) return false;
      if (ready()) return true;
      std::this_thread::sleep_for(k_poll);
    }
    return false;
  }

  void stop(int signal) {
    if (pid == 0) return;
    ::kill(pid, signal);
    ::waitpid(pid, nullptr, 0);
    pid = 0;
  }
};

PostgresServer::PostgresServer(std::vector<std::string> options, std::string locale) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->make_folder();
  impl_->run({binary("initdb"), "-D", impl_->folder + "/data", "-U", "postgres", "-A", "trust", "--no-sync",
              "--locale=" + locale, "-E", "UTF8"});
  impl_->launch_somewhere();
}

PostgresServer::PostgresServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<PostgresServer> PostgresServer::standby_of(PostgresServer& primary) {
  auto impl = std::make_unique<Impl>();
  impl->make_folder();
  impl->run({binary("pg_basebackup"), "-h", "127.0.0.1", "-p", std::to_string(primary.port()), "-U", "postgres", "-D",
             impl->folder + "/data", "-R", "--no-sync", "-c", "fast"});
  impl->launch_somewhere();
  return std::unique_ptr<PostgresServer>(new PostgresServer(std::move(impl)));
}

PostgresServer::~PostgresServer() {
  impl_->stop(SIGQUIT);
  std::error_code ignored;
  if (::getenv("HOLDFAST_KEEP") == nullptr) std::filesystem::remove_all(impl_->folder, ignored);
}

std::uint16_t PostgresServer::port() const {
  return impl_->port;
}
int PostgresServer::pid() const {
  return impl_->pid;
}

std::string PostgresServer::url(const std::string& database) const {
  return fmt::format("postgresql://postgres@127.0.0.1:{}/{}", impl_->port, database);
}

void PostgresServer::execute(const std::string& sql, const std::string& database) {
  query(sql, database);
}

std::string PostgresServer::query(const std::string& sql, const std::string& database) {
  const Connection connection(impl_->conninfo(database));
  PGresult* result = PQexec(connection.handle, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  std::string rows = rows_of(result);
  const std::string problem = PQerrorMessage(connection.handle);
  PQclear(result);
  // What a session ran last stays in pg_stat_activity for a moment after it has gone: it shall not name the test's
  // table.
  PQclear(PQexec(connection.handle, "SELECT"));
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
    throw Error(ErrorKind::internal, fmt::format("PostgreSQL refused '{}': {}", sql.substr(0, 200), problem));
  return rows;
}

// The children go when their postmaster does; nobody else's pid is touched.
void PostgresServer::kill() {
  // A backend notices the end of its parent only when it next waits: a crash takes all of them at once.
  std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", impl_->pid));
  std::vector<pid_t> backends;
  for (pid_t backend = 0; list >> backend;) backends.push_back(backend);
  impl_->stop(SIGKILL);
  for (const pid_t backend : backends) ::kill(backend, SIGKILL);
}

void PostgresServer::start() {
  // The backends of a killed server may hold its shared memory for a moment: it then refuses to start.
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (impl_->launch()) return;
    std::this_thread::sleep_for(k_poll * 5);
  }
  throw Error(ErrorKind::unavailable, "PostgreSQL did not start again: " + read_text(impl_->log()));
}

PostgresServer& shared_postgres() {
  static PostgresServer server;
  return server;
}

std::string fresh_database(PostgresServer& server) {
  static std::atomic<unsigned> count = 0;
  const std::string name = fmt::format("datahub_{}", ++count);
  server.execute(fmt::format("CREATE DATABASE {}", name));
  return name;
}

}  // namespace holdfast::test
