// A company's workspace: people and teams, homes, shared notebooks in four languages, files that are not text, names
// that are hard to write down.
#include <fmt/format.h>

#include <array>
#include <map>
#include <vector>

#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/account.h"
#include "sim/databricks/auth.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/repos.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {
namespace {

struct Person {
  std::string_view given;
  std::string_view family;
  std::string_view team;
};

constexpr std::array k_people = {
    Person{"Anna", "Berg", "data-engineers"},
    Person{"Ben", "Ono", "data-engineers"},
    Person{"Chiara", "Rossi", "data-engineers"},
    Person{"David", "Okafor", "data-engineers"},
    Person{"Emil", "Novak", "data-engineers"},
    Person{"Fatima", "Haddad", "analysts"},
    Person{"Greta", "Lind", "analysts"},
    Person{"Hugo", "Martin", "analysts"},
    Person{"Ines", "Costa", "analysts"},
    Person{"Jonas", "Weber", "analysts"},
    Person{"Kaori", "Sato", "scientists"},
    Person{"Lukas", "Maier", "scientists"},
    Person{"Maria", "Silva", "scientists"},
    Person{"Nils", "Holm", "scientists"},
    Person{"Olga", "Petrova", "finance"},
    Person{"Pablo", "Ruiz", "finance"},
    Person{"Qing", "Li", "finance"},
    Person{"Rosa", "Marques", "platform"},
    Person{"Sven", "Dahl", "platform"},
    Person{"Tara", "O'Neil", "platform"},
    Person{"Ugo", "Ferri", "contractors"},
    Person{"Vera", "Kuhn", "contractors"},
    Person{"Wim", "de Vries", "contractors"},
    Person{"Zoë", "Şahin", "scientists"},
};

struct Language {
  std::string_view name;
  std::string_view comment;
};
constexpr std::array k_languages = {Language{"PYTHON", "#"}, Language{"SQL", "--"}, Language{"SCALA", "//"},
                                    Language{"R", "#"}};

std::string login_of(const Person& person) {
  auto local = lower_case(fmt::format("{}.{}", person.given, person.family));
  for (auto& c : local) {
    if (c == ' ' || c == '\'') c = '-';
  }
  return local + "@example.test";
}

std::string source_in(const Language& language, std::string_view title, int number) {
  const auto first = fmt::format("{} {}, part {}", language.comment, title, number);
  std::string body;
  if (language.name == "SQL") {
    body = fmt::format("SELECT region, sum(amount) AS total\nFROM sales.orders\nWHERE month = {}\nGROUP BY region",
                       number % 12 + 1);
  } else if (language.name == "SCALA") {
    body = fmt::format("val orders = spark.table(\"sales.orders\").filter($\"month\" === {})\ndisplay(orders)",
                       number % 12 + 1);
  } else if (language.name == "R") {
    body = fmt::format("library(SparkR)\norders <- sql(\"SELECT * FROM sales.orders LIMIT {}\")", number * 10);
  } else {
    body =
        fmt::format("orders = spark.table(\"sales.orders\").where(\"month = {}\")\ndisplay(orders)", number % 12 + 1);
  }
  return fmt::format("{}\n\n{} COMMAND ----------\n\n{}\n", first, language.comment, body);
}

void seed_homes(Seed& seed) {
  int number = 0;
  for (const auto& person : k_people) {
    const auto home = "/Users/" + login_of(person);
    for (int i = 0; i < 3; ++i, ++number) {
      seed.days_ago(300 - number);
      const auto& language = k_languages[static_cast<std::size_t>(number) % k_languages.size()];
      seed.notebook(fmt::format("{}/scratch {}", home, i + 1), language.name, source_in(language, "scratch", number));
    }
    seed.folder(home + "/experiments");
    seed.notebook(home + "/experiments/first try", "PYTHON", source_in(k_languages[0], "first try", number));
    if (number % 4 == 0) seed.folder(home + "/Trash");
  }
}

void seed_shared(Seed& seed) {
  int number = 0;
  for (const auto* project : {"churn", "forecast", "ingest", "quality", "reporting"}) {
    for (const auto* stage : {"bronze", "silver", "gold"}) {
      const auto folder = fmt::format("/Shared/{}/{}", project, stage);
      seed.folder(folder);
      for (int i = 0; i < 6; ++i, ++number) {
        seed.days_ago(200 - number);
        const auto& language = k_languages[static_cast<std::size_t>(number) % k_languages.size()];
        seed.notebook(fmt::format("{}/step {}", folder, i + 1), language.name, source_in(language, project, number));
      }
    }
    seed.file(fmt::format("/Shared/{}/settings.yaml", project), fmt::format("project: {}\nretries: 3\n", project));
    seed.file(fmt::format("/Shared/{}/helpers.py", project), "def clean(text):\n    return text.strip()\n");
  }
  seed.folder("/Production/nightly");
  for (int i = 0; i < 12; ++i) {
    seed.notebook(fmt::format("/Production/nightly/load_{:02}", i), "PYTHON", source_in(k_languages[0], "load", i));
  }
}

// What breaks tools that were tried with plain names and plain bytes.
void seed_hard_ones(Seed& seed) {
  const std::string home = "/Users/anna.berg@example.test";
  seed.days_ago(12);
  seed.folder("/Shared/odd names");
  seed.notebook("/Shared/odd names/übersicht 📈", "PYTHON", "print('grün')");
  seed.notebook("/Shared/odd names/ends with a space ", "SQL", "SELECT 1");
  seed.notebook("/Shared/odd names/100% sure? #1 & more+less", "SCALA", "println(1)");
  seed.file("/Shared/odd names/latin1.csv", "caf\xe9;1\r\nna\xefve;2\r\n");
  seed.file("/Shared/odd names/empty.txt", "");
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i % 256);
  seed.file("/Shared/odd names/all bytes.bin", bytes);
  // A plain file that looks like a notebook: the same bytes can be either.
  seed.file("/Shared/odd names/plain.py", "# Databricks notebook source\nprint('a plain file')\n");
  const std::string jupyter =
      R"({"cells":[{"cell_type":"markdown","metadata":{},"source":["# Title"]},)"
      R"({"cell_type":"code","execution_count":1,"metadata":{},"outputs":[],"source":["x = 1\n","x"]}],)"
      R"("metadata":{"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":0})";
  seed.post("/api/2.0/workspace/import",
            {{"path", home + "/from jupyter"}, {"format", "JUPYTER"}, {"content", model::base64_encode(jupyter)}});
  seed.notebook(home + "/with large results", "PYTHON", "display(big)");
  find_node(seed.world(), home + "/with large results")->outputs_size = 11'000'000;
}

void seed_repos(Seed& seed) {
  seed.days_ago(90);
  const std::string base = "/Repos/rosa.marques@example.test";
  seed.folder(base);
  for (const auto* name : {"etl", "models", "dashboards"}) {
    seed.post("/api/2.0/repos", {{"url", fmt::format("https://git.example.test/data/{}.git", name)},
                                 {"provider", "gitHub"},
                                 {"path", base + "/" + name}});
  }
  seed.file(base + "/etl/not committed.txt", "only here\n");
  const auto made = seed.post("/api/2.0/repos", {{"url", "https://git.example.test/data/tools.git"},
                                                 {"provider", "azureDevOpsServices"},
                                                 {"path", "/Users/sven.dahl@example.test/tools"}});
  seed.world().part<Repos>().by_id.at(made["id"].get<std::int64_t>()).listed = false;
  seed.post(
      "/api/2.0/git-credentials",
      {{"git_provider", "gitHub"}, {"git_username", "platform-bot"}, {"personal_access_token", "not given out again"}});
}

void seed_shares(Seed& seed) {
  const auto entry = [](std::string_view field, std::string_view name, std::string_view level) {
    return Json{{field, name}, {"permission_level", level}};
  };
  seed.share("/Production", Json::array({entry("group_name", "data-engineers", "CAN_MANAGE"),
                                         entry("group_name", "analysts", "CAN_READ")}));
  seed.share("/Production/nightly", Json::array({entry("group_name", "platform", "CAN_RUN")}));
  seed.share("/Production/nightly/load_00", Json::array({entry("user_name", "anna.berg@example.test", "CAN_EDIT")}));
  for (const auto& person : k_people) {
    const auto folder = "/Users/" + login_of(person) + "/experiments";
    seed.share(folder, Json::array({entry("group_name", person.team, "CAN_READ")}));
  }
  seed.share("/Repos/rosa.marques@example.test/etl", Json::array({entry("group_name", "data-engineers", "CAN_EDIT")}));
}

}  // namespace

void seed_people(Seed& seed) {
  seed.days_ago(400);
  std::map<std::string, std::string, std::less<>> teams;
  for (const auto* name : {"data-engineers", "analysts", "scientists", "finance", "platform", "contractors"}) {
    teams[name] = seed.group(name);
  }
  for (const auto& person : k_people) {
    const auto id = seed.user(login_of(person), std::string(person.given), std::string(person.family));
    seed.member(teams.find(person.team)->second, id);
  }
  const auto engineering = seed.group("engineering");
  for (const auto* team : {"data-engineers", "platform"}) seed.member(engineering, teams.find(team)->second);
  const auto all_staff = seed.group("all staff");
  seed.member(all_staff, engineering);
  for (const auto* team : {"analysts", "scientists", "finance"}) seed.member(all_staff, teams.find(team)->second);
  seed.member(find_group(seed.world(), "admins")->id, find_user(seed.world(), "rosa.marques@example.test")->id);
  for (const auto* name : {"nightly loads", "reporting", "deployment"}) {
    seed.post("/api/2.0/preview/scim/v2/ServicePrincipals",
              {{"displayName", name}, {"entitlements", Json::array({{{"value", "workspace-access"}}})}});
  }
  // One that the directory manages, and one with a secret of its own.
  seed.post("/api/2.0/preview/scim/v2/ServicePrincipals", {{"displayName", "directory app"},
                                                           {"applicationId", "7d3b2c1a-5e4f-4a6b-8c9d-0e1f2a3b4c5d"},
                                                           {"externalId", "e1f2a3b4-0000-4c5d-8e9f-112233445566"}});
  add_client_secret(seed.world(), "7d3b2c1a-5e4f-4a6b-8c9d-0e1f2a3b4c5d", "directory-app-secret");
  // Somebody who left, and owns things.
  const auto gone = seed.user("former.colleague@example.test", "Former", "Colleague");
  seed.patch("/api/2.0/preview/scim/v2/Users/" + gone,
             {{"Operations", Json::array({{{"op", "replace"}, {"path", "active"}, {"value", false}}})}});
  // Groups of the directory: one is assigned to this workspace, one is not.
  const auto readers = add_account_group(seed.world(), "directory readers", "a0b1c2d3-0000-4e5f-8a9b-665544332211");
  add_account_group(seed.world(), "directory auditors", "a0b1c2d3-0000-4e5f-8a9b-665544332212");
  seed.put("/api/2.0/preview/permissionassignments/principals/" + readers, {{"permissions", Json::array({"USER"})}});
  add_member(seed.world(), readers, find_user(seed.world(), "fatima.haddad@example.test")->id);
}

void seed_tree(Seed& seed) {
  seed_homes(seed);
  seed_shared(seed);
  seed_hard_ones(seed);
  seed_repos(seed);
  seed_shares(seed);
}

void seed_secrets(Seed& seed) {
  seed.days_ago(150);
  for (const auto* scope : {"warehouse", "storage", "partners"}) {
    seed.post("/api/2.0/secrets/scopes/create", {{"scope", scope}});
    seed.post("/api/2.0/secrets/put",
              {{"scope", scope}, {"key", "user"}, {"string_value", std::string(scope) + "-reader"}});
    seed.post("/api/2.0/secrets/put",
              {{"scope", scope}, {"key", "password"}, {"string_value", "pässwörd of " + std::string(scope)}});
  }
  seed.post("/api/2.0/secrets/put",
            {{"scope", "storage"},
             {"key", "certificate"},
             {"bytes_value", model::base64_encode(std::string_view("\x00\x01\xfe\xff key", 8))}});
  seed.post("/api/2.0/secrets/acls/put", {{"scope", "warehouse"}, {"principal", "analysts"}, {"permission", "READ"}});
  seed.post("/api/2.0/secrets/acls/put",
            {{"scope", "storage"}, {"principal", "data-engineers"}, {"permission", "WRITE"}});
  seed.post("/api/2.0/secrets/acls/put",
            {{"scope", "storage"}, {"principal", "7d3b2c1a-5e4f-4a6b-8c9d-0e1f2a3b4c5d"}, {"permission", "READ"}});
  SecretScope of_vault;
  of_vault.key_vault_backed = true;
  of_vault.key_vault.resource_id =
      "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/data/providers/Microsoft.KeyVault/vaults/"
      "kv-data";
  of_vault.key_vault.dns_name = "https://kv-data.vault.azure.test/";
  of_vault.key_vault.tenant_id = "00000000-0000-4000-8000-0000000000aa";
  of_vault.acls["admin@example.test"] = "MANAGE";
  seed.world().part<Secrets>().scopes["key-vault"] = std::move(of_vault);
}

void seed_dbfs(Seed& seed) {
  seed.days_ago(250);
  const auto put = [&](const std::string& path, const std::string& bytes) {
    seed.post("/api/2.0/dbfs/put", {{"path", path}, {"contents", model::base64_encode(bytes)}});
  };
  put("/FileStore/jars/orders-1.4.jar", "PK\x03\x04 not a real jar, but bytes \xff\xfe");
  put("/FileStore/tables/countries.csv", "code,name\nDE,Germany\nSE,Sweden\n");
  put("/databricks/init/legacy/proxy.sh", "#!/bin/bash\nexport https_proxy=http://proxy.example.test:3128\n");
  put("/init/install-driver.sh", "#!/bin/bash\ncp /dbfs/FileStore/jars/*.jar /databricks/jars/\n");
  // Larger than what can be put, or read, at once.
  const auto handle = seed.post("/api/2.0/dbfs/create", {{"path", "/FileStore/models/large.bin"}})["handle"];
  std::string block(1'000'000, '\0');
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i * 31 % 251);
  for (int i = 0; i < 3; ++i) {
    seed.post("/api/2.0/dbfs/add-block", {{"handle", handle}, {"data", model::base64_encode(block)}});
  }
  seed.post("/api/2.0/dbfs/close", {{"handle", handle}});
}

}  // namespace holdfast::sim::databricks
