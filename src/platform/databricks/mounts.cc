#include "platform/databricks/mounts.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "model/json_text.h"
#include "platform/databricks/placeholders.h"
#include "platform/databricks/spark_rows.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::json_quoted;

constexpr std::size_t k_fields = 3;  // mount point, source, encryption type

// "container" and "account.blob.core.windows.net" of wasbs://container@account.blob.core.windows.net/folder.
struct Place {
  std::string scheme;
  std::string container;
  std::string host;
};

Place place_of(const std::string& source) {
  Place out;
  const std::size_t colon = source.find("://");
  if (colon == std::string::npos) return out;
  out.scheme = source.substr(0, colon);
  std::string authority = source.substr(colon + 3);
  authority = authority.substr(0, authority.find('/'));
  const std::size_t at = authority.find('@');
  if (at != std::string::npos) out.container = authority.substr(0, at);
  out.host = authority.substr(at == std::string::npos ? 0 : at + 1);
  return out;
}

// A JSON string is one of Python, too.
std::string secret(std::string_view key) {
  return fmt::format("dbutils.secrets.get(scope, {})", json_quoted(key));
}

std::string token_url() {
  return fmt::format("\"https://login.microsoftonline.com/\" + {} + \"/oauth2/token\"", secret("tenant-id"));
}

struct Form {
  std::string first;         // name of the way that is taken
  std::string first_config;  // Python: what is between the braces, one member a line
  std::string second{};
  std::string second_config{};
};

// Members of a dictionary of Python, by name and expression.
using Members = std::vector<std::pair<std::string, std::string>>;
std::string config_of(const Members& members) {
  std::string out;
  for (const auto& [name, value] : members) out += fmt::format("        {}: {},\n", json_quoted(name), value);
  return out;
}

Form of_blobs(const Place& place) {
  return {.first = "key",
          .first_config = config_of({{"fs.azure.account.key." + place.host, secret("account-key")}}),
          .second = "sas",
          .second_config =
              config_of({{fmt::format("fs.azure.sas.{}.{}", place.container, place.host), secret("sas-token")}})};
}

Form of_second_generation() {
  return {.first = "oauth",
          .first_config = config_of({{"fs.azure.account.auth.type", "\"OAuth\""},
                                     {"fs.azure.account.oauth.provider.type",
                                      "\"org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvider\""},
                                     {"fs.azure.account.oauth2.client.id", secret("client-id")},
                                     {"fs.azure.account.oauth2.client.secret", secret("client-secret")},
                                     {"fs.azure.account.oauth2.client.endpoint", token_url()}}),
          .second = "passthrough",
          .second_config =
              config_of({{"fs.azure.account.auth.type", "\"CustomAccessToken\""},
                         {"fs.azure.account.custom.token.provider.class",
                          "spark.conf.get(\"spark.databricks.passthrough.adls.gen2.tokenProviderClassName\")"}})};
}

Form of_first_generation() {
  return {
      .first = "oauth",
      .first_config = config_of({{"fs.adl.oauth2.access.token.provider.type", "\"ClientCredential\""},
                                 {"fs.adl.oauth2.client.id", secret("client-id")},
                                 {"fs.adl.oauth2.credential", secret("client-secret")},
                                 {"fs.adl.oauth2.refresh.url", token_url()}}),
      .second = "passthrough",
      .second_config = config_of({{"fs.adl.oauth2.access.token.provider.type", "\"CustomAccessTokenProvider\""},
                                  {"fs.adl.oauth2.access.token.custom.provider",
                                   "spark.conf.get(\"spark.databricks.passthrough.adls.tokenProviderClassName\")"}})};
}

Form form_of(const Place& place) {
  if (place.scheme == "wasbs" || place.scheme == "wasb") return of_blobs(place);
  if (place.scheme == "abfss" || place.scheme == "abfs") return of_second_generation();
  if (place.scheme == "adl") return of_first_generation();
  return {.first = "other", .first_config = "        # what this kind of storage asks for, from the scope\n"};
}

std::string configs(const Form& form) {
  std::string out =
      fmt::format("if form == {}:\n    configs = {{\n{}    }}\n", json_quoted(form.first), form.first_config);
  if (!form.second.empty())
    out += fmt::format("elif form == {}:\n    configs = {{\n{}    }}\n", json_quoted(form.second), form.second_config);
  return out + "else:\n    raise ValueError(\"form is none of those that this notebook knows\")\n";
}

}  // namespace

ClusterListing read_mounts(Cluster& cluster, const std::stop_token& stop) {
  ClusterListing out;
  list_mounts(
      cluster,
      [&](std::size_t, SparkAnswer answer) {
        if (!answer.error.empty())
          throw Error(ErrorKind::unavailable, fmt::format("a mount cannot be looked at: {}", answer.error),
                      "Unmount it, or mount it again: nobody can say which one it is.");
        if (answer.rows.size() != 1 || answer.rows.front().size() != k_fields)
          throw Error(ErrorKind::unavailable, "what the cluster told of a mount is not one");
        const std::vector<std::string>& mount = answer.rows.front();
        // What is no URL is the platform's own: its root, its samples, its catalog.
        if (mount[1].find("://") == std::string::npos) return;
        out.bodies.push_back(fmt::format(R"({{"mount_point":{},"source":{},"encryption_type":{}}})",
                                         json_quoted(mount[0]), json_quoted(mount[1]), json_quoted(mount[2])));
      },
      stop);
  return out;
}

std::string mount_notebook(const std::string& body) {
  const model::JsonText json(body);
  const std::string source = scalar_at(json, "source");
  const std::string encryption = scalar_at(json, "encryption_type");
  const Form form = form_of(place_of(source));
  const std::string other =
      form.second.empty() ? std::string()
                          : fmt::format("  # or {}: how it was mounted nobody can read", json_quoted(form.second));
  const std::string encrypted =
      encryption.empty() ? std::string() : fmt::format(", encryption_type={}", json_quoted(encryption));
  return fmt::format(
      "# Databricks notebook source\n"
      "scope = \"SCOPE\"  # the secret scope that holds what is asked for below\n"
      "form = {}{}\n"
      "mount_point = {}\n"
      "source = {}\n"
      "\n"
      "# COMMAND ----------\n"
      "\n"
      "{}"
      "\n"
      "# COMMAND ----------\n"
      "\n"
      "there = {{mount.mountPoint: mount.source for mount in dbutils.fs.mounts()}}\n"
      "if mount_point not in there:\n"
      "    dbutils.fs.mount(source=source, mount_point=mount_point, extra_configs=configs{})\n"
      "elif there[mount_point] != source:\n"
      "    raise ValueError(mount_point + \" leads to \" + there[mount_point])\n",
      json_quoted(form.first), other, json_quoted(scalar_at(json, "mount_point")), json_quoted(source), configs(form),
      encrypted);
}

}  // namespace holdfast::platform::databricks
