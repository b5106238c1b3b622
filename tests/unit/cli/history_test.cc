#include <gtest/gtest.h>

#include "base/json.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

// What one command prints is what another one takes.
class PathsOfRows : public Nights {
protected:
  PathsOfRows() { must({"backup", "primary"}); }
  std::string found(const std::string& pattern) {
    std::string out = run({"find", pattern}).out;
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }
};

TEST_F(PathsOfRows, are_taken_as_they_are_printed) {
  const std::string path = found("name:x");
  EXPECT_TRUE(path.starts_with("jobs/x/")) << path;
  EXPECT_EQ(found(path), path);
  EXPECT_EQ(found("jobs/x"), path) << "the id may be left out";
  for (const std::string& name : {path, std::string("jobs/x"), "primary:" + path, "/" + path, "primary:/" + path}) {
    const Outcome history = run({"history", name});
    EXPECT_EQ(history.code, 0) << name << ": " << history.err;
    EXPECT_TRUE(history.out.find("first seen  " + path) != std::string::npos) << history.out;
  }
  const Outcome plan = run({"plan", "primary/latest", "--to", "secondary", "--select", "jobs/x"});
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_TRUE(plan.says("1 to create")) << plan.out;
}

TEST_F(PathsOfRows, with_an_empty_name_are_those_of_a_row) {
  primary_.workspace.put("jobs", "", job("", "nameless"));
  must({"backup", "primary"});
  const std::string path = "jobs//" + primary_.workspace.id_of("jobs", "");
  EXPECT_EQ(run({"show", "latest:" + path}).code, 0);
  for (const std::string& name : {path, "primary:/" + path}) {
    const Outcome history = run({"history", name});
    EXPECT_EQ(history.code, 0) << name << ": " << history.err;
    EXPECT_TRUE(history.out.find(path) != std::string::npos) << history.out;
  }
}

TEST_F(PathsOfRows, that_no_snapshot_holds_are_an_error_for_programs_as_well) {
  const Outcome people = run({"history", "jobs/nope"});
  EXPECT_EQ(people.code, 1);
  EXPECT_TRUE(people.err.starts_with("error: no snapshot holds jobs/nope\nhint: \"holdfast find")) << people.err;
  const Outcome programs = run({"history", "jobs/nope", "--json"});
  EXPECT_EQ(programs.code, 1);
  EXPECT_TRUE(nlohmann::json::parse(programs.out).at("history").empty());
  EXPECT_EQ(nlohmann::json::parse(programs.err).at("exit_code"), 1);
}

}  // namespace
}  // namespace holdfast::test
