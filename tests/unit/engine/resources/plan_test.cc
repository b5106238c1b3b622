#include "engine/resources/plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/key.h"
#include "support/errors.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::Existing;
using model::FiringMode;
using model::ResourceAction;
using test::actions_of;
using test::step_of;
using Texts = std::vector<std::string>;

class ResourcePlanning : public testing::Test {
protected:
  test::ResourceWorld world_;
  std::function<bool(const model::Resource&)> only(const std::string& kind, const std::string& name) {
    return [kind, name](const model::Resource& one) {
      return test::workspace_kind_set().at(one.kind).label() == kind && one.name == name;
    };
  }
  void migrate() { ASSERT_TRUE(world_.apply(world_.plan()).complete()); }
};

TEST_F(ResourcePlanning, creates_what_is_lacking_in_the_order_of_what_is_needed) {
  const model::ResourcePlan plan = world_.plan();
  EXPECT_EQ(actions_of(plan),
            (Texts{"create users/anna@corp.test", "create groups/inner", "create groups/outer",
                   "create folders//Users/anna@corp.test", "create folders//Users/anna@corp.test/etl",
                   "create notebooks//Users/anna@corp.test/etl/load", "create scopes/keys", "create pools/small",
                   "create policies/cheap", "create clusters/etl", "create clusters/etl", "create jobs/nightly",
                   "create jobs/nightly", "create jobs/ping", "create jobs/pong"}));
  EXPECT_TRUE(step_of(plan, "jobs", "ping").patched);
  EXPECT_FALSE(step_of(plan, "jobs", "nightly").patched);
  EXPECT_EQ(plan.calls.at("clusters"), 4U);
}

TEST_F(ResourcePlanning, matches_by_the_directory_and_by_name) {
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(plan.matches.size(), 2U);
  EXPECT_EQ(plan.matches[0].kind, "groups");
  EXPECT_EQ(plan.matches[1].source_name, "Bob@corp.test");
  EXPECT_EQ(plan.matches[1].target_name, "bob@corp.test");
}

TEST_F(ResourcePlanning, finds_nothing_to_do_after_its_plan_was_applied) {
  migrate();
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourcePlanning, shows_that_a_secret_differs_and_not_what_it_is) {
  migrate();
  const std::string id = world_.target.id_of("clusters", "etl");
  std::string body = world_.target.body("clusters", id);
  const std::string conf = R"("spark_conf":{"k":")";
  const std::size_t at = body.find(conf);
  ASSERT_NE(at, std::string::npos) << body;
  body.insert(at + conf.size(), "hunter2 ");
  body.insert(at, R"("api_token":"swordfish",)");
  world_.target.rewrite("clusters", id, body);
  const model::ResourcePlan plan = world_.plan();
  const model::ResourceStep& step = step_of(plan, "clusters", "etl");
  ASSERT_EQ(step.action, ResourceAction::update);
  ASSERT_EQ(step.fields.size(), 2U);
  EXPECT_EQ(step.fields[0].path, "body.api_token");
  EXPECT_EQ(step.fields[0].before, "\"<hidden 1>\"");
  EXPECT_EQ(step.fields[1].path, "body.spark_conf.k");
  EXPECT_NE(step.fields[1].before, step.fields[1].after);
  const std::string text = model::to_json(plan);
  for (const char* secret : {"hunter2", "swordfish", "{{secrets"}) EXPECT_EQ(text.find(secret), std::string::npos);
}

TEST_F(ResourcePlanning, names_the_fields_that_differ) {
  migrate();
  const std::string id = world_.source.id_of("pools", "small");
  std::string body = world_.source.body("pools", id);
  body.replace(body.find("1e400"), 5, "1e401");
  world_.source.rewrite("pools", id, body);
  world_.take_snapshot();
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(actions_of(plan), Texts{"update pools/small"});
  EXPECT_EQ(plan.steps[0].fields, (std::vector<model::FieldChange>{{"body.max", "1e400", "1e401"}}));
}

TEST_F(ResourcePlanning, obeys_the_rule_for_what_is_there) {
  migrate();
  const std::string id = world_.source.id_of("pools", "small");
  std::string body = world_.source.body("pools", id);
  body.replace(body.find("east-4"), 6, "east-8");
  world_.source.rewrite("pools", id, body);
  world_.take_snapshot();
  const auto action = [&](Existing existing) {
    world_.options.existing = existing;
    return step_of(world_.plan(), "pools", "small").action;
  };
  EXPECT_EQ(action(Existing::skip), ResourceAction::skip);
  EXPECT_EQ(action(Existing::fail), ResourceAction::conflict);
  EXPECT_EQ(action(Existing::update), ResourceAction::conflict);  // only create takes it
  EXPECT_EQ(action(Existing::replace), ResourceAction::recreate);
  // Who names the pool by its id learns the new one.
  const Texts actions = actions_of(world_.plan());
  EXPECT_EQ(std::count(actions.begin(), actions.end(), "update clusters/etl"), 2);
  EXPECT_EQ(std::count(actions.begin(), actions.end(), "update policies/cheap"), 1);
}

TEST_F(ResourcePlanning, says_what_is_left_out_for_want_of_what_is_not_selected) {
  world_.options.selects = only("jobs", "pong");
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(actions_of(plan), Texts{"conflict jobs/pong"});
  EXPECT_NE(plan.steps[0].reason.find("jobs/ping"), std::string::npos) << plan.steps[0].reason;
  EXPECT_NE(plan.steps[0].reason.find("not selected"), std::string::npos) << plan.steps[0].reason;
  EXPECT_NE(plan.steps[0].reason.find("--with-dependencies brings it along"), std::string::npos);
}

TEST_F(ResourcePlanning, takes_dependencies_along_when_asked) {
  world_.options.selects = only("jobs", "pong");
  world_.options.with_dependencies = true;
  const model::ResourcePlan plan = world_.plan();
  EXPECT_EQ(plan.count(ResourceAction::conflict), 0U);
  EXPECT_EQ(plan.count(ResourceAction::create), 11U) << fmt::format("{}", fmt::join(actions_of(plan), "\n"));
  EXPECT_EQ(step_of(plan, "clusters", "etl").action, ResourceAction::create);
}

TEST_F(ResourcePlanning, brings_the_folders_that_lack_above_what_is_selected) {
  world_.options.selects = only("notebooks", "/Users/anna@corp.test/etl/load");
  const Texts actions = actions_of(world_.plan());
  EXPECT_EQ(actions.back(), "create notebooks//Users/anna@corp.test/etl/load");
  EXPECT_EQ(std::count(actions.begin(), actions.end(), "create folders//Users/anna@corp.test/etl"), 1);
}

TEST_F(ResourcePlanning, brings_the_schema_and_the_catalog_that_lack_above_what_is_selected) {
  world_.source.put("catalogs", "prod", R"({"name":"prod"})");
  world_.source.put("schemas", "prod.sales", R"({"full_name":"prod.sales","name":"sales"})");
  world_.source.put("volumes", "prod.sales.raw", R"({"full_name":"prod.sales.raw","name":"raw"})");
  world_.take_snapshot();
  world_.options.selects = only("volumes", "prod.sales.raw");
  const Texts all{"create catalogs/prod", "create schemas/prod.sales", "create volumes/prod.sales.raw"};
  EXPECT_EQ(actions_of(world_.plan()), all);
  world_.options.with_dependencies = true;
  const model::ResourcePlan plan = world_.plan();
  EXPECT_EQ(actions_of(plan), all);
  EXPECT_EQ(plan.steps[2].needs, std::vector<std::uint32_t>{1});
  EXPECT_EQ(plan.steps[1].needs, std::vector<std::uint32_t>{0});
}

// The platform makes it along with the catalog: nobody can wait for the step that does nothing.
TEST_F(ResourcePlanning, waits_for_the_catalog_of_what_the_platform_brings_along) {
  world_.source.put("catalogs", "prod", R"({"name":"prod"})");
  world_.source.put("schemas", "prod.default", R"({"full_name":"prod.default","name":"default"})");
  world_.source.put("volumes", "prod.default.raw", R"({"full_name":"prod.default.raw","name":"raw"})");
  world_.take_snapshot();
  const model::ResourcePlan plan = world_.plan();
  const std::uint32_t need = step_of(plan, "volumes", "prod.default.raw").needs.at(0);
  EXPECT_EQ(plan.steps[need].path, "catalogs/prod");
  EXPECT_EQ(step_of(plan, "volumes", "prod.default.raw").needs.size(), 1U);
}

TEST_F(ResourcePlanning, refuses_a_selection_of_nothing) {
  world_.options.selects = only("jobs", "none");
  world_.options.selection = "name:none";
  EXPECT_EQ(test::error_of([&] { (void)world_.plan(); }), base::ErrorKind::not_found);
  // What no user wrote may choose nothing.
  world_.options.selection.clear();
  EXPECT_TRUE(world_.plan().does_nothing());
}

TEST_F(ResourcePlanning, lists_several_of_one_name_for_a_choice) {
  world_.target.put("clusters", "etl", R"({"name":"etl","origin":"x"})");
  const model::ResourcePlan plan = world_.plan();
  const model::ResourceStep& step = step_of(plan, "clusters", "etl");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_EQ(step.candidates, Texts{world_.target.id_of("clusters", "etl")});
}

TEST_F(ResourcePlanning, takes_no_job_for_another_because_of_its_name_alone) {
  const std::string human = world_.target.put("jobs", "ping", R"({"name":"ping","origin":"human","tasks":[]})");
  const model::ResourcePlan plan = world_.plan();
  const model::ResourceStep& step = step_of(plan, "jobs", "ping");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_EQ(step.candidates, Texts{human});
  EXPECT_NE(step.reason.find("not known to be this one"), std::string::npos) << step.reason;
  const auto is_human = [&](const model::IdEntry& one) { return one.target_id == human; };
  EXPECT_TRUE(std::none_of(plan.matches.begin(), plan.matches.end(), is_human));
  for (const model::ResourceStep& one : plan.steps) EXPECT_NE(one.target_id, human) << one.path;
  world_.options.removes = true;
  EXPECT_EQ(world_.plan().count(ResourceAction::remove), 0U);
}

TEST_F(ResourcePlanning, activates_no_job_because_of_its_name_alone) {
  world_.source.put("jobs", "hourly", R"({"name":"hourly","origin":"h","schedule":{"cron":"0 0 * * * ?"}})");
  world_.take_snapshot();
  const std::string human = world_.target.put(
      "jobs", "hourly", R"({"name":"hourly","origin":"x","schedule":{"cron":"1 1 * * * ?","pause_status":"PAUSED"}})");
  const model::ResourcePlan plan = world_.activation(FiringMode::recorded);
  const model::ResourceStep& step = step_of(plan, "jobs", "hourly");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_EQ(step.candidates, Texts{human});
  EXPECT_TRUE(std::none_of(plan.matches.begin(), plan.matches.end(),
                           [&](const model::IdEntry& one) { return one.target_id == human; }));
}

TEST_F(ResourcePlanning, binds_nothing_that_was_not_asked_for) {
  world_.options.selects = only("pools", "small");
  EXPECT_TRUE(world_.plan().matches.empty());
  world_.options.selects = only("groups", "outer");
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(plan.matches.size(), 1U) << "its member";
  EXPECT_EQ(plan.matches[0].source_name, "Bob@corp.test");
}

TEST_F(ResourcePlanning, takes_what_an_id_map_says_for_an_answer) {
  const std::string there = world_.target.put("clusters", "etl", R"({"name":"etl","origin":"x"})");
  const std::string meant = world_.source.id_of("clusters", "etl");
  engine::IdMapStore(world_.state(), "primary", "secondary")
      .learn({{"clusters", meant, there, "etl", "etl", model::Learnt::imported}});
  const model::ResourcePlan plan = world_.plan();
  EXPECT_EQ(plan.count(ResourceAction::conflict), 0U);
  EXPECT_EQ(step_of(plan, "clusters", "etl").action, ResourceAction::update);
  EXPECT_EQ(plan.count(ResourceAction::update), 1U);
}

TEST_F(ResourcePlanning, maps_identities_paths_and_storage_by_rules) {
  world_.options.mapping.names["users"]["anna@corp.test"] = "anna@new.test";
  world_.options.mapping.storage["abfss://lake@east"] = "abfss://lake@west";
  world_.options.mapping.names["node_types"]["east-4"] = "west-4";
  migrate();
  EXPECT_EQ(world_.target.id_of("users", "anna@corp.test"), "");
  const std::string cluster = world_.target.body("clusters", world_.target.id_of("clusters", "etl"));
  EXPECT_NE(cluster.find("abfss://lake@west/logs"), std::string::npos) << cluster;
  const std::string pool = world_.target.body("pools", world_.target.id_of("pools", "small"));
  EXPECT_NE(pool.find("west-4"), std::string::npos) << pool;
  const std::string job = world_.target.body("jobs", world_.target.id_of("jobs", "nightly"));
  EXPECT_NE(job.find("/Users/anna@new.test/etl/load"), std::string::npos) << job;
  EXPECT_NE(world_.target.id_of("notebooks", "/Users/anna@new.test/etl/load"), "");
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourcePlanning, leaves_out_grants_of_those_whom_the_target_does_not_have) {
  world_.options.selects = only("scopes", "keys");
  const model::ResourcePlan plan = world_.plan();
  const model::ResourceStep& step = step_of(plan, "scopes", "keys");
  EXPECT_EQ(step.action, ResourceAction::create);
  ASSERT_EQ(step.notes.size(), 1U);
  EXPECT_NE(step.notes[0].find("users/anna@corp.test"), std::string::npos) << step.notes[0];
  ASSERT_TRUE(world_.apply(plan).complete());
  EXPECT_EQ(world_.target.column("scopes", "keys", "permissions"),
            R"({"acl":[{"user":"bob@corp.test","level":"MANAGE"}]})");
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourcePlanning, reports_free_text_with_old_ids_and_hosts) {
  const std::string pool = world_.source.id_of("pools", "small");
  world_.source.put("jobs", "texts",
                    R"({"name":"texts","origin":"t","parameters":[{"default":"--pool=)" + pool +
                        R"("}],"description":"see primary.host.test/x"})");
  world_.options.foreign_texts = {"primary.host.test"};
  world_.take_snapshot();
  const Texts notes = step_of(world_.plan(), "jobs", "texts").notes;
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_NE(notes[0].find("body.parameters[0].default mentions " + pool + " (pools/small)"), std::string::npos)
      << notes[0];
  EXPECT_NE(notes[1].find("body.description mentions primary.host.test"), std::string::npos) << notes[1];
}

TEST_F(ResourcePlanning, takes_no_link_to_what_it_brings_for_free_text) {
  for (const model::ResourceStep& step : world_.plan().steps)
    for (const std::string& note : step.notes)
      EXPECT_EQ(note.find("not rewritten"), std::string::npos) << step.path << ": " << note;
}

TEST_F(ResourcePlanning, makes_a_task_of_what_only_the_directory_brings) {
  world_.target.erase("users", world_.target.id_of("users", "bob@corp.test"));
  const model::ResourcePlan plan = world_.plan();
  const model::ResourceStep& step = step_of(plan, "users", "Bob@corp.test");
  EXPECT_EQ(step.action, ResourceAction::manual);
  ASSERT_EQ(step.tasks.size(), 1U);
  // With what comes along with it, made of the body as it is to be there.
  EXPECT_TRUE(step.tasks[0].starts_with("Let the directory bring Bob@corp.test.\nbring\n\n  {")) << step.tasks[0];
  EXPECT_NE(step.tasks[0].find(R"("userName":"Bob@corp.test")"), std::string::npos) << step.tasks[0];
  EXPECT_EQ(step.tasks[0].find(R"("id")"), std::string::npos) << "what the server fills in: " << step.tasks[0];
  EXPECT_EQ(step_of(plan, "groups", "outer").needs.size(), 2U);
}

TEST_F(ResourcePlanning, removes_in_reverse_only_when_asked) {
  migrate();
  const std::string ghost = world_.target.put("folders", "/Ghost", R"({"path":"/Ghost"})");
  world_.target.put("notebooks", "/Ghost/n", R"({"path":"/Ghost/n","language":"SQL"})");
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
  world_.options.removes = true;
  EXPECT_EQ(actions_of(world_.plan()), (Texts{"remove notebooks//Ghost/n", "remove folders//Ghost"}));
  world_.options.stale = [](const model::Resource& one) { return one.name == "/Ghost"; };
  EXPECT_EQ(step_of(world_.plan(), "folders", "/Ghost").action, ResourceAction::skip);
}

// A git folder takes along what lies in it, whoever left it there.
TEST_F(ResourcePlanning, removes_no_folder_that_takes_along_what_stays) {
  std::vector<model::Kind> kinds = test::workspace_kinds();
  for (model::Kind& kind : kinds) kind.brings_content = kind.collection.name == "folders";
  const model::KindSet set(kinds);
  migrate();
  for (const char* path : {"/Ghost", "/Ghost/in", "/Ghosts"})
    world_.target.put("folders", path, fmt::format(R"({{"path":"{}"}})", path));
  for (const char* path : {"/Ghost/in/n", "/Ghosts/n"})
    world_.target.put("notebooks", path, fmt::format(R"({{"path":"{}","language":"SQL"}})", path));
  world_.options.removes = true;
  const auto plan = [&] {
    const std::vector<model::Resource> live = world_.target.capture();
    test::SeededRandom random(1);
    return plan_resources(set, {.wanted = world_.snapshot(), .live = live}, world_.ids(), world_.options, world_.clock,
                          random);
  };
  const model::ResourcePlan all = plan();
  EXPECT_EQ(all.count(ResourceAction::remove), 5U);
  const auto waits = [&](const std::string& kind, const std::string& name) {
    Texts out;
    for (const std::uint32_t one : step_of(all, kind, name).after) out.push_back(all.steps[one].target_name);
    return out;
  };
  EXPECT_EQ(waits("folders", "/Ghost"), Texts{"/Ghost/in"}) << "what is in it goes by itself, and before";
  EXPECT_EQ(waits("folders", "/Ghost/in"), Texts{"/Ghost/in/n"});
  EXPECT_EQ(waits("notebooks", "/Ghost/in/n"), Texts{});

  const auto left = [&](const model::ResourcePlan& made) {
    EXPECT_EQ(step_of(made, "folders", "/Ghost").action, ResourceAction::conflict);
    EXPECT_EQ(step_of(made, "folders", "/Ghost").reason,
              "notebooks//Ghost/in/n would go along, which this plan does not remove");
    EXPECT_EQ(step_of(made, "folders", "/Ghost/in").action, ResourceAction::conflict);
  };
  world_.options.holds_back = [](const model::Resource*, const model::Resource& live) {
    const bool changed = live.name == "/Ghost/in/n";
    return changed ? std::optional(ResourcePlanOptions::HeldBack{ResourceAction::conflict, "changed there"})
                   : std::nullopt;
  };
  left(plan());
  EXPECT_EQ(step_of(plan(), "folders", "/Ghosts").action, ResourceAction::remove);
  world_.options.holds_back = {};
  world_.options.selects = [](const model::Resource& one) { return one.name != "/Ghost/in/n"; };
  left(plan());
}

TEST_F(ResourcePlanning, removes_neither_who_restores_nor_the_groups_that_it_is_in) {
  migrate();
  world_.options.chooses_kind = [](std::size_t) { return true; };
  const std::string me = world_.target.put("users", "Holdfast@corp.test", R"({"userName":"Holdfast@corp.test"})");
  const auto group = [&](const std::string& name, const std::string& member) {
    return world_.target.put("groups", name,
                             R"({"displayName":")" + name + R"(","members":[{"value":")" + member + R"("}]})");
  };
  group("over", group("operators", me));
  group("others", world_.target.put("users", "eve@corp.test", R"({"userName":"eve@corp.test"})"));
  world_.options.removes = true;
  EXPECT_EQ(world_.plan().count(ResourceAction::remove), 5U);
  world_.options.who = "holdfast@corp.test";
  const model::ResourcePlan plan = world_.plan();
  Texts actions = actions_of(plan);
  std::sort(actions.begin(), actions.end());
  EXPECT_EQ(actions, (Texts{"remove groups/others", "remove users/eve@corp.test", "skip groups/operators",
                            "skip groups/over", "skip users/Holdfast@corp.test"}));
  EXPECT_EQ(step_of(plan, "groups", "over").reason, "it is the account that restores, or that account is in it");
}

TEST_F(ResourcePlanning, pauses_what_fires_and_keeps_or_restores_it_as_asked) {
  migrate();
  const std::string id = world_.target.id_of("jobs", "nightly");
  EXPECT_NE(world_.target.body("jobs", id).find(R"("pause_status":"PAUSED")"), std::string::npos);
  world_.options.firing = FiringMode::recorded;
  EXPECT_EQ(actions_of(world_.plan()), (Texts{"update pools/small", "update jobs/nightly"}));
  world_.options.firing = FiringMode::kept;
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourcePlanning, restores_in_place_by_id) {
  world_.options.target = world_.options.source;
  // The second of two clusters of one name is lost.
  std::vector<model::Resource> live = world_.source.capture();
  const auto second = std::find_if(live.rbegin(), live.rend(), [](const model::Resource& one) {
    return test::workspace_kind_set().at(one.kind).label() == "clusters";
  });
  const std::string id = second->id;
  live.erase(std::next(second).base());
  test::SeededRandom random(1);
  world_.options.firing = FiringMode::kept;
  const model::ResourcePlan plan =
      plan_resources(test::workspace_kind_set(), {.wanted = world_.snapshot(), .live = live},
                     model::IdMap("primary", "primary"), world_.options, world_.clock, random);
  ASSERT_EQ(actions_of(plan), (Texts{"create clusters/etl", "update jobs/nightly"}));
  EXPECT_EQ(plan.steps[0].source_id, id);
  EXPECT_EQ(plan.steps[1].needs, std::vector<std::uint32_t>{0});
}

TEST_F(ResourcePlanning, plans_fifty_thousand_in_time_that_grows_with_their_number) {
  constexpr std::size_t k_many = 50'000;
  test::FakeWorkspace source(world_.clock, 100'000);
  std::vector<model::Resource> wanted;
  std::vector<model::Resource> live;
  const model::KindSet& kinds = test::workspace_kind_set();
  const std::size_t jobs = *kinds.find("jobs");
  for (std::size_t i = 0; i < k_many; ++i) {
    const auto row = [&](std::uint64_t id) {
      base::Row out;
      base::append_text(out.key, fmt::format("job-{}", i));
      base::append_text(out.key, fmt::format("9{:017}", id));
      std::string tasks;
      for (int task = 0; task < 4; ++task)
        tasks += fmt::format(R"({}{{"task_key":"t{}","timeout_seconds":0,"notebook_task":{{"notebook_path":"/N/{}"}},)"
                             R"("depends_on":[{{"task_key":"b"}},{{"task_key":"a"}}]}})",
                             task == 0 ? "" : ",", task, i);
      out.columns = {
          fmt::format(R"({{"id":9{:017},"creator":"c","created":1,"settings":{{"name":"job-{}","tasks":[{}],)"
                      R"("schedule":{{"cron":"0 0 2 * * ?","pause_status":"PAUSED"}}}}}})",
                      id, i, tasks),
          std::nullopt};
      return out;
    };
    wanted.push_back(kinds.resource(jobs, row(i)));
    live.push_back(kinds.resource(jobs, row(i + 1'000'000)));
  }
  test::SeededRandom random(1);
  ResourcePlanOptions options{.repository = "r", .snapshot = "s", .source = "a", .target = "b", .selection = {}};
  const base::Clock& clock = base::system_clock();
  const base::Duration begun = clock.elapsed();
  const model::ResourcePlan plan =
      plan_resources(kinds, {.wanted = wanted, .live = live}, model::IdMap("a", "b"), options, clock, random);
  const base::Duration took = clock.elapsed() - begun;
  EXPECT_TRUE(plan.does_nothing());
  EXPECT_EQ(plan.matches.size(), k_many);
  // About a second on a machine of its own.  Sanitizers and busy machines take far longer, one that compares each with
  // each would take hours.
  EXPECT_LT(took, std::chrono::minutes(2));
  fmt::print("planned {} resources of {} bytes in {}\n", k_many, wanted[0].row.columns[0]->size(),
             base::to_short(took));
}

}  // namespace
}  // namespace holdfast::engine
