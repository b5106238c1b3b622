#include "cli/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "support/fakes.h"

namespace {

using namespace holdfast;
using cli::Config;
using cli::SecretSource;

std::vector<platform::Platform> platforms() {
  using Type = platform::Platform::Setting::Type;
  platform::Platform out;
  out.name = "datahub";
  out.settings = {{"sql.url", Type::text, ""},
                  {"sql.password", Type::secret, ""},
                  {"sql.retries", Type::number, ""},
                  {"trace", Type::flag, ""}};
  return {out};
}

Config parse(std::string_view text) {
  return cli::parse_config(text, "holdfast.toml", platforms());
}

// "message | hint"
std::string failure_of(std::string_view text) {
  try {
    parse(text);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::config);
    return error.message() + " | " + error.hint();
  }
  return "accepted";
}

TEST(Config, reads_what_the_handbook_shows) {
  const Config config = parse(R"(
[repository.main]
url = "file:///var/lib/holdfast"
key = { command = "pass show holdfast" }

[connector.catalog]
platform = "datahub"
sql = { url = "mysql://datahub@db.example:3306/datahub", password = { env = "CATALOG_SQL_PASSWORD" } }
readers = 8
limit_read = "20MiB"
max_snapshot_age = "30m"
sweep_after = "3d"

[connector.catalog-test]
platform = "datahub"
scratch = true
sql.url = "postgresql://datahub@127.0.0.1/scratch"
sql.retries = 3
trace = true

[policy.nightly]
connectors = ["catalog"]
schedule = { cron = "0 2 * * *", zone = "Europe/Berlin" }

[map.dr]
from = "catalog"
to = "catalog-test"
users = { "anna@old.example" = "anna@new.example" }
)");
  ASSERT_NE(config.repository("main"), nullptr);
  EXPECT_EQ(config.repository("main")->url, "file:///var/lib/holdfast");
  EXPECT_EQ(config.repository("main")->key->form, SecretSource::Form::command);
  const cli::ConnectorConfig* catalog = config.connector("catalog");
  ASSERT_NE(catalog, nullptr);
  EXPECT_EQ(catalog->readers, 8u);
  EXPECT_EQ(catalog->limit_read, std::uint64_t{20} << 20);
  EXPECT_EQ(catalog->max_snapshot_age, std::chrono::minutes(30));
  EXPECT_EQ(catalog->sweep_after, std::chrono::hours(72));
  EXPECT_FALSE(catalog->scratch);
  const auto settings = cli::settings_of(*config.connector("catalog-test"));
  EXPECT_EQ(settings->text("sql.url"), "postgresql://datahub@127.0.0.1/scratch");
  EXPECT_EQ(settings->number("sql.retries"), 3);
  EXPECT_EQ(settings->flag("trace"), true);
  EXPECT_EQ(settings->text("sql.absent"), std::nullopt);
  EXPECT_FALSE(settings->secret("sql.password").has_value());
}

TEST(Config, reads_a_secret_only_when_it_is_asked_for) {
  ::unsetenv("HOLDFAST_TEST_PASSWORD");
  const Config config =
      parse("[connector.a]\nplatform = \"datahub\"\nsql.password = { env = \"HOLDFAST_TEST_PASSWORD\" }\n");
  const auto settings = cli::settings_of(*config.connector("a"));
  EXPECT_THROW((void)settings->secret("sql.password"), base::Error);
  ::setenv("HOLDFAST_TEST_PASSWORD", "pw", 1);
  EXPECT_EQ(settings->secret("sql.password")->reveal(), "pw");
  ::unsetenv("HOLDFAST_TEST_PASSWORD");
}

TEST(Config, points_at_a_misspelt_key_and_suggests) {
  EXPECT_EQ(failure_of("[repository.main]\nurll = \"file:///x\"\n"),
            "holdfast.toml:2:1: unknown key \"urll\" in repository.main | Did you mean \"url\"?");
  EXPECT_EQ(failure_of("[connector.a]\nplattform = \"datahub\"\n"),
            "holdfast.toml:2:1: unknown key \"plattform\" in connector.a | Did you mean \"platform\"?");
  EXPECT_EQ(failure_of("[connector.a]\nplatform = \"datahub\"\nsql = { urk = \"x\" }\n"),
            "holdfast.toml:3:9: unknown key \"urk\" in connector.a.sql | Did you mean \"url\"?");
  EXPECT_EQ(failure_of("[conector.a]\n"),
            "holdfast.toml:1:2: unknown key \"conector\" in the file | Did you mean \"connector\"?");
  EXPECT_EQ(failure_of("[policy.a]\nretentoin = {}\n"),
            "holdfast.toml:2:1: unknown key \"retentoin\" in a policy | Did you mean \"retention\"?");
  EXPECT_EQ(failure_of("[connector.a]\nplatform = \"datahob\"\n"),
            "holdfast.toml:2:12: unknown platform \"datahob\" | Did you mean \"datahub\"?");
}

TEST(Config, points_at_broken_toml) {
  EXPECT_TRUE(failure_of("[repository.main]\nurl = file\n").starts_with("holdfast.toml:2:"));
  EXPECT_TRUE(failure_of("[a\n").starts_with("holdfast.toml:1:"));
}

TEST(Config, takes_no_secret_in_the_file) {
  EXPECT_TRUE(failure_of("[connector.a]\nplatform = \"datahub\"\nsql.password = \"hunter2\"\n")
                  .starts_with("holdfast.toml:3:16: connector.a.sql.password is a secret and must not stand in this "
                               "file | Write { env"));
  EXPECT_TRUE(failure_of("[repository.a]\nurl = \"file:///x\"\nkey = \"hunter2\"\n")
                  .starts_with("holdfast.toml:3:7: repository.a.key is a secret"));
  EXPECT_TRUE(failure_of("[connector.a]\nplatform = \"datahub\"\nsql.url = \"mysql://u:hunter2@h/d\"\n")
                  .starts_with("holdfast.toml:3:11: connector.a.sql.url holds a password"));
  EXPECT_EQ(failure_of("[connector.a]\nplatform = \"datahub\"\nsql.url = \"mysql://u:hunter2@h/d\"\n").find("hunter2"),
            std::string::npos)
      << "the message must not spread the secret";
}

TEST(Config, wants_one_form_of_a_secret) {
  EXPECT_TRUE(failure_of("[repository.a]\nurl = \"file:///x\"\nkey = {}\n")
                  .starts_with("holdfast.toml:3:7: repository.a.key has 0 forms"));
  EXPECT_TRUE(failure_of("[repository.a]\nurl = \"file:///x\"\nkey = { env = \"A\", file = \"b\" }\n")
                  .starts_with("holdfast.toml:3:7: repository.a.key has 2 forms"));
  EXPECT_TRUE(
      failure_of("[repository.a]\nurl = \"file:///x\"\nkey = { fiel = \"b\" }\n").find("Did you mean \"file\"?") !=
      std::string::npos);
}

TEST(Config, wants_values_of_the_right_type) {
  EXPECT_TRUE(failure_of("[repository.a]\nurl = 5\n").starts_with("holdfast.toml:2:7: repository.a.url is not a text"));
  EXPECT_TRUE(
      failure_of("[repository.a]\nkey = { env = \"K\" }\n").starts_with("holdfast.toml:1:13: repository.a has no url"));
  EXPECT_TRUE(failure_of("[connector.a]\nplatform = \"datahub\"\nreaders = 0\n")
                  .starts_with("holdfast.toml:3:11: connector.a.readers is \"0\""));
  EXPECT_TRUE(failure_of("[connector.a]\nplatform = \"datahub\"\nlimit_read = \"fast\"\n")
                  .starts_with("holdfast.toml:3:14: connector.a.limit_read"));
  EXPECT_TRUE(failure_of("[connector.a]\nplatform = \"datahub\"\ntrace = \"yes\"\n")
                  .starts_with("holdfast.toml:3:9: connector.a.trace is neither"));
  EXPECT_TRUE(failure_of("[connector.a]\nplatform = \"datahub\"\nsql = \"x\"\n")
                  .starts_with("holdfast.toml:3:7: connector.a.sql is not a table"));
  EXPECT_TRUE(failure_of("[connector]\nplatform = \"datahub\"\n")
                  .starts_with("holdfast.toml:2:1: \"platform\" stands directly in [connector]"));
  EXPECT_TRUE(
      failure_of("[connector.a]\nscratch = true\n").starts_with("holdfast.toml:1:12: connector.a has no platform"));
}

constexpr const char* k_two_connectors =
    "[connector.a]\nplatform = \"datahub\"\n[connector.b]\nplatform = \"datahub\"\n[map.dr]\n";

TEST(Config, reads_the_rules_between_two_connectors_and_turns_them_round) {
  const Config config = parse(std::string(k_two_connectors) + R"(from = "a"
to = "b"
users = { "anna@old.example" = "anna@new.example" }
node_types = { "Small" = "Tiny" }
storage = { "abfss://lake@east" = "abfss://lake@west" }
paths = { workspace = { "/Shared/east" = "/Shared/west" } }
names = { cluster-policies = { "East" = "West" } }
)");
  const model::Mapping there = config.mapping("a", "b");
  EXPECT_EQ(there.name("users", "anna@old.example"), "anna@new.example");
  EXPECT_EQ(there.name("node-types", "Small"), "Tiny");
  EXPECT_EQ(there.name("cluster-policies", "East"), "West");
  EXPECT_EQ(there.path("workspace", "/Shared/east/x"), "/Shared/west/x");
  EXPECT_EQ(there.storage_text("abfss://lake@east/x"), "abfss://lake@west/x");
  const model::Mapping back = config.mapping("b", "a");
  EXPECT_EQ(back.name("users", "anna@new.example"), "anna@old.example");
  EXPECT_EQ(back.path("workspace", "/Shared/west/x"), "/Shared/east/x");
  EXPECT_TRUE(config.mapping("a", "c").empty());
}

TEST(Config, refuses_rules_that_lead_nowhere) {
  const std::string begin = k_two_connectors;
  EXPECT_EQ(failure_of(begin + "from = \"a\"\nto = \"b\"\nuser = { x = \"y\" }\n"),
            "holdfast.toml:8:1: unknown key \"user\" in map.dr | Did you mean \"users\"?");
  EXPECT_EQ(failure_of(begin + "from = \"a\"\nto = \"bb\"\n"),
            "holdfast.toml:7:6: there is no connector \"bb\" | Did you mean \"b\"?");
  EXPECT_TRUE(
      failure_of(begin + "from = \"a\"\n").starts_with("holdfast.toml:5:6: map.dr does not say from where to where"));
  EXPECT_TRUE(failure_of(begin + "from = \"a\"\nto = \"b\"\nusers = \"x\"\n")
                  .starts_with("holdfast.toml:8:9: map.dr.users is not a table"));
  EXPECT_TRUE(failure_of(begin + "from = \"a\"\nto = \"b\"\n[map.later]\nfrom = \"a\"\nto = \"b\"\n")
                  .starts_with("holdfast.toml:8:6: map.later is from a to b, and so is map.dr"));
}

TEST(Config, reads_recovery_plans_with_their_gates) {
  const std::string begin =
      "[connector.a]\nplatform = \"datahub\"\n[connector.b]\nplatform = \"datahub\"\n"
      "[recovery.dr]\nsource = \"a\"\ntarget = \"b\"\n";
  const Config config = parse(begin + "gates = [\"activate\", \"fence\", \"activate\"]\n");  // as they are met
  ASSERT_NE(config.recovery("a", "b"), nullptr);
  EXPECT_EQ(config.recovery("a", "b")->gates, (std::vector<std::string>{"fence", "activate"}));
  EXPECT_EQ(config.recovery("b", "a"), config.recovery("a", "b")) << "it is of both directions";
  EXPECT_EQ(config.recovery("a", "c"), nullptr);
  EXPECT_TRUE(parse(begin).recoveries.front().gates.empty());
  EXPECT_EQ(failure_of(begin + "gates = [\"activate\", \"fense\"]\n"),
            "holdfast.toml:8:22: there is no gate \"fense\" | Did you mean \"fence\"?");
  EXPECT_TRUE(
      failure_of(begin + "gates = \"fence\"\n").starts_with("holdfast.toml:8:9: recovery.dr.gates is not a list"));
  EXPECT_EQ(failure_of(begin + "gate = []\n"),
            "holdfast.toml:8:1: unknown key \"gate\" in recovery.dr | Did you mean \"gates\"?");
  EXPECT_TRUE(failure_of(begin + "[recovery.later]\nsource = \"b\"\ntarget = \"a\"\n")
                  .starts_with("holdfast.toml:8:11: recovery.later is of b and a, and so is recovery.dr"));
  EXPECT_TRUE(failure_of(begin + "[recovery.x]\nsource = \"a\"\n")
                  .starts_with("holdfast.toml:8:11: recovery.x does not say what takes over from what"));
  EXPECT_EQ(failure_of(begin + "[recovery.x]\nsource = \"a\"\ntarget = \"bb\"\n"),
            "holdfast.toml:10:10: there is no connector \"bb\" | Did you mean \"b\"?");
}

TEST(Config, does_not_guess_the_way_back) {
  const Config config =
      parse(std::string(k_two_connectors) + "from = \"a\"\nto = \"b\"\nusers = { \"x\" = \"z\", \"y\" = \"z\" }\n");
  EXPECT_EQ(config.mapping("a", "b").name("users", "y"), "z");
  EXPECT_THROW((void)config.mapping("b", "a"), base::Error);
}

TEST(Config, refuses_names_that_references_could_not_say) {
  EXPECT_TRUE(failure_of("[connector.latest]\nplatform = \"datahub\"\n")
                  .starts_with("holdfast.toml:1:12: \"latest\" cannot be a name"));
  EXPECT_TRUE(failure_of("[connector.\"a/b\"]\nplatform = \"datahub\"\n")
                  .starts_with("holdfast.toml:1:12: \"a/b\" cannot be a name"));
}

TEST(Config, is_empty_where_no_file_is_but_insists_on_a_named_one) {
  test::TempFolder folder;
  EXPECT_THROW(cli::load_config(folder.path() + "/absent.toml", platforms()), base::Error);
  const std::string path = folder.path() + "/named.toml";
  std::ofstream(path) << "[repository.main]\nurl = \"file:///x\"\n";
  EXPECT_EQ(cli::load_config(path, platforms()).path, path);
}

TEST(Config, looks_in_the_places_that_it_names) {
  test::TempFolder folder;
  ::setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
  const auto places = cli::config_places();
  ::unsetenv("XDG_CONFIG_HOME");
  EXPECT_EQ(places, (std::vector<std::string>{"holdfast.toml", folder.path() + "/holdfast/holdfast.toml",
                                              "/etc/holdfast/holdfast.toml"}));
}

}  // namespace
