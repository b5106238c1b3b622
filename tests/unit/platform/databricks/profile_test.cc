#include "platform/databricks/profile.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "unit/platform/databricks/settings.h"

namespace holdfast::test {
namespace {

using platform::databricks::Account;
using platform::databricks::AuthKind;
using platform::databricks::AzureCloud;
using platform::databricks::read_account;

constexpr const char* k_file = "/home/anna/.databrickscfg";

WrittenSurroundings with_file(std::string text) {
  return {.variables = {{"HOME", "/home/anna"}}, .files = {{k_file, std::move(text)}}};
}

Account read(WrittenSettings::Values values, const WrittenSurroundings& surroundings) {
  return read_account("primary", WrittenSettings(std::move(values)), surroundings.get());
}

base::Error refusal(WrittenSettings::Values values, const WrittenSurroundings& surroundings) {
  const base::Error error = thrown_by([&] { read(std::move(values), surroundings); });
  EXPECT_EQ(error.kind(), base::ErrorKind::config);
  return error;
}

TEST(Account, comes_from_the_profile_that_the_connector_names) {
  const Account account =
      read({{"profile", "west"}}, with_file("[DEFAULT]\nhost = https://d.test\ntoken = d\n"
                                            "[west]\nhost = https://W.test/?o=12\ntoken = dapi1\n"));
  EXPECT_EQ(account.host, "https://w.test");
  EXPECT_EQ(account.auth, AuthKind::token);
  EXPECT_EQ(account.token.reveal(), "dapi1");
  EXPECT_EQ(account.origin, "profile 'west' (/home/anna/.databrickscfg:4)");
  EXPECT_EQ(account.auth_reason, "'token' is set (/home/anna/.databrickscfg:6)");
  EXPECT_EQ(account.rate_share_percent, 50U);
}

TEST(Account, ignores_rate_limits_of_stand_ins_only) {
  const auto file =
      with_file("[here]\nhost = http://127.0.0.1:8080\ntoken = t\n[west]\nhost = https://w.test\ntoken = w\n");
  EXPECT_EQ(read({{"profile", "here"}}, file).limits, Account::Limits::kept);
  EXPECT_EQ(read({{"profile", "here"}, {"ignore_rate_limits", "true"}}, file).limits, Account::Limits::ignored);
  EXPECT_EQ(read({{"profile", "west"}, {"ignore_rate_limits", "false"}}, file).limits, Account::Limits::kept);
  EXPECT_NE(refusal({{"profile", "west"}, {"ignore_rate_limits", "true"}}, file).message().find("https://w.test"),
            std::string::npos);
}

TEST(Account, does_not_send_the_default_token_to_another_profiles_host) {
  const auto file = with_file("[DEFAULT]\nhost = https://d.test\ntoken = d\n[west]\nhost = https://w.test\n");
  EXPECT_EQ(refusal({{"profile", "west"}}, file).message(),
            "profile 'west' (/home/anna/.databrickscfg:4) has a host and no credentials");
}

TEST(Account, comes_from_the_default_profile_where_the_connector_names_none) {
  EXPECT_EQ(read({}, with_file("[DEFAULT]\nhost = d.test\ntoken = d\n")).host, "https://d.test");
  EXPECT_EQ(read({}, with_file("[DEFAULT]\nhost = d.test\ntoken = d\n[e]\nhost = e.test\ntoken = e\n"
                               "[__settings__]\ndefault_profile = e\n"))
                .host,
            "https://e.test");
}

TEST(Account, takes_the_environment_only_where_the_connector_names_no_workspace) {
  auto surroundings = with_file("[west]\nhost = https://w.test\ntoken = w\n[east]\nhost = https://e.test\ntoken = e\n");
  surroundings.variables["DATABRICKS_CONFIG_PROFILE"] = "east";
  EXPECT_EQ(read({}, surroundings).host, "https://e.test");
  surroundings.variables["DATABRICKS_HOST"] = "https://v.test";
  surroundings.variables["DATABRICKS_TOKEN"] = "v";
  const Account account = read({}, surroundings);
  EXPECT_EQ(account.host, "https://v.test");
  EXPECT_EQ(account.auth_reason, "'token' is set (environment variable DATABRICKS_TOKEN)");
  EXPECT_EQ(read({{"profile", "west"}}, surroundings).token.reveal(), "w");
  EXPECT_EQ(refusal({{"host", "https://h.test"}}, surroundings).message(),
            "connector 'primary' has a host and no credentials");
}

TEST(Account, finds_the_file_by_the_connector_then_the_variable_then_at_home) {
  auto surroundings = with_file("[a]\nhost = home.test\ntoken = t\n");
  EXPECT_EQ(read({{"profile", "a"}}, surroundings).host, "https://home.test");
  surroundings.files["/etc/cfg"] = "[a]\nhost = etc.test\ntoken = t\n";
  surroundings.variables["DATABRICKS_CONFIG_FILE"] = "/etc/cfg";
  EXPECT_EQ(read({{"profile", "a"}}, surroundings).host, "https://etc.test");
  EXPECT_EQ(read({{"profile", "a"}, {"config_file", "~/.databrickscfg"}}, surroundings).host, "https://home.test");
}

TEST(Account, says_which_profile_is_missing_and_which_was_meant) {
  const auto error = refusal({{"profile", "wset"}}, with_file("[west]\nhost = https://w.test\ntoken = w\n"));
  EXPECT_EQ(error.message(), "/home/anna/.databrickscfg: there is no profile 'wset', which connector 'primary' wants");
  EXPECT_EQ(error.hint(), "Did you mean \"west\"?");
  EXPECT_EQ(refusal({{"profile", "west"}}, {{{"HOME", "/home/anna"}}, {}}).message(),
            "connector 'primary' names no workspace, and there is no file /home/anna/.databrickscfg");
  EXPECT_EQ(refusal({{"profile", "west"}, {"host", "h.test"}}, with_file("")).message(),
            "connector 'primary' has both a profile and a host");
}

TEST(Account, names_file_and_line_of_a_misspelt_key_and_lets_others_pass) {
  const auto error = refusal({{"profile", "w"}}, with_file("[w]\nhost = https://w.test\ntokn = w\n"));
  EXPECT_EQ(error.message(), "/home/anna/.databrickscfg:3: profile 'w' has the unknown key 'tokn'");
  EXPECT_EQ(error.hint(), "Did you mean \"token\"?");
  EXPECT_EQ(
      read({{"profile", "w"}}, with_file("[w]\nhost=w.test\ntoken=w\nwarehouse_id=1\nsomething_quite_new=2\n")).host,
      "https://w.test");
}

TEST(Account, chooses_how_to_sign_in_by_the_keys_that_are_there) {
  EXPECT_EQ(read({{"host", "h.test"}, {"client_id", "c"}, {"client_secret", "s"}}, {}).auth, AuthKind::oauth);
  const Account entra = read({{"host", "h.test"},
                              {"azure_client_id", "c"},
                              {"azure_client_secret", "s"},
                              {"azure_tenant_id", "t"},
                              {"azure_workspace_resource_id", "/subscriptions/1"}},
                             {});
  EXPECT_EQ(entra.auth, AuthKind::entra);
  EXPECT_EQ(entra.client_id + entra.tenant_id + entra.resource_id, "ct/subscriptions/1");
  const Account managed = read({{"host", "h.test"}, {"azure_use_msi", "true"}, {"azure_client_id", "c"}}, {});
  EXPECT_EQ(managed.auth, AuthKind::managed_identity);
  EXPECT_EQ(managed.client_id, "c");
  EXPECT_EQ(read({{"host", "h.test"}, {"auth_type", "azure-cli"}}, {}).auth, AuthKind::azure_cli);
}

TEST(Account, refuses_half_and_double_credentials) {
  EXPECT_EQ(refusal({{"host", "h.test"}, {"client_secret", "s"}}, {}).message(),
            "connector 'primary' lacks 'client_id', which oauth-m2m needs");
  const WrittenSettings::Values both{{"host", "h.test"}, {"token", "t"}, {"client_id", "c"}, {"client_secret", "s"}};
  EXPECT_EQ(refusal(both, {}).message(), "connector 'primary' has credentials of more than one kind: pat, oauth-m2m");
  auto said = both;
  said["auth_type"] = "oauth-m2m";
  EXPECT_EQ(read(said, {}).auth, AuthKind::oauth);
  said["auth_type"] = "oauth";
  EXPECT_EQ(refusal(said, {}).message(), "connector 'primary': auth_type is 'oauth'");
}

TEST(Account, refuses_a_host_that_would_give_the_token_away) {
  const auto message = [](const std::string& host) { return refusal({{"host", host}, {"token", "t"}}, {}).message(); };
  EXPECT_EQ(message("http://h.test"),
            "connector 'primary': the host is not encrypted: tokens would be read by anybody on the way");
  EXPECT_EQ(message("http://127.0.0.1.h.test"), message("http://h.test"));
  EXPECT_EQ(message("https://me:secret@h.test"), "connector 'primary': the host holds a user");
  EXPECT_EQ(message("ftp://h.test"), "connector 'primary': the host is no http address");
  EXPECT_EQ(message("https:///x"), "connector 'primary': the host has no name");
  EXPECT_EQ(message("https://h test"), "connector 'primary': the host holds a character that no host name has");
  EXPECT_EQ(message("workspace"), "connector 'primary': the host has no dot in it");
  EXPECT_EQ(read({{"host", "http://127.0.0.1:8080/"}, {"token", "t"}}, {}).host, "http://127.0.0.1:8080");
  EXPECT_EQ(read({{"host", "http://localhost:8080"}, {"token", "t"}}, {}).host, "http://localhost:8080");
  EXPECT_EQ(read({{"host", "dapi.h.test"}, {"token", "t"}}, {}).host, "https://dapi.h.test");
}

TEST(Account, shows_no_token_that_stands_on_the_wrong_line) {
  const std::string token = "dapi0123456789abcdef0123456789abcdef";
  const auto said = [](const WrittenSettings::Values& values, const WrittenSurroundings& surroundings) {
    return refusal(values, surroundings).describe();
  };
  const auto file = with_file("[west]\nhost = h.test\n");
  for (const std::string& text :
       {said({{"host", token}, {"token", "t"}}, {}), said({{"host", token + ".test"}, {"token", "t"}}, {}),
        said({{"host", "h.test"}, {"token", "t"}, {"auth_type", token}}, {}),
        said({{"host", "h.test"}, {"token", "t"}, {"azure_environment", token}}, {}),
        said({{"profile", token}}, file)}) {
    EXPECT_EQ(text.find("0123456789abcdef"), std::string::npos) << text;
    EXPECT_EQ(text.find("nothing was thrown"), std::string::npos);
  }
  EXPECT_NE(said({{"host", token}, {"token", "t"}}, {}).find("the host looks like a token"), std::string::npos);
}

TEST(Account, tells_the_cloud_by_its_name_or_by_the_host) {
  const auto cloud = [](WrittenSettings::Values values) {
    values["token"] = "t";
    return read(std::move(values), {}).cloud;
  };
  EXPECT_EQ(cloud({{"host", "adb-1.2.azuredatabricks.net"}}), AzureCloud::everywhere);
  EXPECT_EQ(cloud({{"host", "adb-1.2.databricks.azure.us"}}), AzureCloud::us_government);
  EXPECT_EQ(cloud({{"host", "adb-1.2.databricks.azure.cn"}}), AzureCloud::china);
  EXPECT_EQ(cloud({{"host", "h.test"}, {"azure_environment", "USGovernment"}}), AzureCloud::us_government);
  EXPECT_EQ(refusal({{"host", "h.test"}, {"token", "t"}, {"azure_environment", "mars"}}, {}).message(),
            "connector 'primary': azure_environment is 'mars'");
}

TEST(Account, bounds_the_share_of_the_rate_limits) {
  EXPECT_EQ(read({{"host", "h.test"}, {"token", "t"}, {"rate_share_percent", "100"}}, {}).rate_share_percent, 100U);
  EXPECT_EQ(refusal({{"host", "h.test"}, {"token", "t"}, {"rate_share_percent", "0"}}, {}).message(),
            "connector 'primary': rate_share_percent is 0, which is not within 1 to 100");
}

}  // namespace
}  // namespace holdfast::test
