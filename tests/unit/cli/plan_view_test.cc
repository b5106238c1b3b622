#include "cli/plan_view.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "support/errors.h"
#include "support/fakes.h"

namespace {

using namespace holdfast;
using namespace holdfast::cli;
using model::Action;

model::Plan plan_of(const std::vector<Action>& actions) {
  model::Plan out;
  out.id = "0123456789abcdef";
  for (const Action action : actions) {
    model::Step& step = out.steps.emplace_back();
    step.collection = "aspect";
    step.action = action;
  }
  return out;
}

TEST(PlanCounts, name_skipped_and_conflicting_steps_only_where_there_are_some) {
  const model::Plan plain = plan_of({Action::create, Action::update, Action::update});
  EXPECT_EQ(counts_text(plain), "1 to create, 2 to update, 0 to remove");
  EXPECT_EQ(changes_of(plain), 3u);
  const model::Plan more = plan_of({Action::remove, Action::skip, Action::conflict, Action::conflict});
  EXPECT_EQ(counts_text(more), "0 to create, 0 to update, 1 to remove, 1 left as they are, 2 in conflict");
  EXPECT_EQ(changes_of(more), 1u) << "what is skipped or in conflict changes nothing";
}

TEST(PlanFile, comes_back_and_is_nobody_else_s_to_read) {
  const test::TempFolder folder;
  const std::string path = folder.path() + "/plan.json";
  write_plan(plan_of({Action::create}), path);
  write_plan(plan_of({Action::create, Action::remove}), path);
  EXPECT_EQ(read_plan(path).steps.size(), 2u) << "the file is replaced as a whole";
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  EXPECT_NE(::stat((path + ".tmp").c_str(), &info), 0);
}

TEST(PlanFile, that_is_not_there_not_a_file_or_no_plan_is_named) {
  const test::TempFolder folder;
  EXPECT_EQ(test::error_of([&] { read_plan(folder.path() + "/none.json"); }), base::ErrorKind::config);
  EXPECT_EQ(test::error_of([&] { read_plan(folder.path()); }), base::ErrorKind::config);
  const std::string path = folder.path() + "/text.json";
  std::ofstream(path) << "not a plan";
  EXPECT_EQ(test::error_of([&] { read_plan(path); }), base::ErrorKind::config);
  EXPECT_EQ(test::error_of([&] { write_plan(plan_of({}), folder.path() + "/none/plan.json"); }), base::ErrorKind::io);
}

}  // namespace
