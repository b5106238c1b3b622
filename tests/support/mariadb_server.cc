#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <mysql.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/servers.h"

namespace holdfast::test {

namespace {

namespace fs = std::filesystem;

constexpr int k_ready_seconds = 60;
constexpr auto k_poll = std::chrono::milliseconds(20);

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd >= 0) close(fd);
  if (!bound) throw std::runtime_error("no free port on loopback");
  return ntohs(address.sin_port);
}

// The server refuses to run as root, and should not.
const passwd* unprivileged() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("nobody");
  if (user == nullptr) throw std::runtime_error("there is no user nobody to run the test server as");
  return user;
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// Between fork and exec only async-signal-safe calls are allowed, so everything is prepared before.
pid_t launch(const std::vector<std::string>& command, const std::string& log, const passwd* user) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
      _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // the server goes when the test program does
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(out);
  close(in);
  if (pid < 0) throw std::runtime_error("fork failed");
  return pid;
}

std::string program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/bin/"})
    if (fs::exists(folder + name)) return folder + name;
  return name;
}

}  // namespace

struct MariadbServer::Impl {
  std::string folder;
  std::vector<std::string> options;
  std::uint16_t port = free_port();
  pid_t pid = -1;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  // Here and not in the server's destructor, which does not run when starting it failed.
  ~Impl() {
    stop();
    if (std::getenv("HOLDFAST_KEEP") != nullptr) {
      fmt::print(stderr, "kept {}\n", folder);
      return;
    }
    std::error_code ignored;
    if (!folder.empty()) fs::remove_all(folder, ignored);
  }

  std::string log() const { return folder + "/log"; }

  void initialise() {
    std::string pattern = (fs::temp_directory_path() / "holdfast-mariadb-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder for the test server");
    folder = pattern;
    const passwd* user = unprivileged();
    if (user != nullptr && chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("cannot give the folder of the test server to nobody");
    const pid_t child =
        launch({program("mariadb-install-db"), "--no-defaults", "--datadir=" + folder + "/data",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                "--innodb-log-file-size=16M",
                // In the common /tmp two servers that are being set up take each other's temporary tables.
                "--tmpdir=" + folder},
               log(), user);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error("mariadb-install-db failed:\n" + contents(log()));
  }

  void start() {
    std::vector<std::string> command{program("mariadbd"),
                                     "--no-defaults",
                                     "--datadir=" + folder + "/data",
                                     "--socket=" + folder + "/s.sock",
                                     fmt::format("--port={}", port),
                                     "--bind-address=127.0.0.1",
                                     "--skip-name-resolve",
                                     "--pid-file=" + folder + "/p.pid",
                                     "--tmpdir=" + folder,
                                     "--server-id=1",
                                     "--log-bin=binlog",
                                     "--binlog-format=ROW",
                                     "--innodb-buffer-pool-size=64M",
                                     "--innodb-log-file-size=64M",
                                     "--max-allowed-packet=64M",
                                     "--performance-schema=OFF"};
    command.insert(command.end(), options.begin(), options.end());
    pid = launch(command, log(), unprivileged());
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(k_ready_seconds);
    while (!ready()) {
      if (waitpid(pid, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > end) {
        stop();
        throw std::runtime_error("mariadbd is not ready:\n" + contents(log()));
      }
      std::this_thread::sleep_for(k_poll);
    }
  }

  bool ready() const {
    MYSQL* mysql = mysql_init(nullptr);
    const bool ok = mysql_real_connect(mysql, "127.0.0.1", "root", "", "", port, nullptr, 0) != nullptr;
    mysql_close(mysql);
    return ok;
  }

  // The data is thrown away, so there is nothing that an orderly shutdown would save.
  void stop() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = -1;
  }

  std::string run(const std::string& sql, const std::string& database) const;
};

// All result sets, tab-separated, a line a row, NULL as \N.
std::string MariadbServer::Impl::run(const std::string& sql, const std::string& database) const {
  MYSQL* mysql = mysql_init(nullptr);
  const std::unique_ptr<MYSQL, decltype(&mysql_close)> guard(mysql, mysql_close);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const auto fail = [&] { throw std::runtime_error(fmt::format("{}\nin: {:.300}", mysql_error(mysql), sql)); };
  if (mysql_real_connect(mysql, "127.0.0.1", "root", "", database.c_str(), port, nullptr, CLIENT_MULTI_STATEMENTS) ==
      nullptr)
    fail();
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) fail();
  std::string out;
  for (int more = 0; more == 0; more = mysql_next_result(mysql)) {
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql), mysql_free_result);
    if (!result) continue;
    const unsigned columns = mysql_num_fields(result.get());
    while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
      const unsigned long* sizes = mysql_fetch_lengths(result.get());
      for (unsigned i = 0; i < columns; ++i) {
        if (i > 0) out += '\t';
        out += row[i] == nullptr ? std::string("\\N") : std::string(row[i], sizes[i]);
      }
      out += '\n';
    }
  }
  if (mysql_errno(mysql) != 0) fail();
  return out;
}

MariadbServer::MariadbServer(std::vector<std::string> options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->initialise();
  impl_->start();
}

MariadbServer::~MariadbServer() = default;

std::uint16_t MariadbServer::port() const {
  return impl_->port;
}
std::string MariadbServer::socket() const {
  return impl_->folder + "/s.sock";
}
std::string MariadbServer::url(const std::string& database) const {
  return fmt::format("mysql://root@127.0.0.1:{}/{}", impl_->port, database);
}
void MariadbServer::execute(const std::string& sql, const std::string& database) {
  impl_->run(sql, database);
}
std::string MariadbServer::query(const std::string& sql, const std::string& database) {
  return impl_->run(sql, database);
}
void MariadbServer::kill() {
  impl_->stop();
}
void MariadbServer::start() {
  impl_->start();
}
int MariadbServer::pid() const {
  return impl_->pid;
}

MariadbServer& shared_mariadb() {
  static MariadbServer server;
  return server;
}

std::string fresh_database(MariadbServer& server) {
  static std::atomic<int> number{0};
  const std::string name = fmt::format("datahub_{}", ++number);
  server.execute(fmt::format("CREATE DATABASE `{}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", name));
  return name;
}

}  // namespace holdfast::test
