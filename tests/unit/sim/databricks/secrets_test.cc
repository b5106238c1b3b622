#include "sim/databricks/secrets.h"

#include <gtest/gtest.h>

#include "model/base64.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using nlohmann::json;
using test::WorkspaceWorld;

struct SecretsTest : testing::Test {
  WorkspaceWorld world;
  test::Asked call(const std::string& name, const json& body) { return world.post("/api/2.0/secrets/" + name, body); }
  test::Asked get(const std::string& rest) { return world.get("/api/2.0/secrets/" + rest); }
};

TEST_F(SecretsTest, KeepsBytesAndGivesTheCreatorTheScope) {
  EXPECT_EQ(call("scopes/create", {{"scope", "s"}}).status, 200);
  EXPECT_EQ(call("scopes/create", {{"scope", "s"}}).code(), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(call("put", {{"scope", "s"}, {"key", "k"}, {"bytes_value", "AP8="}}).status, 200);
  EXPECT_EQ(get("get?scope=s&key=k").json["value"], "AP8=");
  EXPECT_EQ(call("put", {{"scope", "s"}, {"key", "k"}, {"string_value", "é"}}).status, 200);
  EXPECT_EQ(model::base64_decode(get("get?scope=s&key=k").json["value"].get<std::string>()), "é");
  EXPECT_EQ(get("acls/list?scope=s").json["items"][0]["permission"], "MANAGE");
  EXPECT_EQ(get("list?scope=s").json["secrets"][0]["key"], "k");
}

TEST_F(SecretsTest, ChecksNamesSizesAndFields) {
  call("scopes/create", {{"scope", "s"}});
  EXPECT_EQ(call("scopes/create", {{"scope", "no spaces"}}).code(), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(call("scopes/create", {{"scope", std::string(129, 'x')}}).status, 400);
  EXPECT_EQ(call("put", {{"scope", "s"}, {"key", "k"}}).status, 400);
  EXPECT_EQ(call("put", {{"scope", "s"}, {"key", "k"}, {"string_value", "a"}, {"bytes_value", "YQ=="}}).status, 400);
  EXPECT_EQ(call("put", {{"scope", "s"}, {"key", "k"}, {"string_value", std::string(131'073, 'x')}}).status, 400);
  EXPECT_EQ(call("put", {{"scope", "t"}, {"key", "k"}, {"string_value", "x"}}).code(), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(call("delete", {{"scope", "s"}, {"key", "k"}}).status, 404);
  EXPECT_EQ(call("acls/put", {{"scope", "s"}, {"principal", "nobody"}, {"permission", "READ"}}).status, 404);
  EXPECT_EQ(call("acls/put", {{"scope", "s"}, {"principal", "users"}, {"permission", "FLY"}}).status, 400);
  EXPECT_EQ(call("acls/put", {{"scope", "s"}, {"principal", "users"}, {"permission", "READ"}}).status, 200);
  EXPECT_EQ(get("acls/get?scope=s&principal=users").json["permission"], "READ");
  EXPECT_EQ(call("acls/delete", {{"scope", "s"}, {"principal", "users"}}).status, 200);
  EXPECT_EQ(get("acls/get?scope=s&principal=users").status, 404);
}

TEST_F(SecretsTest, ShowsKeyVaultsButDoesNotWriteThem) {
  auto& scope = world.stand_in.world().part<Secrets>().scopes["vault"];
  scope.key_vault_backed = true;
  scope.key_vault.dns_name = "https://v.test/";
  EXPECT_EQ(get("scopes/list").json["scopes"][0]["keyvault_metadata"]["dns_name"], "https://v.test/");
  EXPECT_EQ(call("put", {{"scope", "vault"}, {"key", "k"}, {"string_value", "x"}}).code(), "BAD_REQUEST");
  EXPECT_EQ(call("scopes/create", {{"scope", "w"}, {"scope_backend_type", "AZURE_KEYVAULT"}}).status, 400);
}

TEST_F(SecretsTest, CanRefuseToBeRead) {
  call("scopes/create", {{"scope", "s"}});
  call("put", {{"scope", "s"}, {"key", "k"}, {"string_value", "x"}});
  world.stand_in.world().part<Secrets>().reads = SecretReads::refused;
  EXPECT_EQ(get("get?scope=s&key=k").code(), "BAD_REQUEST");
}

}  // namespace
}  // namespace holdfast::sim::databricks
