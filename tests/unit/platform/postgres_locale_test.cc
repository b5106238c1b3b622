// A database whose default collation is the C library's en_US: what most servers have that nobody set up with care.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "postgres_restore.h"

namespace holdfast::test {

namespace {

namespace fs = std::filesystem;

// Built into a folder of its own: the machine's list of locales stays as it is.
class LocaleFolder {
public:
  LocaleFolder() : path_((fs::temp_directory_path() / "holdfast-locale-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a folder for the locale");
    ::chmod(path_.c_str(), 0755);  // the server is somebody else
    const std::string command = fmt::format("localedef -i en_US -f UTF-8 '{0}/en_US.UTF-8' >'{0}/log' 2>&1", path_);
    if (std::system(command.c_str()) != 0) throw std::runtime_error("localedef failed, see " + path_ + "/log");
    ::setenv("LOCPATH", path_.c_str(), 1);
  }
  ~LocaleFolder() {
    ::unsetenv("LOCPATH");
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  LocaleFolder(const LocaleFolder&) = delete;
  LocaleFolder& operator=(const LocaleFolder&) = delete;

private:
  std::string path_;
};

bool has_sources() {
  return fs::exists("/usr/share/i18n/charmaps/UTF-8.gz") && fs::exists("/usr/share/i18n/locales/en_US");
}

}  // namespace

TEST(PostgresLocale, rows_of_a_libc_en_us_database_come_and_go_in_byte_order) {
  if (!has_sources()) GTEST_SKIP() << "the package locales, which has the source of en_US, is not installed";
  const LocaleFolder folder;
  PostgresServer server({}, "en_US.UTF-8");
  for (const char* database : {"datahub", "copy"}) server.execute(fmt::format("CREATE DATABASE {}", database));
  ASSERT_EQ(server.query("SELECT 'a' < 'B'", "datahub"), "t\n") << "this is byte order";
  server.execute(current_table(), "datahub");
  server.execute(current_table(), "copy");
  server.execute(generated_rows(2000), "datahub");
  server.execute(
      "INSERT INTO metadata_aspect_v2 SELECT 'urn:li:' || u, a, 0, '{}', NULL, now(), 'x', NULL"
      " FROM unnest(ARRAY['B', 'a', 'A', 'b', '_', '-', 'é', 'z', 'Z', E'\\U0001F600', 'a b', 'a-b', 'ab']) u,"
      " unnest(ARRAY['Status', 'status', 'ownership']) a",
      "datahub");
  const auto capture = open_store(server, "datahub", base::system_clock())->capture({}, {});
  const model::Collection collection = capture->collections()[0].collection;
  const std::vector<base::Row> rows = read_all(*capture);
  EXPECT_EQ(rows.size(), 2039U);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; }));

  const ManualClock clock{base::Instant{}};
  const auto replacement = open_store(server, "copy", clock)
                               ->replace(collection,
                                         {.writers = 1,
                                          .drop_previous = true,
                                          .allow_writers = false,
                                          .snapshot = "test",
                                          .attributes = capture->attributes()},
                                         1000, {});
  replace_all(*replacement, rows);
  EXPECT_EQ(read_all(*open_store(server, "copy", base::system_clock())->capture({}, {})), rows);
}

}  // namespace holdfast::test
