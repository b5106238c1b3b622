#include "platform/datahub/connector.h"

#include <map>

#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

class MapSettings : public platform::Settings {
public:
  explicit MapSettings(Values values) : values_(std::move(values)) {}
  std::optional<std::string> text(std::string_view path) const override {
    const auto found = values_.find(path);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<std::int64_t> number(std::string_view) const override { return std::nullopt; }
  std::optional<bool> flag(std::string_view) const override { return std::nullopt; }
  std::optional<base::Secret> secret(std::string_view path) const override {
    const auto found = text(path);
    return found ? std::optional(base::Secret(*found)) : std::nullopt;
  }

private:
  Values values_;
};

}  // namespace

TEST(DatahubPlatform, lists_its_settings) {
  const platform::Platform platform = platform::datahub::datahub_platform();
  EXPECT_EQ(platform.name, "datahub");
  ASSERT_EQ(platform.settings.size(), 2U);
  EXPECT_EQ(platform.settings[1].type, platform::Platform::Setting::Type::secret);
}

TEST(DatahubPlatform, says_which_connector_lacks_its_url_or_has_a_bad_one) {
  const platform::Platform platform = platform::datahub::datahub_platform();
  const auto missing =
      error_of([&] { platform.open("catalog", MapSettings(Values{}), base::system_clock(), base::silent_events()); });
  EXPECT_EQ(missing.kind(), base::ErrorKind::config);
  EXPECT_NE(missing.message().find("'catalog'"), std::string::npos);
  const auto bad = error_of([&] {
    platform.open("catalog", MapSettings(Values{{"sql.url", "ftp://h/d"}}), base::system_clock(),
                  base::silent_events());
  });
  EXPECT_NE(bad.describe().find("reading connector 'catalog'"), std::string::npos);
}

TEST(DatahubConnector, backs_up_and_restores_through_one_interface) {
  MariadbServer& server = shared_mariadb();
  const std::string source_db = fresh_database(server);
  const std::string target_db = fresh_database(server);
  server.execute(k_current_table, source_db);
  fill(server, source_db, 100);
  server.execute(fmt::format(
      "CREATE USER c_{0}@'127.0.0.1' IDENTIFIED BY 's p''x'; GRANT ALL ON {0}.* TO c_{0}@'127.0.0.1'", source_db));
  const platform::Platform platform = platform::datahub::datahub_platform();
  const std::string url = fmt::format("mysql://c_{0}@127.0.0.1:{1}/{0}", source_db, server.port());
  const auto source = platform.open("source", MapSettings(Values{{"sql.url", url}, {"sql.password", "s p'x"}}),
                                    base::system_clock(), base::silent_events());
  const auto target = platform.open("target", MapSettings(Values{{"sql.url", server.url(target_db)}}),
                                    base::system_clock(), base::silent_events());
  EXPECT_EQ(source->platform(), "datahub");
  const auto capture = source->capture({}, {});
  const model::Collection collection = capture->collections()[0].collection;
  const auto rows = read_all(*capture);
  EXPECT_TRUE(source->holds_rows(collection));
  EXPECT_FALSE(target->holds_rows(collection));
  const auto admission = target->admission(collection);
  std::vector<base::ColumnView> columns;
  platform::RowSink& part = admission->part();
  for (const base::Row& row : rows) part.row(base::to_view(row, columns));
  admission->end();
  const auto replacement = target->replace(collection,
                                           {.writers = 1,
                                            .drop_previous = false,
                                            .allow_writers = false,
                                            .snapshot = {},
                                            .attributes = capture->attributes()},
                                           1, {});
  Feed feed(rows);
  replacement->load(feed.pull(), {});
  replacement->build_indexes({});
  replacement->swap();
  EXPECT_TRUE(target->holds_rows(collection));
  EXPECT_EQ(read_all(*target->capture({}, {})), rows);
  EXPECT_EQ(target->writer(collection)->apply({{.key = rows[0].key, .before = rows[0], .after = {}}}),
            std::vector<platform::RowResult>{platform::RowResult::done});
  EXPECT_TRUE(target->left_out().empty());
  EXPECT_GT(target->diagnose().size(), 5U);
}

}  // namespace holdfast::test
