#include "engine/in_common.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/engine_world.h"
#include "support/errors.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

using platform::Diagnosis;
using platform::Listed;
using platform::Trait;
using Level = Diagnosis::Level;

SideInCommon side(const std::string& name, const std::string& identity) {
  return {.name = name, .side = {.identity = identity}, .storage = {}};
}

const Diagnosis* find(const std::vector<Diagnosis>& lines, const std::string& subject) {
  for (const Diagnosis& line : lines)
    if (line.subject == subject) return &line;
  return nullptr;
}

class InCommon : public testing::Test {
protected:
  Diagnosis line(const std::string& subject) {
    const auto lines = compare_sides(first_, second_, uses_, mapping_);
    const Diagnosis* found = find(lines, subject);
    EXPECT_NE(found, nullptr) << subject;
    return found == nullptr ? Diagnosis{} : *found;
  }

  SideInCommon first_ = side("primary", "1");
  SideInCommon second_ = side("secondary", "2");
  std::vector<Use> uses_;
  model::Mapping mapping_;
};

TEST_F(InCommon, refuses_two_names_of_one_workspace) {
  second_.side.identity = "1";
  const base::Error error = test::thrown_by([&] { (void)compare_sides(first_, second_, uses_, mapping_); });
  EXPECT_EQ(error.kind(), base::ErrorKind::refused);
  EXPECT_EQ(error.message(), "primary and secondary are one workspace: 1");
}

TEST_F(InCommon, warns_of_one_region_and_not_of_two) {
  const Trait region{"region", "westeurope", Trait::Wanted::different, "Move {second}."};
  first_.side.traits = {region};
  second_.side.traits = {region};
  EXPECT_EQ(line("region").level, Level::warning);
  EXPECT_EQ(line("region").text, "both westeurope");
  EXPECT_EQ(line("region").advice, "Move secondary.");
  second_.side.traits[0].value = "northeurope";
  EXPECT_EQ(line("region").level, Level::ok);
  EXPECT_EQ(line("region").advice, "");
  second_.side.traits[0].value = "";
  EXPECT_EQ(line("region").level, Level::note);
  EXPECT_EQ(line("region").text, "not known of secondary");
}

TEST_F(InCommon, warns_of_what_shall_be_the_same_and_is_not) {
  first_.side.traits = {{"tier", "premium", Trait::Wanted::same, "Choose one."}};
  second_.side.traits = {{"tier", "standard", Trait::Wanted::same, "Choose one."}};
  EXPECT_EQ(line("tier").level, Level::warning);
  EXPECT_EQ(line("tier").text, "premium and standard");
}

TEST_F(InCommon, names_what_is_used_and_not_offered_there_unless_a_rule_turns_it_into_what_is) {
  first_.side.offers = {{.name = "node-types", .one = "a node type", .values = {"A", "B"}, .advice = "Map {value}."}};
  second_.side.offers = {{.name = "node-types", .one = "a node type", .values = {"B"}, .advice = "Map {value}."}};
  uses_ = {{"node-types", "B", {"clusters/x"}}};
  EXPECT_EQ(line("node-types").level, Level::ok);
  uses_.push_back({"node-types", "A", {"clusters/a", "clusters/b", "jobs/c", "jobs/d"}});
  EXPECT_EQ(line("A").level, Level::warning);
  EXPECT_EQ(line("A").text,
            "a node type that secondary does not offer, used by 4: clusters/a, clusters/b, jobs/c and 1 more");
  EXPECT_EQ(line("A").advice, "Map A.");
  mapping_.names["node-types"]["A"] = "B";
  EXPECT_EQ(line("node-types").level, Level::ok);
}

TEST_F(InCommon, names_features_that_only_the_first_has) {
  first_.side.offers = {{.name = "kinds", .one = "a kind", .values = {"jobs", "alerts"}, .all_wanted = true}};
  second_.side.offers = {{.name = "kinds", .one = "a kind", .values = {"jobs"}, .all_wanted = true}};
  EXPECT_EQ(line("kinds").level, Level::warning);
  EXPECT_EQ(line("kinds").text, "1 are not at secondary: alerts");
}

TEST_F(InCommon, names_identities_that_are_missing_there) {
  first_.side.lists = {{.kind = "users", .resources = {{"anna", ""}, {"ben", ""}}, .advice = "Bring {value}."}};
  second_.side.lists = {{.kind = "users", .resources = {{"ana", ""}}}};
  EXPECT_EQ(line("users").text, "2 of 2 are not at secondary: anna, ben");
  EXPECT_EQ(line("users").advice, "Bring anna.");
  mapping_.names["users"]["anna"] = "ana";
  EXPECT_EQ(line("users").text, "1 of 2 are not at secondary: ben");
}

TEST_F(InCommon, compares_values_of_settings) {
  first_.side.lists = {
      {.kind = "conf", .compared = Listed::Compared::values, .resources = {{"a", "true"}, {"b", "1"}}}};
  second_.side.lists = {
      {.kind = "conf", .compared = Listed::Compared::values, .resources = {{"a", "true"}, {"b", "2"}}}};
  EXPECT_EQ(line("conf").text, "1 differ: b (1 and 2)");
}

TEST_F(InCommon, warns_of_storage_that_both_refer_to) {
  first_.storage = {"lake", "archive"};
  second_.storage = {"lake"};
  EXPECT_EQ(line("storage").level, Level::warning);
  EXPECT_EQ(line("storage").text, "both refer to lake");
  second_.storage = {"other"};
  EXPECT_EQ(find(compare_sides(first_, second_, uses_, mapping_), "storage"), nullptr);
}

TEST_F(InCommon, says_of_which_side_something_could_not_be_read) {
  second_.side.lines = {{Level::note, "users", "not read: denied", ""}};
  EXPECT_EQ(line("users of secondary").text, "not read: denied");
}

TEST(UsesOfASnapshot, are_found_by_their_fields_also_inside_of_documents_that_are_strings) {
  test::EngineWorld world;
  test::WorkspaceAccount account(world.clock, 1'000, "one");
  account.workspace.put("pools", "p", R"({"name":"p","node":"A"})");
  account.workspace.put("policies", "q", R"({"name":"q","definition":"{\"node\":{\"value\":\"B\"}}"})");
  const auto connector = test::connect(account);
  const auto snapshot =
      backup(*world.repository, *connector, "primary", test::EngineWorld::small(), world.events, world.clock, {})
          .snapshot;
  const auto got =
      find_uses(*world.repository, snapshot,
                {{.offer = "node-types", .kind = "pools", .field = "node"},
                 {.offer = "node-types", .kind = "policies", .field = "definition", .inside = "node.value"}},
                {});
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].value, "A");
  EXPECT_TRUE(got[0].by.at(0).starts_with("pools/p"));
  EXPECT_EQ(got[1].value, "B");
}

}  // namespace
}  // namespace holdfast::engine
