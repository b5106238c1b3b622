// What a fence pauses beside its snapshot, where the local state that knew it is lost: snapshots say it, too.
#include <gtest/gtest.h>

#include <string>

#include "storage/local/local_backend.h"
#include "unit/cli/nights.h"

namespace holdfast::test {
namespace {

class BesideMarks : public Nights {
protected:
  void must(const Names& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments.front() << ": " << outcome.out << outcome.err;
  }
  // Fenced again behind what somebody made and started there since.
  void fence_twice(const std::string& made = "weekly") {
    migrate();
    must({"fence", "primary", "--yes"});
    primary_.workspace.put("jobs", made, job(made, "one"));
    set_pause(primary_, "asleep", "UNPAUSED");
    must({"fence", "primary"});
    EXPECT_EQ(firing(primary_), Names{});
  }
  // From here on another host works, which has only the id map.
  void lose_state() {
    const auto from = storage::open_local_backend(app_.composition.state_folder);
    app_.composition.state_folder = app_.file("state of another host");
    const auto to = storage::open_local_backend(app_.composition.state_folder);
    Names names;
    from->list("idmap/", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
    for (const std::string& name : names) to->put(name, from->get_all(name));
  }

  const Names all_{"asleep", "weekly", "x", "y", "z"};
};

TEST_F(BesideMarks, let_another_host_activate_it_in_place) {
  fence_twice();
  lose_state();
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
  set_pause(primary_, "weekly", "PAUSED");
  must({"backup", "primary"});
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"asleep", "x", "y", "z"})) << "the mark has ended";
}

TEST_F(BesideMarks, let_another_host_fail_over_and_back) {
  fence_twice();
  lose_state();
  must({"backup", "primary"});  // which carries them on
  must({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(firing(primary_), Names{});
  lose_state();
  must({"failback", "secondary", "primary", "--keep-changed", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(BesideMarks, are_taken_up_by_a_fence_of_another_host) {
  fence_twice();
  lose_state();
  must({"fence", "primary", "--yes"});
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(BesideMarks, say_how_much_does_not_fit) {
  const std::string long_name(40'000, 'w');
  migrate();
  must({"fence", "primary", "--yes"});
  primary_.workspace.put("jobs", long_name, job(long_name, "one"));
  set_pause(primary_, "asleep", "UNPAUSED");
  const Outcome fenced = run({"fence", "primary"});
  EXPECT_EQ(fenced.code, 0) << fenced.err;
  EXPECT_TRUE(fenced.says("1 of the 2 values that the fence of primary keeps beside its snapshot")) << fenced.err;
  lose_state();
  const Outcome outcome = run({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("1 value that the fence of primary paused beside its snapshot")) << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"asleep", "x", "y", "z"}));
}

}  // namespace
}  // namespace holdfast::test
