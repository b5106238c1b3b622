#include "engine/restore.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "model/collection.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using base::Error;
using base::ErrorKind;
using repository::Snapshot;
using test::EngineWorld;
using test::RowMap;

class RestoreWhole : public testing::Test {
protected:
  RestoreWhole() : target(world.clock) {
    world.connector.set_rows(test::some_rows(2500, 3));
    world.backup();
    RowMap rows = world.connector.rows();
    std::mt19937_64 random(8);
    test::mutate(rows, 200, random);
    world.connector.set_rows(rows);
    snapshot = world.backup().snapshot;
  }
  WholeResult restored(const WholeOptions& options = {}, std::stop_token stop = {}) {
    return restore_whole(*world.repository, snapshot, target, options, world.events, world.clock, std::move(stop));
  }
  // Restores, which must fail with `kind`, and leave the target as it was.
  Error refused(ErrorKind kind, const WholeOptions& options = {}, std::stop_token stop = {}) {
    const RowMap before = target.rows();
    try {
      restored(options, std::move(stop));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.message();
      EXPECT_EQ(target.rows(), before);
      return error;
    }
    ADD_FAILURE() << "the restore succeeded";
    return Error(ErrorKind::internal, "");
  }
  EngineWorld world;
  test::FakeConnector target;
  Snapshot snapshot;
};

TEST_F(RestoreWhole, brings_every_row_back_byte_for_byte) {
  const WholeResult result = restored();
  EXPECT_EQ(target.rows(), world.connector.rows());
  EXPECT_EQ(result.rows, world.connector.rows().size());
  EXPECT_GT(result.bytes, 0U);
  EXPECT_EQ(result.previous, "");
}

TEST_F(RestoreWhole, replaces_rows_only_when_told_and_names_the_old_table) {
  target.put(test::aspect_row("urn:li:tag:mine", "status", "{}"));
  const Error error = refused(ErrorKind::refused);
  EXPECT_NE(error.hint().find("--yes"), std::string::npos);
  WholeOptions options;
  options.yes = true;
  EXPECT_EQ(restored(options).previous, "aspect_before_" + snapshot.id.short_id());
  EXPECT_EQ(target.rows(), world.connector.rows());
}

TEST_F(RestoreWhole, asks_about_every_row_before_anything_is_written) {
  std::atomic<bool> loaded{false};
  test::FakeConnector::Hooks hooks;
  hooks.load = [&](std::uint64_t) { loaded = true; };
  target.set_hooks(hooks);
  target.refuse_key(world.connector.rows().rbegin()->first);
  const Error error = refused(ErrorKind::refused);
  EXPECT_NE(error.message().find(model::key_to_path(test::aspect_collection(), world.connector.rows().rbegin()->first)),
            std::string::npos);
  EXPECT_FALSE(loaded);
}

TEST_F(RestoreWhole, notices_that_what_was_loaded_is_not_what_was_stored) {
  target.corrupt_load(true);
  refused(ErrorKind::corruption);
}

TEST_F(RestoreWhole, does_not_wait_for_the_indexes_of_what_was_loaded_wrong) {
  std::atomic<bool> stopped{false};
  test::FakeConnector::Hooks hooks;
  hooks.index = [&](const std::stop_token& stop) {
    const auto most = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < most) std::this_thread::yield();
    stopped = stop.stop_requested();
  };
  target.set_hooks(hooks);
  target.corrupt_load(true);
  refused(ErrorKind::corruption);
  EXPECT_TRUE(stopped);
}

TEST_F(RestoreWhole, whose_indexes_cannot_be_built_leaves_the_target_untouched) {
  test::FakeConnector::Hooks hooks;
  hooks.index = [](const std::stop_token&) { throw Error(ErrorKind::unavailable, "lost connection"); };
  target.set_hooks(hooks);
  refused(ErrorKind::unavailable);
}

TEST_F(RestoreWhole, that_breaks_off_while_loading_leaves_the_target_untouched) {
  target.put(test::aspect_row("urn:li:tag:mine", "status", "{}"));
  test::FakeConnector::Hooks hooks;
  hooks.load = [](std::uint64_t rows) {
    if (rows == 40) throw Error(ErrorKind::unavailable, "lost connection");
  };
  target.set_hooks(hooks);
  WholeOptions options;
  options.yes = true;
  refused(ErrorKind::unavailable, options);
}

TEST_F(RestoreWhole, that_is_stopped_leaves_the_target_untouched) {
  std::stop_source stop;
  test::FakeConnector::Hooks hooks;
  hooks.load = [&](std::uint64_t rows) {
    if (rows == 10) stop.request_stop();
  };
  target.set_hooks(hooks);
  refused(ErrorKind::cancelled, {}, stop.get_token());
}

TEST_F(RestoreWhole, stops_when_the_live_table_was_written_to_meanwhile) {
  test::FakeConnector::Hooks hooks;
  hooks.swap = [&] { target.put(test::aspect_row("urn:li:tag:late", "status", "{}")); };
  target.set_hooks(hooks);
  try {
    restored();
    FAIL() << "a write was lost";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
  }
  EXPECT_EQ(target.rows().size(), 1U);
}

TEST_F(RestoreWhole, of_a_partial_snapshot_says_so_and_goes_on) {
  test::FakeConnector::Hooks hooks;
  hooks.read = [](std::size_t range, std::uint64_t, const std::stop_token&) {
    if (range == 4) throw Error(ErrorKind::unavailable, "gone");
  };
  world.connector.set_hooks(hooks);
  snapshot = world.backup().snapshot;
  ASSERT_TRUE(snapshot.partial());
  const std::size_t warnings = world.events.warnings().size();
  restored();
  EXPECT_EQ(target.rows(), world.rows_of(snapshot));
  EXPECT_GT(world.events.warnings().size(), warnings);
}

TEST_F(RestoreWhole, of_a_snapshot_that_lacks_rows_never_replaces_others) {
  EngineWorld fresh(2);
  fresh.connector.set_rows(test::some_rows(2500, 3));
  test::FakeConnector::Hooks hooks;
  hooks.read = [](std::size_t range, std::uint64_t, const std::stop_token&) {
    if (range == 1) throw Error(ErrorKind::unavailable, "gone");
  };
  fresh.connector.set_hooks(hooks);
  const Snapshot partial = fresh.backup().snapshot;
  ASSERT_TRUE(lacks_rows(partial));
  WholeOptions options;
  options.yes = true;
  const auto restore = [&] {
    return restore_whole(*fresh.repository, partial, target, options, fresh.events, fresh.clock, {});
  };
  EXPECT_EQ(restore().rows, fresh.rows_of(partial).size());
  target.put(test::aspect_row("urn:li:tag:mine", "status", "{}"));
  const RowMap before = target.rows();
  try {
    restore();
    ADD_FAILURE() << "the restore succeeded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
  }
  EXPECT_EQ(target.rows(), before);
}

TEST_F(RestoreWhole, of_an_empty_snapshot_empties_the_target) {
  world.connector.set_rows({});
  snapshot = world.backup().snapshot;
  target.put(test::aspect_row("urn:li:tag:mine", "status", "{}"));
  WholeOptions options;
  options.yes = true;
  restored(options);
  EXPECT_TRUE(target.rows().empty());
}

}  // namespace
}  // namespace holdfast::engine
