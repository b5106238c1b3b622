// The disk with the local state is full.
#include <gtest/gtest.h>

#include "storage/decorators/fault_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class FullState : public Nights {
protected:
  FullState() {
    migrate();
    const std::string own = app_.composition.state_folder;
    app_.composition.state_folder = app_.file("state of another host");
    must({"backup", "primary"});  // which this host has not seen
    app_.composition.state_folder = own;
    app_.composition.open_state = [this](const std::string&) {
      const auto before = [](storage::Call call, const std::string& name) {
        if (call == storage::Call::put) throw base::Error(base::ErrorKind::io, "cannot write " + name + ": no space");
      };
      return storage::make_fault_backend(*state_, {.before = before, .after = {}}, nullptr);
    };
    state_ = storage::open_local_backend(own);
  }
  std::unique_ptr<storage::Backend> state_;
};

TEST_F(FullState, lets_status_say_who_is_in_charge) {
  const Outcome outcome = run({"status"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("IN CHARGE")) << outcome.out;
  EXPECT_TRUE(outcome.says("a store that is rolled back behind it would not be noticed")) << outcome.err;
  EXPECT_TRUE(outcome.says("no space")) << outcome.err;
  EXPECT_EQ(run({"snapshots"}).code, 0);
}

TEST_F(FullState, lets_nothing_be_written) {
  const Outcome outcome = run({"backup", "primary"});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_TRUE(outcome.says("no space")) << outcome.err;
  const std::uint64_t writes = secondary_.workspace.writes;
  EXPECT_EQ(night().code, 1);
  EXPECT_EQ(secondary_.workspace.writes, writes);
}

}  // namespace
}  // namespace holdfast::test
