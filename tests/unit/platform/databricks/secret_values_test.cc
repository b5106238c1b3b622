#include "platform/databricks/secret_values.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "platform/databricks/diagnosis.h"
#include "platform/databricks/item_reader.h"
#include "platform/databricks/resource_writer.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/stand_in.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using platform::databricks::find_kind;
using platform::databricks::OptIns;
using platform::databricks::SecretValues;

constexpr std::size_t k_values = 3;  // column

// Two scopes of the workspace's own, the first of which has two secrets, and one of a key vault.
void scopes(Written& world) {
  world.set("/api/2.0/secrets/scopes/list",
            R"({"scopes":[{"name":"vault","backend_type":"AZURE_KEYVAULT"},{"name":"empty","backend_type":"DATABRICKS"},
                          {"name":"keys","backend_type":"DATABRICKS"}]})");
  for (const char* name : {"vault", "empty", "keys"})
    world.set(fmt::format("/api/2.0/secrets/acls/list?scope={}", name), R"({"items":[]})");
  world.set("/api/2.0/secrets/list?scope=vault", R"({"secrets":[{"key":"v"}]})");
  world.set("/api/2.0/secrets/list?scope=empty", "{}");
  world.set("/api/2.0/secrets/list?scope=keys", R"({"secrets":[{"key":"a"},{"key":"b"}]})");
  world.set("/api/2.0/secrets/get?scope=keys&key=a", R"({"key":"a","value":"b25l"})");
  world.set("/api/2.0/secrets/get?scope=keys&key=b", R"({"key":"b","value":"dHdv"})");
}

struct Captured {
  Rows rows;
  std::vector<std::string> notes;
  std::string attributes{};

  const std::optional<base::Bytes>& values(const std::string& scope) const {
    return rows.rows.at(key({scope})).columns.at(k_values);
  }
};

Captured capture(Written& world, SecretValues values = SecretValues::read) {
  const auto opened = platform::databricks::open_capture(world.session.client(), {}, world.session.clock, {},
                                                         OptIns{.secret_values = values});
  Captured out;
  for (const base::KeyRange& range : opened->ranges(collection("secret-scopes"), 1))
    opened->read(collection("secret-scopes"), range, out.rows, {});
  out.notes = opened->notes();
  out.attributes = opened->attributes();
  return out;
}

TEST(SecretValues, are_read_where_that_was_asked_for_and_never_from_key_vaults) {
  Written world;
  scopes(world);
  const Captured got = capture(world);
  EXPECT_EQ(got.values("keys"), R"({"values":[{"key":"a","value":"b25l"},{"key":"b","value":"dHdv"}]})");
  EXPECT_EQ(got.values("empty"), R"({"values":[]})");
  EXPECT_EQ(got.values("vault"), std::nullopt);
  EXPECT_EQ(world.asked("/api/2.0/secrets/get?scope=vault&key=v"), 0U);
  EXPECT_TRUE(got.rows.partials.empty());
}

TEST(SecretValues, are_not_asked_for_by_themselves) {
  Written world;
  scopes(world);
  const Captured got = capture(world, SecretValues::left_out);
  EXPECT_EQ(got.values("keys"), std::nullopt);
  EXPECT_EQ(world.asked("/api/2.0/secrets/get?scope=keys&key=a"), 0U);
  EXPECT_TRUE(got.rows.partials.empty());
}

TEST(SecretValues, that_a_workspace_gives_to_nobody_are_absent_which_is_said_once) {
  Written world;
  scopes(world);
  world.set("/api/2.0/secrets/get?scope=keys&key=a",
            answer(400, R"({"error_code":"BAD_REQUEST","message":"only in notebooks"})"));
  const Captured got = capture(world);
  EXPECT_EQ(got.values("keys"), std::nullopt);
  EXPECT_TRUE(got.rows.partials.empty());
  EXPECT_EQ(world.asked("/api/2.0/secrets/get?scope=keys&key=a"), 1U);
  EXPECT_EQ(
      std::count(got.notes.begin(), got.notes.end(), "values of secrets: this workspace gives none: only in notebooks"),
      1);
  EXPECT_NE(got.attributes.find(R"("not_seen":[{"kind":"secret-scopes","columns":["values"],)"), std::string::npos)
      << got.attributes;
}

// What is said of one key says nothing of the others.
TEST(SecretValues, are_read_although_the_first_one_is_refused) {
  Written world;
  scopes(world);
  world.set("/api/2.0/secrets/get?scope=keys&key=a",
            answer(400, R"({"error_code":"INVALID_PARAMETER_VALUE","message":"not this one"})"));
  const Captured got = capture(world);
  EXPECT_EQ(got.values("empty"), R"({"values":[]})");
  ASSERT_EQ(got.rows.partials.size(), 1U);
  EXPECT_EQ(got.rows.partials[0].first, (std::vector<bool>{false, false, false, true}));
  EXPECT_EQ(got.attributes.find("not_seen"), std::string::npos);
}

TEST(SecretValues, of_one_scope_that_are_refused_are_marked_and_do_not_lose_the_rest_of_it) {
  Written world;
  scopes(world);
  world.set("/api/2.0/secrets/get?scope=keys&key=b", forbidden());
  const Captured got = capture(world);
  EXPECT_EQ(got.values("keys"), std::nullopt);
  EXPECT_EQ(got.values("empty"), R"({"values":[]})");
  ASSERT_EQ(got.rows.partials.size(), 1U);
  EXPECT_EQ(got.rows.partials[0].first, (std::vector<bool>{false, false, false, true}));
}

TEST(SecretValues, leave_out_a_secret_that_was_taken_away_meanwhile) {
  Written world;
  scopes(world);
  world.set("/api/2.0/secrets/get?scope=keys&key=b", missing());
  EXPECT_EQ(capture(world).values("keys"), R"({"values":[{"key":"a","value":"b25l"}]})");
}

std::string doctor_on_secrets(Written& world, SecretValues values) {
  for (const auto& line :
       diagnose_workspace(world.session.client(), ScriptedSession::account(), world.session.clock, {values}))
    if (line.subject == "secrets") return line.text;
  return "nothing";
}

TEST(SecretValues, are_spoken_of_by_doctor) {
  Written world;
  scopes(world);
  EXPECT_TRUE(doctor_on_secrets(world, SecretValues::left_out).starts_with("values are not backed up"));
  EXPECT_TRUE(doctor_on_secrets(world, SecretValues::read).starts_with("values are backed up"));
  world.set("/api/2.0/secrets/get?scope=keys&key=a", answer(400, R"({"error_code":"BAD_REQUEST","message":"no"})"));
  EXPECT_EQ(doctor_on_secrets(world, SecretValues::read), "this workspace gives no values: no");
}

// --- written

class SecretWriting : public testing::Test {
protected:
  SecretWriting()
      : stand_in_(options(), clock_),
        session_(account(), std::make_unique<StandInHttp>(stand_in_), clock_, random_),
        writer_(platform::databricks::make_resource_writer(session_.client(), clock_)) {
    writer_->create(kind(), {"keys", R"({"name":"keys","backend_type":"DATABRICKS"})", {}});
  }
  static const model::Kind& kind() { return find_kind("secret-scopes")->kind; }
  static sim::databricks::StandInOptions options() {
    sim::databricks::StandInOptions out;
    out.token = "dapi1";
    return out;
  }
  static platform::databricks::Account account() {
    platform::databricks::Account out = ScriptedSession::account();
    out.rate_share_percent = 100;
    return out;
  }
  std::map<std::string, sim::databricks::SecretScope::Secret>& secrets() {
    return stand_in_.world().part<sim::databricks::Secrets>().scopes["keys"].secrets;
  }
  void set(const std::string& value) { writer_->set_column(kind(), "keys", "values", value); }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in_;
  SeededRandom random_{1};
  platform::databricks::Session session_;
  std::unique_ptr<platform::ResourceWriter> writer_;
};

TEST_F(SecretWriting, makes_them_what_they_were_text_and_bytes) {
  set(R"({"values":[{"key":"text","value":"c8O8w58="},{"key":"bytes","value":"//4A"},{"key":"none","value":""}]})");
  ASSERT_EQ(secrets().size(), 3U);
  EXPECT_EQ(secrets()["text"].value, "süß");
  EXPECT_EQ(secrets()["bytes"].value, std::string("\xff\xfe\0", 3));
  EXPECT_EQ(secrets()["none"].value, "");
}

TEST_F(SecretWriting, leaves_alone_what_is_so_already_and_takes_away_nothing_that_was_not_named) {
  set(R"({"values":[{"key":"a","value":"b25l"},{"key":"b","value":"dHdv"}]})");
  const auto before = secrets()["a"].updated_ms;
  clock_.advance(std::chrono::hours(1));
  set(R"({"values":[{"key":"a","value":"b25l"},{"key":"c","value":"dHdv"}]})");
  EXPECT_EQ(secrets()["a"].updated_ms, before);
  EXPECT_EQ(secrets()["b"].value, "two");
  EXPECT_EQ(secrets()["c"].value, "two");
  writer_->remove_items(kind(), "keys", "values", {"b", "gone"});
  EXPECT_FALSE(secrets().contains("b"));
  EXPECT_EQ(secrets().size(), 2U);
}

TEST_F(SecretWriting, reads_them_back_although_nobody_asked_for_a_backup_of_them) {
  set(R"({"values":[{"key":"a","value":"b25l"}]})");
  EXPECT_EQ(writer_->read_column(kind(), "keys", "values"), R"({"values":[{"key":"a","value":"b25l"}]})");
  EXPECT_EQ(writer_->read(kind(), "keys")->row.columns.at(k_values), std::nullopt);
}

TEST_F(SecretWriting, puts_them_again_where_they_cannot_be_looked_at) {
  set(R"({"values":[{"key":"a","value":"b25l"}]})");
  stand_in_.world().part<sim::databricks::Secrets>().reads = sim::databricks::SecretReads::refused;
  set(R"({"values":[{"key":"a","value":"dHdv"}]})");
  EXPECT_EQ(secrets()["a"].value, "two");
}

}  // namespace
}  // namespace holdfast::test
