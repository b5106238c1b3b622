#include "engine/resources/difference.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/key.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using Texts = std::vector<std::string>;
using Places = ResourceCompareRules::Places;

std::string in_words(const ResourceDifference& one) {
  constexpr const char* k_what[] = {"added", "changed", "removed", "extra", "paused"};
  constexpr const char* k_freshness[] = {"", " stale", " unread"};
  std::string fields;
  for (const model::FieldChange& field : one.fields)
    fields += fmt::format(" {}: {} -> {}", field.path, field.before.value_or("-"), field.after.value_or("-"));
  // Ids differ from run to run of the world, names do not.
  std::string path = one.path;
  if (path.starts_with("jobs/") || path.starts_with("clusters/")) path.resize(path.rfind('/'));
  return fmt::format("{}{} {}{}", k_what[static_cast<int>(one.what)], k_freshness[static_cast<int>(one.freshness)],
                     path, fields);
}

class ResourceDifferences : public testing::Test {
protected:
  ResourceDifferences() : unknown_before_(kinds().size()), unknown_after_(kinds().size()) {}
  static const model::KindSet& kinds() { return test::workspace_kind_set(); }
  static std::size_t kind(const char* name) { return *kinds().find(name); }

  void migrate() { ASSERT_TRUE(world_.apply(world_.plan()).complete()); }
  Texts compare(const std::vector<model::Resource>& after, const model::IdMap& ids, Places places) {
    Texts out;
    const model::Mapping mapping;
    ResourceCompareRules rules{.ids = ids, .mapping = mapping, .places = places, .unknown_after = unknown_is_};
    rules.selects = selects_;
    rules.paused = paused_;
    counts_ = compare_resources(kinds(), {world_.snapshot(), unknown_before_}, {after, unknown_after_}, rules, {},
                                [&](const ResourceDifference& one) { out.push_back(in_words(one)); });
    return out;
  }
  Texts compare_with_target() { return compare(world_.target.capture(), world_.ids(), Places::two); }
  Texts compare_in_place(const model::IdMap& ids = model::IdMap("primary", "primary")) {
    return compare(world_.source.capture(), ids, Places::one);
  }
  // What a platform fails to say: the resources of a kind are not there, and nobody knows why.
  std::vector<model::Resource> target_without(std::size_t gone) {
    std::vector<model::Resource> out = world_.target.capture();
    std::erase_if(out, [&](const model::Resource& one) { return one.kind == gone; });
    return out;
  }
  void replace_in(test::FakeWorkspace& workspace, const std::string& kind, const std::string& name,
                  const std::pair<std::string, std::string>& change) {
    const std::string id = workspace.id_of(kind, name);
    std::string body = workspace.body(kind, id);
    const std::size_t at = body.find(change.first);
    ASSERT_NE(at, std::string::npos) << body;
    workspace.rewrite(kind, id, body.replace(at, change.first.size(), change.second));
  }

  test::ResourceWorld world_;
  UnknownKeys unknown_before_;
  UnknownKeys unknown_after_;
  Freshness unknown_is_ = Freshness::unread;
  std::function<bool(const model::Resource&)> selects_;
  ResourceCompareRules::Paused paused_ = ResourceCompareRules::Paused::as_it_arrived;
  CompareCounts counts_;
};

TEST_F(ResourceDifferences, of_a_migration_are_only_what_arrived_paused) {
  migrate();
  EXPECT_EQ(compare_with_target(), (Texts{"paused pools/small body.min_idle: 2 -> -",
                                          R"(paused jobs/nightly body.schedule.pause_status: - -> "PAUSED")"}));
  EXPECT_FALSE(counts_.any());
  EXPECT_EQ(counts_.paused, 2U);
  EXPECT_EQ(counts_.compared, world_.snapshot().size());
}

TEST_F(ResourceDifferences, count_what_is_paused_and_is_to_fire_by_now) {
  migrate();
  paused_ = ResourceCompareRules::Paused::differs;
  EXPECT_EQ(compare_with_target(), (Texts{"changed pools/small body.min_idle: 2 -> -",
                                          R"(changed jobs/nightly body.schedule.pause_status: - -> "PAUSED")"}));
  EXPECT_EQ(counts_.changed, 2U);
  EXPECT_EQ(counts_.paused, 0U);
}

// A platform brings groups along: who is in them is up to people all the same.
TEST_F(ResourceDifferences, find_who_was_added_to_a_group_of_the_system_in_its_own_workspace_only) {
  migrate();
  const std::string anna = world_.source.id_of("users", "anna@corp.test");
  const std::string admins = world_.source.id_of("groups", "admins");
  world_.source.rewrite("groups", admins,
                        R"({"displayName":"admins","origin":"admins","members":[{"value":")" + anna + R"("}]})");
  const Texts found = compare_in_place();
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_TRUE(found[0].starts_with("changed groups/admins ")) << found[0];
  world_.take_snapshot();
  (void)compare_with_target();
  EXPECT_FALSE(counts_.any()) << "another workspace has administrators of its own";
}

TEST_F(ResourceDifferences, after_an_activation_are_none) {
  migrate();
  ASSERT_TRUE(world_.apply(world_.activation(model::FiringMode::recorded)).complete());
  EXPECT_EQ(compare_with_target(), Texts{});
}

TEST_F(ResourceDifferences, name_the_field_and_not_what_arrived_paused_beside_it) {
  migrate();
  replace_in(world_.target, "jobs", "nightly", {"0 0 2", "0 0 4"});
  const Texts found = compare_with_target();
  EXPECT_EQ(std::count(found.begin(), found.end(),
                       R"(changed jobs/nightly body.schedule.cron: "0 0 2 * * ?" -> "0 0 4 * * ?")"),
            1);
  EXPECT_EQ(counts_.changed, 1U);
  EXPECT_EQ(counts_.paused, 1U);
}

TEST_F(ResourceDifferences, tell_what_is_missing_from_what_is_extra) {
  migrate();
  world_.target.erase("jobs", world_.target.id_of("jobs", "pong"));
  world_.target.put("pools", "mine", R"({"name":"mine","origin":"mine"})");
  const Texts found = compare_with_target();
  EXPECT_NE(std::find(found.begin(), found.end(), "removed jobs/pong"), found.end());
  EXPECT_NE(std::find(found.begin(), found.end(), "extra pools/mine"), found.end());
  // Who names what is gone is as it was: one loss is one line.
  EXPECT_EQ(counts_.changed, 0U);
  EXPECT_EQ(counts_.removed, 1U);
  EXPECT_EQ(counts_.extra, 1U);
}

TEST_F(ResourceDifferences, need_no_id_map_where_twins_can_be_told_apart) {
  migrate();
  EXPECT_EQ(compare(world_.target.capture(), model::IdMap("primary", "secondary"), Places::two).size(), 2U);
  EXPECT_FALSE(counts_.any());
  EXPECT_EQ(counts_.paused, 2U);
  EXPECT_EQ(counts_.extra, 0U);
}

TEST_F(ResourceDifferences, pair_the_last_of_one_name) {
  migrate();
  replace_in(world_.target, "clusters", "etl", {"logs", "elsewhere"});
  const Texts found = compare(world_.target.capture(), model::IdMap("primary", "secondary"), Places::two);
  EXPECT_EQ(counts_.changed, 1U) << fmt::format("{}", fmt::join(found, "\n"));
  EXPECT_EQ(counts_.removed, 0U);
  EXPECT_EQ(counts_.extra, 0U);
}

TEST_F(ResourceDifferences, prove_nothing_from_a_kind_that_was_not_read) {
  migrate();
  unknown_after_[kind("users")].push_back({});
  const std::vector<model::Resource> after = target_without(kind("users"));
  const Texts found = compare(after, world_.ids(), Places::two);
  EXPECT_FALSE(counts_.any()) << fmt::format("{}", fmt::join(found, "\n"));
  EXPECT_NE(std::find(found.begin(), found.end(), "removed unread users/anna@corp.test"), found.end());
  EXPECT_GE(counts_.unread, 2U);
}

TEST_F(ResourceDifferences, prove_nothing_from_a_column_that_was_not_read) {
  migrate();
  std::vector<model::Resource> after = world_.target.capture();
  const auto scope = std::find_if(after.begin(), after.end(), [](const auto& one) { return one.name == "keys"; });
  ASSERT_NE(scope, after.end());
  scope->row.columns[kinds().at(scope->kind).column("permissions")].reset();
  EXPECT_NE(compare(after, world_.ids(), Places::two).size(), 2U) << "the permissions are gone";
  EXPECT_EQ(counts_.changed, 1U);
  unknown_after_[scope->kind].push_back(base::range_of_key(scope->row.key));
  (void)compare(after, world_.ids(), Places::two);
  EXPECT_EQ(counts_.changed, 0U);
  EXPECT_EQ(counts_.unread, 1U);
  unknown_is_ = Freshness::stale;
  (void)compare(after, world_.ids(), Places::two);
  EXPECT_EQ(counts_.stale, 1U);
}

TEST_F(ResourceDifferences, tell_what_is_gone_from_what_is_hidden_under_another_name) {
  migrate();
  const std::string gone = world_.target.id_of("jobs", "pong");
  world_.target.erase("jobs", gone);
  const auto hide = [&](const std::string& name, const std::string& id) {
    base::Bytes key;
    base::append_text(key, name);
    base::append_text(key, id);
    unknown_after_[kind("jobs")] = {base::range_of_key(key)};
    (void)compare_with_target();
  };
  hide("renamed", gone);
  EXPECT_EQ(counts_.removed, 0U);
  EXPECT_EQ(counts_.unread, 1U);
  hide("another", "4711");
  EXPECT_EQ(counts_.removed, 1U);
  // Only some columns of this one were not read: it hides nothing.
  hide("ping", world_.target.id_of("jobs", "ping"));
  EXPECT_EQ(counts_.removed, 1U);
}

TEST_F(ResourceDifferences, where_the_first_side_is_stale_are_stale) {
  migrate();
  replace_in(world_.target, "pools", "small", {"1e400", "1e401"});
  world_.target.put("policies", "dear", R"({"name":"dear","origin":"dear","definition":"{}"})");
  unknown_before_[kind("pools")].push_back({});
  unknown_before_[kind("policies")].push_back({});
  const Texts found = compare_with_target();
  EXPECT_EQ(counts_.stale, 2U) << fmt::format("{}", fmt::join(found, "\n"));
  EXPECT_FALSE(counts_.any());
  EXPECT_EQ(counts_.extra, 0U);
}

TEST_F(ResourceDifferences, in_place_are_none_while_nothing_changed_but_ids_and_times) {
  EXPECT_EQ(compare_in_place(), Texts{});
  // Made again by hand under its name.
  const std::string body = world_.source.body("pools", world_.source.id_of("pools", "small"));
  world_.source.erase("pools", world_.source.id_of("pools", "small"));
  world_.clock.advance(std::chrono::hours(1));
  world_.source.put("pools", "small", body, {}, "somebody else");
  const Texts found = compare_in_place();
  EXPECT_TRUE(std::none_of(found.begin(), found.end(), [](const std::string& one) {
    return one.find("pools/small") != std::string::npos;
  })) << fmt::format("{}", fmt::join(found, "\n"));
  EXPECT_EQ(counts_.added + counts_.removed, 0U);
}

TEST_F(ResourceDifferences, in_place_tell_what_somebody_paused_from_what_a_restore_brought_paused) {
  const std::string old = world_.source.id_of("jobs", "nightly");
  replace_in(world_.source, "jobs", "nightly", {R"("cron":)", R"("pause_status":"PAUSED","cron":)"});
  EXPECT_EQ(compare_in_place(), Texts{R"(changed jobs/nightly body.schedule.pause_status: - -> "PAUSED")"});
  // The same job, made anew by a restore.
  const std::string body = world_.source.body("jobs", old);
  const std::string permissions = world_.source.column("jobs", old, "permissions");
  world_.source.erase("jobs", old);
  const std::string made = world_.source.put("jobs", "nightly", body, {{"permissions", permissions}});
  model::IdMap ids("primary", "primary");
  ids.add({.kind = "jobs", .source_id = old, .target_id = made, .source_name = "nightly", .target_name = "nightly"});
  const Texts found = compare_in_place(ids);
  EXPECT_EQ(std::count(found.begin(), found.end(), R"(paused jobs/nightly body.schedule.pause_status: - -> "PAUSED")"),
            1)
      << fmt::format("{}", fmt::join(found, "\n"));
}

TEST_F(ResourceDifferences, are_looked_for_in_the_selection_only) {
  migrate();
  world_.target.erase("jobs", world_.target.id_of("jobs", "pong"));
  replace_in(world_.target, "pools", "small", {"1e400", "1e401"});
  selects_ = [](const model::Resource& one) { return one.name == "pong"; };
  EXPECT_EQ(compare_with_target(), Texts{"removed jobs/pong"});
  EXPECT_EQ(counts_.compared, 1U);
}

}  // namespace
}  // namespace holdfast::engine
