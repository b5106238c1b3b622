// The repository is lost while the secondary is in charge, and a new one is begun: what recorded how the primary fired
// is gone, and this host alone knows who took over.
#include <gtest/gtest.h>

#include <filesystem>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class LostRepository : public Nights {
protected:
  void lose_repository() {
    std::filesystem::remove_all(app_.file("repository"));
    app_.init();
    for (const char* name : {"primary", "secondary"}) must({"backup", name});
  }
};

TEST_F(LostRepository, leaves_the_way_home_open) {
  migrate();
  fail_over();
  set_pause(secondary_, "y", "PAUSED");
  change(secondary_, "x", "away");
  lose_repository();
  // How both parted is gone, too, so what differs has to be decided.
  EXPECT_EQ(fail_back().code, 5);
  const Outcome home = fail_back({"--existing", "replace"});
  EXPECT_EQ(home.code, 3) << home.out << home.err;
  EXPECT_TRUE(home.says("which shows how primary fired before secondary took over, is not in this repository"))
      << home.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(note_of(primary_, "x"), "away");
  EXPECT_FALSE(fence("primary") || fence("secondary"));
}

TEST_F(LostRepository, ends_a_failback_that_was_activating) {
  migrate();
  fail_over();
  refuse(primary_, {"x"});
  ASSERT_EQ(fail_back().code, 3);
  primary_.workspace.refusals.clear();
  lose_repository();
  const Outcome stuck = fail_back();
  EXPECT_EQ(stuck.code, 1) << stuck.out << stuck.err;
  EXPECT_TRUE(stuck.says("which shows what shall fire, is not in this repository")) << stuck.err;
  const Outcome ended = fail_back({"--leave-paused"});
  EXPECT_EQ(ended.code, 3) << ended.out << ended.err;
  EXPECT_TRUE(ended.says("what is paused there stays so")) << ended.err;
  EXPECT_EQ(firing(primary_), (Names{"y", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_FALSE(fence("primary") || fence("secondary"));
  EXPECT_EQ(fail_back().code, 0) << "it has ended";
}

TEST_F(LostRepository, in_mid_failback_is_told_before_anything_is_brought) {
  migrate();
  fail_over();
  gate(R"("fence")");
  ASSERT_EQ(fail_back().code, 5);
  must({"fence", "secondary", "--yes"});
  change(secondary_, "y", "away");
  engine::Fence begun = *fence("secondary");
  begun.active = "primary";
  keep(begun);
  lose_repository();
  const Outcome stuck = fail_back();
  EXPECT_EQ(stuck.code, 1) << stuck.out << stuck.err;
  EXPECT_TRUE(stuck.says("--leave-paused")) << stuck.err;
  EXPECT_EQ(note_of(primary_, "y"), "one");
  const Outcome ended = fail_back({"--existing", "replace", "--leave-paused"});
  EXPECT_EQ(ended.code, 3) << ended.out << ended.err;
  EXPECT_TRUE(ended.says("what is paused there stays so")) << ended.err;
  EXPECT_EQ(note_of(primary_, "y"), "away");
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_FALSE(fence("primary") || fence("secondary"));
}

}  // namespace
}  // namespace holdfast::test
