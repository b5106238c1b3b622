// Rows that a backup had read when it ended early.
#include "engine/kept_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/errors.h"

namespace holdfast::engine {
namespace {

using test::EngineWorld;
using Earlier = KeptRowStore::Earlier;

const KeptRun k_run{.origin = "workspace 1", .upon = "", .sweep = platform::Sweep::everything};

base::Row row_of(int number) {
  return test::aspect_row(fmt::format("urn:li:tag:{}", number), "status", fmt::format("{{\"n\":{}}}", number));
}

class KeptRowsTest : public testing::Test {
protected:
  std::unique_ptr<KeptRowStore> open(const KeptRun& run = k_run, const std::string& connector = "primary") {
    auto out = std::make_unique<KeptRowStore>(
        KeptRowStore::Parts{*state_, *world_.repository, world_.clock, world_.events}, connector);
    out->begin(run, Earlier::taken_up);
    return out;
  }
  void keep(int first, int last, const KeptRun& run = k_run) {
    const auto store = open(run);
    for (int i = first; i < last; ++i) store->keep(test::aspect_collection(), row_of(i));
    store->flush();
  }
  std::vector<std::string> objects() {
    std::vector<std::string> out;
    state_->list("", [&](const storage::ObjectInfo& info) { out.push_back(info.name); });
    return out;
  }
  static std::optional<base::Row> found(KeptRowStore& store, int number) {
    return store.find(test::aspect_collection(), row_of(number).key);
  }

  EngineWorld world_;
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
};

TEST_F(KeptRowsTest, gives_back_what_an_earlier_run_has_kept) {
  keep(0, 100);
  keep(100, 110);
  const auto store = open();
  EXPECT_EQ(store->taken_up(), 110U);
  EXPECT_EQ(store->oldest_given(), std::nullopt);
  for (const int i : {0, 57, 109}) EXPECT_EQ(found(*store, i), row_of(i));
  EXPECT_EQ(found(*store, 110), std::nullopt);
  EXPECT_EQ(store->oldest_given(), world_.clock.now());
  model::Collection other = test::aspect_collection();
  other.columns.pop_back();
  EXPECT_EQ(open()->find(other, row_of(1).key), std::nullopt) << "in the same columns only";
  EXPECT_EQ(open(k_run, "secondary")->taken_up(), 0U);
}

TEST_F(KeptRowsTest, writes_what_it_keeps_after_a_second_and_when_there_is_much_of_it) {
  const auto store = open();
  store->keep(test::aspect_collection(), row_of(1));
  EXPECT_TRUE(objects().empty());
  EXPECT_EQ(store->kept(), 0U);
  world_.clock.advance(std::chrono::seconds(1));
  store->keep(test::aspect_collection(), row_of(2));
  EXPECT_EQ(objects().size(), 1U);
  EXPECT_EQ(store->kept(), 2U);
  base::Row large = row_of(3);
  large.columns[0] = std::string(300'000, 'x');
  store->keep(test::aspect_collection(), large);
  EXPECT_EQ(objects().size(), 2U);
  for (const std::string& name : objects()) EXPECT_EQ(state_->get_all(name).find("urn:li"), base::Bytes::npos);
}

TEST_F(KeptRowsTest, gives_the_younger_of_two) {
  keep(1, 2);
  world_.clock.advance(std::chrono::minutes(1));
  const auto store = open();
  base::Row changed = row_of(1);
  changed.columns[0] = "{}";
  store->keep(test::aspect_collection(), changed);
  store->flush();
  const auto next = open();
  EXPECT_EQ(next->taken_up(), 1U);
  EXPECT_EQ(found(*next, 1), changed);
}

TEST_F(KeptRowsTest, throws_away_what_cannot_serve_any_more) {
  const auto left_for = [&](const KeptRun& run) {
    keep(0, 3);
    const std::uint64_t rows = open(run)->taken_up();
    EXPECT_EQ(objects().empty(), rows == 0);
    for (const std::string& name : objects()) state_->remove(name);
    return rows;
  };
  EXPECT_EQ(left_for(k_run), 3U);
  KeptRun other = k_run;
  other.origin = "workspace 2";
  EXPECT_EQ(left_for(other), 0U);
  other = k_run;
  other.upon = "00000001-0000000000000001";
  EXPECT_EQ(left_for(other), 0U);
  keep(0, 3);
  world_.clock.advance(k_kept_for - std::chrono::seconds(1));
  const auto store = open();
  EXPECT_EQ(store->taken_up(), 3U);
  world_.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(found(*store, 1), std::nullopt) << "it became too old while the run went on";
  EXPECT_EQ(open()->taken_up(), 0U);
  EXPECT_TRUE(objects().empty());
}

TEST_F(KeptRowsTest, gives_nothing_of_which_nobody_knows_how_old_it_is) {
  keep(0, 3);
  world_.clock.advance(-std::chrono::hours(1));
  EXPECT_EQ(open()->taken_up(), 0U) << "the clock was set back";
}

// Nobody else takes it away: its connector may be called otherwise by now.
TEST_F(KeptRowsTest, what_others_left_goes_when_it_is_of_no_use_to_them_any_more) {
  const std::string elsewhere = "kept/" + std::string(32, 'a') + "/61/00000000-00000000";
  state_->put(elsewhere, "of a repository that is gone, by an earlier version");
  state_->put("restore/1/begun", "not ours");
  const auto keep_as = [&](const std::string& connector) {
    const auto store = open(k_run, connector);
    store->keep(test::aspect_collection(), row_of(1));
    store->flush();
  };
  keep_as("old name");
  EXPECT_FALSE(state_->stat(elsewhere));
  world_.clock.advance(std::chrono::hours(1));
  keep_as("standby");
  world_.clock.advance(k_kept_for - std::chrono::hours(1));
  keep(0, 3);
  EXPECT_EQ(objects().size(), 3U) << "of standby, which has 23 hours, of primary, and what is not ours";
  EXPECT_EQ(open(k_run, "old name")->taken_up(), 0U);
  EXPECT_EQ(open(k_run, "standby")->taken_up(), 1U);
  EXPECT_EQ(open()->taken_up(), 3U);
  EXPECT_TRUE(state_->stat("restore/1/begun"));
}

TEST_F(KeptRowsTest, a_sweep_is_given_nothing_of_a_run_for_changes) {
  KeptRun changes = k_run;
  changes.sweep = platform::Sweep::changes;
  keep(0, 3, changes);
  EXPECT_EQ(open()->taken_up(), 0U);
  EXPECT_EQ(open(changes)->taken_up(), 3U);
  keep(3, 5);
  EXPECT_EQ(open()->taken_up(), 2U);
  EXPECT_EQ(open(changes)->taken_up(), 5U);
}

TEST_F(KeptRowsTest, reads_past_a_damaged_batch_and_says_so) {
  keep(0, 3);
  const std::string name = objects().at(0);
  base::Bytes bytes = state_->get_all(name);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  state_->remove(name);
  state_->put(name, bytes);
  keep(3, 5);
  EXPECT_EQ(open()->taken_up(), 2U);
  ASSERT_EQ(world_.events.warnings().size(), 1U);
  EXPECT_NE(world_.events.warnings().front().find(name), std::string::npos);
}

// Takes nothing, or has everything already.
class FullDisk : public storage::Backend {
public:
  enum class Says { is_full, has_it };
  explicit FullDisk(Says says) : says_(says) {}
  storage::Properties properties() const override { return {}; }
  std::optional<storage::ObjectInfo> stat(std::string_view) override { return std::nullopt; }
  base::Bytes get(std::string_view name, const storage::Range&) override {
    throw base::Error(base::ErrorKind::not_found, std::string(name));
  }
  bool put(std::string_view, base::ByteView) override {
    if (says_ == Says::has_it) return false;
    throw base::Error(base::ErrorKind::io, "the disk is full");
  }
  bool remove(std::string_view) override { return false; }
  void list(std::string_view, const std::function<void(const storage::ObjectInfo&)>&) override {}

private:
  Says says_;
};

TEST_F(KeptRowsTest, a_disk_that_takes_nothing_ends_no_backup_and_is_told_once) {
  for (const auto says : {FullDisk::Says::is_full, FullDisk::Says::has_it}) {
    FullDisk disk(says);
    EngineWorld world;
    KeptRowStore store({disk, *world.repository, world.clock, world.events}, "primary");
    store.begin(k_run, Earlier::taken_up);
    for (int i = 0; i < 3; ++i) {
      store.keep(test::aspect_collection(), row_of(i));
      store.flush();
    }
    EXPECT_EQ(store.kept(), 0U);
    EXPECT_EQ(world.events.warnings().size(), 1U);
  }
}

// Notes what its captures are given to keep rows in.
class NotedConnector : public test::FakeConnector {
public:
  using FakeConnector::FakeConnector;
  std::unique_ptr<platform::Capture> capture(const platform::CaptureOptions& options, std::stop_token stop) override {
    ++captures;
    given = given || options.kept != nullptr;
    return FakeConnector::capture(options, std::move(stop));
  }
  unsigned captures = 0;
  bool given = false;
};

TEST_F(KeptRowsTest, a_platform_of_tables_is_given_none_for_it_is_read_at_one_instant) {
  NotedConnector tables(world_.clock);
  tables.set_rows(test::some_rows(50, 1));
  test::FakeConnector::Hooks hooks;
  hooks.read = [](std::size_t, std::uint64_t rows, const std::stop_token&) {
    if (rows == 3) throw base::Error(base::ErrorKind::cancelled, "it ends here");
  };
  tables.set_hooks(std::move(hooks));
  BackupOptions options = EngineWorld::small();
  options.state = state_.get();
  const auto run = [&] {
    (void)engine::backup(*world_.repository, tables, "catalog", options, world_.events, world_.clock, {});
  };
  run();
  tables.set_hooks({});
  run();
  EXPECT_EQ(tables.captures, 2U);
  EXPECT_FALSE(tables.given);
  EXPECT_TRUE(objects().empty());
}

TEST(KeptBatch, reads_back_what_was_written_and_nothing_that_was_cut) {
  const KeptBatch batch{.run = {.origin = "o", .upon = "u", .sweep = platform::Sweep::changes},
                        .collections = {model::to_json(test::aspect_collection())},
                        .rows = {{.collection = 0, .read = base::Instant(base::Duration(7)), .row = row_of(1)},
                                 {.collection = 0, .read = {}, .row = {.key = "", .columns = {std::nullopt, ""}}}}};
  const base::Bytes bytes = encode_kept(batch);
  EXPECT_EQ(decode_kept(bytes, "it"), batch);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    ASSERT_EQ(test::error_of([&] { (void)decode_kept(base::ByteView(bytes).substr(0, i), "it"); }),
              base::ErrorKind::corruption)
        << i;
}

}  // namespace
}  // namespace holdfast::engine
