#include <fmt/format.h>
#include <mysql.h>

#include <cstring>

#include "base/error.h"
#include "bench/load/loader.h"

namespace holdfast::bench {
namespace {

// A statement is one transaction: rows in this number keep undo small, and still amortise the commit.
constexpr std::uint64_t k_rows_per_statement = 50'000;

constexpr std::string_view k_columns =
    "(urn, aspect, version, metadata, systemmetadata, createdon, createdby, createdfor)";

// What the client library pulls from while it sends LOAD DATA LOCAL.
struct Feed {
  const RowSource* rows = nullptr;
  std::uint64_t left = 0;  // of this statement
  bool exhausted = false;
  std::string buffer;
  std::size_t sent = 0;
};

int feed_init(void** handle, const char*, void* user) {
  *handle = user;
  return 0;
}

int feed_read(void* handle, char* out, unsigned int room) {
  Feed& feed = *static_cast<Feed*>(handle);
  if (feed.sent == feed.buffer.size()) {
    feed.buffer.clear();
    feed.sent = 0;
    Aspect aspect;
    while (feed.buffer.size() < room && feed.left > 0 && !feed.exhausted) {
      feed.exhausted = !(*feed.rows)(aspect);
      if (feed.exhausted) break;
      append_line(feed.buffer, aspect);
      --feed.left;
    }
  }
  const std::size_t size = feed.buffer.copy(out, room, feed.sent);
  feed.sent += size;
  return static_cast<int>(size);
}

void feed_end(void*) {}

int feed_error(void*, char* out, unsigned int room) {
  std::strncpy(out, "the generator failed", room);
  return 1;
}

class MysqlLoader final : public Loader {
public:
  explicit MysqlLoader(const platform::datahub::SqlAddress& address)
      : table_(address.table.empty() ? "metadata_aspect_v2" : address.table), handle_(mysql_init(nullptr)) {
    const unsigned int on = 1;
    mysql_options(handle_, MYSQL_OPT_LOCAL_INFILE, &on);
    mysql_options(handle_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const std::string password(address.password.reveal());
    if (mysql_real_connect(handle_, address.socket.empty() ? address.host.c_str() : nullptr, address.user.c_str(),
                           password.c_str(), address.database.c_str(), address.port,
                           address.socket.empty() ? nullptr : address.socket.c_str(), 0) == nullptr) {
      const std::string message = mysql_error(handle_);
      mysql_close(handle_);
      throw base::Error(base::ErrorKind::unavailable, fmt::format("{}: {}", address.display(), message));
    }
    run("SET time_zone = '+00:00', unique_checks = 0");
  }
  ~MysqlLoader() override { mysql_close(handle_); }
  MysqlLoader(const MysqlLoader&) = delete;
  MysqlLoader& operator=(const MysqlLoader&) = delete;

  void create_table() override {
    run(fmt::format(
        "CREATE TABLE {} (urn VARCHAR(500) NOT NULL, aspect VARCHAR(200) NOT NULL, version BIGINT NOT NULL, "
        "metadata LONGTEXT NOT NULL, systemmetadata LONGTEXT, createdon TIMESTAMP(6) NOT NULL, "
        "createdby VARCHAR(255) NOT NULL, createdfor VARCHAR(255), "
        "CONSTRAINT pk_metadata_aspect_v2 PRIMARY KEY (urn, aspect, version), INDEX timeIndex (createdon), "
        "INDEX idx_version_urn_aspect (version, urn, aspect)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        table_));
  }

  void insert(const RowSource& rows) override { load(table_, rows); }

  void update(const RowSource& rows) override {
    run(fmt::format("CREATE TEMPORARY TABLE changed LIKE {}", table_));
    load("changed", rows);
    run(
        fmt::format("UPDATE {} t JOIN changed c USING (urn, aspect, version) SET t.metadata = c.metadata, "
                    "t.systemmetadata = c.systemmetadata, t.createdon = c.createdon, t.createdby = c.createdby, "
                    "t.createdfor = c.createdfor",
                    table_));
    run("DROP TEMPORARY TABLE changed");
  }

  void analyze() override {
    run("ANALYZE TABLE " + table_);
    mysql_free_result(mysql_store_result(handle_));
  }

private:
  void run(const std::string& sql) {
    if (mysql_real_query(handle_, sql.data(), sql.size()) != 0)
      throw base::Error(base::ErrorKind::io, fmt::format("{}: {}", sql.substr(0, 60), mysql_error(handle_)));
  }

  void load(const std::string& table, const RowSource& rows) {
    Feed feed{.rows = &rows, .left = 0, .exhausted = false, .buffer = {}, .sent = 0};
    mysql_set_local_infile_handler(handle_, feed_init, feed_read, feed_end, feed_error, &feed);
    while (!feed.exhausted) {
      feed.left = k_rows_per_statement;
      run(fmt::format("LOAD DATA LOCAL INFILE 'generated' INTO TABLE {} CHARACTER SET utf8mb4 {}", table, k_columns));
      // LOAD DATA LOCAL turns errors into warnings; a benchmark on fewer rows than it says would be a lie.
      if (mysql_warning_count(handle_) > 0)
        throw base::Error(base::ErrorKind::io, fmt::format("LOAD DATA into {} gave warnings", table));
    }
  }

  std::string table_;
  MYSQL* handle_;
};

}  // namespace

std::unique_ptr<Loader> make_mysql_loader(const platform::datahub::SqlAddress& address) {
  return std::make_unique<MysqlLoader>(address);
}

}  // namespace holdfast::bench
