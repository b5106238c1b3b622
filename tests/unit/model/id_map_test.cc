#include "model/id_map.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/error.h"
#include "support/errors.h"

namespace holdfast::model {
namespace {

IdEntry entry(const char* source, const char* target, const char* name = "etl") {
  return {.kind = "clusters", .source_id = source, .target_id = target, .source_name = name, .target_name = name};
}

std::string refusal(const std::string& csv) {
  try {
    (void)id_map_from_csv(csv, "a", "b");
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(IdMap, turns_an_entry_round) {
  const IdEntry one{.kind = "users",
                    .source_id = "1",
                    .target_id = "9",
                    .source_name = "Bob",
                    .target_name = "bob",
                    .learnt = Learnt::matched};
  const IdEntry other = turned_round(one);
  EXPECT_EQ(other, (IdEntry{.kind = "users",
                            .source_id = "9",
                            .target_id = "1",
                            .source_name = "bob",
                            .target_name = "Bob",
                            .learnt = Learnt::matched}));
  EXPECT_EQ(turned_round(other), one);
}

TEST(IdMap, finds_both_ways) {
  IdMap map("a", "b");
  map.add(entry("1", "9"));
  ASSERT_TRUE(map.by_source("clusters", "1"));
  EXPECT_EQ(map.by_source("clusters", "1")->target_id, "9");
  EXPECT_EQ(map.by_target("clusters", "9")->source_id, "1");
  EXPECT_EQ(map.by_source("pools", "1"), nullptr);
  EXPECT_TRUE(map.remove("clusters", "1"));
  EXPECT_EQ(map.by_target("clusters", "9"), nullptr);
  EXPECT_FALSE(map.remove("clusters", "1"));
}

TEST(IdMap, refuses_two_sources_for_one_target_and_two_targets_for_one_source) {
  IdMap map("a", "b");
  map.add(entry("1", "9"));
  map.add(entry("1", "9", "renamed"));
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(test::error_of([&] { map.add(entry("2", "9")); }), base::ErrorKind::conflict);
  EXPECT_EQ(test::error_of([&] { map.add(entry("1", "8")); }), base::ErrorKind::conflict);
  map.replace(entry("1", "8"));
  EXPECT_EQ(map.by_source("clusters", "1")->target_id, "8");
  EXPECT_EQ(map.by_target("clusters", "9"), nullptr);
}

TEST(IdMap, survives_csv_and_json_with_any_name) {
  rc::check([](const std::map<std::string, std::string>& names) {
    IdMap map("primary", "second \"ary\"");
    int number = 0;
    for (const auto& [id, name] : names) {
      IdEntry one = entry(("s" + id).c_str(), std::to_string(++number).c_str());
      one.source_name = name;
      one.source_id = "s" + id;
      one.learnt = static_cast<Learnt>(number % 4);
      map.add(one);
    }
    RC_ASSERT(id_map_from_csv(to_csv(map), map.source(), map.target()).entries() == map.entries());
    RC_ASSERT(id_map_from_json(to_json(map), map.source(), map.target()).entries() == map.entries());
  });
}

TEST(IdMap, reads_what_a_spreadsheet_writes) {
  const IdMap map =
      id_map_from_csv("\xef\xbb\xbftarget_id,kind,source_id\r\n\r\n9,clusters,\"1\"\r\n8,\"a,\"\"b\",2\n", "a", "b");
  EXPECT_EQ(map.by_source("clusters", "1")->target_id, "9");
  EXPECT_EQ(map.by_source("clusters", "1")->learnt, Learnt::imported);
  EXPECT_TRUE(map.by_source("a,\"b", "2"));
}

TEST(IdMap, names_the_line_that_is_wrong) {
  const std::string head = "kind,source_id,target_id\n";
  EXPECT_EQ(refusal(""), "line 1 of the id map is missing: the file is empty");
  EXPECT_EQ(refusal("kind,source_id\n"), "line 1 of the id map must name the column 'target_id' once");
  EXPECT_EQ(refusal("kind,source_id,target_id,colour\n"), "line 1 of the id map names the unknown column 'colour'");
  EXPECT_EQ(refusal(head + "jobs,1,2\njobs,1\n"), "line 3 of the id map has 2 fields, the first line names 3");
  EXPECT_EQ(refusal(head + "\n\njobs,,2\n"), "line 4 of the id map has no source_id");
  EXPECT_EQ(refusal(head + "jobs,\"1\n\",\"2\n"), "line 2 of the id map opens a quote that nothing closes");
  EXPECT_EQ(refusal(head + "jobs,a\"1,2\n"),
            "line 2 of the id map has a quote in a field that does not begin with one");
  EXPECT_EQ(refusal(head + "jobs,\"1\"x,2\n"), "line 2 of the id map goes on behind a closing quote");
  EXPECT_NE(refusal(head + "jobs,1,2\njobs,3,2\n").find("line 3 of the id map contradicts another"), std::string::npos);
}

TEST(IdMap, refuses_json_of_other_connectors_and_unknown_fields) {
  const std::string json = to_json(IdMap("a", "b"));
  EXPECT_EQ(test::error_of([&] { (void)id_map_from_json(json, "a", "c"); }), base::ErrorKind::config);
  EXPECT_EQ(test::error_of([&] {
              (void)id_map_from_json(
                  R"({"source":"a","target":"b","entries":[{"kind":"k","source_id":"1","colour":"2"}]})", "a", "b");
            }),
            base::ErrorKind::config);
  EXPECT_EQ(test::error_of([&] { (void)id_map_from_json(json, "a", "b"); }), std::nullopt);
}

}  // namespace
}  // namespace holdfast::model
