// A source of which not all could be read: what is written goes on, and nobody is told that all went well.
#include <gtest/gtest.h>

#include "base/json.h"
#include "support/fake_connector.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

class UnreadSource : public Nights {
protected:
  json last_replicate() { return json::parse(run({"status", "--json"}).out).at("pairs").at(0).at("last_replicate"); }
  // Ends with exit 3, and says so of which kinds.
  static void expect_lacks(const Outcome& outcome, const std::string& kinds) {
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("not all of primary was read for snapshot ")) << outcome.err;
    EXPECT_TRUE(outcome.says("is not brought: " + kinds)) << outcome.err;
  }
};

TEST_F(UnreadSource, is_told_of_night_after_night) {
  migrate();
  EXPECT_EQ(last_replicate().at("not_read"), json::array());
  EXPECT_FALSE(run({"status"}).says("could not read"));
  const std::string since = "2026-11-21T20:10:00";  // that migrate, and a fraction
  primary_.unlisted = {"jobs"};
  change(primary_, "x", "two");
  grow(primary_, 2);
  for (int i = 0; i < 3; ++i) {
    expect_lacks(night(), "jobs (as of " + since);
    EXPECT_EQ(note_of("x"), "one");
    EXPECT_TRUE(
        run({"status"}).says("secondary: the last replicate could not read all of primary: jobs (as of " + since));
    const json told = last_replicate().at("not_read");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.at(0).at("kind"), "jobs");
    EXPECT_EQ(told.at(0).at("since").get<std::string>().find(since), 0U);
    EXPECT_EQ(told.at(0).at("never_read"), false);
  }
  EXPECT_NE(secondary_.workspace.body("pools", secondary_.workspace.id_of("pools", "big")).find(R"("max":2)"),
            std::string::npos)
      << "all else is brought";
  primary_.unlisted.clear();
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(note_of("x"), "two");
  EXPECT_FALSE(run({"status"}).says("could not read"));
}

TEST_F(UnreadSource, leaves_a_target_without_what_was_never_read) {
  primary_.unlisted = {"jobs"};
  expect_lacks(run({"migrate", "primary", "secondary"}), "jobs (never read)");
  EXPECT_EQ(secondary_.workspace.count("jobs"), 0U);
  EXPECT_EQ(last_replicate().at("not_read").at(0), (json{{"kind", "jobs"}, {"since", nullptr}, {"never_read", true}}));
  primary_.unlisted.clear();
  EXPECT_EQ(night().code, 0);
  primary_.unread = {"big"};
  primary_.workspace.put("pools", "small", pool("small", 1));
  expect_lacks(night(), "pools (as of 2026-11-21T20:30:00");
}

TEST_F(UnreadSource, is_told_by_plans_and_dry_runs_too) {
  primary_.unlisted = {"jobs"};
  EXPECT_EQ(run({"backup", "primary"}).code, 3);
  for (const Names& verb : {Names{"plan", "primary/latest", "--to", "secondary"},
                            Names{"plan", "primary/latest", "--to", "secondary", "--out", app_.file("a.json")},
                            Names{"restore", "primary/latest", "--to", "secondary", "--dry-run"},
                            Names{"migrate", "primary", "secondary", "--dry-run"},
                            Names{"replicate", "primary", "secondary", "--dry-run"}}) {
    const Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(outcome.says("is not brought: jobs (never read)")) << verb.front() << outcome.err;
  }
  expect_lacks(run({"migrate", "primary", "secondary", "--plan-out", app_.file("b.json")}), "jobs (never read)");
  expect_lacks(run({"restore", "--plan", app_.file("a.json")}), "jobs (never read)");
  expect_lacks(run({"migrate", "--plan", app_.file("b.json")}), "jobs (never read)");
  expect_lacks(run({"restore", "primary/latest", "--to", "secondary", "--yes"}), "jobs (never read)");
}

TEST_F(UnreadSource, is_whole_for_who_selects_something_else) {
  migrate();
  primary_.unlisted = {"jobs"};
  EXPECT_EQ(night({"--select", "kind:pools"}).code, 0);
  EXPECT_EQ(night({"--select", "/pools/**"}).code, 0);
  EXPECT_EQ(night({"--select", "kind:pools", "--select", "/jobs/**"}).code, 3);
  EXPECT_EQ(night({"--select", "name:x"}).code, 3);
}

// It may rest for good, and would make every night one that failed.
TEST_F(UnreadSource, counts_nothing_that_only_a_cluster_tells) {
  migrate();
  primary_.told_by_cluster = "boards ";
  primary_.unlisted = {"boards"};
  EXPECT_EQ(run({"backup", "primary"}).code, 3);
  const Outcome rests = night();
  EXPECT_EQ(rests.code, 0) << rests.err;
  EXPECT_FALSE(rests.says("is not brought")) << rests.err;
  EXPECT_EQ(last_replicate().at("not_read"), json::array());
  primary_.unlisted.insert("users");
  expect_lacks(night(), "users (as of 2026-11-21T20:30:00");
}

// What was changed away since would be given up by a failback, and nobody would hear of it.
TEST_F(UnreadSource, ends_a_takeover_with_exit_3_and_a_way_back_before_anything_fires) {
  migrate();
  primary_.unlisted = {"users"};
  expect_lacks(run({"failover", "primary", "secondary", "--source-partial", "--yes"}),
               "users (as of 2026-11-21T20:10:00");
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
  primary_.unlisted.clear();
  secondary_.unlisted = {"users"};
  const Outcome partly = run({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(partly.code, 3) << partly.err;
  EXPECT_TRUE(partly.says("not everything was brought back, so secondary stays in charge")) << partly.err;
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
  const Outcome lost = run({"failback", "secondary", "primary", "--source-lost", "--yes"});
  EXPECT_EQ(lost.code, 3) << lost.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"})) << "what no snapshot has nobody brings: " << lost.err;
}

// What others keep for themselves there it would make a second time.
TEST_F(UnreadSource, says_what_a_target_may_have_and_not_list_to_the_account) {
  secondary_.administrator = false;
  const std::string said = "4 resources that are made may be there already";
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  const Outcome planned = run({"plan", "primary/latest", "--to", "secondary"});
  EXPECT_TRUE(planned.says("which is no administrator: it may be there")) << planned.out;
  EXPECT_TRUE(run({"migrate", "primary", "secondary", "--dry-run"}).says(said));
  const Outcome first = run({"migrate", "primary", "secondary"});
  EXPECT_EQ(first.code, 3) << first.out << first.err;
  EXPECT_TRUE(first.says(said)) << first.err;
  EXPECT_EQ(night().code, 0) << "what it made it is shown";
  EXPECT_EQ(secondary_.workspace.count("jobs"), 4U);
}

// Rows of a platform without kinds.
TEST(UnreadRows, end_a_restore_with_exit_3) {
  AppWorld app;
  const std::string urn = "urn:li:tag:a";
  platform::Platform rows;
  rows.name = "rows";
  rows.open = [&](const std::string& name, const platform::Settings&, const base::Clock& clock, base::Events&) {
    auto out = std::make_unique<FakeConnector>(clock);
    if (name != "catalog") return out;
    out->put(aspect_row(urn, "tagProperties", "{}"));
    out->put(aspect_row("urn:li:tag:b", "tagProperties", "{}"));
    out->make_unreadable(
        {{.collection = "aspect", .keys = base::range_of_key(aspect_key(urn, "tagProperties")), .reason = "locked"}});
    return out;
  };
  app.composition.platforms = {rows};
  app.configure("rows", {"catalog", "copy"});
  app.init();
  EXPECT_EQ(app.run({"backup", "catalog"}).code, 3);
  const Names whole{"restore", "catalog/latest", "--to", "copy"};
  const Outcome outcome = app.run(whole);
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  Names part = whole;
  part.insert(part.end(), {"--select", "key:urn:li:tag:*", "--yes"});
  EXPECT_EQ(app.run(part).code, 3);
  part[5] = "key:urn:li:tag:b";
  EXPECT_EQ(app.run(part).code, 0) << "that was read";
}

}  // namespace
}  // namespace holdfast::test
