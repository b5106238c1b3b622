// What the repository is told before something is paused or activated, so that a host which knows nothing else goes by
// it wherever the first one was stopped.
#include <gtest/gtest.h>

#include <string>

#include "storage/decorators/fault_backend.h"
#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class FirstWords : public Nights {
protected:
  FirstWords() {
    app_.composition.backends.front().open = [this](const std::string&) {
      return std::make_unique<TrippedBackend>(*repository_, wire_);
    };
    for (WorkspaceAccount* one : {&primary_, &secondary_}) one->workspace.wire = &wire_;
  }
  // Neither this write to a workspace nor anything behind it happens.
  Outcome killed_at_write(WorkspaceAccount& of, std::uint64_t number, const Names& verb) {
    of.workspace.interrupt_at = of.workspace.writes + number;
    of.workspace.interrupt = [this] { wire_.arm(Tripwire::Strike::before, 1); };
    Outcome out = run(verb);
    wire_.arm(Tripwire::Strike::never);
    EXPECT_NE(out.code, 0) << "it was not killed";
    return out;
  }
  // Which has only the id map.
  void on_another_host() {
    const auto from = storage::open_local_backend(app_.composition.state_folder);
    app_.composition.state_folder = app_.file("state of another host");
    const auto to = storage::open_local_backend(app_.composition.state_folder);
    Names names;
    from->list("idmap/", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
    for (const std::string& name : names) to->put(name, from->get_all(name));
  }
  void expect_all_on(const WorkspaceAccount& one, const WorkspaceAccount& other) const {
    EXPECT_EQ(firing(one), all_);
    EXPECT_EQ(firing(other), Names{});
  }

  const Names failover_{"failover", "primary", "secondary", "--yes"};
  const Names activate_primary_{"activate", "primary", "--from", "primary", "--yes"};
  std::unique_ptr<storage::Backend> repository_ = storage::open_local_backend(app_.file("repository"));
  Tripwire wire_;
};

TEST_F(FirstWords, of_a_failover_that_a_gate_stopped_let_another_host_go_on) {
  migrate();
  gate(R"("activate")");
  ASSERT_EQ(failover().code, 5);
  ASSERT_EQ(firing(primary_), Names{});
  on_another_host();
  must({"backup", "primary"});
  const Outcome away = failover({"--pass", "activate"});
  EXPECT_EQ(away.code, 0) << away.out << away.err;
  expect_all_on(secondary_, primary_);
}

TEST_F(FirstWords, of_a_failover_that_was_killed_lead_home_without_an_id_map) {
  migrate();
  killed_at_write(secondary_, 1, failover_);
  ASSERT_EQ(firing(primary_), Names{});
  on_another_host();
  must({"backup", "primary"});
  must({"fence", "secondary", "--yes"});
  must(activate_primary_);
  expect_all_on(primary_, secondary_);
}

TEST_F(FirstWords, of_a_fence_say_what_it_pauses_beside_its_snapshot) {
  migrate();
  must({"fence", "primary", "--yes"});
  primary_.workspace.put("jobs", "weekly", job("weekly", "one"));
  set_pause(primary_, "asleep", "UNPAUSED");
  killed_at_write(primary_, 2, {"fence", "primary"});
  ASSERT_EQ(firing(primary_).size(), 1U);
  on_another_host();
  must({"fence", "primary", "--yes"});
  must(activate_primary_);
  EXPECT_EQ(firing(primary_), (Names{"asleep", "weekly", "x", "y", "z"}));
}

// Killed before anything was paused: nobody may take what somebody does since for our doing.
TEST_F(FirstWords, of_a_fence_end_with_it) {
  migrate();
  killed_at_write(primary_, 1, failover_);
  ASSERT_EQ(firing(primary_), all_);
  must({"activate", "primary", "--yes"});
  EXPECT_FALSE(fence("primary").has_value());
  set_pause(primary_, "y", "PAUSED");
  must({"backup", "primary"});
  on_another_host();
  must(activate_primary_);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

TEST_F(FirstWords, of_a_fence_are_ended_by_another_host) {
  migrate();
  killed_at_write(primary_, 1, failover_);
  on_another_host();
  must(activate_primary_);
  set_pause(primary_, "y", "PAUSED");
  must({"backup", "primary"});
  must(activate_primary_);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

TEST_F(FirstWords, go_before_the_first_pause_or_nothing_is_paused) {
  bool full = false;
  app_.composition.backends.front().open = [&](const std::string&) {
    const auto before = [&](storage::Call call, const std::string&) {
      if (full && call == storage::Call::put) throw base::Error(base::ErrorKind::io, "no space is left");
    };
    return storage::make_fault_backend(*repository_, {.before = before, .after = {}}, nullptr);
  };
  migrate();
  change(primary_, "x", "two");
  secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;  // the last replicate brings it
  secondary_.workspace.interrupt = [&] { full = true; };
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 1) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("nothing was paused on primary, as no snapshot of it could say")) << outcome.err;
  EXPECT_TRUE(outcome.says("no space is left") && outcome.says("run the same again")) << outcome.err;
  EXPECT_EQ(firing(primary_), all_);
  ASSERT_TRUE(fence("primary").has_value());
  EXPECT_EQ(fence("primary")->snapshot, "") << "what somebody sets until then counts";
  full = false;
  set_pause(primary_, "y", "PAUSED");
  const Outcome again = failover();
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
}

TEST_F(FirstWords, of_a_takeover_that_was_killed_bring_home_what_was_not_activated) {
  migrate();
  killed_at_write(secondary_, 2, failover_);
  ASSERT_EQ(firing(secondary_).size(), 1U);
  on_another_host();
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  expect_all_on(primary_, secondary_);
}

// The fence of what is left repeats a snapshot of it, which says nothing of when it took over.
TEST_F(FirstWords, of_a_fence_of_what_took_over_hide_nothing_that_was_read_since) {
  migrate();
  fail_over();
  set_pause(secondary_, "y", "PAUSED");
  gate(R"("activate")");
  ASSERT_EQ(fail_back().code, 5);
  ASSERT_EQ(firing(secondary_), Names{});
  on_another_host();
  const Outcome home = fail_back({"--source-lost", "--pass", "activate", "--existing", "replace"});
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"})) << "y was paused on purpose";
}

TEST_F(FirstWords, that_are_not_known_are_no_good_end) {
  migrate();
  fail_over();
  engine::Pair gone = pair();
  gone.behind.clear();
  gone.given.reset();
  keep(gone);
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 3) << home.out << home.err;
  EXPECT_TRUE(home.says("nor is it known what it was given")) << home.err;
  expect_all_on(primary_, secondary_);
}

// A copy that can be read, as it may be all that is left of a region.
class ReadOnlyRepository : public FirstWords {
protected:
  ReadOnlyRepository() {
    app_.composition.backends.front().open = [&](const std::string&) {
      const auto before = [&](storage::Call call, const std::string&) {
        if (read_only_ && call == storage::Call::put)
          throw base::Error(base::ErrorKind::io, "the file system is read-only");
      };
      return storage::make_fault_backend(*repository_, {.before = before, .after = {}}, nullptr);
    };
    migrate();
  }
  void expect_refused(const Names& verb) {
    read_only_ = true;
    const std::uint64_t writes = primary_.workspace.writes + secondary_.workspace.writes;
    const Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 1) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("the file system is read-only") && outcome.says("Nothing was changed")) << outcome.err;
    EXPECT_TRUE(outcome.says("copy")) << outcome.err;
    EXPECT_EQ(primary_.workspace.writes + secondary_.workspace.writes, writes);
    read_only_ = false;
  }
  bool read_only_ = false;
};

TEST_F(ReadOnlyRepository, carries_no_failover) {
  change(primary_, "x", "two");
  must({"backup", "primary"});
  expect_refused({"failover", "primary", "secondary", "--yes", "--source-lost"});
  EXPECT_EQ(note_of("x"), "one");
  EXPECT_FALSE(fence("primary").has_value());
  EXPECT_EQ(failover({"--source-lost"}).code, 0);
  EXPECT_EQ(note_of("x"), "two");
}

TEST_F(ReadOnlyRepository, lets_it_be_tried) {
  read_only_ = true;
  EXPECT_EQ(failover({"--source-lost", "--dry-run"}).code, 0);
}

TEST_F(ReadOnlyRepository, carries_no_activation) {
  expect_refused({"activate", "secondary", "--from", "primary", "--yes"});
  EXPECT_FALSE(fence("primary").has_value());
  EXPECT_EQ(take_over().code, 0);
}

TEST_F(ReadOnlyRepository, carries_no_failback) {
  fail_over();
  change(secondary_, "x", "three");
  must({"backup", "secondary"});
  const bool fenced = fence("secondary").has_value();
  expect_refused({"failback", "secondary", "primary", "--yes", "--source-lost"});
  EXPECT_EQ(note_of(primary_, "x"), "one");
  EXPECT_EQ(fence("secondary").has_value(), fenced);
}

TEST_F(ReadOnlyRepository, is_whole_behind_the_trial) {
  EXPECT_EQ(failover({"--source-lost"}).code, 0);
  EXPECT_EQ(run({"check", "--read-data"}).code, 0);
}

}  // namespace
}  // namespace holdfast::test
