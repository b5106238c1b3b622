// Backups, comparisons and plans where single resources or folders cannot be read.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/key.h"
#include "engine/backup.h"
#include "engine/carry_forward.h"
#include "engine/compare.h"
#include "engine/restore.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using repository::Snapshot;
using test::EngineWorld;
using test::RowMap;

model::Collection notebooks() {
  return {.name = "notebooks",
          .key = {{"path", model::KeyPartType::path}},
          .columns = {{"body", "json", model::ColumnContent::json, false}}};
}

base::Row notebook(std::string_view path, std::string_view body) {
  base::Row row{.key = {}, .columns = {std::string(body)}};
  base::append_text(row.key, path);
  return row;
}

base::KeyRange folder(std::string_view path) {
  base::Bytes prefix;
  base::append_open_text(prefix, path);
  return base::range_of_prefix(prefix);
}

// Two users' folders with 60 notebooks each, in a collection of its own beside the empty first one.
class UnreadTest : public testing::Test {
protected:
  UnreadTest() {
    for (const char* user : {"anna", "bert"})
      for (int i = 0; i < 60; ++i) put(fmt::format("/Users/{}/{:02}", user, i), "{}");
    publish();
  }
  void put(const std::string& path, std::string_view body) {
    base::Row row = notebook(path, body);
    rows_.insert_or_assign(row.key, row);
  }
  void erase(const std::string& path) { rows_.erase(notebook(path, "").key); }
  void publish() { world_.connector.put_collection(notebooks(), rows_); }
  void close(std::vector<base::KeyRange> stretches, const std::string& reason = "403 PERMISSION_DENIED") {
    std::vector<test::FakeConnector::Unreadable> unreadable;
    for (base::KeyRange& keys : stretches) unreadable.push_back({"notebooks", std::move(keys), reason});
    world_.connector.make_unreadable(std::move(unreadable));
  }
  static const repository::Tree& tree(const Snapshot& snapshot) { return snapshot.trees.at(1); }
  std::optional<std::string> body(const Snapshot& snapshot, const std::string& path) {
    const auto row = repository::find(world_.repository->blocks(), world_.repository->boundary_key(), tree(snapshot),
                                      notebook(path, "").key);
    return row ? row->columns[0] : std::nullopt;
  }

  EngineWorld world_;
  RowMap rows_;
};

TEST_F(UnreadTest, a_folder_that_is_closed_is_carried_forward_and_named) {
  const Snapshot first = world_.backup().snapshot;
  put("/Users/anna/03", R"({"v":2})");
  erase("/Users/anna/04");
  put("/Users/bert/03", R"({"v":2})");
  erase("/Users/bert/04");
  publish();
  close({folder("/Users/anna/")});
  const BackupResult result = world_.backup();
  const std::vector<std::string> expected{"notebooks/Users/anna/** was not read: 403 PERMISSION_DENIED"};
  EXPECT_EQ(result.snapshot.outcomes, expected);
  EXPECT_EQ(world_.events.warnings(), expected);
  EXPECT_EQ(result.failures, 1U);
  EXPECT_EQ(result.stale_rows, 60U);
  EXPECT_EQ(stale_rows(*world_.repository, result.snapshot, {}), 60U);
  EXPECT_EQ(stale_rows(*world_.repository, first, {}), 0U);
  EXPECT_EQ(body(result.snapshot, "/Users/anna/03"), "{}") << "as it was";
  EXPECT_EQ(body(result.snapshot, "/Users/anna/04"), "{}") << "not deleted";
  EXPECT_EQ(body(result.snapshot, "/Users/bert/03"), R"({"v":2})");
  EXPECT_EQ(body(result.snapshot, "/Users/bert/04"), std::nullopt);
  ASSERT_EQ(tree(result.snapshot).stale.size(), 1U);
  EXPECT_EQ(tree(result.snapshot).stale[0].range, folder("/Users/anna/"));
  EXPECT_EQ(tree(result.snapshot).stale[0].last_good, first.taken);

  close({});
  const Snapshot healed = world_.backup().snapshot;
  EXPECT_FALSE(healed.partial());
  EXPECT_EQ(world_.rows_of(healed), rows_);
  EXPECT_EQ(world_.backup().stale_rows, 0U);
}

TEST_F(UnreadTest, one_notebook_too_many_spoils_no_other) {
  world_.backup();
  put("/Users/anna/10", R"({"v":2})");
  put("/Users/anna/11", R"({"v":2})");
  publish();
  close({base::range_of_key(notebook("/Users/anna/10", "").key), base::range_of_key(notebook("/Users/new", "").key)},
        "content is over 10 MB");
  const Snapshot partial = world_.backup().snapshot;
  EXPECT_EQ(partial.outcomes, (std::vector<std::string>{"notebooks/Users/anna/10 was not read: content is over 10 MB",
                                                        "notebooks/Users/new was not read: content is over 10 MB"}));
  EXPECT_EQ(body(partial, "/Users/anna/10"), "{}");
  EXPECT_EQ(body(partial, "/Users/anna/11"), R"({"v":2})");
  EXPECT_EQ(tree(partial).stale.size(), 2U);
}

// Of the aspect collection: the third column says when a row was modified.
class PartialTest : public testing::Test {
protected:
  static constexpr std::size_t k_content = 0;
  static constexpr std::size_t k_modified = 2;
  PartialTest() { world_.connector.set_modified_column(k_modified); }
  static base::Row row(std::string_view content, std::string_view modified) {
    base::Row out = test::aspect_row("urn:li:tag:a", "status", content);
    out.columns[k_modified] = std::string(modified);
    return out;
  }
  void hide_content() {
    std::vector<bool> missing(test::aspect_collection().columns.size(), false);
    missing[k_content] = true;
    world_.connector.make_unreadable({{"aspect", base::range_of_key(row("", "").key), "export: 500", missing}});
  }
  BackupResult backup(platform::Sweep sweep, bool full = false) {
    BackupOptions options = EngineWorld::small();
    options.sweep = sweep;
    options.full = full;
    world_.clock.advance(std::chrono::hours(1));
    return world_.backup(options);
  }
  base::Row held(const Snapshot& snapshot) { return world_.rows_of(snapshot).at(row("", "").key); }

  EngineWorld world_;
};

TEST_F(PartialTest, keeps_the_parents_content_and_asks_for_it_again_although_nothing_was_modified) {
  world_.connector.put(row("good", "1"));
  const Snapshot first = backup(platform::Sweep::everything).snapshot;
  world_.connector.put(row("better", "2"));
  hide_content();
  const BackupResult second = backup(platform::Sweep::changes);
  EXPECT_EQ(second.failures, 1U);
  EXPECT_EQ(second.stale_rows, 1U);
  ASSERT_EQ(second.snapshot.outcomes.size(), 1U);
  EXPECT_NE(second.snapshot.outcomes[0].find("was not read in full: export: 500"), std::string::npos);
  EXPECT_EQ(held(second.snapshot), row("good", "2")) << "what was read is new, what was not is as it was";
  ASSERT_EQ(second.snapshot.trees.at(0).stale.size(), 1U);
  EXPECT_EQ(second.snapshot.trees[0].stale[0].range, base::range_of_key(row("", "").key));
  EXPECT_EQ(second.snapshot.trees[0].stale[0].last_good, first.taken);

  world_.connector.make_unreadable({});
  const BackupResult third = backup(platform::Sweep::changes);
  EXPECT_EQ(third.failures, 0U);
  EXPECT_EQ(held(third.snapshot), row("better", "2"));
  EXPECT_TRUE(third.snapshot.trees.at(0).stale.empty());
}

TEST_F(PartialTest, keeps_what_came_where_there_is_nothing_earlier_and_marks_it) {
  world_.connector.put(row("good", "1"));
  hide_content();
  const Snapshot first = backup(platform::Sweep::everything).snapshot;
  EXPECT_TRUE(first.partial());
  base::Row partly = row("", "1");
  partly.columns[k_content].reset();
  EXPECT_EQ(held(first), partly);
  EXPECT_EQ(first.trees.at(0).stale.size(), 1U);
}

TEST_F(PartialTest, keeps_the_last_snapshots_content_in_a_backup_in_full) {
  world_.connector.put(row("good", "1"));
  backup(platform::Sweep::everything);
  world_.connector.put(row("better", "2"));
  hide_content();
  const Snapshot full = backup(platform::Sweep::everything, true).snapshot;
  EXPECT_EQ(held(full), row("good", "2"));
  EXPECT_EQ(full.trees.at(0).stale.size(), 1U);
}

TEST_F(PartialTest, proves_nothing_in_a_comparison) {
  world_.connector.put(row("good", "1"));
  const Snapshot snapshot = backup(platform::Sweep::everything).snapshot;
  hide_content();
  const CompareCounts counts = compare_live(*world_.repository, snapshot, world_.connector, {}, {}, world_.events, {},
                                            [](const model::Collection&, const repository::Difference&,
                                               Freshness freshness) { EXPECT_EQ(freshness, Freshness::unread); });
  EXPECT_EQ(counts.changed, 0U);
  EXPECT_EQ(counts.unread, 1U);
}

TEST_F(UnreadTest, the_first_backup_and_one_in_full_keep_what_they_know) {
  close({folder("/Users/anna/")});
  const Snapshot first = world_.backup().snapshot;
  EXPECT_TRUE(first.partial());
  EXPECT_EQ(tree(first).rows, 60U);
  EXPECT_FALSE(tree(first).stale.at(0).last_good);

  close({});
  const Snapshot second = world_.backup().snapshot;
  put("/Users/anna/03", R"({"v":2})");
  publish();
  close({folder("/Users/anna/")});
  BackupOptions full = EngineWorld::small();
  full.full = true;
  const Snapshot third = world_.backup(full).snapshot;
  EXPECT_EQ(tree(third).rows, 120U);
  EXPECT_EQ(body(third, "/Users/anna/03"), "{}");
  EXPECT_EQ(tree(third).stale.at(0).last_good, second.taken);
}

TEST_F(UnreadTest, a_full_backup_of_which_thousands_failed_keeps_what_it_read) {
  for (int i = 0; i < 6000; ++i) put(fmt::format("/many/{:04}", i), "{}");
  publish();
  world_.backup();
  std::vector<base::KeyRange> closed;
  for (int i = 0; i < 6000; i += 2) {
    closed.push_back(base::range_of_key(notebook(fmt::format("/many/{:04}", i), "").key));
    put(fmt::format("/many/{:04}", i + 1), R"({"v":2})");
  }
  publish();
  close(closed);
  BackupOptions full = EngineWorld::small();
  full.full = true;
  const BackupResult result = world_.backup(full);
  EXPECT_EQ(result.failures, 3000U);
  ASSERT_EQ(result.snapshot.outcomes.size(), 101U);
  EXPECT_EQ(result.snapshot.outcomes.front(), "notebooks/many/0000 was not read: 403 PERMISSION_DENIED");
  EXPECT_EQ(result.snapshot.outcomes.back(), "2900 more could not be read");
  EXPECT_LE(tree(result.snapshot).stale.size(), 1000U);
  EXPECT_EQ(tree(result.snapshot).rows, 6120U);
  EXPECT_EQ(body(result.snapshot, "/many/0002"), "{}");
  EXPECT_EQ(body(result.snapshot, "/many/0003"), R"({"v":2})") << "it was read, although it counts as stale";
}

TEST_F(UnreadTest, a_collection_that_cannot_be_listed_leaves_the_others_alone) {
  world_.connector.put(test::aspect_row("urn:li:tag:a", "status", "{}"));
  const Snapshot first = world_.backup().snapshot;
  world_.connector.put(test::aspect_row("urn:li:tag:b", "status", "{}"));
  world_.connector.make_unlistable("notebooks");
  const Snapshot partial = world_.backup().snapshot;
  ASSERT_EQ(partial.outcomes.size(), 1U);
  EXPECT_NE(partial.outcomes[0].find("listing notebooks is not possible now"), std::string::npos);
  EXPECT_EQ(partial.trees.at(0).rows, 2U);
  EXPECT_EQ(tree(partial).rows, 120U);
  ASSERT_EQ(tree(partial).stale.size(), 1U);
  EXPECT_EQ(tree(partial).stale[0].range, base::KeyRange{});
  EXPECT_EQ(tree(partial).stale[0].last_good, first.taken);
}

TEST_F(UnreadTest, a_collection_that_is_not_offered_any_more_is_carried_forward_until_a_backup_in_full) {
  world_.connector.put(test::aspect_row("urn:li:tag:a", "status", "{}"));
  const Snapshot first = world_.backup().snapshot;
  world_.connector.drop_collection("notebooks");
  for (int again = 0; again < 2; ++again) {
    world_.clock.advance(std::chrono::hours(1));
    const BackupResult result = world_.backup();
    const std::string line = "notebooks is not there any more: it is carried over from the last backup";
    EXPECT_EQ(result.failures, 1U);
    EXPECT_EQ(result.snapshot.outcomes, std::vector<std::string>{line});
    EXPECT_TRUE(result.snapshot.partial());
    ASSERT_EQ(result.snapshot.trees.size(), 2U);
    EXPECT_EQ(tree(result.snapshot).rows, 120U);
    EXPECT_EQ(body(result.snapshot, "/Users/anna/03"), "{}");
    ASSERT_EQ(tree(result.snapshot).stale.size(), 1U);
    EXPECT_EQ(tree(result.snapshot).stale[0].range, base::KeyRange{});
    EXPECT_EQ(tree(result.snapshot).stale[0].last_good, first.taken);
  }
  erase("/Users/anna/03");
  publish();
  const Snapshot back = world_.backup().snapshot;
  EXPECT_FALSE(back.partial());
  EXPECT_EQ(tree(back).rows, 119U);
  EXPECT_EQ(body(back, "/Users/anna/03"), std::nullopt);

  world_.connector.drop_collection("notebooks");
  BackupOptions full = EngineWorld::small();
  full.full = true;
  const Snapshot without = world_.backup(full).snapshot;
  EXPECT_EQ(without.trees.size(), 1U);
  EXPECT_FALSE(without.partial());
}

TEST_F(UnreadTest, a_backup_that_read_nothing_leaves_no_snapshot) {
  close({folder("/Users/")});
  try {
    world_.backup();
    FAIL() << "a backup without a row succeeded";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_NE(error.message().find("notebooks/Users/**"), std::string::npos) << error.message();
  }
  EXPECT_TRUE(world_.repository->snapshots().empty());
}

TEST_F(UnreadTest, what_could_not_be_read_is_read_first_the_next_time) {
  world_.connector.set_rows(test::some_rows(320, 9));
  world_.backup();
  close({folder("/Users/bert/5")});
  world_.backup();
  close({});
  std::vector<std::size_t> order;
  std::mutex mutex;
  test::FakeConnector::Hooks hooks;
  hooks.read = [&](std::size_t range, std::uint64_t rows, const std::stop_token&) {
    const std::lock_guard lock(mutex);
    if (rows == 0) order.push_back(range);
  };
  world_.connector.set_hooks(hooks);
  BackupOptions options = EngineWorld::small();
  options.capture.readers = 1;
  world_.backup(options);
  // Of the second collection, whose last range it is.
  EXPECT_EQ(order.at(0), 7U);
  EXPECT_EQ(order.at(1), 0U);
}

TEST_F(UnreadTest, a_comparison_proves_nothing_of_what_the_platform_hides) {
  const Snapshot snapshot = world_.backup().snapshot;
  erase("/Users/bert/04");
  publish();
  close({folder("/Users/anna/"), base::range_of_key(notebook("/Users/bert/new", "").key)});
  std::vector<std::string> unread;
  std::vector<std::string> removed;
  const auto visit = [&](const model::Collection& collection, const repository::Difference& difference,
                         Freshness freshness) {
    const std::string path = model::key_to_path(collection, difference.key);
    EXPECT_EQ(difference.kind, repository::Difference::Kind::removed);
    (freshness == Freshness::unread ? unread : removed).push_back(path);
  };
  const CompareCounts counts =
      compare_live(*world_.repository, snapshot, world_.connector, {}, {}, world_.events, {}, visit);
  EXPECT_EQ(counts.removed, 1U);
  EXPECT_EQ(removed, std::vector<std::string>{"Users/bert/04"});
  EXPECT_EQ(unread.size(), 60U);
  EXPECT_EQ(counts.unread, 61U) << "and one that the snapshot has nothing of";
  EXPECT_EQ(world_.events.warnings(),
            (std::vector<std::string>{"notebooks/Users/anna/** was not read: 403 PERMISSION_DENIED",
                                      "notebooks/Users/bert/new was not read: 403 PERMISSION_DENIED"}));
}

TEST_F(UnreadTest, a_plan_neither_creates_nor_removes_what_the_target_hides) {
  const Snapshot snapshot = world_.backup().snapshot;
  erase("/Users/bert/04");
  put("/Users/anna/99", "{}");
  publish();
  close({folder("/Users/anna/")});
  PlanOptions options;
  options.target_name = "primary";
  options.removes = true;
  const model::Plan plan = make_plan(*world_.repository, snapshot, world_.connector, options, world_.events,
                                     world_.clock, world_.random, {});
  EXPECT_EQ(plan.count(model::Action::create), 1U);
  EXPECT_EQ(plan.count(model::Action::remove), 0U);
  EXPECT_EQ(plan.count(model::Action::skip), 60U);
}

TEST_F(UnreadTest, a_plan_from_a_partial_snapshot_removes_nothing_that_was_hidden_from_it) {
  world_.backup();
  put("/Users/anna/99", "{}");
  put("/Users/bert/99", "{}");
  publish();
  close({folder("/Users/anna/")});
  erase("/Users/bert/99");
  publish();
  const Snapshot partial = world_.backup().snapshot;
  put("/Users/bert/99", "{}");
  publish();
  close({});
  PlanOptions options;
  options.target_name = "primary";
  options.removes = true;
  const model::Plan plan =
      make_plan(*world_.repository, partial, world_.connector, options, world_.events, world_.clock, world_.random, {});
  EXPECT_EQ(plan.count(model::Action::remove), 1U);
  EXPECT_EQ(plan.count(model::Action::skip), 1U);
}

}  // namespace
}  // namespace holdfast::engine
