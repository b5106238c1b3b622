#include <gtest/gtest.h>

#include "base/json.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class ImportedIds : public Nights {
protected:
  ImportedIds() { must({"backup", "primary"}); }
  Outcome import(const std::vector<std::string>& lines, const Names& more = {}) {
    const std::string path = app_.file("ids.csv");
    std::ofstream out(path);
    out << "kind,source_id,target_id\n";
    for (const std::string& line : lines) out << line << "\n";
    out.close();
    Names arguments{"idmap", "import", "primary", "secondary", path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  std::string x() const { return primary_.workspace.id_of("jobs", "x"); }
  const std::string there_ = secondary_.workspace.put("jobs", "x", job("x", "theirs"));
};

TEST_F(ImportedIds, of_both_sides_are_nothing_to_be_told_of) {
  must({"backup", "secondary"});
  const Outcome outcome = import({"jobs," + x() + "," + there_});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(outcome.says("warning")) << outcome.err;
}

TEST_F(ImportedIds, that_no_side_has_are_named_and_taken_all_the_same) {
  must({"backup", "secondary"});
  const Outcome outcome = import({"jobs,999," + there_, "jobs," + x() + ",777"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(outcome.says("jobs 999 stands for nothing: ")) << outcome.err;
  EXPECT_TRUE(outcome.says("the newest of primary, has no such id")) << outcome.err;
  EXPECT_TRUE(outcome.says("jobs 777 stands for nothing: ")) << outcome.err;
  EXPECT_TRUE(outcome.says("the newest of secondary, has no such id")) << outcome.err;
  EXPECT_TRUE(run({"idmap", "show", "primary", "secondary"}).says("777"));
}

TEST_F(ImportedIds, are_told_from_names) {
  const Outcome outcome = import({"jobs,x," + there_});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(outcome.says("has no such id; it is the name of " + x())) << outcome.err;
}

TEST_F(ImportedIds, of_what_has_no_snapshot_are_not_looked_up) {
  const Outcome outcome = import({"jobs," + x() + ",777"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("there is no snapshot of secondary: its ids were not looked up")) << outcome.err;
}

TEST_F(ImportedIds, that_were_had_before_something_was_made_anew_stand_for_it) {
  const std::string old = x();
  remove_job(primary_, "x");
  must({"restore", "primary/latest", "--to", "primary", "--select", "/jobs/x"});
  ASSERT_NE(x(), old);
  must({"backup", "primary"});
  EXPECT_EQ(import({"jobs," + old + "," + there_}).code, 0);
}

TEST_F(ImportedIds, are_counted_where_they_are_many) {
  std::vector<std::string> lines;
  for (int i = 0; i < 25; ++i) lines.push_back("jobs," + std::to_string(i) + "," + std::to_string(100 + i));
  const Outcome outcome = import(lines, {"--dry-run"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(outcome.says("15 more ids of primary stand for nothing")) << outcome.err;
}

TEST_F(ImportedIds, are_exported_with_the_version_of_the_format) {
  must({"migrate", "primary", "secondary", "--select", "kind:pools"});
  const Outcome exported = run({"idmap", "export", "primary", "secondary", "--json"});
  EXPECT_EQ(nlohmann::json::parse(exported.out).at("format_version"), 1);
  const std::string path = app_.file("ids.json");
  std::ofstream(path) << exported.out;
  must({"backup", "secondary"});
  EXPECT_EQ(run({"idmap", "import", "primary", "secondary", path}).code, 0) << "what export prints, import reads";
}

TEST_F(ImportedIds, come_from_no_folder) {
  const Outcome outcome = run({"idmap", "import", "primary", "secondary", app_.folder.path()});
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_TRUE(outcome.says("cannot read the id map " + app_.folder.path() + ": it is empty, or no file"))
      << outcome.err;
  EXPECT_FALSE(outcome.says("defect")) << outcome.err;
}

TEST_F(ImportedIds, that_lead_to_what_is_called_otherwise_are_named_and_taken) {
  const std::string other = secondary_.workspace.put("jobs", "other", job("other", "theirs"));
  must({"backup", "secondary"});
  const Outcome outcome = import({"jobs," + x() + "," + other});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("1 entry leads to what is called otherwise")) << outcome.err;
  EXPECT_TRUE(outcome.says("jobs " + x() + " is x on primary, and " + other + " is other on secondary")) << outcome.err;
  EXPECT_TRUE(run({"idmap", "show", "primary", "secondary"}).says(other));
}

TEST_F(ImportedIds, that_say_the_other_name_themselves_are_meant) {
  const std::string other = secondary_.workspace.put("jobs", "other", job("other", "theirs"));
  must({"backup", "secondary"});
  const std::string path = app_.file("named.csv");
  std::ofstream(path) << "kind,source_id,target_id,target_name\njobs," + x() + "," + other + ",other\n";
  const Outcome outcome = run({"idmap", "import", "primary", "secondary", path});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(outcome.says("called otherwise")) << outcome.err;
}

TEST_F(ImportedIds, whose_names_a_rule_changes_are_no_strangers) {
  std::ofstream(app_.config(), std::ios::app)
      << "[map.dr]\nfrom = \"primary\"\nto = \"secondary\"\nnames = { jobs = { x = \"other\" } }\n";
  const std::string other = secondary_.workspace.put("jobs", "other", job("other", "theirs"));
  must({"backup", "secondary"});
  const Outcome outcome = import({"jobs," + x() + "," + other});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(outcome.says("called otherwise")) << outcome.err;
}

TEST_F(ImportedIds, of_other_names_are_counted_where_they_are_many) {
  std::vector<std::string> lines;
  for (int i = 0; i < 15; ++i) {
    const std::string n = std::to_string(i);
    const std::string from = primary_.workspace.put("jobs", "from" + n, job("from" + n, "one"));
    const std::string to = secondary_.workspace.put("jobs", "to" + n, job("to" + n, "one"));
    lines.push_back("jobs," + from + "," + to);
  }
  must({"backup", "primary"});
  must({"backup", "secondary"});
  const Outcome outcome = import(lines, {"--dry-run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("15 entries lead to what is called otherwise")) << outcome.err;
  EXPECT_TRUE(outcome.says("and 5 more")) << outcome.err;
}

}  // namespace
}  // namespace holdfast::test
