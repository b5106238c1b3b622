#include "engine/cutover/whole_source.h"

#include <gtest/gtest.h>

#include "support/errors.h"

namespace holdfast::engine {
namespace {

TEST(WholeSource, is_asked_for_before_it_is_left) {
  repository::Snapshot snapshot;
  snapshot.connector = "primary";
  EXPECT_NO_THROW(require_whole(snapshot));
  EXPECT_EQ(lacks(snapshot), "");
  snapshot.outcomes = {"jobs: 503"};
  EXPECT_EQ(lacks(snapshot), "1 failure: jobs: 503");
  snapshot.outcomes.push_back("pools: 503");
  EXPECT_EQ(lacks(snapshot), "2 failures, the first: jobs: 503");
  try {
    require_whole(snapshot);
    FAIL() << "what is missing would be lost";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::refused);
    EXPECT_NE(error.message().find("not all of primary could be read"), std::string::npos) << error.message();
    EXPECT_NE(error.hint().find("--source-partial"), std::string::npos) << error.hint();
  }
}

repository::Tree tree(const std::string& name, bool stale) {
  repository::Tree out;
  out.name = name;
  if (stale) out.stale.push_back({});
  return out;
}

// It may rest for good, and nobody who fails over shall wait for it, or let all else be missing along with it.
TEST(WholeSource, may_lack_what_only_a_cluster_tells) {
  repository::Snapshot snapshot;
  snapshot.connector = "primary";
  snapshot.attributes = R"({"told_by_cluster":"mounts table-acls "})";
  EXPECT_EQ(lacks_of_cluster(snapshot), "");
  snapshot.outcomes = {"mounts, table-acls was not read: the cluster reader does not run"};
  snapshot.trees = {tree("jobs", false), tree("mounts", true), tree("table-acls", true)};
  EXPECT_EQ(lacks_of_cluster(snapshot), "mounts, table-acls");
  EXPECT_NO_THROW(require_whole(snapshot));
  snapshot.trees.front() = tree("jobs", true);
  EXPECT_EQ(lacks_of_cluster(snapshot), "");
  EXPECT_EQ(test::error_of([&] { require_whole(snapshot); }), base::ErrorKind::refused);
  snapshot.trees = {tree("mounts", true)};
  snapshot.attributes = "{}";
  EXPECT_EQ(test::error_of([&] { require_whole(snapshot); }), base::ErrorKind::refused) << "nobody says who tells it";
}

TEST(UnreadKinds, are_told_with_what_there_is_of_them) {
  const base::Instant then = *base::parse_instant("2026-11-20T10:00:00Z");
  const base::Instant later = *base::parse_instant("2026-11-21T10:00:00Z");
  repository::Snapshot snapshot;
  snapshot.attributes = R"({"told_by_cluster":"mounts "})";
  EXPECT_EQ(unread_text(unread_kinds(snapshot)), "");
  snapshot.trees = {tree("users", false), tree("jobs", false), tree("pools", true), tree("boards", false),
                    tree("mounts", true)};
  const auto stale = [](std::optional<base::Instant> good) {
    return repository::StaleRange{.range = {}, .last_good = good, .reason = "503"};
  };
  snapshot.trees[1].stale = {stale(later), stale(then), stale(later)};
  snapshot.trees[3].stale = {stale(then), stale(std::nullopt)};
  EXPECT_EQ(unread_text(unread_kinds(snapshot)),
            "jobs (as of 2026-11-20T10:00:00Z), pools (never read), "
            "boards (as of 2026-11-20T10:00:00Z, some never read)");
}

}  // namespace
}  // namespace holdfast::engine
