// A migration on a bad day: the target refuses some of it, or answers badly in the middle.  What can be brought is
// brought, the rest is named with the platform's words, and the next run makes it, once.
#include "sim/databricks/compute.h"
#include "sim/databricks/jobs.h"
#include "workspaces/two_sides.h"

namespace holdfast::test {
namespace {

constexpr const char* k_not_there = "Standard_NC24ads_A100_v4";  // in northeurope
constexpr const char* k_at_most_20 = R"({"autotermination_minutes":{"type":"range","maxValue":20}})";
constexpr const char* k_again = "run the same command again";

json cluster(const std::string& name, const json& more = json::object()) {
  json out = {{"cluster_name", name},
              {"spark_version", "15.4.x-scala2.12"},
              {"node_type_id", "Standard_DS3_v2"},
              {"num_workers", 1},
              {"autotermination_minutes", 30}};
  out.update(more);
  return out;
}

class BadDays : public TwoSides {
protected:
  explicit BadDays(There there = {}) : TwoSides(std::move(there)) {
    seed_.notebook("/Shared/load", "PYTHON", "print(1)\n");
  }

  std::string make_cluster(const std::string& name, const json& more = json::object()) {
    return seed_.post("/api/2.1/clusters/create", cluster(name, more)).at("cluster_id").get<std::string>();
  }
  void make_job(const std::string& name, const json& task = json::object()) {
    json one = {{"task_key", "t"}, {"notebook_task", {{"notebook_path", "/Shared/load"}}}};
    one.update(task);
    seed_.post("/api/2.2/jobs/create", {{"name", name}, {"tasks", json::array({one})}});
  }
  static std::string make_policy(sim::databricks::StandIn& side, const char* definition) {
    const json made = side.call("POST", "/api/2.0/policies/clusters/create", policy(definition));
    return made.at("policy_id").get<std::string>();
  }
  static void edit_policy(sim::databricks::StandIn& side, const std::string& id, const char* definition) {
    json body = policy(definition);
    body["policy_id"] = id;
    side.call("POST", "/api/2.0/policies/clusters/edit", body);
  }
  static json policy(const char* definition) { return {{"name", "Team"}, {"definition", definition}}; }
  static Names scopes(sim::databricks::StandIn& side) {
    return names(side, "/api/2.0/secrets/scopes/list", "scopes", "/name");
  }

  sim::databricks::Seed seed_{primary_};
};

TEST_F(BadDays, a_policy_of_the_target_forbids_a_cluster_until_it_is_mended_there) {
  const std::string here = make_policy(primary_, "{}");
  const std::string there = make_policy(secondary_, k_at_most_20);
  make_job("on etl", {{"existing_cluster_id", make_cluster("etl", {{"policy_id", here}})}});
  make_job("on its own");
  make_cluster("free");
  // The target's policy is its own: it is left as it is.
  const Names keeping{"migrate", "primary", "secondary", "--existing", "skip"};
  for (int run = 0; run < 2; ++run) {
    const Outcome refused = must(k_partial, keeping);
    expect_said(refused, {"failed: clusters/etl/", "INVALID_PARAMETER_VALUE: Cluster validation error: ",
                          "autotermination_minutes, the value must be at most 20", "waits: jobs/on etl/", k_again});
    EXPECT_EQ(clusters(secondary_), Names{"free"});
    EXPECT_EQ(jobs(secondary_), Names{"on its own"});
  }
  edit_policy(secondary_, there, "{}");
  must(0, keeping);
  EXPECT_EQ(clusters(secondary_), (Names{"etl", "free"}));
  EXPECT_EQ(jobs(secondary_), (Names{"on etl", "on its own"}));
  expect_equal();
}

TEST_F(BadDays, a_cluster_is_older_than_what_its_policy_forbids) {
  const std::string here = make_policy(primary_, "{}");
  make_cluster("etl", {{"policy_id", here}});
  edit_policy(primary_, here, k_at_most_20);
  expect_said(migrate(k_partial), {"failed: clusters/etl/", "the value must be at most 20", k_again});
  EXPECT_EQ(clusters(secondary_), Names{});
  edit_policy(primary_, here, "{}");
  migrate(0);
  EXPECT_EQ(clusters(secondary_), Names{"etl"});
  expect_equal();
}

TEST_F(BadDays, quotas_are_reached_until_somebody_raises_them) {
  const Names all{"a", "b", "c"};
  for (const std::string& name : all) {
    make_job(name);
    make_cluster(name);
    seed_.post("/api/2.0/secrets/scopes/create", {{"scope", name}});
  }
  auto& world = secondary_.world();
  world.part<sim::databricks::Jobs>().most_jobs = 1;
  world.part<sim::databricks::Clusters>().most_running = 0;
  constexpr int k_others = 98;  // two more are allowed
  const auto other = [](int i) { return json{{"scope", fmt::format("x{}", i)}}; };
  for (int i = 0; i < k_others; ++i) secondary_.call("POST", "/api/2.0/secrets/scopes/create", other(i));

  const Outcome first = migrate(k_partial);
  expect_said(first, {"QUOTA_EXCEEDED: The quota of 1 saved jobs is reached.", "QUOTA_EXCEEDED: The workspace may run",
                      "RESOURCE_LIMIT_EXCEEDED: A workspace has at most 100 scopes.",
                      "to mend 6 that failed: Remove what is not needed, or raise the quota.", k_again});
  EXPECT_EQ(jobs(secondary_).size(), 1U);
  EXPECT_EQ(clusters(secondary_).size(), 0U);
  EXPECT_EQ(scopes(secondary_).size(), 100U);
  world.part<sim::databricks::Jobs>().most_jobs = 2;
  migrate(k_partial);
  EXPECT_EQ(jobs(secondary_).size(), 2U) << "what is allowed by now is made";

  world.part<sim::databricks::Jobs>().most_jobs = 10;
  world.part<sim::databricks::Clusters>().most_running = 10;
  for (int i = 0; i < k_others; ++i) secondary_.call("POST", "/api/2.0/secrets/scopes/delete", other(i));
  migrate(0);
  EXPECT_EQ(jobs(secondary_), all);
  EXPECT_EQ(clusters(secondary_), all);
  EXPECT_EQ(scopes(secondary_), all);
  expect_equal();
}

TEST_F(BadDays, a_node_type_is_missing_in_the_target_s_region_until_a_rule_names_another) {
  const json gpu = {{"node_type_id", k_not_there}};
  make_job("on gpu", {{"existing_cluster_id", make_cluster("gpu", gpu)}});
  make_cluster("plain");
  seed_.post("/api/2.0/instance-pools/create", {{"instance_pool_name", "pool"}, {"node_type_id", k_not_there}});
  const Outcome first = migrate(k_partial);
  expect_said(first, {"failed: clusters/gpu/", "failed: instance-pools/pool: ", "waits: jobs/on gpu/",
                      "Node type Standard_NC24ads_A100_v4 is not supported in region northeurope", "rule of [map.NAME]",
                      k_again});
  EXPECT_EQ(clusters(secondary_), Names{"plain"});
  expect_said(run({"doctor", "primary", "secondary"}), {k_not_there, "node_types"});
  add_to_configuration(
      fmt::format("[map.dr]\nfrom = \"primary\"\nto = \"secondary\"\nnode_types = {{ \"{}\" = \"Standard_NC6s_v3\" }}",
                  k_not_there));
  migrate(0);
  EXPECT_EQ(clusters(secondary_), (Names{"gpu", "plain"}));
  EXPECT_EQ(names(secondary_, "/api/2.0/instance-pools/list", "instance_pools", "/node_type_id"),
            Names{"Standard_NC6s_v3"});
  EXPECT_EQ(jobs(secondary_), Names{"on gpu"});
  expect_equal();
}

// While it writes: what was asked before was answered.
TEST_F(BadDays, a_token_expires_in_the_middle_and_another_one_ends_it) {
  Names all;
  for (int i = 0; i < 40; ++i) {
    all.push_back(fmt::format("job {:02}", i));
    make_job(all.back());
  }
  secondary_.faults().add("POST /api/2.2/jobs/create#15-: token-expired; * *#400-: token-expired");
  const Outcome expired = must(14, {"migrate", "primary", "secondary"});
  expect_said(expired, {"were not tried: the target takes the credentials no more", "a token may have expired",
                        "Run the same command again: it goes on from here."});
  const std::size_t made = jobs(secondary_).size();
  EXPECT_GT(made, 0U);
  EXPECT_LT(made, all.size());
  secondary_.faults().clear();
  migrate(0);
  EXPECT_EQ(jobs(secondary_), all);
  expect_equal();
}

TEST_F(BadDays, the_target_throttles_for_a_minute_and_nothing_is_lost) {
  Names all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(fmt::format("job {}", i));
    make_job(all.back());
  }
  make_cluster("etl");
  // Each has to wait 20 s, and one of them does so three times.
  secondary_.faults().add("POST /api/2.2/jobs/create#1-12: 429 retry-after=20");
  secondary_.faults().add("POST /api/2.1/clusters/create#1-3: 429 retry-after=20");
  const base::Duration before = clock_.elapsed();
  migrate(0);
  EXPECT_GE(clock_.elapsed() - before, std::chrono::minutes(11)) << "ten of them went by before it";
  EXPECT_EQ(jobs(secondary_), all);
  EXPECT_EQ(clusters(secondary_), Names{"etl"});
  expect_equal();
}

// Where there is no access control, calls about it are answered with 500 and FEATURE_DISABLED in the text.
class StandardTier : public BadDays {
protected:
  StandardTier() : BadDays({.tier = Tier::standard}) {}
};

TEST_F(StandardTier, lacks_what_is_read_of_no_other_and_all_else_comes_from_there) {
  sim::databricks::Seed there(secondary_);
  there.notebook("/Shared/report", "SQL", "SELECT 1");
  there.post("/api/2.2/jobs/create", {{"name", "nightly"}});
  there.post("/api/2.1/clusters/create", cluster("etl"));
  there.post("/api/2.0/secrets/scopes/create", {{"scope", "keys"}});
  expect_said(must(0, {"backup", "secondary"}), {"token-permissions: not available here"});
  must(0, {"migrate", "secondary", "primary"});
  EXPECT_EQ(jobs(primary_), Names{"nightly"});
  EXPECT_EQ(clusters(primary_), Names{"etl"});
  EXPECT_EQ(scopes(primary_), Names{"keys"});
  expect_said(must(0, {"migrate", "secondary", "primary"}), {"primary has nothing to be done"});
  // Whether the tier lacks it for good nobody knows: it counts as not read.
  expect_said(must(k_partial, {"verify", "secondary/latest", "primary"}), {"0 changed, 0 removed, 1 stale"});
}

TEST_F(StandardTier, takes_all_but_who_may_use_it_which_is_named) {
  make_job("nightly");
  make_cluster("etl");
  for (int run = 0; run < 2; ++run) {
    const Outcome refused = must(k_partial, {"migrate", "primary", "secondary", "--yes"});
    expect_said(refused,
                {"failed: notebooks/Shared/load: permissions: ", "failed: jobs/nightly/", "failed: clusters/etl/",
                 "FEATURE_DISABLED: ACLs for objects are not available in this tier", k_again});
    EXPECT_EQ(jobs(secondary_), Names{"nightly"});
    EXPECT_EQ(clusters(secondary_), Names{"etl"});
  }
}

}  // namespace
}  // namespace holdfast::test
