// What belongs to somebody, and what names somebody who is no more: brought with its owner, or named, and never given
// to somebody else without a word.
#include "workspaces/two_sides.h"

namespace holdfast::test {
namespace {

constexpr const char* k_gina = "gina@example.test";
constexpr const char* k_bob = "bob@example.test";

json entry(const char* who, const char* level) {
  return {{"user_name", who}, {"permission_level", level}};
}

class GonePeople : public TwoSides {
protected:
  GonePeople() : gina_(seed_.user(k_gina, "Gina", "Gone")) {
    seed_.user(k_bob, "Bob", "Bell");
    seed_.notebook("/Shared/load", "SQL", "SELECT 1");
  }

  std::int64_t job(const std::string& name, const json& more = json::object()) {
    json body = {{"name", name},
                 {"tasks", json::array({{{"task_key", "t"}, {"notebook_task", {{"notebook_path", "/Shared/load"}}}}})}};
    body.update(more);
    return seed_.post("/api/2.2/jobs/create", body).at("job_id").get<std::int64_t>();
  }
  std::string query(const std::string& name, const char* owner) {
    const std::string at = "/api/2.0/sql/queries";
    const std::string id =
        seed_.post(at, {{"query", {{"display_name", name}, {"query_text", "SELECT 1"}}}}).at("id").get<std::string>();
    give(at + "/" + id, "query", owner);
    const json alert = {{"display_name", name},
                        {"query_id", id},
                        {"condition",
                         {{"op", "GREATER_THAN"},
                          {"operand", {{"column", {{"name", "n"}}}}},
                          {"threshold", {{"value", {{"double_value", 1.0}}}}}}}};
    const std::string alerts = "/api/2.0/sql/alerts";
    give(alerts + "/" + seed_.post(alerts, {{"alert", alert}}).at("id").get<std::string>(), "alert", owner);
    return id;
  }
  void give(const std::string& at, const char* what, const char* owner) {
    seed_.patch(at, {{"update_mask", "owner_user_name"}, {what, {{"owner_user_name", owner}}}});
  }
  void gina_goes() { remove(primary_, "/api/2.0/preview/scim/v2/Users/" + gina_); }
  Names owners(const char* list) {
    return names(secondary_, fmt::format("/api/2.0/sql/{}", list), "results", "/owner_user_name");
  }
  // Of the second workspace's job of this name: those that it names itself.
  Names may_use(const std::string& name) {
    Names out;
    const json all = secondary_.get("/api/2.2/jobs/list").at("jobs");
    for (const json& one : all) {
      if (one.at("settings").at("name") != name) continue;
      const auto id = one.at("job_id").get<std::int64_t>();
      const json lists = secondary_.get(fmt::format("/api/2.0/permissions/jobs/{}", id)).at("access_control_list");
      for (const json& who : lists)
        if (who.contains("user_name"))
          out.push_back(fmt::format("{} {}", who.at("user_name").get<std::string>(),
                                    who.at("all_permissions").at(0).at("permission_level").get<std::string>()));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  sim::databricks::Seed seed_{primary_};
  const std::string gina_;
};

TEST_F(GonePeople, who_are_there_own_what_was_theirs_from_the_first_run_on) {
  query("bob's", k_bob);
  const std::int64_t owned = job("owned", {{"run_as", {{"user_name", k_bob}}}});
  seed_.put(fmt::format("/api/2.0/permissions/jobs/{}", owned),
            {{"access_control_list", json::array({entry(k_bob, "IS_OWNER"), entry(k_gina, "CAN_VIEW")})}});
  migrate(0);
  EXPECT_EQ(owners("queries"), Names{k_bob});
  EXPECT_EQ(owners("alerts"), Names{k_bob});
  EXPECT_EQ(may_use("owned"), (Names{"bob@example.test IS_OWNER", "gina@example.test CAN_VIEW"}));
  expect_equal();
}

TEST_F(GonePeople, who_are_there_get_it_once_though_nobody_answers_who_owns_it_now) {
  query("bob's", k_bob);
  for (const char* list : {"queries", "alerts"})
    secondary_.faults().add(fmt::format("PATCH /api/2.0/sql/{}/{{id}}#1-60: reset-after", list));
  run({"migrate", "primary", "secondary"});
  secondary_.faults().clear();
  migrate(0);
  EXPECT_EQ(owners("queries"), Names{k_bob});
  EXPECT_EQ(owners("alerts"), Names{k_bob});
  expect_equal();
}

TEST_F(GonePeople, are_all_that_is_lacking_of_what_was_theirs) {
  seed_.user("carl@example.test", "Carl", "Cole");
  const std::string id = query("gina's", k_gina);
  seed_.put("/api/2.0/permissions/sql/queries/" + id,
            {{"access_control_list", json::array({entry("carl@example.test", "CAN_RUN")})}});
  const std::string warehouse =
      seed_.post("/api/2.0/sql/warehouses", {{"name", "w"}, {"cluster_size", "Small"}}).at("id").get<std::string>();
  const json runs = {{"task_key", "q"}, {"sql_task", {{"warehouse_id", warehouse}, {"query", {{"query_id", id}}}}}};
  seed_.post("/api/2.2/jobs/create", {{"name", "reports"}, {"tasks", json::array({runs})}});
  gina_goes();
  secondary_.faults().add("PATCH /api/2.0/sql/queries/{id}#*: 403");
  secondary_.faults().add("PATCH /api/2.0/sql/alerts/{id}#*: 403");
  for (int run = 0; run < 2; ++run) {
    const Outcome outcome = migrate(k_partial);
    expect_said(outcome, {"failed: queries/gina's", "failed: alerts/gina's"});
    EXPECT_FALSE(outcome.says("waits:")) << outcome.err;
    EXPECT_FALSE(outcome.says("permissions: ")) << outcome.err;
    EXPECT_FALSE(outcome.says("was lost")) << outcome.err;
    EXPECT_EQ(owners("queries"), Names{"admin@example.test"});
    EXPECT_EQ(owners("alerts"), Names{"admin@example.test"});
    EXPECT_EQ(jobs(secondary_), Names{"reports"});
    const json there = secondary_.get("/api/2.0/sql/queries").at("results").at(0).at("id");
    const json lists = secondary_.get("/api/2.0/permissions/sql/queries/" + there.get<std::string>());
    EXPECT_NE(lists.dump().find("carl@example.test"), std::string::npos) << lists.dump();
  }
}

TEST_F(GonePeople, are_named_and_the_next_run_goes_by_the_rule_that_says_who_stands_for_them) {
  seed_.notebook("/Users/gina@example.test/own", "SQL", "SELECT 2");
  seed_.share("/Shared/load", json::array({entry(k_gina, "CAN_EDIT")}));
  const std::int64_t owned = job("owned");
  seed_.put(fmt::format("/api/2.0/permissions/jobs/{}", owned),
            {{"access_control_list", json::array({entry(k_gina, "IS_OWNER")})}});
  job("runs as", {{"run_as", {{"user_name", k_gina}}}});
  job("nobody's");
  seed_.post("/api/2.1/unity-catalog/catalogs", {{"name", "main"}});
  seed_.patch("/api/2.1/unity-catalog/catalogs/main", {{"owner", k_gina}});
  gina_goes();

  const Outcome first = migrate(k_partial);
  expect_said(first,
              {"failed: notebooks/Shared/load: permissions: ", "UserName(gina@example.test) does not exist",
               "failed: jobs/owned/", "failed: jobs/runs as/", "User gina@example.test does not exist",
               "failed: folders/Users/gina@example.test: ", "failed: catalogs/main: ",
               "Could not find principal with name gina@example.test",
               "waits: notebooks/Users/gina@example.test/own: ", "rule of [map.NAME]", "run the same command again"});
  // What there is of it is the administrator's, as is said, and nobody else has anything of it.
  EXPECT_EQ(jobs(secondary_), (Names{"nobody's", "owned"}));
  EXPECT_EQ(may_use("owned"), (Names{"admin@example.test IS_OWNER"}));

  add_to_configuration(R"([map.dr]
from = "primary"
to = "secondary"
users = { "gina@example.test" = "bob@example.test" }
paths = { workspace = { "/Users/gina@example.test" = "/Users/bob@example.test/of gina" } })");
  const Outcome second = migrate(0);
  EXPECT_EQ(jobs(secondary_), (Names{"nobody's", "owned", "runs as"})) << second.out << second.err;
  expect_equal();
}

}  // namespace
}  // namespace holdfast::test
